//! Tests of an application on axum, as its authors write them with the test kit.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test, as it should")]

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::routing::get;
use http::Request;
use http::header::COOKIE;
use session_axum::{
    Error, MemoryStore, Named, Session, SessionFactory, SessionLayer, SessionOptions, UnloadedSession,
};
use session_testkit::{TestRequest, cookie};
use tower::ServiceExt as _;

async fn home(session: Session) -> String {
    session.owner().map_or_else(|| "nobody".to_owned(), |owner| format!("user {}", owner.as_str()))
}

async fn sign_in(session: Session) -> Result<&'static str, Error> {
    session.sign_in(7)?;
    Ok("Welcome.")
}

async fn sign_out(session: UnloadedSession) -> Result<(), Error> {
    Ok(session.invalidate()?)
}

fn sessions() -> SessionFactory {
    let options = SessionOptions::new("a secret of more than thirty-two bytes").hardened();
    SessionFactory::new(options, MemoryStore::new()).unwrap()
}

async fn text(app: &Router, request: Request<Body>) -> String {
    let response = app.clone().oneshot(request).await.unwrap();
    String::from_utf8(to_bytes(response.into_body(), 999).await.unwrap().to_vec()).unwrap()
}

#[tokio::test]
async fn a_request_with_a_prepared_cookie_is_signed_in() {
    let sessions = sessions();
    let app = Router::new().route("/", get(home)).layer(SessionLayer::new(sessions.clone()));
    let cookie = cookie(&sessions, |session| session.sign_in(7)).await.unwrap();
    let request = Request::get("/").header(COOKIE, cookie).body(Body::empty()).unwrap();
    assert_eq!(text(&app, request).await, "user 7");
    assert_eq!(text(&app, Request::get("/").body(Body::empty()).unwrap()).await, "nobody");
}

#[tokio::test]
async fn a_handler_that_is_called_directly_changes_a_session() {
    let request = TestRequest::new();
    sign_in(Session(request.session().await.unwrap())).await.unwrap();
    let request = request.finish().await.unwrap();
    assert_eq!(home(Session(request.session().await.unwrap())).await, "user 7");
    sign_out(UnloadedSession(request.unloaded())).await.unwrap();
    let request = request.finish().await.unwrap();
    assert_eq!(home(Session(request.session().await.unwrap())).await, "nobody");
}

#[tokio::test]
async fn a_handler_of_two_factories_can_be_called_directly() {
    struct Admin;
    async fn page(session: Session, admin: Named<Admin, Session>) -> String {
        format!("{} {}", session.len(), admin.owner().is_some())
    }
    let (site, admin) = (TestRequest::new(), TestRequest::new());
    admin.session().await.unwrap().sign_in(1).unwrap();
    let named = Named::new(Session(admin.session().await.unwrap()));
    assert_eq!(page(Session(site.session().await.unwrap()), named).await, "0 true");
}
