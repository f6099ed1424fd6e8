//! Several fairings of sessions on one Rocket.

use rocket::error::ErrorKind;
use rocket::http::Status;
use rocket::local::asynchronous::Client;
use rocket::{Build, Rocket, get, routes};
use session_core::{MemoryStore, SessionFactory, SessionOptions};
use session_rocket::{Devices, Named, Session, Sessions, UnloadedSession};
use session_testkit::stories::SECRET;

use crate::framework::config;

struct Admin;
struct Shop;

fn sessions(cookie_name: &str) -> SessionFactory {
    let mut options = SessionOptions::new(SECRET);
    options.cookie_name = cookie_name.to_owned();
    SessionFactory::new(options, MemoryStore::new()).unwrap()
}

fn rocket() -> Rocket<Build> {
    rocket::custom(config())
}

async fn is_refused(rocket: Rocket<Build>) -> bool {
    let error = Client::untracked(rocket).await.err();
    error.is_some_and(|error| matches!(error.kind(), ErrorKind::FailedFairings(_)))
}

#[tokio::test]
async fn two_fairings_without_a_name_are_refused_at_launch() {
    let two = || rocket().attach(Sessions::fairing(sessions("a")));
    assert!(!is_refused(two()).await);
    assert!(is_refused(two().attach(Sessions::fairing(sessions("b")))).await);
    assert!(!is_refused(two().attach(Sessions::fairing(sessions("b")).named::<Admin>())).await);
}

#[tokio::test]
async fn two_fairings_with_one_name_are_refused_at_launch() {
    let two = |cookie| rocket().attach(Sessions::fairing(sessions(cookie)).named::<Admin>());
    assert!(is_refused(two("a").attach(Sessions::fairing(sessions("b")).named::<Admin>())).await);
    assert!(!is_refused(two("a").attach(Sessions::fairing(sessions("b")).named::<Shop>())).await);
}

#[tokio::test]
async fn two_fairings_that_set_one_cookie_are_refused_at_launch() {
    let one = rocket().attach(Sessions::fairing(sessions("a")));
    assert!(is_refused(one.attach(Sessions::fairing(sessions("a")).named::<Admin>())).await);
    let same = sessions("a");
    let one = rocket().attach(Sessions::fairing(same.clone()));
    assert!(is_refused(one.attach(Sessions::fairing(same).named::<Admin>())).await);
}

#[get("/")]
fn named(_session: Named<Admin, Session>) {}

#[get("/")]
fn unloaded(_session: Named<Admin, UnloadedSession>) {}

#[get("/")]
fn devices(_devices: Option<Named<Admin, Devices>>) {}

#[tokio::test]
async fn a_route_that_asks_for_a_name_needs_only_the_fairing_of_that_name() {
    for routes in [routes![named], routes![unloaded], routes![devices]] {
        let without = rocket().mount("/", routes.clone()).attach(Sessions::fairing(sessions("a")));
        let error = Client::untracked(without).await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::SentinelAborts(_)), "{error}");
        let with = rocket().mount("/", routes).attach(Sessions::fairing(sessions("a")).named::<Admin>());
        assert_eq!(Client::untracked(with).await.unwrap().get("/").dispatch().await.status(), Status::Ok);
    }
}
