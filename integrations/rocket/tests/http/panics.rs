//! Panics, which Rocket turns into ordinary responses.

use rocket::http::Status;
use rocket::{Request, catch, catchers, get, routes};
use session_rocket::Session;
use session_testkit::stories::{Browser, Setup, Site};

use crate::framework::OnRocket;

#[get("/with")]
fn with_its_handle(session: Session) -> String {
    session.insert("name", "Grace").unwrap();
    panic!("with its handle, {}", session.len());
}

fn note(session: Session) {
    session.insert("name", "Grace").unwrap();
}

#[get("/without")]
fn without_its_handle(session: Session) -> String {
    note(session);
    panic!("without its handle");
}

#[catch(500)]
fn never_mind(_: Status, _: &Request<'_>) -> (Status, &'static str) {
    (Status::Ok, "never mind")
}

async fn site(on: &OnRocket) -> (Site, Browser) {
    let site = Setup::new().open(on).await;
    let browser = site.visitor("name", "Ada").await;
    site.wait_secs(121);
    (site, browser)
}

#[tokio::test]
async fn a_panic_of_a_synchronous_handler_changes_nothing() {
    let (_site, browser) = site(&OnRocket::with(|rocket| rocket.mount("/", routes![with_its_handle]))).await;
    let answer = browser.get("/with").await;
    assert_eq!((answer.status, answer.set_cookies().len()), (500, 0));
    assert_eq!(browser.text("/entries").await, r#"{"name":"Ada"}"#);
}

#[tokio::test]
async fn a_panic_that_becomes_a_200_changes_nothing_either() {
    let on = OnRocket::with(|rocket| {
        rocket.mount("/", routes![with_its_handle]).register("/", catchers![never_mind])
    });
    let (_site, browser) = site(&on).await;
    let answer = browser.get("/with").await;
    assert_eq!((answer.status, answer.set_cookies().len()), (200, 0));
    assert_eq!(browser.text("/entries").await, r#"{"name":"Ada"}"#);
}

/// Such a panic looks like a handler that returns 500.
#[tokio::test]
async fn the_changes_before_a_panic_without_a_handle_are_saved() {
    let on = OnRocket::with(|rocket| rocket.mount("/", routes![without_its_handle]));
    let (_site, browser) = site(&on).await;
    assert_eq!(browser.get("/without").await.status, 500);
    assert_eq!(browser.text("/entries").await, r#"{"name":"Grace"}"#);
}
