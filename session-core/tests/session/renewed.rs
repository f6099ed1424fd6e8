//! Tests of requests whose session another request has just renewed or ended.

use session_core::adapter::Notice;
use session_core::{Error, Session};

use crate::browser::{Browser, Site};

/// Returns a browser whose session has just been renewed by a parallel request, so that its cookie is the old
/// one.
async fn with_old_cookie(site: &Site) -> Browser<'_> {
    let browser = site.device("alice", "laptop").await;
    browser.clone().visit(Session::renew).await.unwrap();
    browser
}

#[tokio::test]
async fn a_handler_can_tell_a_session_that_was_renewed_elsewhere_from_none() {
    let site = Site::new();
    let mut browser = with_old_cookie(&site).await;
    let look = |session: &Session| (session.was_renewed_elsewhere(), session.is_new(), session.owner());
    assert_eq!(browser.visit(look).await, (true, true, None), "the renewed key is never followed");
    assert_eq!(site.browser().visit(look).await, (false, true, None));
    assert!(!site.visitor().await.visit(Session::was_renewed_elsewhere).await);
    site.wait(61);
    assert!(!browser.visit(Session::was_renewed_elsewhere).await, "the minute is over");
}

#[tokio::test]
async fn a_change_to_a_session_that_was_renewed_elsewhere_is_told_to_the_adapter() {
    let site = Site::new();
    let mut browser = with_old_cookie(&site).await;
    let exchange = browser.begin();
    exchange.session().await.unwrap().insert("lost", true).unwrap();
    let effects = browser.finish(&exchange).await;
    assert_eq!((effects.notice, effects.set_cookie), (Some(Notice::ChangesDropped), None));
}

#[tokio::test]
async fn a_change_that_loses_to_a_renewal_or_a_sign_out_is_told_to_the_adapter() {
    for end in [Session::renew, Session::invalidate] {
        let site = Site::new();
        let mut browser = site.device("alice", "laptop").await;
        let exchange = browser.begin();
        exchange.session().await.unwrap().insert("lost", true).unwrap();
        browser.clone().visit(end).await.unwrap();
        let effects = browser.finish(&exchange).await;
        assert_eq!((effects.notice, effects.set_cookie), (Some(Notice::ChangesDropped), None));
    }
}

#[tokio::test]
async fn a_request_that_changes_nothing_is_told_nothing() {
    let site = Site::new();
    let mut browser = with_old_cookie(&site).await;
    let exchange = browser.begin();
    let session = exchange.session().await.unwrap();
    session.csrf_token().unwrap();
    session.renew().unwrap();
    assert_eq!(browser.finish(&exchange).await.notice, None);
    let mut browser = site.visitor().await;
    let exchange = browser.begin();
    exchange.session().await.unwrap().insert("kept", true).unwrap();
    assert_eq!(browser.finish(&exchange).await.notice, None);
}

#[tokio::test]
async fn with_the_option_a_dropped_change_is_a_409() {
    let site = Site::with(|options| options.fail_on_dropped_changes = true);
    let browser = with_old_cookie(&site).await;
    let exchange = browser.begin();
    exchange.session().await.unwrap().insert("lost", true).unwrap();
    let error = exchange.finish(200).await.unwrap_err();
    assert!(matches!(error, Error::ChangesDropped) && error.status() == 409);
    let browser = site.visitor().await;
    let exchange = browser.begin();
    exchange.session().await.unwrap().insert("lost", true).unwrap();
    browser.clone().visit(Session::invalidate).await.unwrap();
    assert!(matches!(exchange.finish(200).await, Err(Error::ChangesDropped)));
    let exchange = with_old_cookie(&site).await.begin();
    exchange.session().await.unwrap().sign_in("bob").unwrap();
    assert!(exchange.finish(200).await.unwrap().set_cookie.is_some(), "a sign-in is never dropped");
}

#[tokio::test]
async fn changes_beside_a_sign_in_of_the_same_user_are_told_to_the_adapter_if_a_renewal_came_first() {
    let site = Site::new();
    for (inserts, notice) in [(true, Some(Notice::ChangesDropped)), (false, None)] {
        let browser = site.device("alice", "laptop").await;
        let (mut first, mut second) = (browser.clone(), browser);
        let (exchange, renewal) = (second.begin(), first.begin());
        let session = exchange.session().await.unwrap();
        session.sign_in("alice").unwrap();
        if inserts {
            session.insert("second_factor", true).unwrap();
        }
        renewal.session().await.unwrap().renew().unwrap();
        let _ = first.finish(&renewal).await;
        assert_eq!(second.finish(&exchange).await.notice, notice);
    }
}

#[tokio::test]
async fn a_change_that_is_dropped_with_a_rejection_is_told_to_the_adapter() {
    for loads_before in [true, false] {
        let site = Site::new();
        let browser = site.device("alice", "laptop").await;
        let exchange = browser.begin();
        if loads_before {
            let _ = exchange.session().await.unwrap();
        }
        browser.clone().visit(Session::renew).await.unwrap();
        exchange.session().await.unwrap().insert("a", 2).unwrap();
        let effects = exchange.reject().await.unwrap();
        assert_eq!(effects.notice, Some(Notice::ChangesDropped), "loaded before the renewal: {loads_before}");
    }
}
