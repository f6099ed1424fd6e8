//! A primary that is replaced by its sentinels under load.
//!
//! Replication is asynchronous. Unless writes are paused first, those of the last moment may be lost.

use std::sync::Mutex;

use test_servers::Sentinel;
use test_support::Figures;
use tokio::task::block_in_place;

use super::{own_sessions, rounds};
use crate::prefix::Prefix;

/// Replaces the primary under load.
async fn round(group: &Mutex<Sentinel>, replace: fn(&mut Sentinel)) -> Figures {
    let prefix = Prefix::at(group.lock().unwrap().url());
    let stores = [prefix.store().await, prefix.store().await];
    let fault = async || block_in_place(|| replace(&mut group.lock().unwrap()));
    let figures = own_sessions(&stores, fault).await;
    assert!(figures.acknowledged > 200, "{figures:?}");
    assert_eq!(figures.neither, 0, "{figures:?}");
    figures
}

fn group() -> Mutex<Sentinel> {
    block_in_place(|| Mutex::new(Sentinel::start().unwrap()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planned_failover_that_begins_with_a_pause_of_writes_loses_no_acknowledged_write() {
    let group = group();
    for number in 1..=rounds() {
        let pause_and_replace = |group: &mut Sentinel| {
            let primary = group.server(group.primary().unwrap());
            primary.command(&["client", "pause", "20000", "write"]).unwrap();
            group.fail_over().unwrap();
        };
        let figures = round(&group, pause_and_replace).await;
        println!("sentinels, planned, with a pause, {number}: {figures:?}");
        assert_eq!(figures.lost, 0, "{figures:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_new_primary_of_a_planned_failover_is_used_without_a_restart() {
    let group = group();
    for number in 1..=rounds() {
        let figures = round(&group, |group| group.fail_over().unwrap()).await;
        println!("sentinels, planned, {number}: {figures:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_successor_of_a_killed_primary_is_used_without_a_restart() {
    let group = group();
    for number in 1..=rounds() {
        let kill = |group: &mut Sentinel| {
            let primary = group.primary().unwrap();
            group.kill(primary).unwrap();
            group.wait_until_synced().unwrap();
            group.start_again(primary).unwrap();
            group.wait_until_synced().unwrap();
        };
        let figures = round(&group, kill).await;
        println!("sentinels, killed, {number}: {figures:?}");
    }
}
