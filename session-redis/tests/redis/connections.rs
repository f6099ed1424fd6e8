//! Opening and closing a store, and what becomes of calls when the connection is lost or falls silent.

use std::time::{Duration, Instant};

use session_core::store::{
    CircuitBreaker, Created, Loaded, Record, SessionStore as _, StoreErrorKind, Written,
};
use session_redis::fred::clients::Client;
use session_redis::fred::interfaces::ClientLike as _;
use session_redis::fred::types::config::{Config, ConnectionConfig, PerformanceConfig, ReconnectPolicy};
use session_redis::{RedisOptions, RedisStore};
use test_support::{Proxy, Visitor};

use crate::groups::{cluster_primary_urls, cluster_url};
use crate::prefix::Prefix;
use crate::scene::{NOW, Scene, key, owned, owners, record, text, version};
use crate::server::OwnServer;

/// The time in which something should happen that happens in a moment.
const PATIENCE: Duration = Duration::from_secs(10);

async fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Makes a client with settings with which a store keeps its promises, changed by `change`.
async fn client(
    url: &str,
    change: impl FnOnce(&mut ConnectionConfig, &mut PerformanceConfig, &mut Option<ReconnectPolicy>),
) -> Client {
    let mut connection = ConnectionConfig { max_redirections: 0, ..Default::default() };
    let mut performance =
        PerformanceConfig { default_command_timeout: Duration::from_secs(5), ..Default::default() };
    let mut policy = Some(ReconnectPolicy::new_exponential(0, 20, 500, 2));
    change(&mut connection, &mut performance, &mut policy);
    let client = Client::new(Config::from_url(url).unwrap(), Some(performance), Some(connection), policy);
    client.init().await.unwrap();
    client
}

#[tokio::test]
async fn a_client_of_the_application_is_used_and_left_open() {
    for url in [test_servers::redis_url(), cluster_url()] {
        let (client, options) = (client(&url, |_, _, _| {}).await, Prefix::at(url).options());
        let store = RedisStore::from_client(client.clone(), options).await.unwrap();
        assert_eq!(store.create(&key(1), &owned(1, "ada"), NOW).await.unwrap(), Created::Done);
        assert_eq!(owners(&store).revoke(&"ada".into(), None).await.unwrap(), 1);
        store.close().await;
        assert!(text(&store.load(&key(1), NOW).await.unwrap_err()).contains("closed"));
        client.ping::<String>(None).await.unwrap();
        client.quit().await.unwrap();
    }
}

#[tokio::test]
async fn a_client_with_which_the_promises_would_not_be_kept_is_refused_with_the_remedy() {
    let (one, many) = (test_servers::redis_url(), cluster_url());
    let refused = [
        (client(&many, |connection, _, _| connection.max_redirections = 5).await, "max_redirections = 0"),
        (
            client(&one, |_, performance, _| performance.default_command_timeout = Duration::ZERO).await,
            "default_command_timeout",
        ),
        (client(&one, |_, _, policy| *policy = None).await, "ReconnectPolicy"),
        (
            client(&one, |_, _, policy| *policy = Some(ReconnectPolicy::new_constant(3, 100))).await,
            "ReconnectPolicy",
        ),
    ];
    for (client, remedy) in refused {
        let error = RedisStore::from_client(client, RedisOptions::default()).await.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Other);
        assert!(text(&error).contains(remedy), "{}", text(&error));
    }
}

#[tokio::test]
async fn a_client_that_does_not_run_is_refused_with_the_remedy() {
    let url = test_servers::redis_url();
    let stopped = client(&url, |_, _, _| {}).await;
    let new = stopped.clone_new();
    stopped.quit().await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    for client in [stopped, new] {
        let begun = Instant::now();
        let mut options = RedisOptions::default();
        options.call_timeout = Duration::from_secs(1);
        let error = RedisStore::from_client(client, options).await.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Unavailable);
        assert!(text(&error).contains("`init()`"), "{}", text(&error));
        assert!(begun.elapsed() < PATIENCE);
    }
}

#[test]
fn a_store_whose_runtime_has_ended_is_used_on_another_one() {
    let prefix = Prefix::at(test_servers::redis_url());
    let runtime = || tokio::runtime::Runtime::new().unwrap();
    let first = runtime();
    let store = first.block_on(prefix.store());
    drop(first);
    runtime().block_on(async {
        let begun = Instant::now();
        while store.load(&key(1), NOW).await.is_err() {
            assert!(begun.elapsed() < PATIENCE, "the connection is replaced");
        }
    });
}

