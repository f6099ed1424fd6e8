//! A primary of a cluster that is replaced under load.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use session_core::store::{SessionStore as _, StoreKey};
use session_redis::fred::util::redis_keyslot;
use test_servers::RedisCluster;
use test_support::{HotSessions, random_key, random_key_like};
use tokio::task::block_in_place;
use tokio::time::timeout;

use super::{WRITING, assert_nothing_lost, own_sessions, rounds, under_load};
use crate::prefix::Prefix;
use crate::scene::NOW;

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

/// The slot of a session's keys.
fn slot(prefix: &Prefix, key: &StoreKey) -> u16 {
    let [one, two] = key.placement();
    redis_keyslot(format!("{}{{{one:02x}{two:02x}}}", prefix.options().prefix).as_bytes())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_write_is_made_twice_while_a_slot_of_the_same_node_is_nobodys() {
    let cluster = block_in_place(|| RedisCluster::start().unwrap());
    let everywhere = |words: &[&str]| {
        // A node that does not know the slot refuses the command.
        block_in_place(|| (0..6).for_each(|node| drop(cluster.node(node).command(words))));
    };
    everywhere(&["config", "set", "cluster-require-full-coverage", "no"]);
    let prefix = Prefix::at(cluster.url());
    let stores = [prefix.store().await, prefix.store().await];
    let hot = HotSessions::start(&stores).await;
    let mut nobodys = random_key();
    everywhere(&["cluster", "delslots", &slot(&prefix, &nobodys).to_string()]);
    let begun = Instant::now();
    let mut refused = 0;
    while begun.elapsed() < 3 * WRITING {
        let load = stores[refused % 2].load(&nobodys, NOW);
        refused += usize::from(!matches!(timeout(Duration::from_millis(30), load).await, Ok(Ok(_))));
        nobodys = random_key_like(&nobodys);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let hot = hot.end(&stores, None).await;
    println!("a slot is nobody's: {hot:?}, {refused} loads refused");
    assert!(hot.acknowledged > 100 && refused > 5, "{hot:?}, {refused}");
    assert_eq!((hot.stale, hot.refused_but_kept, hot.lost), (0, 0, 0), "{hot:?}");
}
