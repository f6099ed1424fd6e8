//! A primary that is killed under load, and whose standby takes its place.

use std::time::{Duration, Instant};

use session_core::store::{Created, SessionStore as _, StoreErrorKind};
use session_sql::PostgresStore;
use test_servers::Postgres;
use test_support::{Figures, Writers};
use tokio::task::block_in_place;

use super::{WRITING, rounds};
use crate::database::Schema;
use crate::scene::{NOW, key, record, text};

/// The time for which the standby receives nothing before the primary is killed.
const LAG: Duration = Duration::from_millis(1_500);

/// A setting by which a write waits until the standby has it.
const SYNCHRONOUS: (&str, &str) = ("synchronous_standby_names", Postgres::STANDBY);

/// Connects a store that knows the primary and its standby.
async fn connect(schema: &Schema, standby: &Postgres) -> PostgresStore {
    let mut options = schema.options();
    options.further_hosts = vec![("127.0.0.1".to_owned(), standby.port())];
    let store = PostgresStore::connect_with(schema.url(), options).await.unwrap();
    store.migrate().await.unwrap();
    store
}

/// Kills the primary under load, promotes a standby that has fallen behind, and compares what is there
/// afterwards with what was acknowledged. The store stays open.
async fn round(settings: &[(&str, &str)]) -> (Figures, Duration) {
    let (mut primary, mut standby) = block_in_place(|| {
        let primary = Postgres::start_with(settings).unwrap();
        let standby = primary.start_standby().unwrap();
        (primary, standby)
    });
    let schema = Schema::at(primary.url());
    let store = connect(&schema, &standby).await;
    let writers = Writers::start(&store);
    tokio::time::sleep(WRITING).await;
    block_in_place(|| standby.pause_receiver().unwrap());
    tokio::time::sleep(LAG).await;
    block_in_place(|| primary.kill().unwrap());
    let courses = writers.end().await;
    let error = store.load(&key(1), NOW).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    assert!(text(&error).contains("the server is a standby"), "{}", text(&error));
    let begun = Instant::now();
    block_in_place(|| standby.end_receiver().and_then(|()| standby.promote()).unwrap());
    assert_eq!(store.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done, "at the first call");
    let recovered = begun.elapsed();
    (Figures::of(&courses, &store).await, recovered)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failover_to_a_synchronous_standby_that_lags_loses_no_acknowledged_write() {
    for number in 1..=rounds() {
        let (figures, recovered) = round(&[SYNCHRONOUS]).await;
        println!("failover {number}, synchronous: {figures:?}, writes again after {recovered:?}");
        assert!(figures.acknowledged > 64, "{figures:?}");
        assert_eq!((figures.lost, figures.neither), (0, 0), "{figures:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failover_to_an_asynchronous_standby_that_lags_leaves_no_half_write() {
    for number in 1..=rounds() {
        let (figures, recovered) = round(&[]).await;
        println!("failover {number}, asynchronous: {figures:?}, writes again after {recovered:?}");
        assert!(figures.acknowledged > 64, "{figures:?}");
        assert_eq!(figures.neither, 0, "{figures:?}");
    }
}
