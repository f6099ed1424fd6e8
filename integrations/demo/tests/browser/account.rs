//! Signing in and out.

use std::rc::Rc;
use std::time::{Duration, SystemTime};

use crate::stage::Stage;

pub(crate) async fn signing_in_greets_the_visitor(stage: Rc<Stage>) {
    let browser = stage.browser().await;
    browser.open("/").await;
    browser.sees("You have no session yet").await;
    browser.follow("/sign-in").await;
    browser.fill("name", "Ada Lovelace").await;
    browser.press("Sign in").await;
    browser.sees("Hello, Ada Lovelace").await;
    assert_eq!(browser.path().await, "/");
    assert_eq!(browser.text_of("signed-in").await, "yes");
}

pub(crate) async fn staying_signed_in_gives_the_cookie_an_expiry(stage: Rc<Stage>) {
    let browser = stage.browser().await;
    browser.sign_in("Ada").await;
    assert_eq!(browser.cookie().await.expires(), None, "the cookie ends with the browser");

    browser.open("/sign-in").await;
    browser.fill("name", "Ada").await;
    browser.tick("remember").await;
    browser.press("Sign in").await;
    browser.sees("Hello, Ada").await;
    let expires = browser.cookie().await.expires_datetime().expect("the cookie has an expiry");
    let left = SystemTime::from(expires).duration_since(SystemTime::now()).unwrap();
    let days = left.as_secs_f64() / Duration::from_secs(24 * 3600).as_secs_f64();
    assert!((29.9..30.1).contains(&days), "{days} days");
}

pub(crate) async fn signing_out_forgets_the_visitor(stage: Rc<Stage>) {
    let browser = stage.browser().await;
    browser.sign_in("Ada").await;
    browser.press("Sign out").await;
    browser.sees("You are signed out.").await;
    assert_eq!(browser.path().await, "/signed-out");
    browser.open("/").await;
    browser.sees("You have no session yet").await;
    assert!(!browser.says("Ada").await);
}
