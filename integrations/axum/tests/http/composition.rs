//! The layer beside other layers, and in routers within routers.

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;
use http::header::{ACCEPT_ENCODING, COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};
use session_axum::{Session, SessionLayer};
use session_testkit::{Fault, Op};
use tower::ServiceBuilder;
use tower_http::compression::CompressionLayer;
use tower_http::timeout::TimeoutLayer;

use crate::support::{Setup, Site, routes};

#[tokio::test]
async fn a_layer_over_nested_and_merged_routers_serves_them_all_with_one_session() {
    let routes = Router::new()
        .nest("/shop", Router::new().nest("/cart", routes()))
        .merge(Router::new().nest("/blog", routes()))
        .fallback(async |session: Session| session.len().to_string());
    let site = Setup::new(routes).open();
    let browser = site.browser();
    browser.text("/shop/cart/set/name/Ada").await;
    assert_eq!(browser.text("/blog/get/name").await, r#""Ada""#);
    assert_eq!(browser.text("/nowhere").await, "1");
    assert_eq!(site.rows(), 1);
}

#[tokio::test]
async fn two_layers_of_one_factory_make_one_session_and_one_cookie() {
    let layered = |routes: Router, sessions: SessionLayer| {
        Router::new().nest("/inner", routes.clone().layer(sessions.clone())).merge(routes).layer(sessions)
    };
    let site = Setup::new(routes()).open_layered(layered);
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
async fn what_is_between_two_layers_of_one_factory_has_the_handlers_session() {
    async fn note(session: Session, request: Request, next: Next) -> Response {
        session.insert("between", true).unwrap();
        next.run(request).await
    }
    let layered = |routes: Router, sessions: SessionLayer| {
        routes.layer(sessions.clone()).layer(from_fn(note)).layer(sessions)
    };
    let site = Setup::new(routes()).open_layered(layered);
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
async fn two_factories_with_one_secret_and_one_store_do_not_take_each_others_cookies() {
    let first = Setup::new(routes());
    let mut second = Setup::new(routes());
    second.memory = first.memory.clone();
    second.options.cookie_name = "__Host-admin".to_owned();
    let (first, second) = (first.open(), second.open());
    let cookie = first.user("ada").await.cookie().unwrap();
    let (_, value) = cookie.split_once('=').unwrap();
    let renamed = format!("__Host-admin={value}");
    assert_eq!(first.get("/whoami", Some(&cookie)).await.body, "ada");
    assert_eq!(second.get("/whoami", Some(&renamed)).await.body, "nobody");
    assert_eq!(second.get("/log_out", Some(&renamed)).await.status, 200);
    assert_eq!(first.get("/whoami", Some(&cookie)).await.body, "ada");
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
        let site = Setup::new(routes()).open_layered(layered);
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

const MOMENT: Duration = Duration::from_millis(20);

fn timeout_above(routes: Router, sessions: SessionLayer) -> Router {
    routes.layer(sessions).layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, MOMENT))
}

fn timeout_below(routes: Router, sessions: SessionLayer) -> Router {
    routes.layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, MOMENT)).layer(sessions)
}

fn sleepy() -> Router {
    async fn sleepy(session: Session) {
        session.insert("name", "Grace").unwrap();
        tokio::time::sleep(MOMENT * 5).await;
        session.insert("done", true).unwrap();
    }
    routes().route("/sleepy", get(sleepy))
}

#[tokio::test(start_paused = true)]
async fn a_request_in_time_is_served_with_a_timeout_on_either_side() {
    for layered in [timeout_above, timeout_below] {
        let site = Setup::new(routes()).open_layered(layered);
        let browser = site.visitor("name", "Ada").await;
        assert_eq!(browser.text("/count").await, "1");
        assert_eq!(browser.text("/entries").await, r#"{"count":1,"name":"Ada"}"#);
    }
}

#[tokio::test(start_paused = true)]
async fn a_timeout_above_the_layer_saves_nothing_of_an_unfinished_handler() {
    let site = Setup::new(sleepy()).open_layered(timeout_above);
    let browser = site.visitor("name", "Ada").await;
    assert_eq!(browser.get("/sleepy").await.status, 408);
    assert_eq!(browser.text("/entries").await, r#"{"name":"Ada"}"#);
}

/// The layer sees an answer like any other: what had been changed by then is saved with it.
#[tokio::test(start_paused = true)]
async fn a_timeout_below_the_layer_answers_for_the_handler() {
    let site = Setup::new(sleepy()).open_layered(timeout_below);
    let browser = site.visitor("name", "Ada").await;
    let answer = browser.get("/sleepy").await;
    assert_eq!((answer.status, answer.header("vary").as_str()), (408, "Cookie"));
    assert_eq!(browser.text("/entries").await, r#"{"name":"Grace"}"#);
}

#[tokio::test(start_paused = true)]
async fn a_load_that_hangs_ends_with_the_timeout_on_either_side() {
    for layered in [timeout_above, timeout_below] {
        let site: Site = Setup::new(routes()).open_layered(layered);
        let browser = site.visitor("name", "Ada").await;
        site.faults.set(Op::Load, Fault::Stall);
        let answer = browser.get("/count").await;
        assert_eq!((answer.status, answer.set_cookies().len()), (408, 0));
        site.faults.clear();
        assert_eq!(browser.text("/entries").await, r#"{"name":"Ada"}"#);
    }
}
