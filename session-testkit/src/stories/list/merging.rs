//! Two requests that change one session at once both take effect.

use session_core::Session;

use crate::stories::{Args, Browser, Framework, Handled, Setup, Site};

/// Sends both paths at once: both have loaded the session before either changes it.
async fn at_once(site: &Site, browser: &Browser, first: &str, second: &str) {
    let mut requests = Vec::new();
    for path in [first, second] {
        requests.push(browser.start(&format!("/slow{path}")));
        site.slow.arrived().await;
    }
    for request in requests {
        site.slow.open();
        let answer = request.await;
        assert_eq!(answer.status, 200);
        browser.keep(&answer);
    }
}

pub(super) async fn two_tabs_that_set_different_values_both_keep_theirs(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("name", "Ada").await;
    at_once(&site, &browser, "/set/left/1", "/set/right/2").await;
    assert_eq!(browser.text("/entries").await, r#"{"left":"1","name":"Ada","right":"2"}"#);
}

pub(super) async fn of_two_tabs_that_set_one_value_the_later_wins(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("name", "Ada").await;
    at_once(&site, &browser, "/set/name/Grace", "/set/name/Edsger").await;
    assert_eq!(browser.text("/get/name").await, r#""Edsger""#);
}

pub(super) async fn a_value_removed_in_one_tab_stays_removed_when_the_other_sets_another(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("name", "Ada").await;
    at_once(&site, &browser, "/remove/name", "/set/right/2").await;
    assert_eq!(browser.text("/entries").await, r#"{"right":"2"}"#);
}

pub(super) async fn two_increments_both_count(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("name", "Ada").await;
    at_once(&site, &browser, "/count", "/count").await;
    assert_eq!(browser.text("/get/count").await, "2");
}

pub(super) async fn flash_messages_of_two_requests_both_arrive(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("name", "Ada").await;
    at_once(&site, &browser, "/flash/one", "/flash/two").await;
    assert_eq!(browser.text("/pop").await, "one,two");
    assert_eq!(browser.text("/pop").await, "");
}

pub(super) async fn a_message_that_comes_while_others_are_taken_stays_for_the_next_time(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("name", "Ada").await;
    browser.text("/flash/shown").await;
    let taking = browser.start("/late/pop");
    site.late.arrived().await;
    browser.text("/flash/new").await;
    site.late.open();
    assert_eq!(taking.await.body, "shown");
    assert_eq!(browser.text("/pop").await, "new");
}

pub(super) async fn a_message_that_two_requests_take_is_not_taken_for_another(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("name", "Ada").await;
    browser.text("/flash/shown").await;
    let taking = browser.start("/late/pop");
    site.late.arrived().await;
    assert_eq!(browser.text("/pop").await, "shown");
    browser.text("/flash/new").await;
    site.late.open();
    taking.await;
    assert_eq!(browser.text("/pop").await, "new");
}

pub(super) async fn an_untouched_owner_label_and_timeout_survive_the_other_tabs_write(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.user("ada").await;
    browser.text("/timeout/5000").await;
    let slow = browser.start("/slow/set/right/2");
    site.slow.arrived().await;
    browser.text("/label/laptop").await;
    browser.text("/timeout/6000").await;
    site.slow.open();
    slow.await;
    assert_eq!(browser.text("/whoami").await, "ada");
    assert!(browser.text("/devices").await.contains("laptop"));
    site.wait_secs(5500);
    assert_eq!(browser.text("/whoami").await, "ada");
}

pub(super) async fn a_renewal_takes_along_what_the_other_tab_has_just_written(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("name", "Ada").await;
    let renewal = browser.start("/slow/renew");
    site.slow.arrived().await;
    browser.text("/set/right/2").await;
    site.slow.open();
    browser.keep(&renewal.await);
    assert_eq!(browser.text("/entries").await, r#"{"name":"Ada","right":"2"}"#);
}

pub(super) async fn a_change_that_does_not_go_with_the_newer_value_is_an_error_and_overwrites_nothing(
    on: &dyn Framework,
) {
    async fn upper(session: Session, _: Args) -> Handled<()> {
        session.update("name", |name: Option<String>| name.unwrap_or_default().to_uppercase())?;
        Ok(())
    }
    let number = async |session: Session, _| session.insert("name", 7);
    let site = Setup::new().loaded("upper", upper).loaded("number", number).open(on).await;
    let browser = site.visitor("name", "Ada").await;
    let slow = browser.start("/late/upper");
    site.late.arrived().await;
    browser.text("/number").await;
    site.late.open();
    let answer = slow.await;
    assert_eq!((answer.status, answer.body.as_str()), (500, ""));
    assert_eq!(browser.text("/get/name").await, "7");
}
