//! A client that hangs up, or a timeout that does so for it: the session is as before the request or as after it.

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::routing::get;
use session_axum::{Session, SessionLayer};
use session_testkit::Op;
use tower_http::timeout::TimeoutLayer;

use crate::support::{Browser, DropSignal, Gate, Handled, Server, Setup, Site, When, routes};

/// A site, and a gate at which each of its requests arrives when it is over, be it by an answer or by a hang-up.
fn watched(routes: Router) -> (Site, Gate) {
    let over = Gate::new();
    let signal = over.clone();
    let layered = move |routes: Router, sessions: SessionLayer| {
        routes.layer(sessions).layer(from_fn(move |request: Request, next: Next| {
            let signal = DropSignal(signal.clone());
            async move {
                let response = next.run(request).await;
                drop(signal);
                response
            }
        }))
    };
    (Setup::new(routes).open_layered(layered), over)
}

/// Two values that only ever change together.
fn pair() -> Router {
    async fn pair(session: Session) -> Handled {
        session.insert("left", "new")?;
        session.insert("right", "new")?;
        Ok(())
    }
    routes().route("/pair", get(pair))
}

const BEFORE: &str = "{}";
const AFTER: &str = r#"{"left":"new","right":"new"}"#;

async fn empty_session(site: &Site, over: &Gate) -> Browser {
    let browser = site.browser();
    browser.csrf_token().await;
    over.arrived().await;
    browser
}

#[tokio::test]
async fn a_hang_up_while_the_handler_runs_leaves_the_session_as_it_was() {
    for path in ["/slow/pair", "/late/pair", "/late/sign_in/ada", "/late/end", "/late/log_out"] {
        let (site, over) = watched(pair());
        let server = Server::start(&site.app).await;
        let browser = empty_session(&site, &over).await;
        let connection = server.ask(path, browser.cookie().as_deref()).await;
        if path.starts_with("/slow") { &site.slow } else { &site.late }.arrived().await;
        drop(connection);
        over.arrived().await;
        site.slow.open();
        site.late.open();
        assert_eq!(browser.text("/entries").await, BEFORE, "{path}");
        assert_eq!(browser.text("/whoami").await, "nobody", "{path}");
        assert_eq!(site.rows(), 1, "{path}");
        assert!(site.calls.take().iter().all(|call| matches!(call, Op::Load | Op::Create)), "{path}");
    }
}

#[tokio::test]
async fn a_hang_up_while_the_session_is_saved_does_not_stop_the_save() {
    for when in [When::Before, When::After] {
        let (site, over) = watched(pair());
        let server = Server::start(&site.app).await;
        let browser = empty_session(&site, &over).await;
        let saving = site.watch.hold(Op::Update, when);
        let connection = server.ask("/pair", browser.cookie().as_deref()).await;
        saving.arrived().await;
        drop(connection);
        over.arrived().await;

        let meanwhile = if when == When::Before { BEFORE } else { AFTER };
        assert_eq!(browser.text("/entries").await, meanwhile);
        let saved =
            if when == When::Before { site.watch.hold(Op::Update, When::After) } else { saving.clone() };
        saving.open();
        if when == When::Before {
            saved.arrived().await;
            saved.open();
        }
        assert_eq!(browser.text("/entries").await, AFTER);
        assert_eq!(site.rows(), 1);
    }
}

#[tokio::test]
async fn a_hang_up_while_another_request_comes_first_still_saves_on_top_of_it() {
    let (site, over) = watched(routes());
    let server = Server::start(&site.app).await;
    let browser = site.visitor("name", "Ada").await;
    over.arrived().await;
    let saving = site.watch.hold(Op::Update, When::Before);
    let connection = server.ask("/count", browser.cookie().as_deref()).await;
    saving.arrived().await;
    drop(connection);
    over.arrived().await;
    browser.text("/count").await;
    let again = site.watch.hold(Op::Update, When::After);
    saving.open();
    again.arrived().await;
    let repeated = site.watch.hold(Op::Update, When::After);
    again.open();
    repeated.arrived().await;
    repeated.open();
    assert_eq!(browser.text("/get/count").await, "2");
}

#[tokio::test]
async fn a_hang_up_while_the_session_is_ended_ends_it() {
    for path in ["/log_out", "/end"] {
        let (site, over) = watched(routes());
        let server = Server::start(&site.app).await;
        let browser = site.visitor("name", "Ada").await;
        over.arrived().await;
        let (ending, ended) =
            (site.watch.hold(Op::Delete, When::Before), site.watch.hold(Op::Delete, When::After));
        let connection = server.ask(path, browser.cookie().as_deref()).await;
        ending.arrived().await;
        drop(connection);
        over.arrived().await;
        ending.open();
        ended.arrived().await;
        assert_eq!(site.rows(), 0, "{path}");
        assert_eq!(browser.text("/entries").await, "{}");
    }
}

#[tokio::test]
async fn a_hang_up_while_the_session_is_loaded_costs_nothing() {
    let (site, over) = watched(routes());
    let server = Server::start(&site.app).await;
    let browser = site.visitor("name", "Ada").await;
    over.arrived().await;
    let loading = site.watch.hold(Op::Load, When::Before);
    let connection = server.ask("/count", browser.cookie().as_deref()).await;
    loading.arrived().await;
    drop(connection);
    over.arrived().await;
    assert_eq!(browser.text("/entries").await, r#"{"name":"Ada"}"#);
}

fn timed_out_from_above(routes: Router, sessions: SessionLayer) -> Router {
    let timeout =
        TimeoutLayer::with_status_code(http::StatusCode::GATEWAY_TIMEOUT, Duration::from_millis(20));
    routes.layer(sessions).layer(timeout)
}

/// Time is the runtime's own here, and moves on only when everybody waits.
#[tokio::test(start_paused = true)]
async fn a_timeout_above_the_layer_during_the_save_does_not_stop_the_save() {
    let site = Setup::new(pair()).open_layered(timed_out_from_above);
    let browser = site.browser();
    browser.csrf_token().await;
    let (saving, saved) =
        (site.watch.hold(Op::Update, When::Before), site.watch.hold(Op::Update, When::After));
    let answer = browser.get("/pair").await;
    assert_eq!((answer.status, answer.set_cookies().len()), (504, 0));
    saving.arrived().await;
    assert_eq!(browser.text("/entries").await, BEFORE);
    saving.open();
    saved.arrived().await;
    assert_eq!(browser.text("/entries").await, AFTER);
}

#[tokio::test(start_paused = true)]
async fn a_timeout_above_the_layer_while_the_handler_runs_leaves_the_session_as_it_was() {
    let site = Setup::new(pair()).open_layered(timed_out_from_above);
    let browser = site.browser();
    browser.csrf_token().await;
    site.calls.take();
    for path in ["/late/pair", "/late/sign_in/ada", "/late/end", "/late/log_out"] {
        assert_eq!(browser.get(path).await.status, 504);
        assert_eq!(browser.text("/entries").await, BEFORE);
    }
    assert!(site.calls.take().iter().all(|call| *call == Op::Load));
    assert_eq!(site.rows(), 1);
}
