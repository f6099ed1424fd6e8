//! A server that is killed under load, and started again.

use test_servers::Mariadb;
use test_support::{Figures, Writers};
use tokio::task::block_in_place;

use super::{WRITING, rounds};
use crate::database::Database;

/// The server writes as it does by default. Other servers of the tests never wait for the disk.
const FLUSH: (&str, &str) = ("innodb-flush-method", "O_DIRECT");

/// Kills the server under load, and compares what is there afterwards with what was acknowledged.
async fn round(server: &mut Mariadb) -> Figures {
    let database = Database::at(server.url());
    let store = database.store().await;
    let writers = Writers::start(&store);
    tokio::time::sleep(WRITING).await;
    block_in_place(|| server.kill().unwrap());
    let courses = writers.end().await;
    block_in_place(|| server.start_again().unwrap());
    Figures::of(&courses, &store).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_no_acknowledged_write() {
    let mut server = block_in_place(|| Mariadb::start_with(&[FLUSH]).unwrap());
    for number in 1..=rounds() {
        let figures = round(&mut server).await;
        println!("kill {number}: {figures:?}");
        assert!(figures.acknowledged > 64, "{figures:?}");
        assert_eq!((figures.lost, figures.neither), (0, 0), "{figures:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_that_writes_its_log_once_a_second_leaves_no_half_write() {
    let lazy = [FLUSH, ("innodb-flush-log-at-trx-commit", "0")];
    let mut server = block_in_place(|| Mariadb::start_with(&lazy).unwrap());
    for number in 1..=rounds() {
        let figures = round(&mut server).await;
        println!("kill {number}, innodb_flush_log_at_trx_commit = 0: {figures:?}");
        assert_eq!(figures.neither, 0, "{figures:?}");
    }
}
