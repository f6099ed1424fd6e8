//! A server that becomes a replica, or is one from the start.

use std::time::Duration;

use session_core::store::{Created, Loaded, SessionStore as _, StoreErrorKind};
use session_redis::RedisStore;
use test_support::Readers;
use test_support::records::key;

use crate::prefix::Prefix;
use crate::scene::{NOW, record, text};
use crate::server::OwnServer;

/// The time for which the tasks load in each state of the server.
const LOADING: Duration = Duration::from_millis(300);

/// Creates a store on a server, with the session `key(1)`.
async fn store(server: &OwnServer) -> RedisStore {
    let prefix = Prefix::at(server.url());
    let mut options = prefix.options();
    options.call_timeout = Duration::from_millis(500);
    let store = RedisStore::connect_with(prefix.url(), options).await.unwrap();
    assert_eq!(store.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
    store
}

/// Makes a server a replica of one that does not reply, so that it keeps its data.
fn demote(server: &OwnServer) {
    server.command(&["replicaof", "127.0.0.1", "1"]);
}

fn promote(server: &OwnServer) {
    server.command(&["replicaof", "no", "one"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_load_that_begins_after_a_refused_write_is_served_by_a_replica() {
    let server = OwnServer::take();
    let store = store(&server).await;
    let readers = Readers::start(&store);
    tokio::time::sleep(LOADING).await;
    demote(&server);
    let error = store.delete(&key(1)).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    assert!(text(&error).contains("replica"), "{}", text(&error));
    readers.forbid_the_session();
    tokio::time::sleep(LOADING).await;
    let counts = readers.end().await;
    assert!(counts.found > 10 && counts.refused > 0, "{counts:?}");
    assert_eq!((counts.stale, counts.absent), (0, 0), "{counts:?}");
    promote(&server);
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)));
    store.delete(&key(1)).await.unwrap();
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Absent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_load_on_a_new_connection_is_served_by_a_replica() {
    let server = OwnServer::take();
    let store = store(&server).await;
    demote(&server);
    server.command(&["client", "kill", "type", "normal"]);
    tokio::time::sleep(LOADING).await;
    let error = store.load(&key(1), NOW).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    assert!(text(&error).contains("connect to the primary"), "{}", text(&error));
    // A replica that is promoted within the call timeout costs no call.
    let one = key(1);
    let (loaded, ()) = tokio::join!(store.load(&one, NOW), async {
        tokio::time::sleep(LOADING).await;
        promote(&server);
    });
    assert_eq!(loaded.unwrap(), Loaded::Found(record(1)));
}

#[tokio::test]
async fn a_store_is_not_opened_on_a_replica() {
    let server = OwnServer::take();
    demote(&server);
    let error = RedisStore::connect(&server.url()).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    assert!(text(&error).contains("connect to the primary"), "{}", text(&error));
    promote(&server);
    RedisStore::connect(&server.url()).await.unwrap();
}
