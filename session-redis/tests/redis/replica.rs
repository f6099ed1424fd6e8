//! A server that becomes a replica, or is one from the start.

use std::time::{Duration, Instant};

use session_core::store::{Created, Loaded, SessionStore as _, StoreErrorKind};
use session_redis::RedisStore;
use test_support::records::key;
use test_support::{Proxy, Readers};

use crate::prefix::Prefix;
use crate::scene::{NOW, record, text};
use crate::server::OwnServer;

/// The time for which the tasks load in each state of the server.
const LOADING: Duration = Duration::from_millis(300);

/// The time in which a store leaves a server.
const PATIENCE: Duration = Duration::from_secs(20);

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stays_a_replica_is_left_when_its_address_leads_to_another_one() {
    let (old, new) = (OwnServer::take(), OwnServer::take());
    // Both have the same password, as the servers of one group have.
    let password = old.url().split(['@', ':']).nth(2).unwrap().to_owned();
    new.command(&["config", "set", "requirepass", &password]);
    let proxy = Proxy::of(&old.url()).await;
    let prefix = Prefix::at(proxy.url.clone());
    let store = prefix.store().await;
    assert_eq!(store.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
    demote(&old);
    proxy.lead_to(&new.url());
    let begun = Instant::now();
    while store.create(&key(2), &record(2), NOW).await.is_err() {
        assert!(begun.elapsed() < PATIENCE, "the store stays with the former primary");
    }
    assert_eq!(store.load(&key(2), NOW).await.unwrap(), Loaded::Found(record(2)));
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Absent, "the new primary does not have it");
    promote(&old);
    // Its password was changed, so no other test may get it.
    new.kill();
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
