//! A handler that panics has changed nothing.

use axum::Router;
use axum::routing::get;
use http::StatusCode;
use session_axum::{Session, UnloadedSession};
use session_core::Error;
use session_testkit::Op;
use tokio::sync::mpsc;
use tower_http::catch_panic::CatchPanicLayer;

use crate::support::{Browser, Server, Setup, Site, routes};

/// Handlers that do something and then panic.
fn panicking() -> Router {
    async fn write(session: Session) {
        session.insert("name", "Grace").unwrap();
        panic!("after a change");
    }
    async fn count(session: Session) {
        session.update("count", |n: Option<u32>| n.unwrap_or(0) + 1).unwrap();
        panic!("after an update");
    }
    async fn sign_in(session: Session) {
        session.sign_in("mallory").unwrap();
        panic!("after a sign-in");
    }
    async fn renew(session: Session) {
        session.renew().unwrap();
        panic!("after a renewal");
    }
    async fn end(session: Session) {
        session.invalidate().unwrap();
        panic!("after an invalidate");
    }
    async fn log_out(session: UnloadedSession) {
        session.invalidate().unwrap();
        panic!("after a log-out");
    }
    async fn both(session: Session, unloaded: UnloadedSession) {
        session.insert("name", "Grace").unwrap();
        unloaded.invalidate().unwrap();
        panic!("after both");
    }
    async fn later(session: Session) {
        session.insert("name", "Grace").unwrap();
        tokio::task::yield_now().await;
        panic!("after an await");
    }
    routes()
        .route("/panic/write", get(write))
        .route("/panic/count", get(count))
        .route("/panic/sign_in", get(sign_in))
        .route("/panic/renew", get(renew))
        .route("/panic/end", get(end))
        .route("/panic/log_out", get(log_out))
        .route("/panic/both", get(both))
        .route("/panic/later", get(later))
}

const DEEDS: [&str; 8] = ["write", "count", "sign_in", "renew", "end", "log_out", "both", "later"];

