//! Rocket without the fairing, which does not launch or names it in the error.

use rocket::error::ErrorKind;
use rocket::http::Status;
use rocket::local::asynchronous::Client;
use rocket::request::{FromRequest, Outcome};
use rocket::{Request, Route, get, routes};
use session_rocket::{Devices, GuardError, Session, UnloadedSession};

use crate::framework::config;

#[get("/")]
fn session(_session: Session) {}

#[get("/")]
fn perhaps(_session: Option<Session>) {}

#[get("/")]
fn fallible(_session: Result<Session, GuardError>) {}

#[get("/")]
fn unloaded(_session: UnloadedSession) {}

#[get("/")]
fn devices(_devices: Devices) {}

async fn does_not_launch(routes: Vec<Route>) {
    let routes = rocket::custom(config()).mount("/", routes);
    let error = Client::untracked(routes).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::SentinelAborts(_)), "{error}");
}

#[tokio::test]
async fn a_rocket_whose_routes_ask_for_a_session_is_not_launched() {
    does_not_launch(routes![session]).await;
    does_not_launch(routes![perhaps]).await;
    does_not_launch(routes![fallible]).await;
    does_not_launch(routes![unloaded]).await;
    does_not_launch(routes![devices]).await;
}

/// A guard that asks for the session itself, where no sentinel sees it, and holds the error.
struct Refused(GuardError);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Refused {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let (status, error) = request.guard::<Session>().await.failed().unwrap();
        assert_eq!(status, Status::InternalServerError);
        Outcome::Success(Self(error))
    }
}

#[get("/refused")]
fn refused(refused: Refused) -> GuardError {
    refused.0
}

#[tokio::test]
async fn the_error_as_a_response_says_what_to_attach() {
    let client = Client::untracked(rocket::custom(config()).mount("/", routes![refused])).await.unwrap();
    let answer = client.get("/refused").dispatch().await;
    assert_eq!(answer.status(), Status::InternalServerError);
    let remedy = "this Rocket has no sessions: add `.attach(Sessions::fairing(sessions))` \
                  or `.attach(Sessions::configured(store))` to it";
    assert_eq!(answer.into_string().await.unwrap(), remedy);
}
