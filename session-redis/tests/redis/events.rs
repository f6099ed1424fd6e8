//! The events for the operator.
#![cfg(feature = "tracing")]

use std::time::Duration;

use session_core::store::{Created, Loaded, SessionStore as _};
use session_redis::{RedisOptions, RedisStore};
use test_servers::Redis;
use test_support::Log;

use crate::prefix::Prefix;
use crate::scene::{NOW, key, record};
use crate::server::OwnServer;

#[tokio::test]
async fn a_server_that_may_drop_live_sessions_is_a_warning() {
    let policy = |policy| [("maxmemory", "100mb"), ("maxmemory-policy", policy)];
    for (settings, expected) in [
        (policy("allkeys-lru"), "set maxmemory-policy to noeviction said=\"allkeys-lru\""),
        (policy("volatile-ttl"), "set maxmemory-policy to noeviction said=\"volatile-ttl\""),
        (policy("noeviction"), ""),
    ] {
        let server = Redis::start_with(&settings).unwrap();
        let log = Log::begin();
        drop(RedisStore::connect(&server.url()).await.unwrap());
        let events = log.end();
        assert_eq!(events.matches(" WARN ").count(), usize::from(!expected.is_empty()), "{events}");
        assert!(events.contains(expected), "{events}");
    }
}

#[tokio::test]
async fn a_long_prefix_is_a_warning_because_of_the_memory() {
    for (prefix, warnings) in [("shop2:", 0), ("shop22:", 1)] {
        let mut options = RedisOptions::default();
        options.prefix = prefix.parse().unwrap();
        let log = Log::begin();
        drop(RedisStore::connect_with(&test_servers::redis_url(), options).await.unwrap());
        let events = log.end();
        assert_eq!(
            events.matches("a prefix of more than 6 bytes takes more memory").count(),
            warnings,
            "{events}"
        );
    }
}

#[tokio::test]
async fn a_user_without_the_right_to_ask_is_told_that_it_was_not_checked() {
    let server = OwnServer::take();
    server.command(&["acl", "setuser", "web", "reset", "on", ">hush", "~*", "+get"]);
    let url = server.url();
    let log = Log::begin();
    let url = format!("redis://web:hush@{}", url.split_once('@').unwrap().1);
    drop(RedisStore::connect_with(&url, RedisOptions::default()).await.unwrap());
    let events = log.end();
    assert!(events.contains("it was not checked whether the server drops live sessions"), "{events}");
    assert!(!events.contains("hush"), "{events}");
    server.command(&["acl", "deluser", "web"]);
}

#[tokio::test]
async fn each_loss_and_each_return_of_the_connection_is_one_event() {
    let server = OwnServer::take();
    let store = Prefix::at(server.url()).store().await;
    assert_eq!(store.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
    let log = Log::begin();
    for _ in 0..2 {
        server.command(&["client", "kill", "type", "normal"]);
        assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let events = log.end();
    let count = |text| events.matches(text).count();
    assert_eq!(count("WARN session: the connection to the server is lost"), 2, "{events}");
    assert_eq!(count("DEBUG session: the connection to the server is open again"), 2, "{events}");
    assert!(
        !server
            .url()
            .split(['@', ':'])
            .filter(|part| part.len() == 16)
            .any(|password| events.contains(password))
    );
}

#[tokio::test]
async fn each_repetition_of_a_command_is_an_event() {
    let server = OwnServer::take();
    let store = Prefix::at(server.url()).store().await;
    server.command(&["replicaof", "127.0.0.1", "1"]);
    let log = Log::begin();
    let (one, first) = (key(1), record(1));
    let (created, ()) = tokio::join!(store.create(&one, &first, NOW), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.command(&["replicaof", "no", "one"]);
    });
    assert_eq!(created.unwrap(), Created::Done);
    let events = log.end();
    assert!(events.contains("DEBUG session: the server has done nothing, and is asked again"), "{events}");
}
