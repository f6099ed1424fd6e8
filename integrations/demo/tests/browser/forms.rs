//! The counter, the cart and its forms.

use std::rc::Rc;

use crate::stage::Stage;

pub(crate) async fn visits_count_one_by_one(stage: Rc<Stage>) {
    let browser = stage.browser().await;
    browser.open("/visits").await;
    assert_eq!(browser.text_of("visits").await, "1");
    // The first link to the page is in the navigation.
    browser.follow("/visits").await;
    assert_eq!(browser.text_of("visits").await, "2");
    browser.reload().await;
    assert_eq!(browser.text_of("visits").await, "3");
    browser.open("/").await;
    assert_eq!(browser.text_of("visits").await, "3");
}

pub(crate) async fn a_cart_is_filled_and_emptied(stage: Rc<Stage>) {
    let browser = stage.browser().await;
    browser.open("/cart").await;
    browser.sees("Your cart is empty.").await;
    for _ in 0..2 {
        browser.press("Add one Green tea").await;
    }
    assert_eq!(browser.text_of("items").await, "2");
    // A reload of the page after a form does not send the form again.
    browser.reload().await;
    assert_eq!(browser.text_of("items").await, "2");
    for _ in 0..2 {
        browser.press("Remove one Green tea").await;
    }
    browser.sees("Your cart is empty.").await;
}

pub(crate) async fn a_message_is_shown_once(stage: Rc<Stage>) {
    let browser = stage.browser().await;
    browser.open("/cart").await;
    browser.press("Add one Green tea").await;
    browser.sees("Green tea is in your cart.").await;
    browser.reload().await;
    assert_eq!(browser.text_of("items").await, "1");
    assert!(!browser.says("is in your cart.").await);
}

pub(crate) async fn a_form_with_a_forged_token_is_refused(stage: Rc<Stage>) {
    let browser = stage.browser().await;
    browser.open("/cart").await;
    let token = browser.hidden("csrf").await;
    // The forged token has the length and the characters of the real one.
    let forged: String = token.chars().rev().collect();
    let script = "for (const field of document.querySelectorAll('[name=csrf]')) field.value = ";
    browser.script(&format!("{script}'{forged}'")).await;
    browser.press("Add one Green tea").await;
    browser.sees("This form was not accepted").await;

    // The page offers a way to continue.
    browser.follow_called("Open the form again").await;
    browser.sees("Your cart is empty.").await;
    browser.press("Add one Green tea").await;
    browser.sees("Green tea is in your cart.").await;
}

pub(crate) async fn a_form_that_was_open_before_a_sign_out_is_refused(stage: Rc<Stage>) {
    let browser = stage.browser().await;
    browser.sign_in("Ada").await;
    browser.open("/cart").await;
    let first = browser.tab().await;
    browser.open_tab().await;
    browser.open("/").await;
    browser.press("Sign out").await;
    browser.sees("You are signed out.").await;
    browser.look_at(&first).await;
    browser.press("Add one Green tea").await;
    browser.sees("This form was not accepted").await;
}
