//! The Back button after a sign-out. Browsers may store pages, but must not store those of this site.

use std::rc::Rc;

use crate::browser::Browser;
use crate::stage::Stage;

pub(crate) async fn after_a_sign_out_the_back_button_shows_no_private_page(stage: Rc<Stage>) {
    let browser = stage.browser().await;
    browser.sign_in("Ada").await;
    browser.open("/visits").await;
    browser.open("/session").await;
    assert_eq!(browser.text_of("owner").await, "Ada");
    browser.press("Sign out").await;
    browser.sees("You are signed out.").await;
    for path in ["/session", "/visits", "/"] {
        browser.go_back().await;
        assert_eq!(browser.path().await, path);
        shows_nobody(&browser).await;
    }
}

pub(crate) async fn a_page_left_open_in_another_tab_is_not_shown_again_after_a_sign_out(stage: Rc<Stage>) {
    let browser = stage.browser().await;
    browser.sign_in("Ada").await;
    let first = browser.tab().await;
    let second = browser.open_tab().await;
    browser.open("/session").await;
    browser.open("/cart").await;
    browser.look_at(&first).await;
    browser.press("Sign out").await;
    browser.sees("You are signed out.").await;

    browser.look_at(&second).await;
    assert!(browser.says("Ada").await, "an open page stays unchanged");
    browser.go_back().await;
    assert_eq!(browser.path().await, "/session");
    shows_nobody(&browser).await;
    browser.go_forward().await;
    browser.sees("Your cart is empty").await;
    assert!(!browser.says("Ada").await);
}

async fn shows_nobody(browser: &Browser) {
    // Every page shows this to a visitor who is not signed in.
    browser.sees("Sign in").await;
    assert!(!browser.says("Ada").await && !browser.says("Sign out").await);
}
