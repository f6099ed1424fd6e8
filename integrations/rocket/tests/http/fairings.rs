//! Other fairings, attached before or after that of the sessions.

use std::sync::{Arc, Mutex};

use rocket::fairing::AdHoc;
use rocket::{Build, Request, Rocket};
use session_rocket::{Error, Session};
use session_testkit::stories::Setup;
use session_testkit::{Fault, Op};

use crate::framework::OnRocket;

/// The results of the changes that a fairing makes when it sees the response.
type Changes = Arc<Mutex<Vec<Result<(), session_core::Error>>>>;

async fn change(request: &Request<'_>) -> Result<(), session_core::Error> {
    request.guard::<Session>().await.succeeded().unwrap().insert("noted", true)
}

fn changing(changes: Changes) -> AdHoc {
    AdHoc::on_response("changing", move |request, _| {
        let changes = Arc::clone(&changes);
        Box::pin(async move {
            let changed = change(request).await;
            changes.lock().unwrap().push(changed);
        })
    })
}

#[tokio::test]
async fn a_fairing_before_the_sessions_can_still_change_the_session() {
    let changes = Changes::default();
    let to = Arc::clone(&changes);
    let on = OnRocket::plain().after(move |rocket| rocket.attach(changing(Arc::clone(&to))));
    let site = Setup::new().open(&on).await;
    let browser = site.browser();
    browser.text("/untouched").await;
    assert_eq!(browser.text("/entries").await, r#"{"noted":true}"#);
    assert!(changes.lock().unwrap().iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_fairing_after_the_sessions_cannot_change_the_session() {
    let changes = Changes::default();
    let to = Arc::clone(&changes);
    let site =
        Setup::new().open(&OnRocket::with(move |rocket| rocket.attach(changing(Arc::clone(&to))))).await;
    for path in ["/untouched", "/read"] {
        assert_eq!(site.browser().get(path).await.status, 200);
        let changed = changes.lock().unwrap().pop().unwrap();
        assert!(matches!(changed, Err(session_core::Error::Finished)), "{path}: {changed:?}");
    }
    assert_eq!(site.calls.take(), []);
}

/// The errors that a fairing has logged.
type Log = Arc<Mutex<Vec<Error>>>;

/// Makes a Rocket with a fairing that logs errors, and its log.
fn logged() -> (OnRocket, Log) {
    let log = Log::default();
    let to = Arc::clone(&log);
    let on = OnRocket::with(move |rocket: Rocket<Build>| {
        let to = Arc::clone(&to);
        rocket.attach(AdHoc::on_response("log", move |request, _| {
            to.lock().unwrap().extend(Error::of(request).cloned());
            Box::pin(async {})
        }))
    });
    (on, log)
}

#[tokio::test]
async fn a_fairing_that_logs_sees_the_error() {
    for (path, call) in
        [("/read", Op::Load), ("/count", Op::Update), ("/sign_in/ada", Op::Rename), ("/log_out", Op::Delete)]
    {
        let (on, log) = logged();
        let site = Setup::new().open(&on).await;
        let browser = site.visitor("name", "Ada").await;
        assert!(log.lock().unwrap().is_empty(), "nothing has failed yet");
        site.faults.set(call, Fault::Fail);
        assert!(browser.get(path).await.is_bare_503(), "{path}");
        let errors = std::mem::take(&mut *log.lock().unwrap());
        assert!(matches!(errors[..], [Error(session_core::Error::Store(_))]), "{path}: {errors:?}");
    }
}

#[tokio::test]
async fn a_fairing_that_logs_sees_the_error_that_a_handler_returns() {
    let (on, log) = logged();
    let wrong = async |session: session_core::Session, _| Ok(session.get::<u32>("name")?.map(drop));
    let wrong = move |session, args| async move { wrong(session, args).await.map(|_: Option<()>| ()) };
    let site = Setup::new().loaded("wrong", wrong).open(&on).await;
    assert_eq!(site.visitor("name", "Ada").await.get("/wrong").await.status, 500);
    let errors = std::mem::take(&mut *log.lock().unwrap());
    assert!(matches!(&errors[..], [Error(session_core::Error::Value(error))] if error.name() == "name"));
}
