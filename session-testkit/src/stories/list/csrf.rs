//! The token that proves that a form is ours.

use session_core::Session;

use crate::Op::{Create, Load, Rename};

use crate::stories::{Args, Browser, Framework, Handled, Setup, Site};

async fn is_good(browser: &Browser, token: &str) -> bool {
    browser.text(&format!("/check/{token}")).await == "true"
}

pub(super) async fn a_stored_sessions_token_needs_no_write_and_stays_the_same(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("name", "Ada").await;
    let token = browser.csrf_token().await;
    assert_eq!(browser.csrf_token().await, token);
    assert!(is_good(&browser, &token).await);
    assert_eq!(site.calls.take(), [Load, Load, Load]);
    assert_eq!(token.len(), 43);
}

pub(super) async fn a_new_sessions_token_stores_it_and_holds(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.browser();
    let token = browser.csrf_token().await;
    assert_eq!(site.calls.take(), [Create]);
    assert!(is_good(&browser, &token).await);
    assert_eq!(browser.csrf_token().await, token);
}

pub(super) async fn parallel_requests_have_the_same_token(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("name", "Ada").await;
    let requests = [browser.start("/slow/csrf"), browser.start("/slow/csrf"), browser.start("/csrf")];
    let mut tokens = Vec::new();
    for _ in 0..2 {
        site.slow.arrived().await;
    }
    for _ in 0..2 {
        site.slow.open();
    }
    for request in requests {
        tokens.push(request.await.body);
    }
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    assert_eq!(site.calls.take(), [Load; 3]);
}

pub(super) async fn a_write_in_between_does_not_change_the_token(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("name", "Ada").await;
    let token = browser.csrf_token().await;
    for path in ["/count", "/flash/hello", "/clear", "/label/laptop"] {
        browser.text(path).await;
        assert!(is_good(&browser, &token).await, "{path}");
    }
    site.wait_secs(121);
    assert!(is_good(&browser, &token).await, "after a reissue");
}

pub(super) async fn a_renewal_a_sign_in_and_an_end_change_the_token(on: &dyn Framework) {
    for path in ["/renew", "/sign_in/ada", "/end_then_set/name/Grace", "/end", "/log_out"] {
        let site = Site::stock(on).await;
        let browser = site.visitor("name", "Ada").await;
        let token = browser.csrf_token().await;
        browser.text(path).await;
        assert!(!is_good(&browser, &token).await, "{path}");
        let new = browser.csrf_token().await;
        assert_ne!(new, token, "{path}");
        assert!(is_good(&browser, &new).await, "{path}");
    }
}

pub(super) async fn a_token_asked_for_in_the_request_that_renews_is_the_new_ones(on: &dyn Framework) {
    async fn token(session: Session, args: Args) -> Handled<String> {
        match args[0].as_str() {
            "renew" => session.renew()?,
            "sign_in" => session.sign_in("ada")?,
            "end" => session.invalidate()?,
            _ => return session.new_csrf_token(),
        }
        session.csrf_token()
    }
    let site = Setup::new().loaded("token", token).open(on).await;
    for path in ["/token/renew", "/token/sign_in", "/token/end", "/token/new"] {
        let browser = site.visitor("name", "Ada").await;
        let old = browser.csrf_token().await;
        site.calls.take();
        let new = browser.text(path).await;
        assert_eq!(site.calls.take(), [Load, Rename], "{path}");
        assert!(new != old && is_good(&browser, &new).await && !is_good(&browser, &old).await, "{path}");
    }
    for path in ["/token/renew", "/token/sign_in", "/token/new"] {
        let browser = site.browser();
        let token = browser.text(path).await;
        assert!(is_good(&browser, &token).await, "{path} of a newcomer");
    }
}

pub(super) async fn a_token_holds_for_the_session_that_a_lost_race_leaves(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("name", "Ada").await;
    let renewal = browser.start("/slow/renew");
    site.slow.arrived().await;
    browser.text("/count").await;
    site.slow.open();
    browser.keep(&renewal.await);
    let token = browser.csrf_token().await;
    assert!(is_good(&browser, &token).await);
}

pub(super) async fn wrong_truncated_and_foreign_tokens_are_refused(on: &dyn Framework) {
    let site = Site::stock(on).await;
    let browser = site.visitor("name", "Ada").await;
    let token = browser.csrf_token().await;
    let others = site.visitor("name", "Grace").await.csrf_token().await;
    let mut flipped = token.clone();
    flipped.replace_range(..1, if token.starts_with('A') { "B" } else { "A" });
    let wrong = [
        &others,
        &flipped,
        &token[..42],
        &token[1..],
        &format!("{token}A"),
        &format!("{token}="),
        &"A".repeat(43),
        "x",
    ];
    for wrong in wrong {
        assert!(!is_good(&browser, wrong).await, "{wrong}");
    }
    assert!(is_good(&browser, &token).await);
    assert!(!is_good(&site.browser(), &token).await, "a browser without a session has no token");
}

pub(super) async fn the_empty_token_is_refused(on: &dyn Framework) {
    let empty = async |session: Session, _| Ok(session.check_csrf("").to_string());
    let site = Setup::new().loaded("empty", empty).open(on).await;
    assert_eq!(site.visitor("name", "Ada").await.text("/empty").await, "false");
    assert_eq!(site.browser().text("/empty").await, "false");
}
