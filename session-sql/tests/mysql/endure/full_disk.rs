//! A server whose disk becomes full under load.

use std::time::Duration;

use session_core::store::{Created, Loaded, SessionStore as _};
use test_servers::Mariadb;
use test_support::{Figures, Writers};
use tokio::task::block_in_place;
use tokio::time::timeout;

use super::{WRITING, rounds};
use crate::database::Database;
use crate::scene::{NOW, key, record};

/// The longest time that a call may take: the default call timeout, and a second for a busy machine.
const LONGEST: Duration = Duration::from_secs(6);

/// The longest time in which the tasks fill the pages that a table has already.
const FILLING: Duration = Duration::from_secs(60);

/// Makes space again, and starts the server if it has ended. Returns the end of the round in words.
fn recover(server: &mut Mariadb) -> &'static str {
    server.clear_disk().unwrap();
    if server.is_running() {
        return "the server ran on";
    }
    server.start_again().unwrap();
    "the server had ended"
}

/// Fills the disk under load, waits until all tasks have failed, and makes space again. Compares what is
/// there afterwards with what was acknowledged. The store stays open.
async fn round(server: &mut Mariadb) -> (&'static str, Figures) {
    let database = Database::at(server.url());
    let store = database.store().await;
    let writers = Writers::start(&store);
    tokio::time::sleep(WRITING).await;
    block_in_place(|| server.fill_disk().unwrap());
    let courses = timeout(FILLING, writers.failed()).await.unwrap();
    let end = block_in_place(|| recover(server));
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Absent, "at the first call");
    assert_eq!(store.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
    (end, Figures::of(&courses, &store).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs a disk of its own; `cargo xtask test` runs this where the system allows it"]
async fn a_full_disk_refuses_writes_and_loses_none_that_was_acknowledged() {
    for number in 1..=rounds() {
        // An older server has space for changes that are rolled back, and does not end so easily.
        let mut server = block_in_place(|| Mariadb::start_on_small_disk().unwrap());
        let (end, figures) = round(&mut server).await;
        println!("full disk {number}, {end}: {figures:?}");
        assert!(figures.acknowledged > 64 && figures.longest < LONGEST, "{figures:?}");
        assert_eq!(figures.full_but_done, 0, "{figures:?}");
        assert_eq!((figures.lost, figures.neither), (0, 0), "{figures:?}");
    }
}
