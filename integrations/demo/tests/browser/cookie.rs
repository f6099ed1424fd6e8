//! The cookie, as the browser stores it.

use std::rc::Rc;

use crate::browser::Browser;
use crate::stage::Stage;
use crate::tls::SHOP;

pub(crate) async fn the_cookie_is_bound_to_the_host_and_sent_over_https_only(stage: Rc<Stage>) {
    let browser = stage.browser().await;
    browser.open("/visits").await;
    let cookie = browser.cookie().await;
    assert_eq!(cookie.name(), "__Host-session");
    assert_eq!((cookie.secure(), cookie.http_only()), (Some(true), Some(true)));
    assert_eq!(cookie.same_site().map(|same_site| same_site.to_string()).as_deref(), Some("Lax"));
    // A domain set by the site would begin with a dot.
    assert_eq!((cookie.domain(), cookie.path()), (Some(SHOP), Some("/")));
}

pub(crate) async fn a_script_cannot_read_the_cookie(stage: Rc<Stage>) {
    let browser = stage.browser().await;
    browser.sign_in("Ada").await;
    assert_eq!(browser.cookies().await.len(), 1);
    assert_eq!(browser.script("return document.cookie").await, "");
    let names = "cookieStore.getAll().then(all => done(all.map(cookie => cookie.name).join()))";
    assert_eq!(browser.script_until_done(names).await, "");
}

pub(crate) async fn reading_a_page_sets_no_cookie(stage: Rc<Stage>) {
    let browser = stage.browser().await;
    for path in ["/", "/devices", "/session", "/signed-out", "/no-such-page"] {
        browser.open(path).await;
        browser.sees("session demo").await;
        assert_eq!(browser.cookies().await.len(), 0, "{path}");
    }
}

pub(crate) async fn the_cookie_from_before_a_sign_in_is_useless_after_it(stage: Rc<Stage>) {
    let browser = stage.browser().await;
    browser.open("/visits").await;
    let before = browser.cookie().await;
    browser.sign_in("Ada").await;
    assert_ne!(browser.cookie().await.value(), before.value());
    browser.put_back(before).await;
    is_nobody(&browser).await;
}

pub(crate) async fn signing_out_removes_the_cookie_and_makes_a_copy_useless(stage: Rc<Stage>) {
    let browser = stage.browser().await;
    browser.sign_in("Ada").await;
    let copy = browser.cookie().await;
    browser.press("Sign out").await;
    browser.sees("You are signed out.").await;
    assert_eq!(browser.cookies().await.len(), 0);
    browser.put_back(copy).await;
    is_nobody(&browser).await;
}

async fn is_nobody(browser: &Browser) {
    browser.open("/").await;
    browser.sees("You have no session yet").await;
    assert!(!browser.says("Ada").await);
}