/// Nothing was written, and the session is as it was.
async fn unchanged(site: &Site, browser: &Browser, deed: &str) {
    let calls = site.calls.take();
    assert!(calls.iter().all(|call| *call == Op::Load), "{deed}: {calls:?}");
    assert_eq!(browser.text("/entries").await, r#"{"name":"Ada"}"#, "{deed}");
    assert_eq!(browser.text("/whoami").await, "nobody", "{deed}");
    assert_eq!(site.rows(), 1, "{deed}");
    site.calls.take();
}

#[tokio::test]
async fn a_panic_that_ends_the_connection_has_changed_nothing() {
    let site = Setup::new(panicking()).open();
    let server = Server::start(&site.app).await;
    let browser = site.visitor("name", "Ada").await;
    for deed in DEEDS {
        let connection = server.ask(&format!("/panic/{deed}"), browser.cookie().as_deref()).await;
        assert_eq!(connection.rest().await, "", "{deed}");
        unchanged(&site, &browser, deed).await;
    }
}

/// Each deed is a 500 without a cookie, and has changed nothing.
async fn caught(site: Site) {
    let browser = site.visitor("name", "Ada").await;
    for deed in DEEDS {
        let answer = browser.get(&format!("/panic/{deed}")).await;
        assert_eq!((answer.status, answer.set_cookies().len()), (500, 0), "{deed}");
        unchanged(&site, &browser, deed).await;
    }
    for deed in DEEDS {
        let answer = site.browser().get(&format!("/panic/{deed}")).await;
        assert_eq!((answer.status, answer.set_cookies().len()), (500, 0), "{deed}");
    }
    assert_eq!(site.calls.take(), []);
    assert_eq!(site.rows(), 1);
}

#[tokio::test]
async fn a_panic_that_is_caught_below_the_layer_has_changed_nothing() {
    let layered = |routes: Router, sessions| routes.layer(CatchPanicLayer::new()).layer(sessions);
    caught(Setup::new(panicking()).open_layered(layered)).await;
}

#[tokio::test]
async fn a_panic_that_is_caught_above_the_layer_has_changed_nothing() {
    let layered = |routes: Router, sessions| routes.layer(sessions).layer(CatchPanicLayer::new());
    caught(Setup::new(panicking()).open_layered(layered)).await;
}

#[tokio::test]
async fn a_panic_whose_response_is_no_error_has_changed_nothing_either() {
    let fine = |_: Box<dyn std::any::Any + Send>| http::Response::new(axum::body::Body::from("never mind"));
    let layered = move |routes: Router, sessions| routes.layer(CatchPanicLayer::custom(fine)).layer(sessions);
    let site = Setup::new(panicking()).open_layered(layered);
    let browser = site.visitor("name", "Ada").await;
    for deed in DEEDS {
        let answer = browser.get(&format!("/panic/{deed}")).await;
        assert_eq!((answer.status, answer.set_cookies().len()), (200, 0), "{deed}");
        unchanged(&site, &browser, deed).await;
    }
}

#[tokio::test]
async fn a_panic_when_the_reissue_is_due_sends_no_cookie() {
    let layered = |routes: Router, sessions| routes.layer(CatchPanicLayer::new()).layer(sessions);
    let site = Setup::new(panicking()).open_layered(layered);
    let browser = site.visitor("name", "Ada").await;
    site.wait_secs(121);
    assert!(browser.get("/panic/write").await.set_cookies().is_empty());
    unchanged(&site, &browser, "write").await;
}

/// A handler that gives its handle away, and panics when that is gone.
fn without_a_handle() -> Router {
    fn note(session: Session) {
        session.insert("name", "Grace").unwrap();
    }
    async fn handler(session: Session) -> StatusCode {
        note(session);
        panic!("without a handle");
    }
    routes().route("/handler", get(handler))
}

#[tokio::test]
async fn a_panic_after_the_handle_is_gone_that_is_caught_above_the_layer_has_changed_nothing() {
    let layered = |routes: Router, sessions| routes.layer(sessions).layer(CatchPanicLayer::new());
    let site = Setup::new(without_a_handle()).open_layered(layered);
    let browser = site.visitor("name", "Ada").await;
    assert_eq!(browser.get("/handler").await.status, 500);
    unchanged(&site, &browser, "handler").await;
}

/// Nothing tells such a panic from an ordinary response: a layer that catches panics belongs above the session's.
#[tokio::test]
async fn a_panic_after_the_handle_is_gone_that_is_caught_below_the_layer_is_seen_by_nobody() {
    let layered = |routes: Router, sessions| routes.layer(CatchPanicLayer::new()).layer(sessions);
    let site = Setup::new(without_a_handle()).open_layered(layered);
    let browser = site.visitor("name", "Ada").await;
    assert_eq!(browser.get("/handler").await.status, 500);
    assert_eq!(browser.text("/entries").await, r#"{"name":"Grace"}"#);
}

#[tokio::test]
async fn a_handle_that_outlives_a_caught_panic_is_finished_with_the_response() {
    let (keep, mut kept) = mpsc::unbounded_channel();
    let handler = move |session: Session| async move {
        keep.send(session.clone()).unwrap();
        session.insert("name", "Grace").unwrap();
        if !session.is_empty() {
            panic!("with a handle left elsewhere");
        }
    };
    let layered = |routes: Router, sessions| routes.layer(CatchPanicLayer::new()).layer(sessions);
    let site = Setup::new(routes().route("/handler", get(handler))).open_layered(layered);
    let browser = site.visitor("name", "Ada").await;
    assert_eq!(browser.get("/handler").await.status, 500);
    let session = kept.recv().await.unwrap();
    assert!(matches!(session.insert("name", "Grace"), Err(Error::Finished)), "the response has gone out");
}

/// A handle cannot tell a task's panic from its handler's. Nothing is better than half of what was meant.
#[tokio::test]
async fn a_panic_in_a_task_that_holds_a_handle_takes_the_changes_with_it_though_the_handler_goes_on() {
    let handler = async |session: Session| {
        session.insert("name", "Grace").unwrap();
        let clone = session.clone();
        let task = tokio::spawn(async move {
            if !clone.is_empty() {
                panic!("in a task");
            }
        });
        assert!(task.await.is_err());
    };
    let site = Setup::new(routes().route("/handler", get(handler))).open();
    let browser = site.visitor("name", "Ada").await;
    assert_eq!(browser.get("/handler").await.status, 200);
    unchanged(&site, &browser, "handler").await;
}
