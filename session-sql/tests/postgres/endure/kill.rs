//! A server that is killed under load, and started again.

use super::{WRITING, rounds};
use crate::database::Schema;
use crate::server::OwnServer;
use test_support::{Figures, Writers};

/// Kills the server under load, and compares what is there afterwards with what was acknowledged.
async fn round(server: &OwnServer, settings: &str) -> Figures {
    let schema = Schema::at(server.url());
    let store = schema.store_with_settings(settings).await;
    let writers = Writers::start(&store);
    tokio::time::sleep(WRITING).await;
    tokio::task::block_in_place(|| server.kill());
    let courses = writers.end().await;
    tokio::task::block_in_place(|| server.start_again());
    Figures::of(&courses, &store).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_no_acknowledged_write() {
    let server = OwnServer::take();
    for number in 1..=rounds() {
        let figures = round(&server, "").await;
        println!("kill {number}: {figures:?}");
        assert!(figures.acknowledged > 64, "{figures:?}");
        assert_eq!((figures.lost, figures.neither), (0, 0), "{figures:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_without_synchronous_commit_leaves_no_half_write() {
    let server = OwnServer::take();
    for number in 1..=rounds() {
        let figures = round(&server, "-csynchronous_commit%3Doff").await;
        println!("kill {number}, synchronous_commit = off: {figures:?}");
        assert_eq!(figures.neither, 0, "{figures:?}");
    }
}
