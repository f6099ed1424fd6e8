//! A primary of a cluster that is replaced under load.

use std::sync::Mutex;

use test_servers::RedisCluster;
use tokio::task::block_in_place;

use super::{assert_nothing_lost, own_sessions, rounds, under_load};
use crate::prefix::Prefix;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planned_failover_loses_no_acknowledged_write() {
    let cluster = block_in_place(|| Mutex::new(RedisCluster::start().unwrap()));
    for number in 1..=rounds() {
        let url = cluster.lock().unwrap().url();
        let replace = || {
            let cluster = cluster.lock().unwrap();
            cluster.fail_over(cluster.primary_of(0).unwrap()).unwrap();
        };
        let figures = under_load(url, async || block_in_place(replace)).await;
        println!("cluster, planned {number}: {figures:?}");
        assert_nothing_lost(&figures);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_successor_of_a_killed_primary_is_used_without_a_restart() {
    let cluster = block_in_place(|| Mutex::new(RedisCluster::start().unwrap()));
    for number in 1..=rounds() {
        let prefix = Prefix::at(cluster.lock().unwrap().url());
        let stores = [prefix.store().await, prefix.store().await];
        let kill = || {
            let mut cluster = cluster.lock().unwrap();
            let primary = cluster.primary_of(0).unwrap();
            cluster.kill(primary).and_then(|()| cluster.wait_until_ok()).unwrap();
            cluster.start_again(primary).and_then(|()| cluster.wait_until_ok()).unwrap();
        };
        let figures = own_sessions(&stores, async || block_in_place(kill)).await;
        println!("cluster, killed {number}: {figures:?}");
        // Replication is asynchronous, so the writes of the last moment may be lost.
        assert!(figures.acknowledged > 200, "{figures:?}");
        assert_eq!(figures.neither, 0, "{figures:?}");
    }
}
