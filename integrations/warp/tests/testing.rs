//! Tests of an application on warp, as its authors write them with the test kit.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test, as it should")]

use session_testkit::{TestRequest, cookie};
use session_warp::{Error, MemoryStore, Session, SessionFactory, SessionFilter as _, SessionOptions};

async fn home(session: Session) -> String {
    session.owner().map_or_else(|| "nobody".to_owned(), |owner| format!("user {}", owner.as_str()))
}

async fn sign_in(session: Session) -> Result<&'static str, Error> {
    session.sign_in(7)?;
    Ok("Welcome.")
}

#[tokio::test]
async fn a_request_with_a_prepared_cookie_is_signed_in() {
    let options = SessionOptions::new("a secret of more than thirty-two bytes").hardened();
    let sessions = SessionFactory::new(options, MemoryStore::new()).unwrap();
    let app = warp::path::end().session(&sessions, home);
    let cookie = cookie(&sessions, |session| session.sign_in(7)).await.unwrap();
    assert_eq!(warp::test::request().header("cookie", cookie).reply(&app).await.body(), "user 7");
    assert_eq!(warp::test::request().reply(&app).await.body(), "nobody");
}

#[tokio::test]
async fn a_handler_that_is_called_directly_changes_a_session() {
    let request = TestRequest::new();
    assert_eq!(sign_in(request.session().await.unwrap()).await.unwrap(), "Welcome.");
    let request = request.finish().await.unwrap();
    assert_eq!(home(request.session().await.unwrap()).await, "user 7");
}
