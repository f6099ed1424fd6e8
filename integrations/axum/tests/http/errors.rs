//! The error in a response's extensions, for a layer that logs.

use std::sync::{Arc, Mutex};

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use serde_json::Value;
use session_core::pyramid::{Serializer, SerializerError};
use session_core::store::StoreErrorKind;
use session_core::{Error, MemoryStore, Session, ValueKey};
use session_testkit::stories::{Args, Handled, Setup};
use session_testkit::{Fault, Op};

use crate::framework::Axum;

/// The errors that a layer has logged.
type Log = Arc<Mutex<Vec<Error>>>;

/// Makes an axum with a layer above the session's that logs errors.
fn logged() -> (Axum, Log) {
    let log = Log::default();
    let to = Arc::clone(&log);
    let on = Axum::layered(move |routes, sessions| {
        let to = Arc::clone(&to);
        let note = move |request: Request, next: Next| {
            let to = Arc::clone(&to);
            async move {
                let response: Response = next.run(request).await;
                to.lock().unwrap().extend(response.extensions().get::<Error>().cloned());
                response
            }
        };
        routes.layer(sessions).layer(from_fn(note))
    });
    (on, log)
}

/// Takes the single error that was logged since the last call.
fn logged_by(log: &Log, what: &str) -> Error {
    let errors = std::mem::take(&mut *log.lock().unwrap());
    assert_eq!(errors.len(), 1, "{what}: {errors:?}");
    errors[0].clone()
}

#[tokio::test]
async fn the_error_of_a_failed_store_call_is_in_the_503() {
    for (path, call) in [
        ("/read", Op::Load),
        ("/count", Op::Update),
        ("/renew", Op::Rename),
        ("/sign_in/ada", Op::Rename),
        ("/end_then_set/name/Grace", Op::Rename),
        ("/end", Op::Delete),
        ("/log_out", Op::Delete),
    ] {
        let (on, log) = logged();
        let site = Setup::new().open(&on).await;
        let browser = site.visitor("name", "Ada").await;
        site.faults.set(call, Fault::Fail);
        assert!(browser.get(path).await.is_bare_503(), "{path}");
        let Error::Store(error) = logged_by(&log, path) else { panic!("{path} fails with a store error") };
        assert_eq!(error.kind, StoreErrorKind::Unavailable, "{path}");
    }
}

#[tokio::test]
async fn a_full_store_is_logged_as_full() {
    let (on, log) = logged();
    let mut setup = Setup::new();
    setup.memory = MemoryStore::bounded(1);
    let site = setup.open(&on).await;
    site.visitor("name", "Ada").await;
    assert!(site.browser().get("/count").await.is_bare_503());
    assert!(matches!(logged_by(&log, "count"), Error::Store(error) if error.kind == StoreErrorKind::Full));
}

/// A format that is not JSON.
#[derive(Debug)]
struct Gibberish;

impl Serializer for Gibberish {
    fn serialize(&self, _: &Value) -> Result<Vec<u8>, SerializerError> {
        Ok(b"\xFF no JSON".to_vec())
    }

    fn deserialize(&self, _: &[u8]) -> Result<Value, SerializerError> {
        Ok(Value::Object(serde_json::Map::new()))
    }
}

#[tokio::test]
async fn a_session_that_cannot_be_read_names_the_store() {
    let (on, log) = logged();
    let readable = Setup::new();
    let mut other = Setup::new();
    other.options.data_serializer = Arc::new(Gibberish);
    other.memory = readable.memory.clone();
    let cookie = other.open(&on).await.visitor("name", "Ada").await.cookie().unwrap();
    let site = readable.open(&on).await;
    for path in ["/read", "/set/name/Grace", "/end", "/sign_in/ada"] {
        assert!(site.get(path, Some(&cookie)).await.is_bare_503(), "{path}");
        let Error::Store(error) = logged_by(&log, path) else { panic!("{path} fails with a store error") };
        assert_eq!((error.store, error.kind), ("memory", StoreErrorKind::Corrupt), "{path}");
    }
}

#[tokio::test]
async fn a_value_of_another_type_names_its_key_and_not_the_value() {
    const VISITS: ValueKey<u32> = ValueKey::new("visits");
    let (on, log) = logged();
    let wrong = async |session: Session, _| Ok(session.get(VISITS)?.unwrap_or(0).to_string());
    let site = Setup::new().loaded("wrong", wrong).open(&on).await;
    let browser = site.visitor("visits", "hush-hush-4711").await;
    let answer = browser.get("/wrong").await;
    assert_eq!((answer.status, answer.body.as_str()), (500, ""));
    let Error::Value(error) = logged_by(&log, "wrong") else { panic!("it is a value error") };
    assert_eq!(error.name(), "visits");
    let text = format!("{error} {error:?}");
    assert!(text.contains("visits") && !text.contains("hush"), "{text}");
}

#[tokio::test]
async fn a_change_that_does_not_fit_the_newer_value_names_its_key() {
    async fn upper(session: Session, _: Args) -> Handled<()> {
        session.update("name", |name: Option<String>| name.unwrap_or_default().to_uppercase())?;
        Ok(())
    }
    let (on, log) = logged();
    let number = async |session: Session, _| session.insert("name", 7);
    let site = Setup::new().loaded("upper", upper).loaded("number", number).open(&on).await;
    let browser = site.visitor("name", "Ada").await;
    let slow = browser.start("/late/upper");
    site.late.arrived().await;
    browser.text("/number").await;
    site.late.open();
    assert_eq!(slow.await.status, 500);
    assert!(matches!(logged_by(&log, "upper"), Error::Value(error) if error.name() == "name"));
}

#[tokio::test]
async fn a_successful_response_carries_no_error() {
    let (on, log) = logged();
    let site = Setup::new().open(&on).await;
    site.visitor("name", "Ada").await.text("/count").await;
    assert!(log.lock().unwrap().is_empty());
}
