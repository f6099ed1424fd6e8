//! Two requests that change one session at once both take effect.

use axum::routing::get;
use session_axum::Session;

use crate::support::{Browser, Handled, Setup, Site, routes};

/// Sends both paths at once: both have loaded the session before either changes it.
async fn at_once(site: &Site, browser: &Browser, first: &str, second: &str) {
    let mut requests = Vec::new();
    for path in [first, second] {
        requests.push(browser.start(&format!("/slow{path}")));
        site.slow.arrived().await;
    }
    for request in requests {
        site.slow.open();
        let answer = request.await.unwrap();
        assert_eq!(answer.status, 200, "{:?}", answer.error);
        browser.keep(&answer);
    }
}

#[tokio::test]
async fn two_tabs_that_set_different_values_both_keep_theirs() {
    let site = Site::stock();
    let browser = site.visitor("name", "Ada").await;
    at_once(&site, &browser, "/set/left/1", "/set/right/2").await;
    assert_eq!(browser.text("/entries").await, r#"{"left":"1","name":"Ada","right":"2"}"#);
}

#[tokio::test]
async fn of_two_tabs_that_set_one_value_the_later_wins() {
    let site = Site::stock();
    let browser = site.visitor("name", "Ada").await;
    at_once(&site, &browser, "/set/name/Grace", "/set/name/Edsger").await;
    assert_eq!(browser.text("/get/name").await, r#""Edsger""#);
}

#[tokio::test]
async fn a_value_removed_in_one_tab_stays_removed_when_the_other_sets_another() {
    let site = Site::stock();
    let browser = site.visitor("name", "Ada").await;
    at_once(&site, &browser, "/remove/name", "/set/right/2").await;
    assert_eq!(browser.text("/entries").await, r#"{"right":"2"}"#);
}

#[tokio::test]
async fn two_increments_both_count() {
    let site = Site::stock();
    let browser = site.visitor("name", "Ada").await;
    at_once(&site, &browser, "/count", "/count").await;
    assert_eq!(browser.text("/get/count").await, "2");
}

#[tokio::test]
async fn flash_messages_of_two_requests_both_arrive() {
    let site = Site::stock();
    let browser = site.visitor("name", "Ada").await;
    at_once(&site, &browser, "/flash/one", "/flash/two").await;
    assert_eq!(browser.text("/pop").await, "one,two");
    assert_eq!(browser.text("/pop").await, "");
}

#[tokio::test]
async fn a_message_that_comes_while_others_are_taken_stays_for_the_next_time() {
    let site = Site::stock();
    let browser = site.visitor("name", "Ada").await;
    browser.text("/flash/shown").await;
    let taking = browser.start("/late/pop");
    site.late.arrived().await;
    browser.text("/flash/new").await;
    site.late.open();
    assert_eq!(taking.await.unwrap().body, "shown");
    assert_eq!(browser.text("/pop").await, "new");
}

#[tokio::test]
async fn a_message_that_two_requests_take_is_not_taken_for_another() {
    let site = Site::stock();
    let browser = site.visitor("name", "Ada").await;
    browser.text("/flash/shown").await;
    let taking = browser.start("/late/pop");
    site.late.arrived().await;
    assert_eq!(browser.text("/pop").await, "shown");
    browser.text("/flash/new").await;
    site.late.open();
    taking.await.unwrap();
    assert_eq!(browser.text("/pop").await, "new");
}

#[tokio::test]
async fn an_untouched_owner_label_and_timeout_survive_the_other_tabs_write() {
    let site = Site::stock();
    let browser = site.user("ada").await;
    browser.text("/timeout/5000").await;
    let slow = browser.start("/slow/set/right/2");
    site.slow.arrived().await;
    browser.text("/label/laptop").await;
    browser.text("/timeout/6000").await;
    site.slow.open();
    slow.await.unwrap();
    assert_eq!(browser.text("/whoami").await, "ada");
    assert!(browser.text("/devices").await.contains("laptop"));
    site.wait_secs(5500);
    assert_eq!(browser.text("/whoami").await, "ada");
}

#[tokio::test]
async fn a_renewal_takes_along_what_the_other_tab_has_just_written() {
    let site = Site::stock();
    let browser = site.visitor("name", "Ada").await;
    let renewal = browser.start("/slow/renew");
    site.slow.arrived().await;
    browser.text("/set/right/2").await;
    site.slow.open();
    browser.keep(&renewal.await.unwrap());
    assert_eq!(browser.text("/entries").await, r#"{"name":"Ada","right":"2"}"#);
}

#[tokio::test]
async fn a_change_that_does_not_go_with_the_newer_value_is_an_error_and_overwrites_nothing() {
    async fn upper(session: Session) -> Handled {
        session.update("name", |name: Option<String>| name.unwrap_or_default().to_uppercase())?;
        Ok(())
    }
    let routes = routes()
        .route("/upper", get(upper))
        .route("/number", get(async |session: Session| Handled::Ok(session.insert("name", 7)?)));
    let site = Setup::new(routes).open();
    let browser = site.visitor("name", "Ada").await;
    let slow = browser.start("/late/upper");
    site.late.arrived().await;
    browser.text("/number").await;
    site.late.open();
    let answer = slow.await.unwrap();
    assert_eq!((answer.status, answer.body.as_str()), (500, ""));
    assert!(matches!(answer.error, Some(session_core::Error::Value(error)) if error.key() == "name"));
    assert_eq!(browser.text("/get/name").await, "7");
}
