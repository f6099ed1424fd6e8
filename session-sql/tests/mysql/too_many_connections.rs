//! A server that has no connection left for a store.

use std::time::{Duration, Instant};

use session_core::store::{Created, Loaded, SessionStore as _, StoreError, StoreErrorKind};
use session_sql::MySqlStore;
use sqlx::Connection as _;
use sqlx::mysql::MySqlConnection;
use test_servers::Mariadb;
use tokio::task::block_in_place;

use crate::database::Database;
use crate::scene::{NOW, key, record, text};

const SETTINGS: [(&str, &str); 1] = [("max-connections", "12")];

/// Opens connections until the server has none left.
async fn occupy(url: &str) -> Vec<MySqlConnection> {
    let mut connections = Vec::new();
    while let Ok(connection) = MySqlConnection::connect(url).await {
        connections.push(connection);
    }
    connections
}

/// Closes the connections but one, and waits until the server has ended their processes.
async fn close_all_but_one(mut connections: Vec<MySqlConnection>) {
    let mut last = connections.pop().unwrap();
    for connection in connections {
        connection.close().await.unwrap();
    }
    let count = "select cast(variable_value as signed) from information_schema.global_status where variable_name = 'Threads_connected'";
    // One is this connection, and one is the store's.
    while sqlx::query_scalar::<_, i64>(count).fetch_one(&mut last).await.unwrap() > 2 {}
}

/// Creates the sessions from `key(first)` on at the same time.
async fn create(store: &MySqlStore, first: u8) -> Vec<(u8, Result<Created, StoreError>)> {
    let calls = (first..first + 64).map(|number| {
        let store = store.clone();
        let create = async move { store.create(&key(number), &record(number.into()), NOW).await };
        (number, tokio::spawn(create))
    });
    let mut outcomes = Vec::new();
    for (number, call) in calls.collect::<Vec<_>>() {
        outcomes.push((number, call.await.unwrap()));
    }
    outcomes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_with_too_many_connections_is_unavailable_in_time_and_used_as_soon_as_it_has_a_free_one() {
    let server = block_in_place(|| Mariadb::start_with(&SETTINGS).unwrap());
    let database = Database::at(server.url());
    let store = database.store().await;
    // The migration has closed its connection, and this opens another.
    store.ping().await.unwrap();
    let occupied = occupy(&database.url()).await;
    assert!(occupied.len() > 8, "the store has one connection: {}", occupied.len());
    let begun = Instant::now();
    let outcomes = create(&store, 0).await;
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
    let mut refused = 0;
    for (number, outcome) in outcomes {
        let expected = match outcome {
            Ok(created) => {
                assert_eq!(created, Created::Done);
                Loaded::Found(record(number.into()))
            }
            Err(error) => {
                assert_eq!(error.kind, StoreErrorKind::Unavailable, "{}", text(&error));
                assert!(text(&error).contains("Too many connections"), "{}", text(&error));
                refused += 1;
                Loaded::Absent
            }
        };
        assert_eq!(store.load(&key(number), NOW).await.unwrap(), expected, "{number}");
    }
    println!("{refused} of 64 calls refused");
    assert!(refused > 0);

    close_all_but_one(occupied).await;
    for (_, outcome) in create(&store, 100).await {
        assert_eq!(outcome.unwrap(), Created::Done);
    }
}
