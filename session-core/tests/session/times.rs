//! When a session began, was used and ends, as its handle tells it.

use std::time::Duration;

use session_core::{Session, UnixTime};

use crate::browser::{START, Site};

fn later(secs: u64) -> UnixTime {
    START + Duration::from_secs(secs)
}

/// When the session began, was used last, and ends if it is not used.
fn times(session: &Session) -> (UnixTime, Option<UnixTime>, Option<UnixTime>) {
    (session.created(), session.last_used(), session.expires())
}

#[tokio::test]
async fn a_new_session_begins_now_and_has_no_other_time() {
    let site = Site::new();
    let mut browser = site.browser();
    let (times, version) = browser.visit(|session| (times(session), session.version())).await;
    assert_eq!((times, version), ((START, None, None), None));
}

#[tokio::test]
async fn a_stored_session_tells_when_it_began_was_written_and_ends() {
    let site = Site::new();
    let mut browser = site.visitor().await;
    site.wait(10);
    browser.visit(|session| session.insert("a", 2)).await.unwrap();
    site.wait(10);
    assert_eq!(browser.visit(times).await, (START, Some(later(10)), Some(later(1210))));
}

#[tokio::test]
async fn every_write_is_another_version() {
    let site = Site::new();
    let mut browser = site.visitor().await;
    let before = browser.visit(|session| session.version()).await.unwrap();
    assert_eq!(browser.visit(|session| session.version()).await, Some(before));
    browser.visit(|session| session.insert("a", 2)).await.unwrap();
    assert_ne!(browser.visit(|session| session.version()).await, Some(before));
}

#[tokio::test]
async fn a_sign_in_begins_the_session_anew_and_a_renewal_does_not() {
    let site = Site::new();
    let mut browser = site.visitor().await;
    site.wait(10);
    browser.visit(|session| session.renew()).await.unwrap();
    assert_eq!(browser.visit(|session| session.created()).await, START);
    browser.visit(|session| session.sign_in("alice")).await.unwrap();
    assert_eq!(browser.visit(|session| session.created()).await, later(10));
}

#[tokio::test]
async fn the_absolute_limit_counts_from_the_beginning() {
    let site = Site::with(|options| options.lifetime = Some(Duration::from_secs(3600)));
    let mut browser = site.visitor().await;
    site.wait(10);
    assert_eq!(browser.visit(|session| session.absolute_expiry()).await, Some(later(3600)));
    let site = Site::new();
    assert_eq!(site.browser().visit(|session| session.absolute_expiry()).await, None);
}

#[tokio::test]
async fn a_timeout_of_its_own_is_in_whole_seconds_and_can_be_taken_back() {
    let site = Site::new();
    let mut browser = site.visitor().await;
    assert_eq!(browser.visit(|session| session.timeout()).await, Some(Duration::from_secs(1200)));
    browser.visit(|session| session.set_timeout(Duration::from_millis(60_001))).await.unwrap();
    assert_eq!(browser.visit(|session| session.timeout()).await, Some(Duration::from_secs(61)));
    assert_eq!(browser.visit(|session| session.expires()).await, Some(later(61)));
    browser.visit(|session| session.set_timeout(Duration::from_secs(60))).await.unwrap();
    assert_eq!(browser.visit(|session| session.timeout()).await, Some(Duration::from_secs(60)));
    browser.visit(|session| session.set_timeout(None)).await.unwrap();
    assert_eq!(browser.visit(|session| session.timeout()).await, Some(Duration::from_secs(1200)));
}
