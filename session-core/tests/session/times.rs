//! Tests of the times of a session: its creation, last use, expiry and timeout.

use std::time::Duration;

use session_core::adapter::Exchange;
use session_core::{Session, UnixTime};
use session_testkit::Op;

use crate::browser::{START, Site};

fn later(secs: u64) -> UnixTime {
    START + Duration::from_secs(secs)
}

/// Returns the creation, the last use and the expiry of a session.
fn times(session: &Session) -> (UnixTime, Option<UnixTime>, Option<UnixTime>) {
    (session.created(), session.last_used(), session.expires())
}

#[tokio::test]
async fn a_new_session_begins_now_and_has_no_last_use_and_no_expiry() {
    let site = Site::new();
    let mut browser = site.browser();
    let (times, version) = browser.visit(|session| (times(session), session.version())).await;
    assert_eq!((times, version), ((START, None, None), None));
}

#[tokio::test]
async fn a_stored_session_has_a_creation_a_last_use_and_an_expiry() {
    let site = Site::new();
    let mut browser = site.visitor().await;
    site.wait(10);
    browser.visit(|session| session.insert("a", 2)).await.unwrap();
    site.wait(10);
    assert_eq!(browser.visit(times).await, (START, Some(later(10)), Some(later(1210))));
}

#[tokio::test]
async fn every_write_changes_the_version() {
    let site = Site::new();
    let mut browser = site.visitor().await;
    let before = browser.visit(|session| session.version()).await.unwrap();
    assert_eq!(browser.visit(|session| session.version()).await, Some(before));
    browser.visit(|session| session.insert("a", 2)).await.unwrap();
    assert_ne!(browser.visit(|session| session.version()).await, Some(before));
}

#[tokio::test]
async fn a_sign_in_sets_the_creation_time_anew_and_a_renewal_does_not() {
    let site = Site::new();
    let mut browser = site.visitor().await;
    site.wait(10);
    browser.visit(|session| session.renew()).await.unwrap();
    assert_eq!(browser.visit(|session| session.created()).await, START);
    browser.visit(|session| session.sign_in("alice")).await.unwrap();
    assert_eq!(browser.visit(|session| session.created()).await, later(10));
}

#[tokio::test]
async fn the_absolute_lifetime_counts_from_the_creation() {
    let site = Site::with(|options| options.lifetime = Some(Duration::from_secs(3600)));
    let mut browser = site.visitor().await;
    site.wait(10);
    assert_eq!(browser.visit(|session| session.absolute_expiry()).await, Some(later(3600)));
    let site = Site::new();
    assert_eq!(site.browser().visit(|session| session.absolute_expiry()).await, None);
}

#[tokio::test]
async fn a_timeout_of_the_session_is_rounded_up_to_whole_seconds_and_can_be_removed() {
    let site = Site::new();
    let mut browser = site.visitor().await;
    assert_eq!(browser.visit(|session| session.timeout()).await, Some(Duration::from_secs(1200)));
    browser.visit(|session| session.set_timeout(Duration::from_millis(60_001))).await.unwrap();
    assert_eq!(browser.visit(|session| session.timeout()).await, Some(Duration::from_secs(61)));
    assert_eq!(browser.visit(|session| session.expires()).await, Some(later(61)));
    browser.visit(|session| session.set_timeout(Duration::from_secs(60))).await.unwrap();
    assert_eq!(browser.visit(|session| session.timeout()).await, Some(Duration::from_secs(60)));
    browser.visit(|session| session.set_timeout(Duration::MAX)).await.unwrap();
    let longest = Duration::from_secs(i64::MAX as u64);
    assert_eq!(browser.visit(|session| session.timeout()).await, Some(longest), "a store can keep it");
    browser.visit(|session| session.set_timeout(None)).await.unwrap();
    assert_eq!(browser.visit(|session| session.timeout()).await, Some(Duration::from_secs(1200)));
}

/// Returns a browser that was signed in while the clock was ahead. Now the clock is right again.
async fn signed_in_ahead(site: &Site, by: u64) -> crate::browser::Browser<'_> {
    site.wait(by);
    let browser = site.device("alice", "laptop").await;
    site.clock.set(START);
    browser
}

#[tokio::test]
async fn a_session_from_a_clock_that_was_ahead_times_out_after_its_next_request() {
    for ahead in [86_400, 10 * 365 * 86_400] {
        let site = Site::with(|options| options.lifetime = Some(Duration::from_secs(3600)));
        let mut browser = signed_in_ahead(&site, ahead).await;
        site.calls.take();
        let seen =
            browser.visit(|session| (session.owner().is_some(), session.created(), session.last_used()));
        assert_eq!(seen.await, (true, START, Some(START)));
        assert_eq!(site.calls.take(), [Op::Load, Op::Update], "one write more");
        browser.visit(Session::len).await;
        assert_eq!(site.calls.take(), [Op::Load]);
        site.wait(1800);
        assert_eq!(browser.visit(Session::owner).await, None, "{ahead}");
    }
}

#[tokio::test]
async fn the_absolute_lifetime_of_a_session_from_a_clock_that_was_ahead_counts_from_its_next_request() {
    let site = Site::with(|options| options.lifetime = Some(Duration::from_secs(3600)));
    let mut browser = signed_in_ahead(&site, 86_400).await;
    for _ in 0..3 {
        assert!(browser.visit(Session::owner).await.is_some());
        site.wait(1199);
    }
    site.wait(3);
    assert_eq!(browser.visit(Session::owner).await, None);
}

#[tokio::test]
async fn a_session_from_a_clock_that_was_a_little_ahead_costs_no_write_more() {
    let site = Site::new();
    let mut browser = signed_in_ahead(&site, 300).await;
    site.calls.take();
    assert!(browser.visit(Session::owner).await.is_some());
    assert_eq!(site.calls.take(), [Op::Load]);
}

#[tokio::test]
async fn a_session_from_a_clock_that_was_ahead_times_out_even_if_it_is_only_polled() {
    let site = Site::new();
    let mut browser = signed_in_ahead(&site, 30 * 86_400).await;
    site.calls.take();
    let poll = async |exchange: &Exchange| exchange.read_only().await.unwrap().owner();
    for minute in 0..20 {
        assert!(browser.request(poll).await.is_some(), "minute {minute}");
        site.wait(60);
    }
    assert_eq!(site.calls.take().iter().filter(|call| **call == Op::Update).count(), 1);
    assert_eq!(browser.request(poll).await, None);
}