#[tokio::test]
async fn a_wrong_url_is_one_clear_error_without_the_password() {
    let url = test_servers::redis_url();
    let (user, place) = url.split_once('@').unwrap();
    for (url, kind, expected) in [
        (format!("{user}@127.0.0.1:1"), StoreErrorKind::Unavailable, "Connection refused"),
        (format!("{user}@no-such-host.invalid:6379"), StoreErrorKind::Unavailable, "lookup"),
        (format!("redis://:hush-hush@{place}"), StoreErrorKind::Other, "WRONGPASS"),
        (format!("redis://nobody:hush-hush@{place}"), StoreErrorKind::Other, "WRONGPASS"),
        (
            format!("redis-cluster://{}@{place}", &user[8..]),
            StoreErrorKind::Other,
            "cluster support disabled",
        ),
        (cluster_primary_urls().swap_remove(0), StoreErrorKind::Other, "redis-cluster://"),
        ("redis://:hush-hush@host:port".to_owned(), StoreErrorKind::Other, "redis://user:password@host:6379"),
        ("http://:hush-hush@host".to_owned(), StoreErrorKind::Other, "redis://user:password@host:6379"),
        (":hush-hush".to_owned(), StoreErrorKind::Other, "redis://user:password@host:6379"),
    ] {
        let connecting = tokio::time::timeout(PATIENCE, RedisStore::connect(&url));
        let error = connecting.await.expect(expected).unwrap_err();
        let shown = format!("{} {error:?}", text(&error));
        assert_eq!(error.kind, kind, "{shown}");
        assert!(shown.contains(expected), "{expected}: {shown}");
        assert!(!shown.contains("hush-hush") && !shown.contains(&user[9..]), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_closed_or_dropped_leaves_no_connection() {
    let server = OwnServer::take();
    let prefix = Prefix::at(server.url());
    let before = server.connections();
    let (dropped, closed) = (prefix.store().await, prefix.store().await);
    assert_eq!(dropped.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
    let clone = closed.clone();
    assert_eq!(server.connections(), before + 2);
    drop(dropped);
    closed.close().await;
    wait_until("the connections are closed", || server.connections() == before).await;
    let error = clone.load(&key(1), NOW).await.unwrap_err();
    assert_eq!((error.kind, text(&error).contains("closed")), (StoreErrorKind::Unavailable, true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_whose_opening_is_dropped_leaves_no_connection() {
    let server = OwnServer::take();
    let prefix = Prefix::at(server.url());
    let before = server.connections();
    server.pause();
    let opening = tokio::time::timeout(Duration::from_millis(200), prefix.store()).await;
    assert!(opening.is_err(), "it waits for the server");
    server.resume();
    wait_until("the connection is closed", || server.connections() == before).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn close_waits_for_calls_and_revocations() {
    let server = OwnServer::take();
    let prefix = Prefix::at(server.url());
    let (store, other) = (prefix.store().await, prefix.store().await);
    for number in 0..3 {
        let _ = store.create(&key(number), &owned(number.into(), "ada"), NOW).await.unwrap();
    }
    server.pause();
    let update = {
        let store = store.clone();
        tokio::spawn(async move { store.update(&key(0), &owned(9, "bob"), version(0), NOW).await })
    };
    let ada = "ada".into();
    // The call is made and its future dropped.
    let revocation = tokio::time::timeout(Duration::from_millis(100), owners(&store).revoke(&ada, None));
    assert!(revocation.await.is_err());
    let close = {
        let store = store.clone();
        tokio::spawn(async move { store.close().await })
    };
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!close.is_finished(), "it waits");
    server.resume();
    close.await.unwrap();
    assert_eq!(update.await.unwrap().unwrap(), Written::Done);
    assert_eq!(owners(&other).list(&ada, None, 10, NOW).await.unwrap().sessions.len(), 0);
}

#[tokio::test]
async fn a_read_does_not_wait_for_its_touch_until_the_session_is_about_to_end() {
    let server = OwnServer::take();
    let mut visitor = Visitor::of(Prefix::at(server.url()).store().await).await;
    let pause = || drop(server.command(&["client", "pause", "20000", "write"]));
    let free = || drop(server.command(&["client", "unpause"]));
    // A load that is sent after a touch waits for it, because they share the connection.
    for _ in 0..3 {
        pause();
        visitor.read_without_touch().await;
        free();
    }
    pause();
    visitor.read_with_touch(async { free() }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_circuit_breaker_an_outage_costs_one_call_timeout_and_not_one_for_each_call() {
    let server = OwnServer::take();
    let prefix = Prefix::at(server.url());
    let mut options = prefix.options();
    options.call_timeout = Duration::from_secs(1);
    let store = CircuitBreaker::new(RedisStore::connect_with(prefix.url(), options).await.unwrap());
    let _ = store.create(&key(1), &record(1), NOW).await.unwrap();
    server.pause();
    let begun = Instant::now();
    let first: Vec<_> = (0..10)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.load(&key(1), NOW).await.unwrap_err().kind })
        })
        .collect();
    for load in first {
        assert_eq!(load.await.unwrap(), StoreErrorKind::Unavailable);
    }
    let mut refused = 0;
    while begun.elapsed() < Duration::from_millis(2_500) {
        assert_eq!(store.load(&key(1), NOW).await.unwrap_err().kind, StoreErrorKind::Unavailable);
        refused += 1;
    }
    assert!(refused > 1_000, "{refused}");
    server.resume();
    while store.load(&key(1), NOW).await.is_err() {
        assert!(begun.elapsed() < PATIENCE, "the store is used again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stands_still_is_unavailable_in_time_and_used_again_afterwards() {
    let server = OwnServer::take();
    let prefix = Prefix::at(server.url());
    let mut options = prefix.options();
    options.call_timeout = Duration::from_millis(500);
    let store = RedisStore::connect_with(prefix.url(), options).await.unwrap();
    let _ = store.create(&key(1), &record(1), NOW).await.unwrap();
    server.pause();
    let begun = Instant::now();
    let error = store.load(&key(1), NOW).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    assert!(text(&error).contains("in time"), "{}", text(&error));
    let waits = (Duration::from_millis(400)..Duration::from_secs(3)).contains(&begun.elapsed());
    assert!(waits, "{:?}", begun.elapsed());
    // Those that wait for others end in time, too.
    let calls: Vec<_> = (0..200)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.update(&key(1), &record(2 + number), version(1), NOW).await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap_err().kind, StoreErrorKind::Unavailable);
    }
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    server.resume();
    wait_until("the server is used again", || server.command(&["ping"]) == "PONG").await;
    assert!(matches!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(_)), "at the first call");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_problem_that_is_over_is_not_the_reason_of_a_later_failure() {
    let server = OwnServer::take();
    let prefix = Prefix::at(server.url());
    let mut options = prefix.options();
    options.call_timeout = Duration::from_secs(1);
    let store = RedisStore::connect_with(prefix.url(), options).await.unwrap();
    server.kill();
    let error = store.load(&key(1), NOW).await.unwrap_err();
    assert!(text(&error).contains("Connection refused"), "{}", text(&error));
    server.start_again();
    let begun = Instant::now();
    while store.load(&key(1), NOW).await.is_err() {
        assert!(begun.elapsed() < PATIENCE, "the server is used again");
    }
    server.pause();
    let error = store.load(&key(1), NOW).await.unwrap_err();
    server.resume();
    assert!(!text(&error).contains("Connection refused"), "{}", text(&error));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_begins_without_a_connection_is_made_when_there_is_one_again() {
    let server = OwnServer::take();
    let store = Prefix::at(server.url()).store().await;
    server.kill();
    let writes = (10..30).map(|number| {
        let store = store.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(10 * u64::from(number))).await;
            store.create(&key(number), &record(1), NOW).await
        })
    });
    let writes: Vec<_> = writes.collect();
    tokio::time::sleep(Duration::from_millis(400)).await;
    server.start_again();
    for write in writes {
        assert_eq!(write.await.unwrap().unwrap(), Created::Done);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_falls_silent_is_replaced_while_calls_go_on() {
    let proxy = Proxy::of(&test_servers::redis_url()).await;
    let prefix = Prefix::at(proxy.url.clone());
    let mut options = prefix.options();
    options.call_timeout = Duration::from_millis(500);
    let store = RedisStore::connect_with(prefix.url(), options).await.unwrap();
    assert_eq!(store.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
    proxy.silence();
    let begun = Instant::now();
    while store.load(&key(1), NOW).await.is_err() {
        assert!(begun.elapsed() < PATIENCE, "no call has succeeded for {:?}", begun.elapsed());
    }
    assert!(begun.elapsed() > Duration::from_secs(2), "a connection is not given up at once");
    for number in 1..20 {
        let updated = store.update(&key(1), &record(number + 1), version(number), NOW).await.unwrap();
        assert_eq!(updated, Written::Done);
    }
}

#[tokio::test]
async fn a_write_whose_reply_is_lost_is_unavailable_and_not_made_again() {
    let server = OwnServer::take();
    let scene = Scene::at(server.url()).await;
    scene.create(1, &record(0)).await;
    // The server knows the script after this.
    assert_eq!(scene.store.update(&key(1), &record(1), version(0), NOW).await.unwrap(), Written::Done);
    server.command(&["config", "resetstat"]);
    let proxy = Proxy::that_loses_the_reply_to("its reply is lost", scene.url()).await;
    let store = RedisStore::connect_with(&proxy.url, scene.options()).await.unwrap();
    let next = Record { payload: b"its reply is lost".as_slice().into(), ..record(2) };
    let error = store.update(&key(1), &next, version(1), NOW).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable, "{}", text(&error));
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(next), "it was made");
    let statistics = server.command(&["info", "commandstats"]);
    assert!(statistics.contains("cmdstat_evalsha:calls=1,"), "{statistics}");
}

#[tokio::test]
async fn a_load_whose_reply_is_lost_is_sent_again() {
    let scene = Scene::with_record(&record(1)).await;
    let digest = "\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}\u{1}";
    let proxy = Proxy::that_loses_the_reply_to(digest, scene.url()).await;
    let store = RedisStore::connect_with(&proxy.url, scene.options()).await.unwrap();
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)));
}
