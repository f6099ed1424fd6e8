//! The guards in handlers of all kinds, in routes that forward, and in catchers.

use std::sync::{Arc, Mutex};

use rocket::http::Status;
use rocket::request::{FromRequest, Outcome};
use rocket::{Request, State, catch, catchers, get, routes};
use session_rocket::{Error, GuardError, Session};
use session_testkit::stories::Setup;
use session_testkit::{Fault, Op};

use crate::framework::OnRocket;

#[get("/sync")]
fn sync(session: Session) -> Result<String, Error> {
    let visits = session.update("visits", |n: Option<u32>| n.unwrap_or(0) + 1)?;
    Ok(format!("visit {visits}"))
}

#[tokio::test]
async fn a_synchronous_handler_has_the_session_too() {
    let site = Setup::new().open(&OnRocket::with(|rocket| rocket.mount("/", routes![sync]))).await;
    let browser = site.browser();
    assert_eq!(browser.text("/sync").await, "visit 1");
    assert_eq!(browser.text("/sync").await, "visit 2");
    assert_eq!(site.calls.take(), [Op::Create, Op::Load, Op::Update]);
}

/// The results that handlers and catchers note. A failed assertion in a handler would only be another 500.
type Seen = Arc<Mutex<Vec<String>>>;

fn note(seen: &Seen, what: impl ToString) {
    seen.lock().unwrap().push(what.to_string());
}

#[get("/result")]
fn result(session: Result<Session, GuardError>, seen: &State<Seen>) {
    match session {
        Ok(_) => note(seen, "a session"),
        Err(GuardError::MissingFairing(_)) => note(seen, "no fairing"),
        Err(error) => note(seen, error),
    }
}

#[tokio::test]
async fn a_result_shows_an_outage_to_the_handler_but_does_not_hide_it() {
    let seen = Seen::default();
    let to = Arc::clone(&seen);
    let on = OnRocket::with(move |rocket| rocket.manage(Arc::clone(&to)).mount("/", routes![result]));
    let site = Setup::new().open(&on).await;
    let browser = site.visitor("name", "Ada").await;
    site.faults.set(Op::Load, Fault::Fail);
    assert!(browser.get("/result").await.is_bare_503());
    let seen = seen.lock().unwrap();
    assert!(matches!(&seen[..], [error] if error.contains("unavailable")), "{seen:?}");
}

/// A guard that changes the session, and then forwards the request.
struct Forwarding;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Forwarding {
    type Error = ();

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, ()> {
        let session = request.guard::<Session>().await.succeeded().unwrap();
        session.insert("forwarded", true).unwrap();
        Outcome::Forward(Status::NotFound)
    }
}

#[get("/forward")]
fn first(session: Session, _forwarding: Forwarding) -> String {
    session.len().to_string()
}

#[get("/forward", rank = 2)]
fn second(session: Session) -> Result<String, Error> {
    session.insert("name", "Grace")?;
    Ok(serde_json::Value::Object(session.entries()).to_string())
}

#[tokio::test]
async fn a_request_that_is_forwarded_keeps_its_session_and_is_saved_once() {
    let site = Setup::new().open(&OnRocket::with(|rocket| rocket.mount("/", routes![first, second]))).await;
    let browser = site.visitor("name", "Ada").await;
    assert_eq!(browser.text("/forward").await, r#"{"forwarded":true,"name":"Grace"}"#);
    assert_eq!(site.calls.take(), [Op::Load, Op::Update]);
}

#[get("/refuse")]
fn refuse(session: Session) -> Result<Status, Error> {
    session.flash("not for you")?;
    Ok(Status::Forbidden)
}

#[catch(403)]
async fn forbidden(request: &Request<'_>) -> String {
    let session = request.guard::<Session>().await.succeeded().unwrap();
    session.pop_flash::<String>("").unwrap().join(",")
}

#[tokio::test]
async fn a_catcher_has_the_handlers_session() {
    let on = OnRocket::with(|rocket| rocket.mount("/", routes![refuse]).register("/", catchers![forbidden]));
    let site = Setup::new().open(&on).await;
    let answer = site.visitor("name", "Ada").await.get("/refuse").await;
    assert_eq!((answer.status, answer.body.as_str()), (403, "not for you"));
    assert_eq!(site.calls.take(), [Op::Load, Op::Update]);
}

#[catch(503)]
async fn outage(request: &Request<'_>) -> &'static str {
    let seen = request.rocket().state::<Seen>().unwrap();
    note(seen, Error::of(request).map_or("nothing".to_owned(), ToString::to_string));
    match request.guard::<Session>().await {
        Outcome::Error((status, error)) => note(seen, format!("{}: {error}", status.code)),
        Outcome::Success(_) | Outcome::Forward(_) => note(seen, "a session"),
    }
    "all is well"
}

#[tokio::test]
async fn a_catcher_sees_an_outage_but_does_not_hide_it() {
    let seen = Seen::default();
    let to = Arc::clone(&seen);
    let on = OnRocket::with(move |rocket| rocket.manage(Arc::clone(&to)).register("/", catchers![outage]));
    let site = Setup::new().open(&on).await;
    let browser = site.visitor("name", "Ada").await;
    site.faults.set(Op::Load, Fault::Fail);
    assert!(browser.get("/read").await.is_bare_503());
    assert_eq!(site.calls.take(), [Op::Load]);
    let seen = seen.lock().unwrap();
    assert!(seen[0].contains("unavailable"), "{seen:?}");
    assert_eq!(seen[1..], [format!("503: {}", seen[0])]);
}
