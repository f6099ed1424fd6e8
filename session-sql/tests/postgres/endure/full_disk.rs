//! A server whose disk becomes full under load.

use std::time::{Duration, Instant};

use session_core::store::{Created, Loaded, SessionStore as _};
use test_servers::{Error, OnDisk, Postgres};
use test_support::{Figures, Writers};
use tokio::task::block_in_place;

use super::{WRITING, rounds};
use crate::database::Schema;
use crate::scene::{NOW, key, record};

/// The longest time in which calls fail: the default call timeout, and a second for a busy machine.
const LONGEST: Duration = Duration::from_secs(6);

fn start(part: OnDisk) -> Postgres {
    block_in_place(|| Postgres::start_on_small_disk(part)).unwrap()
}

/// Fills the disk under load, waits until all tasks have failed, and makes space again by `recover`. Compares
/// what is there afterwards with what was acknowledged. The store stays open.
async fn round(
    server: &mut Postgres,
    settings: &str,
    recover: impl FnOnce(&mut Postgres) -> Result<(), Error>,
) -> Figures {
    let schema = Schema::at(server.url());
    let store = schema.store_with_settings(settings).await;
    let writers = Writers::start(&store);
    tokio::time::sleep(WRITING).await;
    block_in_place(|| server.fill_disk().unwrap());
    // Old rows leave some space in the tables, for a while.
    tokio::time::sleep(WRITING).await;
    let begun = Instant::now();
    let courses = writers.end().await;
    assert!(begun.elapsed() < LONGEST, "{:?}", begun.elapsed());
    block_in_place(|| recover(server).unwrap());
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Absent, "at the first call");
    assert_eq!(store.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
    Figures::of(&courses, &store).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a disk of its own; `cargo xtask test` runs this where the system allows it"]
async fn a_full_disk_of_tables_refuses_writes_and_loses_none() {
    let mut server = start(OnDisk::Tables);
    let location = server.disk().display().to_string();
    Schema::at(server.url()).sql(&format!("create tablespace small location '{location}'")).await;
    for number in 1..=rounds() {
        let figures = round(&mut server, "-cdefault_tablespace%3Dsmall", |server| server.clear_disk()).await;
        println!("full disk {number}, tables: {figures:?}");
        assert!(figures.full > 0, "{figures:?}");
        assert_eq!((figures.unknown, figures.unknown_but_done), (figures.full, 0), "{figures:?}");
        assert_eq!((figures.lost, figures.neither), (0, 0), "{figures:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a disk of its own; `cargo xtask test` runs this where the system allows it"]
async fn a_full_disk_of_the_log_ends_the_server_and_loses_no_acknowledged_write() {
    let mut server = start(OnDisk::Log);
    for number in 1..=rounds() {
        let clear_and_start = |server: &mut Postgres| server.clear_disk().and_then(|()| server.start_again());
        let figures = round(&mut server, "", clear_and_start).await;
        println!("full disk {number}, log: {figures:?}");
        assert!(figures.unknown > 0, "{figures:?}");
        assert_eq!((figures.lost, figures.neither), (0, 0), "{figures:?}");
    }
}
