//! A primary that is replaced by its sentinels under load.

use std::sync::Mutex;

use test_servers::Sentinel;
use tokio::task::block_in_place;

use super::{own_sessions, rounds};
use crate::prefix::Prefix;

/// Replaces the primary. Replication is asynchronous, so the writes of the last moment may be lost.
async fn replace(name: &str, act: fn(&mut Sentinel)) -> u64 {
    let mut lost = 0;
    let group = block_in_place(|| Mutex::new(Sentinel::start().unwrap()));
    for number in 1..=rounds() {
        let prefix = Prefix::at(group.lock().unwrap().url());
        let stores = [prefix.store().await, prefix.store().await];
        let fault = async || block_in_place(|| act(&mut group.lock().unwrap()));
        let figures = own_sessions(&stores, fault).await;
        println!("sentinel, {name} {number}: {figures:?}");
        assert!(figures.acknowledged > 200, "{figures:?}");
        assert_eq!(figures.neither, 0, "{figures:?}");
        lost += figures.lost;
    }
    lost
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planned_failover_that_begins_with_a_pause_of_writes_loses_nothing() {
    let lost = replace("planned, with a pause", |group| {
        let primary = group.server(group.primary().unwrap());
        primary.command(&["client", "pause", "20000", "write"]).unwrap();
        group.fail_over().unwrap();
    });
    assert_eq!(lost.await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_new_primary_of_a_planned_failover_is_used_without_a_restart() {
    replace("planned", |group| group.fail_over().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_successor_of_a_killed_primary_is_used_without_a_restart() {
    replace("killed", |group| {
        let primary = group.primary().unwrap();
        group.kill(primary).unwrap();
        group.wait_until_synced().unwrap();
        group.start_again(primary).unwrap();
        group.wait_until_synced().unwrap();
    })
    .await;
}
