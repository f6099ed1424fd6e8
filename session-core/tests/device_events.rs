//! Tests of the events of failing device lists: an outage is always logged.
#![cfg(feature = "tracing")]
#![allow(clippy::unwrap_used, reason = "a test may panic if an expectation fails")]

use std::io::{self, Read as _};
use std::sync::Arc;

use session_core::adapter::Exchange;
use session_core::{Error, MemoryStore, SessionFactory, SessionOptions};
use session_testkit::{Fault, Faults, FaultyStore, Op};
use tracing_subscriber::util::SubscriberInitExt as _;

/// Creates a factory on which alice has signed in twice. Returns it with the cookie of her first sign-in and
/// the faults of its store.
async fn two_devices() -> (SessionFactory, String, Faults) {
    let store = FaultyStore::new(MemoryStore::new());
    let faults = store.faults();
    let options = SessionOptions::new("a secret of more than thirty-two bytes");
    let sessions = SessionFactory::new(options, store).unwrap();
    let mut cookies = Vec::new();
    for _ in 0..2 {
        let exchange = sessions.begin([]);
        exchange.session().await.unwrap().sign_in("alice").unwrap();
        cookies.extend(exchange.finish(200).await.unwrap().set_cookie);
    }
    let cookie = cookies[0].split(';').next().unwrap().to_owned();
    (sessions, cookie, faults)
}

/// Returns the text that a subscriber writes while a request does `act` and the store call `failing` fails.
async fn events(failing: Op, act: impl AsyncFnOnce(&Exchange) -> Result<(), Error>) -> String {
    let (sessions, cookie, faults) = two_devices().await;
    let exchange = sessions.begin([cookie.as_bytes()]);
    exchange.session().await.unwrap();
    faults.set(failing, Fault::Fail);
    let (mut reader, writer) = io::pipe().unwrap();
    let subscriber = tracing_subscriber::fmt().with_ansi(false).with_writer(Arc::new(writer)).finish();
    {
        let _guard = subscriber.set_default();
        assert!(matches!(act(&exchange).await, Err(Error::Store(_))));
    }
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    text
}

#[tokio::test]
async fn a_failing_list_is_a_warning() {
    let text = events(Op::List, async |exchange| exchange.devices().await?.list(100).await.map(drop)).await;
    assert!(text.contains("WARN session: device list failed"), "{text}");
}

#[tokio::test]
async fn a_failing_revocation_of_the_other_sessions_is_a_warning() {
    let text =
        events(Op::Revoke, async |exchange| exchange.devices().await?.revoke_others().await.map(drop)).await;
    assert!(text.contains("WARN session: revocation failed"), "{text}");
}

#[tokio::test]
async fn a_failing_revocation_of_one_session_is_a_warning() {
    let text = events(Op::Delete, async |exchange| {
        let devices = exchange.devices().await?;
        let other = devices.list(100).await?.into_iter().find(|device| !device.current).unwrap();
        devices.revoke(&other.handle).await.map(drop)
    })
    .await;
    assert!(text.contains("WARN session: revocation failed"), "{text}");
}
