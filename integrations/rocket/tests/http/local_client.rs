//! Sessions with Rocket's local client for tests, which sends no Cookie header.

use rocket::http::{Cookie, Status};
use rocket::local::asynchronous::Client;
use rocket::{get, routes};
use session_core::{MemoryStore, SessionFactory, SessionOptions};
use session_rocket::{Error, Session, Sessions, UnloadedSession};
use session_testkit::stories::SECRET;

use crate::framework::config;

#[get("/")]
fn visit(session: Session) -> Result<String, Error> {
    Ok(session.update("visits", |n: Option<u32>| n.unwrap_or(0) + 1)?.to_string())
}

#[get("/sign_out")]
fn sign_out(session: UnloadedSession) -> Result<(), Error> {
    Ok(session.invalidate()?)
}

fn site() -> rocket::Rocket<rocket::Build> {
    let sessions = SessionFactory::new(SessionOptions::new(SECRET).hardened(), MemoryStore::new()).unwrap();
    rocket::custom(config()).attach(Sessions::fairing(sessions)).mount("/", routes![visit, sign_out])
}

async fn text(client: &Client, path: &'static str) -> String {
    let answer = client.get(path).dispatch().await;
    assert_eq!(answer.status(), Status::Ok);
    answer.into_string().await.unwrap_or_default()
}

#[tokio::test]
async fn a_client_keeps_its_session_until_it_signs_out() {
    let client = Client::tracked(site()).await.unwrap();
    assert_eq!(text(&client, "/").await, "1");
    assert_eq!(text(&client, "/").await, "2");
    text(&client, "/sign_out").await;
    assert!(client.cookies().iter().next().is_none(), "the cookie is removed");
    assert_eq!(text(&client, "/").await, "1");
}

#[tokio::test]
async fn a_cookie_that_a_test_adds_to_a_request_is_used() {
    let client = Client::untracked(site()).await.unwrap();
    let answer = client.get("/").dispatch().await;
    let cookie = Cookie::parse_encoded(answer.headers().get_one("Set-Cookie").unwrap().to_owned()).unwrap();
    let (name, value) = (cookie.name().to_owned(), cookie.value().to_owned());
    let again = client.get("/").cookie(Cookie::new(name, value)).dispatch().await;
    assert_eq!(again.into_string().await.unwrap(), "2");
    assert_eq!(text(&client, "/").await, "1");
}
