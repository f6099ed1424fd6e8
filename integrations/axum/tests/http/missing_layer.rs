//! Routes without a layer, and the error that names it.

use axum::Router;
use axum::routing::get;
use session_axum::{Devices, Rejection, Session, UnloadedSession};
use session_testkit::stories::{Layer, Setup};
use session_testkit::{Fault, Op};

use crate::framework::Axum;

#[tokio::test]
async fn the_response_contains_the_whole_remedy() {
    let mut setup = Setup::new();
    setup.layer = Layer::Missing;
    let answer = setup.open(&Axum::plain()).await.browser().get("/read").await;
    let remedy = "this route has no SessionLayer: add `.layer(SessionLayer::new(sessions))` to its Router, after the route";
    assert_eq!((answer.status, answer.body.as_str()), (500, remedy));
}

#[tokio::test]
async fn a_route_that_is_added_after_the_layer_has_no_session() {
    let on = Axum::layered(|routes, sessions| {
        routes.layer(sessions).route("/after", get(async |session: Session| session.len().to_string()))
    });
    let site = Setup::new().open(&on).await;
    assert_eq!(site.get("/after", None).await.status, 500);
    assert_eq!(site.browser().get("/read").await.status, 200);
}

#[tokio::test]
async fn a_handler_can_tell_a_missing_layer_from_an_outage() {
    let handler = async |session: Result<Session, Rejection>| match session {
        Err(Rejection::MissingLayer(missing)) => missing.to_string(),
        Err(_) => "an outage".to_owned(),
        Ok(_) => "a session".to_owned(),
    };
    let mut setup = Setup::new();
    setup.layer = Layer::Missing;
    let site = setup.open(&Axum::plain().with(Router::new().route("/tell", get(handler)))).await;
    assert!(site.get("/tell", None).await.body.contains("SessionLayer"));
}

/// Makes an axum with a route that returns which of the optional extractors are there.
fn optional() -> Axum {
    let handler =
        async |session: Option<Session>, unloaded: Option<UnloadedSession>, devices: Option<Devices>| {
            format!("{} {} {}", session.is_some(), unloaded.is_some(), devices.is_some())
        };
    Axum::plain().with(Router::new().route("/optional", get(handler)))
}

#[tokio::test]
async fn an_optional_session_is_none_only_without_a_layer() {
    let mut setup = Setup::new();
    setup.layer = Layer::Missing;
    assert_eq!(setup.open(&optional()).await.get("/optional", None).await.body, "false false false");
    assert_eq!(Setup::new().open(&optional()).await.get("/optional", None).await.body, "true true true");
}

#[tokio::test]
async fn an_outage_is_not_a_missing_optional_session() {
    let site = Setup::new().open(&optional()).await;
    let browser = site.visitor("name", "Ada").await;
    site.faults.set(Op::Load, Fault::Fail);
    assert_eq!(browser.get("/optional").await.status, 503);
}
