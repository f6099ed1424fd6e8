//! The token that proves that a form is ours.

use axum::routing::get;
use session_axum::Session;
use session_testkit::Op::{Create, Load, Rename};

use crate::support::{Browser, Handled, Setup, Site, routes};

async fn is_good(browser: &Browser, token: &str) -> bool {
    browser.text(&format!("/check/{token}")).await == "true"
}

#[tokio::test]
async fn a_stored_sessions_token_needs_no_write_and_stays_the_same() {
    let site = Site::stock();
    let browser = site.visitor("name", "Ada").await;
    let token = browser.csrf_token().await;
    assert_eq!(browser.csrf_token().await, token);
    assert!(is_good(&browser, &token).await);
    assert_eq!(site.calls.take(), [Load, Load, Load]);
    assert_eq!(token.len(), 43);
}

#[tokio::test]
async fn a_new_sessions_token_stores_it_and_holds() {
    let site = Site::stock();
    let browser = site.browser();
    let token = browser.csrf_token().await;
    assert_eq!(site.calls.take(), [Create]);
    assert!(is_good(&browser, &token).await);
    assert_eq!(browser.csrf_token().await, token);
}

#[tokio::test]
async fn parallel_requests_have_the_same_token() {
    let site = Site::stock();
    let browser = site.visitor("name", "Ada").await;
    let requests = [browser.start("/slow/csrf"), browser.start("/slow/csrf"), browser.start("/csrf")];
    let mut tokens = Vec::new();
    for request in requests {
        site.slow.open();
        tokens.push(request.await.unwrap().body);
    }
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    assert_eq!(site.calls.take(), [Load; 3]);
}

#[tokio::test]
async fn a_write_in_between_does_not_change_the_token() {
    let site = Site::stock();
    let browser = site.visitor("name", "Ada").await;
    let token = browser.csrf_token().await;
    for path in ["/count", "/flash/hello", "/clear", "/label/laptop"] {
        browser.text(path).await;
        assert!(is_good(&browser, &token).await, "{path}");
    }
    site.wait_secs(121);
    assert!(is_good(&browser, &token).await, "after a reissue");
}

#[tokio::test]
async fn a_renewal_a_sign_in_and_an_end_change_the_token() {
    for path in ["/renew", "/sign_in/ada", "/end_then_set/name/Grace", "/end", "/log_out"] {
        let site = Site::stock();
        let browser = site.visitor("name", "Ada").await;
        let token = browser.csrf_token().await;
        browser.text(path).await;
        assert!(!is_good(&browser, &token).await, "{path}");
        let new = browser.csrf_token().await;
        assert_ne!(new, token, "{path}");
        assert!(is_good(&browser, &new).await, "{path}");
    }
}

#[tokio::test]
async fn a_token_asked_for_in_the_request_that_renews_is_the_new_ones() {
    async fn renew(session: Session) -> Handled<String> {
        session.renew()?;
        Ok(session.csrf_token()?)
    }
    async fn sign_in(session: Session) -> Handled<String> {
        session.sign_in("ada")?;
        Ok(session.csrf_token()?)
    }
    async fn end(session: Session) -> Handled<String> {
        session.invalidate()?;
        Ok(session.csrf_token()?)
    }
    async fn new(session: Session) -> Handled<String> {
        Ok(session.new_csrf_token()?)
    }
    let routes = routes()
        .route("/token/renew", get(renew))
        .route("/token/sign_in", get(sign_in))
        .route("/token/end", get(end))
        .route("/token/new", get(new));
    let site = Setup::new(routes).open();
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

#[tokio::test]
async fn a_token_holds_for_the_session_that_a_lost_race_leaves() {
    let site = Site::stock();
    let browser = site.visitor("name", "Ada").await;
    let renewal = browser.start("/slow/renew");
    site.slow.arrived().await;
    browser.text("/count").await;
    site.slow.open();
    browser.keep(&renewal.await.unwrap());
    let token = browser.csrf_token().await;
    assert!(is_good(&browser, &token).await);
}

#[tokio::test]
async fn wrong_truncated_and_foreign_tokens_are_refused() {
    let site = Site::stock();
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

#[tokio::test]
async fn the_empty_token_is_refused() {
    let site = Setup::new(
        routes().route("/empty", get(async |session: Session| session.check_csrf("").to_string())),
    )
    .open();
    assert_eq!(site.visitor("name", "Ada").await.text("/empty").await, "false");
    assert_eq!(site.browser().text("/empty").await, "false");
}
