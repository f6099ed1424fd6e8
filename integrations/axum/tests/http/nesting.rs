//! Layers of two factories, nested and merged: one session and one cookie for each factory.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::get;
use session_axum::{Error, Named, Session, SessionFactory, SessionLayer, SessionOptions, UnloadedSession};
use session_core::MemoryStore;
use session_testkit::stories::{Answer, Setup};
use session_testkit::{Calls, CountingStore, Fault, Faults, FaultyStore, Op};
use tower::ServiceExt as _;

use crate::framework::Axum;

struct Admin;

/// A factory that the site of a test does not know, and the calls of its store.
struct Other {
    sessions: SessionFactory,
    calls: Calls,
    faults: Faults,
}

/// Makes a factory whose cookie has this name.
fn other(cookie_name: &str) -> Other {
    let store = FaultyStore::new(MemoryStore::new());
    let faults = store.faults();
    let store = CountingStore::new(store);
    let calls = store.calls();
    let mut options = SessionOptions::new("the secret of the other factory, a long one").hardened();
    options.cookie_name = cookie_name.to_owned();
    Other { sessions: SessionFactory::new(options, store).unwrap(), calls, faults }
}

/// Returns the names of the cookies that a response sets, in order.
fn cookies(answer: &Answer) -> Vec<&str> {
    answer.set_cookies().into_iter().map(|text| text.split('=').next().unwrap()).collect()
}

async fn add(session: Session) -> Result<String, Error> {
    Ok(session.update("count", |n: Option<u32>| n.unwrap_or(0) + 1)?.to_string())
}

async fn add_to_both(session: Session, admin: Named<Admin, Session>) -> Result<String, Error> {
    let count =
        |session: &session_core::Session| session.update("count", |n: Option<u32>| n.unwrap_or(0) + 1);
    Ok(format!("{} {}", count(&session)?, count(&admin)?))
}

/// A middleware that changes the session of the layers around it.
async fn note(session: Session, request: Request, next: Next) -> Response {
    session.insert("noted", true).unwrap();
    next.run(request).await
}

