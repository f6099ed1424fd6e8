//! The layer together with other layers, and in nested routers.

use std::future::pending;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;
use http::header::{ACCEPT_ENCODING, COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use session_axum::{Session, SessionLayer};
use session_testkit::stories::{Args, Handled, Setup, When};
use session_testkit::{Fault, Op};
use tower::ServiceBuilder;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;

use crate::framework::Axum;

#[tokio::test]
async fn a_layer_over_nested_and_merged_routers_serves_them_all_with_one_session() {
    let on = Axum::layered(|routes, sessions| {
        Router::new()
            .nest("/shop", Router::new().nest("/cart", routes.clone()))
            .merge(Router::new().nest("/blog", routes))
            .fallback(async |session: Session| session.len().to_string())
            .layer(sessions)
    });
    let site = Setup::new().open(&on).await;
    let browser = site.browser();
    browser.text("/shop/cart/set/name/Ada").await;
    assert_eq!(browser.text("/blog/get/name").await, r#""Ada""#);
    assert_eq!(browser.text("/nowhere").await, "1");
    assert_eq!(site.rows(), 1);
}

#[tokio::test]
async fn two_layers_of_one_factory_make_one_session_and_one_cookie() {
    let on = Axum::layered(|routes, sessions| {
        Router::new().nest("/inner", routes.clone().layer(sessions.clone())).merge(routes).layer(sessions)
    });
    let site = Setup::new().open(&on).await;
    let browser = site.browser();
    let answer = browser.get("/inner/set/name/Ada").await;
    assert_eq!(answer.set_cookies().len(), 1);
    assert_eq!(site.calls.take(), [Op::Create]);
    assert_eq!(browser.text("/get/name").await, r#""Ada""#);
    let answer = browser.get("/inner/count").await;
    assert_eq!((answer.body.as_str(), answer.header("vary").as_str()), ("1", "Cookie"));
    assert_eq!(site.calls.take(), [Op::Load, Op::Load, Op::Update]);
}

#[tokio::test]
async fn a_middleware_between_two_layers_of_one_factory_has_the_handlers_session() {
    async fn note(session: Session, request: Request, next: Next) -> Response {
        session.insert("between", true).unwrap();
        next.run(request).await
    }
    let on =
        Axum::layered(|routes, sessions| routes.layer(sessions.clone()).layer(from_fn(note)).layer(sessions));
    let site = Setup::new().open(&on).await;
    let browser = site.browser();
    for (path, calls) in [("/set/name/Ada", vec![Op::Create]), ("/count", vec![Op::Load, Op::Update])] {
        let answer = browser.get(path).await;
        assert_eq!(answer.set_cookies().len(), usize::from(path == "/set/name/Ada"));
        assert_eq!(site.calls.take(), calls, "{path}");
    }
    assert_eq!(browser.text("/entries").await, r#"{"between":true,"count":1,"name":"Ada"}"#);
    assert_eq!(site.rows(), 1);
}

#[tokio::test]
async fn a_route_outside_the_layer_makes_no_store_call() {
    let on = Axum::layered(|routes, sessions| routes.layer(sessions).route("/plain", get(async || "plain")));
    let site = Setup::new().open(&on).await;
    let browser = site.visitor("name", "Ada").await;
    assert_eq!(browser.get("/plain").await.header("vary"), "");
    assert_eq!(site.calls.take(), []);
}

#[tokio::test]
async fn compression_works_on_either_side() {
    let above: fn(Router, SessionLayer) -> Router =
        |routes, sessions| routes.layer(sessions).layer(CompressionLayer::new());
    let below: fn(Router, SessionLayer) -> Router =
        |routes, sessions| routes.layer(CompressionLayer::new()).layer(sessions);
    let stacked: fn(Router, SessionLayer) -> Router =
        |routes, sessions| routes.layer(ServiceBuilder::new().layer(sessions).layer(CompressionLayer::new()));
    for layered in [above, below, stacked] {
        let site = Setup::new().open(&Axum::layered(layered)).await;
        let browser = site.visitor("text", &"all work and no play ".repeat(20).replace(' ', "_")).await;
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, HeaderValue::from_str(&browser.cookie().unwrap()).unwrap());
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
        let answer = site.get_with("/get/text", headers).await;
        assert_eq!((answer.status, answer.header("content-encoding").as_str()), (200, "gzip"));
        let vary = answer.header("vary").to_ascii_lowercase();
        assert!(vary.contains("cookie") && vary.contains("accept-encoding"), "{vary}");
    }
}

/// A time that is long enough to load a session, even on a slow machine.
const MOMENT: Duration = Duration::from_millis(500);
/// A time that is longer than a test takes.
const AGES: Duration = Duration::from_secs(60);

fn timeout_above(after: Duration) -> Axum {
    let timeout = TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, after);
    Axum::layered(move |routes, sessions| routes.layer(sessions).layer(timeout))
}

fn timeout_below(after: Duration) -> Axum {
    let timeout = TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, after);
    Axum::layered(move |routes, sessions| routes.layer(timeout).layer(sessions))
}

fn sleepy() -> Setup {
    async fn sleepy(session: session_core::Session, _: Args) -> Handled<()> {
        session.insert("name", "Grace")?;
        pending().await
    }
    Setup::new().loaded("sleepy", sleepy)
}

#[tokio::test]
async fn a_request_in_time_is_served_with_a_timeout_on_either_side() {
    for on in [timeout_above(AGES), timeout_below(AGES)] {
        let site = Setup::new().open(&on).await;
        let browser = site.visitor("name", "Ada").await;
        assert_eq!(browser.text("/count").await, "1");
        assert_eq!(browser.text("/entries").await, r#"{"count":1,"name":"Ada"}"#);
    }
}

#[tokio::test]
async fn a_timeout_above_the_layer_saves_nothing_of_an_unfinished_handler() {
    let site = sleepy().open(&timeout_above(MOMENT)).await;
    let browser = site.visitor("name", "Ada").await;
    assert_eq!(browser.get("/sleepy").await.status, 408);
    for path in ["/late/count", "/late/sign_in/ada", "/late/end", "/late/log_out"] {
        let answer = browser.get(path).await;
        assert_eq!((answer.status, answer.set_cookies().len()), (408, 0), "{path}");
    }
    assert_eq!(browser.text("/entries").await, r#"{"name":"Ada"}"#);
    assert_eq!(browser.text("/whoami").await, "nobody");
    assert!(site.calls.take().iter().all(|call| *call == Op::Load));
    assert_eq!(site.rows(), 1);
}

#[tokio::test]
async fn a_timeout_above_the_layer_during_the_save_does_not_stop_the_save() {
    let site = Setup::new().open(&timeout_above(MOMENT)).await;
    let browser = site.visitor("name", "Ada").await;
    let (saving, saved) =
        (site.watch.hold(Op::Update, When::Before), site.watch.hold(Op::Update, When::After));
    let answer = browser.get("/count").await;
    assert_eq!((answer.status, answer.set_cookies().len()), (408, 0));
    saving.arrived().await;
    assert_eq!(browser.text("/entries").await, r#"{"name":"Ada"}"#);
    saving.open();
    saved.arrived().await;
    assert_eq!(browser.text("/entries").await, r#"{"count":1,"name":"Ada"}"#);
}

/// To the session's layer the timeout is an ordinary response, so the changes made before it are saved.
#[tokio::test]
async fn a_timeout_below_the_layer_is_an_ordinary_response() {
    let site = sleepy().open(&timeout_below(MOMENT)).await;
    let browser = site.visitor("name", "Ada").await;
    let answer = browser.get("/sleepy").await;
    assert_eq!((answer.status, answer.header("vary").as_str()), (408, "Cookie"));
    assert_eq!(browser.text("/entries").await, r#"{"name":"Grace"}"#);
}

#[tokio::test]
async fn a_load_that_hangs_ends_with_the_timeout_on_either_side() {
    for on in [timeout_above(MOMENT), timeout_below(MOMENT)] {
        let site = Setup::new().open(&on).await;
        let browser = site.visitor("name", "Ada").await;
        site.faults.set(Op::Load, Fault::Stall);
        let answer = browser.get("/count").await;
        assert_eq!((answer.status, answer.set_cookies().len()), (408, 0));
        site.faults.clear();
        assert_eq!(browser.text("/entries").await, r#"{"name":"Ada"}"#);
    }
}
