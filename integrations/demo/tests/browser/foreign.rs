//! Requests from a hostile site. They are sent without the cookie, except when the visitor follows a link.

use std::net::Ipv4Addr;
use std::rc::Rc;

use axum::Router;
use axum::response::Html;
use tokio::net::TcpListener;

use crate::browser::{Browser, until};
use crate::stage::Stage;
use crate::tls::{self, FOREIGN};

pub(crate) async fn a_form_on_another_site_is_sent_without_the_cookie(stage: Rc<Stage>) {
    let browser = at_home(&stage).await;
    browser.open("/cart").await;
    // The hostile site even knows the token.
    let fields = [("csrf", browser.hidden("csrf").await), ("item", "tea".to_owned())];
    let fields = fields.map(|(name, value)| format!("<input type='hidden' name='{name}' value='{value}'>"));
    lure(&browser, &form(&stage, "/cart/add", &fields.concat())).await;
    browser.press("Win").await;
    browser.sees("This form was not accepted").await;
    assert!(!browser.says("Ada").await, "the cookie was sent along");
    is_unharmed(&browser).await;
}

pub(crate) async fn a_form_on_another_site_cannot_sign_anyone_out(stage: Rc<Stage>) {
    let browser = at_home(&stage).await;
    lure(&browser, &form(&stage, "/sign-out", "")).await;
    browser.press("Win").await;
    assert_eq!(browser.path().await, "/signed-out");
    is_unharmed(&browser).await;
}

pub(crate) async fn a_link_on_another_site_is_followed_with_the_cookie(stage: Rc<Stage>) {
    let browser = at_home(&stage).await;
    let address = format!("{}/session", stage.site);
    lure(&browser, &format!("<a href='{address}'>Look</a>")).await;
    browser.follow(&address).await;
    assert_eq!(browser.text_of("owner").await, "Ada");
}

pub(crate) async fn a_fetch_from_another_site_cannot_read_or_change_the_session(stage: Rc<Stage>) {
    let browser = at_home(&stage).await;
    lure(&browser, "").await;
    let address = format!("{}/visits", stage.site);
    for (mode, expected) in [("cors", "TypeError"), ("no-cors", "opaque:")] {
        let fetched = browser
            .script_until_done(&format!(
                "fetch('{address}', {{ credentials: 'include', mode: '{mode}', cache: 'no-store' }}) \
                 .then(async answer => done(answer.type + ':' + await answer.text()), error => done(error.name))"
            ))
            .await;
        assert_eq!(fetched, expected, "{mode}");
    }
    is_unharmed(&browser).await;
}

pub(crate) async fn a_frame_on_another_site_cannot_read_or_change_the_session(stage: Rc<Stage>) {
    let browser = at_home(&stage).await;
    let frame = format!("<iframe src='{}/visits' onload='window.loaded = true'></iframe>", stage.site);
    lure(&browser, &frame).await;
    until("the frame is loaded", async || browser.script("return window.loaded === true").await == true)
        .await;
    browser.client().enter_frame(0).await.unwrap();
    assert!(!browser.says("visit").await, "{}", browser.text().await);
    browser.client().enter_parent_frame().await.unwrap();
    is_unharmed(&browser).await;
}

/// Starts a browser in which Ada is signed in, with one visit and an empty cart.
async fn at_home(stage: &Stage) -> Rc<Browser> {
    let browser = stage.browser().await;
    browser.open("/visits").await;
    browser.sign_in("Ada").await;
    browser
}

/// Opens a page of the hostile site.
async fn lure(browser: &Browser, page: &str) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = tls::before(listener.local_addr().unwrap()).await;
    let page = Html(format!("<!doctype html><title>A prize</title><h1>A prize</h1>{page}"));
    let site = Router::new().fallback(async move || page);
    tokio::spawn(async { axum::serve(listener, site).await });
    browser.open_address(&format!("https://{FOREIGN}:{port}/")).await;
    browser.sees("A prize").await;
}

fn form(stage: &Stage, action: &str, fields: &str) -> String {
    format!("<form method='post' action='{}{action}'>{fields}<button>Win</button></form>", stage.site)
}

/// Asserts that Ada's session is unchanged.
async fn is_unharmed(browser: &Browser) {
    browser.open("/").await;
    browser.sees("Hello, Ada").await;
    assert_eq!(browser.text_of("visits").await, "1");
    assert_eq!(browser.text_of("items").await, "0");
}