#[tokio::test]
async fn a_factory_around_another_around_itself_has_one_session_and_one_cookie() {
    let other = other("__Host-other");
    let b = SessionLayer::new(other.sessions.clone());
    let on = Axum::layered(move |routes, a| {
        let inner = routes.route("/add", get(add)).layer(a.clone());
        inner.layer(b.clone()).layer(from_fn(note)).layer(a)
    });
    let site = Setup::new().open(&on).await;
    let browser = site.browser();
    let answer = browser.get("/add").await;
    assert_eq!((cookies(&answer), answer.body.as_str()), (vec!["__Host-session"], "1"));
    assert_eq!(browser.text("/add").await, "2");
    assert_eq!(site.calls.take(), [Op::Create, Op::Load, Op::Update]);
    assert_eq!(browser.text("/entries").await, r#"{"count":2,"noted":true}"#);
    assert_eq!(other.calls.take(), [], "the handler takes the session of the innermost layer");
}

#[tokio::test]
async fn of_two_layers_without_a_name_the_innermost_gives_the_session() {
    let other = other("__Host-other");
    let b = SessionLayer::new(other.sessions.clone());
    let on = Axum::layered(move |routes, a| {
        let inner = Router::new().route("/add", get(add));
        Router::new()
            .merge(routes)
            .nest("/b_in_a", inner.clone().layer(b.clone()))
            .layer(a.clone())
            .merge(Router::new().nest("/a_in_b", inner.layer(a)).layer(b.clone()))
    });
    let site = Setup::new().open(&on).await;
    let browser = site.browser();
    assert_eq!(cookies(&browser.get("/b_in_a/add").await), ["__Host-other"]);
    assert_eq!((site.calls.take(), other.calls.take()), (vec![], vec![Op::Create]));
    assert_eq!(cookies(&browser.get("/a_in_b/add").await), ["__Host-session"]);
    assert_eq!((site.calls.take(), other.calls.take()), (vec![Op::Create], vec![]));
    assert_eq!(browser.text("/get/count").await, "1");
}

/// Serves one route with these layers, and returns the responses to two requests of one client.
async fn twice(app: Router) -> [(u16, usize, String); 2] {
    let mut seen = Vec::new();
    let mut cookie = String::new();
    for _ in 0..2 {
        let request = http::Request::get("/add").header("cookie", &cookie).body(Body::empty()).unwrap();
        let response = app.clone().oneshot(request).await.unwrap();
        let set: Vec<_> = response.headers().get_all("set-cookie").iter().collect();
        let (status, count) = (response.status().as_u16(), set.len());
        let pairs = set.iter().map(|text| text.to_str().unwrap().split(';').next().unwrap().to_owned());
        cookie = pairs.collect::<Vec<_>>().join("; ");
        let body = to_bytes(response.into_body(), 999).await.unwrap();
        seen.push((status, count, String::from_utf8(body.to_vec()).unwrap()));
    }
    seen.try_into().unwrap()
}

#[tokio::test]
async fn one_factory_with_and_without_a_name_has_one_session() {
    let Other { sessions, calls, .. } = other("__Host-a");
    let [named, plain] = [SessionLayer::named::<Admin>(sessions.clone()), SessionLayer::new(sessions)];
    let routes = Router::new().route("/add", get(add_to_both));
    for app in [routes.clone().layer(named.clone()).layer(plain.clone()), routes.layer(plain).layer(named)] {
        let seen = twice(app).await;
        assert_eq!(seen, [(200, 1, "1 2".to_owned()), (200, 0, "3 4".to_owned())]);
        assert_eq!(calls.take(), [Op::Create, Op::Load, Op::Update]);
    }
}

#[tokio::test]
async fn the_innermost_layer_of_a_name_gives_its_session() {
    let [outer, inner, plain] = ["__Host-a", "__Host-b", "__Host-c"].map(other);
    let app = Router::new()
        .route("/add", get(add_to_both))
        .layer(SessionLayer::named::<Admin>(inner.sessions))
        .layer(SessionLayer::new(plain.sessions))
        .layer(SessionLayer::named::<Admin>(outer.sessions));
    let seen = twice(app).await;
    assert_eq!(seen[0], (200, 2, "1 1".to_owned()));
    assert_eq!((outer.calls.take(), inner.calls.take()[0]), (vec![], Op::Create));
}

#[tokio::test]
async fn a_layer_around_one_that_cannot_save_begins_no_session() {
    let [failing, sound] = ["__Host-a", "__Host-b"].map(other);
    failing.faults.set(Op::Create, Fault::Fail);
    let app = Router::new()
        .route("/add", get(add_to_both))
        .layer(SessionLayer::new(failing.sessions))
        .layer(SessionLayer::named::<Admin>(sound.sessions));
    assert_eq!(twice(app).await, [(503, 0, String::new()), (503, 0, String::new())]);
    assert_eq!(sound.calls.take(), []);
}

#[tokio::test]
async fn a_layer_around_one_that_cannot_save_still_signs_out() {
    async fn sign_out(session: Session, admin: Named<Admin, UnloadedSession>) -> Result<(), Error> {
        session.insert("signed_out", true)?;
        Ok(admin.invalidate()?)
    }
    let [failing, sound] = ["__Host-a", "__Host-b"].map(other);
    let exchange = sound.sessions.begin([]);
    exchange.session().await.unwrap().sign_in(7).unwrap();
    let cookie = exchange.finish(200).await.unwrap().set_cookie.unwrap();
    failing.faults.set(Op::Create, Fault::Fail);
    let app = Router::new()
        .route("/", get(sign_out))
        .layer(SessionLayer::new(failing.sessions))
        .layer(SessionLayer::named::<Admin>(sound.sessions));
    let cookie = cookie.split(';').next().unwrap();
    let request = http::Request::get("/").header("cookie", cookie).body(Body::empty()).unwrap();
    let response = app.oneshot(request).await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers().get("set-cookie")), (503, None));
    assert_eq!(sound.calls.take(), [Op::Create, Op::Delete]);
}

#[tokio::test]
async fn a_missing_name_is_an_error_with_the_whole_remedy() {
    let app =
        Router::new().route("/add", get(add_to_both)).layer(SessionLayer::new(other("__Host-a").sessions));
    let name = std::any::type_name::<Admin>();
    let remedy = format!(
        "this route has no SessionLayer named `{name}`: \
         add `.layer(SessionLayer::named::<{name}>(sessions))` to its Router, after the route"
    );
    let [(status, _, text), _] = twice(app).await;
    assert_eq!((status, text), (500, remedy));
}

#[tokio::test]
async fn an_optional_named_session_is_none_only_without_its_layer() {
    let there = async |admin: Option<Named<Admin, Session>>| admin.is_some().to_string();
    let app = Router::new().route("/add", get(there)).layer(SessionLayer::new(other("__Host-a").sessions));
    assert_eq!(twice(app.clone()).await[0].2, "false");
    let app = app.layer(SessionLayer::named::<Admin>(other("__Host-b").sessions));
    assert_eq!(twice(app).await[0].2, "true");
}

#[tokio::test]
async fn two_factories_whose_cookies_have_one_name_are_refused() {
    let [outer, inner] = ["__Host-same"; 2].map(other);
    let app = Router::new()
        .route("/add", get(add))
        .layer(SessionLayer::named::<Admin>(inner.sessions))
        .layer(SessionLayer::new(outer.sessions));
    let response = app.oneshot(http::Request::get("/add").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers().get("set-cookie")), (500, None));
    let error: &session_core::Error = response.extensions().get().unwrap();
    assert!(error.to_string().contains("give one of them another `cookie_name`"), "{error}");
    assert_eq!(outer.calls.take(), []);
}
