//! Writes on one node, and reads on another.

use std::time::{Duration, Instant};

use session_core::store::{Created, Loaded, SessionStore as _, Version, Written};
use session_sql::MySqlStore;
use tokio::task::{JoinSet, block_in_place};

use super::{cluster, stores};
use crate::database::Database;
use crate::scene::{NOW, key, record, text};

/// Adds one to a session until the time is over. Returns the number of updates that were acknowledged, and of
/// those whose outcome is unknown.
async fn increment(store: MySqlStore, number: u8, until: Instant) -> [u64; 2] {
    let [mut done, mut unknown] = [0; 2];
    while Instant::now() < until {
        let Ok(Loaded::Found(found)) = store.load(&key(number), NOW).await else { continue };
        let mut next = found.clone();
        next.version = Version::from_bits(rand::random());
        next.payload = (count(&found.payload) + 1).to_string().into_bytes().into();
        match store.update(&key(number), &next, found.version, NOW).await {
            Ok(Written::Done) => done += 1,
            Ok(Written::Conflict(_)) => {}
            Ok(other) => panic!("{other:?}"),
            Err(_) => unknown += 1,
        }
    }
    [done, unknown]
}

fn count(payload: &[u8]) -> u64 {
    str::from_utf8(payload).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "starts a cluster of three servers: `cargo xtask endure`"]
async fn the_acknowledged_updates_of_one_session_on_all_nodes_add_up() {
    let cluster = block_in_place(cluster).lock().await;
    let database = Database::at(cluster.url(0));
    let stores = stores(&cluster, &database).await;
    for number in 0..4 {
        let created = stores[0].create(&key(number), &record(0), NOW).await.unwrap();
        assert_eq!(created, Created::Done);
    }
    let until = Instant::now() + Duration::from_secs(5);
    let mut tasks = JoinSet::new();
    for task in 0..64 {
        tasks.spawn(increment(stores[task % 3].clone(), (task % 4) as u8, until));
    }
    let sums = tasks.join_all().await;
    let [done, unknown] = [0, 1].map(|at| sums.iter().map(|sums| sums[at]).sum::<u64>());
    let mut kept = 0;
    for number in 0..4 {
        let Loaded::Found(found) = stores[1].load(&key(number), NOW).await.unwrap() else { panic!() };
        kept += count(&found.payload);
    }
    println!(
        "increments of four sessions on three nodes: {done} acknowledged, {unknown} unknown, {kept} kept"
    );
    assert!(done > 100 && (done..=done + unknown).contains(&kept));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "starts a cluster of three servers: `cargo xtask endure`"]
async fn a_sign_out_on_one_node_is_seen_at_once_on_the_others() {
    let cluster = block_in_place(cluster).lock().await;
    let database = Database::at(cluster.url(0));
    let stores = stores(&cluster, &database).await;
    for turn in 0..1_000 {
        let [one, other, third] = [0, 1, 2].map(|node| &stores[(turn + node) % 3]);
        assert_eq!(one.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
        assert_eq!(other.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)), "{turn}");
        other.delete(&key(1)).await.map_err(|error| text(&error)).unwrap();
        assert_eq!(third.load(&key(1), NOW).await.unwrap(), Loaded::Absent, "{turn}");
    }
}
