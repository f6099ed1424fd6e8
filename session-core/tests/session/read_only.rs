//! Tests of the handle that reads the session without prolonging it.

use std::time::Duration;

use session_core::{Owner, ReadOnlySession, Session};
use session_testkit::Op;

use crate::browser::{Browser, Site};

/// Makes a request that only reads the session.
async fn poll<R>(browser: &mut Browser<'_>, read: impl FnOnce(&ReadOnlySession) -> R) -> R {
    browser.request(async |exchange| read(&exchange.read_only().await.unwrap())).await
}

/// Makes a request that only asks for the time left, in seconds.
async fn left(browser: &mut Browser<'_>) -> Option<u64> {
    poll(browser, |session| session.time_left().map(|left| left.as_secs())).await
}

#[tokio::test]
async fn a_page_that_polls_does_not_keep_the_session_from_timing_out() {
    let site = Site::new();
    let mut browser = site.device("alice", "laptop").await;
    let cookie = browser.cookie.clone();
    site.calls.take();
    for minute in 0..=20 {
        assert_eq!(left(&mut browser).await, Some(1200 - 60 * minute));
        site.wait(60);
    }
    assert!(site.calls.take().iter().all(|call| *call == Op::Load));
    assert_eq!(browser.cookie, cookie);
    assert_eq!(left(&mut browser).await, Some(0));
    assert_eq!(browser.visit(Session::owner).await, None);
}

#[tokio::test]
async fn a_session_in_the_same_request_decides() {
    for reads_first in [false, true] {
        let site = Site::new();
        let mut browser = site.device("alice", "laptop").await;
        site.wait(1199);
        site.calls.take();
        browser
            .request(async |exchange| {
                if reads_first {
                    exchange.read_only().await.unwrap();
                }
                exchange.session().await.unwrap();
                exchange.read_only().await.unwrap();
            })
            .await;
        assert_eq!(site.calls.take(), [Op::Load, Op::Touch]);
        assert_eq!(left(&mut browser).await, Some(1200));
    }
}

#[tokio::test]
async fn a_sign_out_in_the_same_request_takes_effect() {
    let site = Site::new();
    let mut browser = site.device("alice", "laptop").await;
    browser
        .request(async |exchange| {
            exchange.read_only().await.unwrap();
            exchange.unloaded().invalidate().unwrap();
        })
        .await;
    assert_eq!(browser.cookie, None);
}

#[tokio::test]
async fn it_reads_what_the_session_has() {
    let site = Site::new();
    let mut browser = site.device("alice", "laptop").await;
    let write = |session: &Session| session.insert("a", 1).and_then(|()| session.flash("hello"));
    browser.visit(write).await.unwrap();
    poll(&mut browser, |session| {
        assert_eq!(session.owner(), Some(Owner::from("alice")));
        assert_eq!((session.get::<u32>("a").unwrap(), session.contains_key("a")), (Some(1), true));
        assert_eq!(session.peek_flash::<String>("").unwrap(), ["hello"]);
        assert_eq!((session.label().as_deref(), session.is_new()), (Some("laptop"), false));
        assert_eq!((session.entries().len(), session.was_renewed_elsewhere()), (2, false));
        assert_eq!((session.timeout(), session.last_used()), (Some(secs(1200)), Some(session.created())));
    })
    .await;
}

const fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

#[tokio::test]
async fn the_time_left_is_that_of_the_earliest_limit() {
    let site = Site::with(|options| options.lifetime = Some(secs(3600)));
    let mut browser = site.visitor().await;
    site.wait(1000);
    browser.visit(|session| session.insert("a", 2)).await.unwrap();
    assert_eq!(left(&mut browser).await, Some(1200), "a write sends the cookie that is due");
    site.wait(60);
    browser.visit(|session| session.insert("a", 3)).await.unwrap();
    assert_eq!(left(&mut browser).await, Some(1140), "the cookie is not due and 60 seconds old");
    site.wait(1130);
    browser.visit(Session::len).await;
    site.wait(1190);
    browser.visit(Session::len).await;
    assert_eq!(left(&mut browser).await, Some(220), "the absolute lifetime ends sooner");
}

#[tokio::test]
async fn a_session_without_limits_has_no_end_and_a_stranger_has_no_session() {
    let site = Site::with(|options| options.timeout = None);
    let mut browser = site.visitor().await;
    assert_eq!(left(&mut browser).await, None);
    assert_eq!(left(&mut site.browser()).await, Some(0));
}

#[tokio::test]
async fn the_time_left_ends_when_the_browser_drops_the_cookie() {
    for timeout in [None, Some(secs(1200))] {
        let max_age = Some(Duration::from_millis(600_900));
        let site = Site::with(|options| (options.max_age, options.timeout) = (max_age, timeout));
        let mut browser = site.visitor().await;
        assert_eq!(left(&mut browser).await, Some(600), "the browser is told whole seconds");
        site.wait(60);
        browser.visit(|session| session.insert("a", 2)).await.unwrap();
        assert_eq!(left(&mut browser).await, Some(540), "a write that sends no cookie does not matter");
        site.wait(100);
        browser.visit(Session::len).await;
        assert_eq!(left(&mut browser).await, Some(600), "the cookie was sent again");
    }
}

#[tokio::test]
async fn the_browser_keeps_the_cookie_for_a_timeout_of_its_own_and_at_most_400_days() {
    let site = Site::with(|options| options.max_age = Some(secs(600)));
    let mut browser = site.visitor().await;
    for (own, wanted) in [(3600, 3600), (300, 300), (500 * 86_400, 400 * 86_400)] {
        browser.visit(|session| session.set_timeout(secs(own))).await.unwrap();
        site.wait(6);
        assert_eq!(left(&mut browser).await, Some(wanted - 6));
    }
    browser.visit(|session| session.set_timeout(None)).await.unwrap();
    assert_eq!(left(&mut browser).await, Some(600));
}
