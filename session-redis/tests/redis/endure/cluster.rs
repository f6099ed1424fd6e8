//! A primary of a cluster that is replaced under load.

use std::sync::Mutex;

use test_servers::RedisCluster;
use test_support::{Figures, HotFigures};
use tokio::task::block_in_place;

use super::{assert_nothing_lost, rounds, under_load};

async fn replace(cluster: &Mutex<RedisCluster>, act: fn(&mut RedisCluster, usize)) -> (Figures, HotFigures) {
    let url = cluster.lock().unwrap().url();
    under_load(url, async || {
        block_in_place(|| {
            let mut cluster = cluster.lock().unwrap();
            let primary = cluster.primary_of(0).unwrap();
            act(&mut cluster, primary);
        });
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planned_failover_loses_no_acknowledged_write() {
    let cluster = block_in_place(|| Mutex::new(RedisCluster::start().unwrap()));
    for number in 1..=rounds() {
        let figures = replace(&cluster, |cluster, primary| cluster.fail_over(primary).unwrap()).await;
        println!("cluster, planned {number}: {figures:?}");
        assert_nothing_lost(&figures);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_successor_of_a_killed_primary_is_used_without_a_restart() {
    let cluster = block_in_place(|| Mutex::new(RedisCluster::start().unwrap()));
    for number in 1..=rounds() {
        let killed = replace(&cluster, |cluster, primary| {
            cluster.kill(primary).unwrap();
            cluster.wait_until_ok().unwrap();
            cluster.start_again(primary).unwrap();
            cluster.wait_until_ok().unwrap();
        });
        let (figures, hot) = killed.await;
        println!("cluster, killed {number}: {figures:?}, {hot:?}");
        assert!(figures.acknowledged > 200 && hot.acknowledged > 100, "{figures:?}, {hot:?}");
        // Replication is asynchronous, so the writes of the last moment may be lost.
        assert!(figures.lost * 100 <= figures.acknowledged, "{figures:?}");
        assert_eq!(figures.neither, 0, "{figures:?}");
    }
}
