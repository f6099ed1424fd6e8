//! Loads on a node that lags behind: with a server's default settings, and with those of the store.

use std::time::{Duration, Instant};

use session_core::store::{Created, Loaded, SessionStore as _, StoreKey};
use session_sql::MySqlStore;
use sqlx::mysql::MySqlConnection;
use sqlx::{AssertSqlSafe, Connection as _};
use test_support::random_key;
use tokio::task::{JoinSet, block_in_place};

use super::super::rounds;
use super::{cluster, stores};
use crate::database::{Database, execute};
use crate::scene::{NOW, record};

const TASKS: u32 = 16;
const TURNS: u32 = 100;
const SESSIONS: usize = 200;
/// The time for which calls are made after a node has been woken.
const WATCHING: Duration = Duration::from_secs(3);

/// Inserts rows on one node and deletes them again, and looks for each at once on the other. Returns the
/// number of those that are still there.
async fn deleted_but_there(urls: [String; 2], task: u32) -> i64 {
    let mut one = MySqlConnection::connect(&urls[0]).await.unwrap();
    let mut other = MySqlConnection::connect(&urls[1]).await.unwrap();
    let mut there = 0;
    for row in task * TURNS..(task + 1) * TURNS {
        execute(&mut one, &format!("insert into plain values ({row})")).await;
        count(&mut other, &format!("plain where id = {row}")).await.unwrap();
        execute(&mut one, &format!("delete from plain where id = {row}")).await;
        there += count(&mut other, &format!("plain where id = {row}")).await.unwrap();
    }
    there
}

async fn count(connection: &mut MySqlConnection, rows: &str) -> sqlx::Result<i64> {
    let select = AssertSqlSafe(format!("select count(*) from {rows}"));
    sqlx::query_scalar(select).fetch_one(connection).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "starts a cluster of three servers: `cargo xtask endure`"]
async fn with_default_settings_a_deleted_row_is_still_there_on_another_node() {
    let cluster = block_in_place(cluster).lock().await;
    let database = Database::at(cluster.url(0));
    let urls = [0, 1].map(|node| database.url_on(&cluster.url(node)));
    database.sql("create table plain (id int primary key)").await;
    let tasks: JoinSet<_> = (0..TASKS).map(|task| deleted_but_there(urls.clone(), task)).collect();
    let there: i64 = tasks.join_all().await.into_iter().sum();
    println!("default settings: {there} of {} deleted rows are still there on another node", TASKS * TURNS);
    assert!(there > 0);
}

/// Loads all sessions again and again. Returns the number of loads that found one, and of those that failed.
async fn loads(store: MySqlStore, keys: Vec<StoreKey>, until: Instant) -> [usize; 2] {
    let [mut found, mut failed] = [0; 2];
    while Instant::now() < until {
        for key in &keys {
            match store.load(key, NOW).await {
                Ok(Loaded::Absent) => {}
                Ok(_) => found += 1,
                Err(_) => failed += 1,
            }
        }
    }
    [found, failed]
}

/// Counts the sessions again and again without the settings of the store. Returns the sum of the counts.
async fn counts(mut connection: MySqlConnection, until: Instant) -> i64 {
    let mut sum = 0;
    while Instant::now() < until {
        sum += count(&mut connection, "cwsession").await.unwrap_or(0);
    }
    sum
}

/// Ends all sessions on one node while another sleeps, and loads them on that as soon as it wakes. Returns
/// the number of loads that found one, of those that failed, and of ended sessions that the default settings
/// showed.
async fn round(cluster: &test_servers::Galera) -> ([usize; 2], i64) {
    let database = Database::at(cluster.url(0));
    let [one, other, _] = stores(cluster, &database).await;
    let keys: Vec<_> = (0..SESSIONS).map(|_| random_key()).collect();
    for key in &keys {
        assert_eq!(one.create(key, &record(1), NOW).await.unwrap(), Created::Done);
        assert_eq!(other.load(key, NOW).await.unwrap(), Loaded::Found(record(1)));
    }
    let plain = MySqlConnection::connect(&database.url_on(&cluster.url(1))).await.unwrap();
    block_in_place(|| cluster.pause(1).unwrap());
    for key in &keys {
        one.delete(key).await.unwrap();
    }
    let until = Instant::now() + WATCHING;
    let loads = tokio::spawn(loads(other, keys, until));
    let counts = tokio::spawn(counts(plain, until));
    block_in_place(|| cluster.resume(1).unwrap());
    let figures = (loads.await.unwrap(), counts.await.unwrap());
    block_in_place(|| cluster.wait_until_synced(1).unwrap());
    figures
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "starts a cluster of three servers: `cargo xtask endure`"]
async fn a_node_that_wakes_shows_no_session_that_was_ended_while_it_slept() {
    let cluster = block_in_place(cluster).lock().await;
    let mut shown = 0;
    for number in 1..=rounds().div_ceil(4) {
        let ([found, failed], of_defaults) = round(&cluster).await;
        println!(
            "a node wakes, {number}: {found} loads of ended sessions, {failed} failed; \
             default settings show {of_defaults}"
        );
        assert_eq!(found, 0);
        shown += of_defaults;
    }
    assert!(shown > 0, "the test does not see what the settings prevent");
}
