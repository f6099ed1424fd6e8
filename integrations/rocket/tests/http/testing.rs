//! Tests of an application on Rocket, as its authors write them with the test kit.

use rocket::http::Header;
use rocket::local::asynchronous::Client;
use rocket::{get, post, routes};
use session_core::{MemoryStore, SessionFactory, SessionOptions};
use session_rocket::{Error, Session, Sessions};
use session_testkit::stories::SECRET;
use session_testkit::{TestRequest, cookie};

use crate::framework::config;

#[get("/")]
fn home(session: Session) -> String {
    session.owner().map_or_else(|| "nobody".to_owned(), |owner| format!("user {}", owner.as_str()))
}

#[post("/sign-in")]
async fn sign_in(session: Session) -> Result<&'static str, Error> {
    session.sign_in(7)?;
    Ok("Welcome.")
}

#[tokio::test]
async fn a_request_with_a_prepared_cookie_is_signed_in() {
    let sessions = SessionFactory::new(SessionOptions::new(SECRET).hardened(), MemoryStore::new()).unwrap();
    let site = rocket::custom(config()).attach(Sessions::fairing(sessions.clone()));
    let client = Client::untracked(site.mount("/", routes![home, sign_in])).await.unwrap();
    let cookie = cookie(&sessions, |session| session.sign_in(7)).await.unwrap();
    let response = client.get("/").header(Header::new("Cookie", cookie)).dispatch().await;
    assert_eq!(response.into_string().await.unwrap(), "user 7");
    assert_eq!(client.get("/").dispatch().await.into_string().await.unwrap(), "nobody");
}

#[tokio::test]
async fn a_handler_that_is_called_directly_changes_a_session() {
    let request = TestRequest::new();
    assert_eq!(sign_in(Session(request.session().await.unwrap())).await.unwrap(), "Welcome.");
    let request = request.finish().await.unwrap();
    assert_eq!(home(Session(request.session().await.unwrap())), "user 7");
}
