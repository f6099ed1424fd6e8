//! Writes on all nodes, while something happens to one of them, or to all.

use std::time::{Duration, Instant};

use session_core::store::{Created, Loaded, SessionStore as _, StoreErrorKind};
use session_sql::MySqlStore;
use test_servers::{Error, Galera};
use test_support::{Figures, HotFigures, HotSessions, Writers};
use tokio::task::block_in_place;

use super::super::{WRITING, rounds};
use super::{cluster, stores};
use crate::database::Database;
use crate::scene::{NOW, key, record};

/// The time for which a node is cut off or stands still. The others notice it after five seconds.
const AWAY: Duration = Duration::from_secs(9);

/// Something that happens to node 1.
struct Fault {
    name: &'static str,
    begin: fn(&mut Galera) -> Result<(), Error>,
    end: fn(&mut Galera) -> Result<(), Error>,
}

const FAULTS: [Fault; 3] = [
    Fault { name: "killed", begin: |cluster| cluster.kill(1), end: |cluster| cluster.start_again(&[1]) },
    Fault { name: "cut off", begin: |cluster| cluster.cut_off(1), end: |cluster| cluster.reconnect(1) },
    Fault { name: "asleep", begin: |cluster| cluster.pause(1), end: |cluster| cluster.resume(1) },
];

/// Lets 64 tasks on each node write sessions of their own, and twelve more the same sessions, while the fault
/// happens. Compares what is there afterwards, on each node, with what was acknowledged.
async fn round(cluster: &mut Galera, fault: &Fault) -> ([Figures; 3], HotFigures) {
    let database = Database::at(cluster.url(0));
    let stores = stores(cluster, &database).await;
    let hot = HotSessions::start(&stores).await;
    let writers: Vec<_> = stores.iter().map(Writers::start).collect();
    tokio::time::sleep(WRITING).await;
    block_in_place(|| (fault.begin)(cluster).unwrap());
    tokio::time::sleep(AWAY).await;
    block_in_place(|| (fault.end)(cluster).and_then(|()| cluster.wait_until_synced(1)).unwrap());
    tokio::time::sleep(WRITING).await;
    let figures = compare(&stores, writers).await;
    (figures, hot.end(&stores, Some(1)).await)
}

/// Ends the tasks. Compares what is there, on each node, with what was acknowledged.
async fn compare(stores: &[MySqlStore; 3], writers: Vec<Writers>) -> [Figures; 3] {
    let mut courses = Vec::new();
    for writers in writers {
        courses.extend(writers.end().await);
    }
    let [one, two, three] = stores;
    let (one, two, three) =
        tokio::join!(Figures::of(&courses, one), Figures::of(&courses, two), Figures::of(&courses, three));
    [one, two, three]
}

fn assert_nothing_lost(figures: &[Figures; 3]) {
    for figures in figures {
        assert!(figures.acknowledged > 64, "{figures:?}");
        assert_eq!((figures.lost, figures.neither), (0, 0), "{figures:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "starts a cluster of three servers: `cargo xtask endure`"]
async fn a_node_that_is_killed_cut_off_or_asleep_loses_no_acknowledged_write() {
    let mut cluster = block_in_place(cluster).lock().await;
    for number in 1..=rounds().div_ceil(4) {
        for fault in &FAULTS {
            let (figures, hot) = round(&mut cluster, fault).await;
            println!("a node is {}, {number}: {:?}, {hot:?}", fault.name, figures[0]);
            assert_nothing_lost(&figures);
            assert!(hot.acknowledged > 100, "{hot:?}");
            assert_eq!((hot.stale, hot.refused_but_kept, hot.lost), (0, 0, 0), "{hot:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "starts a cluster of three servers: `cargo xtask endure`"]
async fn nodes_that_are_all_killed_lose_no_acknowledged_write() {
    let mut cluster = block_in_place(cluster).lock().await;
    for number in 1..=rounds().div_ceil(4) {
        let database = Database::at(cluster.url(0));
        let stores = stores(&cluster, &database).await;
        let writers: Vec<_> = stores.iter().map(Writers::start).collect();
        tokio::time::sleep(WRITING).await;
        block_in_place(|| [0, 1, 2].iter().for_each(|node| cluster.kill(*node).unwrap()));
        block_in_place(|| cluster.start_again(&[0, 1, 2]).unwrap());
        let figures = compare(&stores, writers).await;
        println!("all nodes are killed, {number}: {:?}", figures[0]);
        assert_nothing_lost(&figures);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "starts a cluster of three servers: `cargo xtask endure`"]
async fn a_node_without_a_majority_is_unavailable_until_there_is_one() {
    let mut cluster = block_in_place(cluster).lock().await;
    let database = Database::at(cluster.url(0));
    let [_, _, third] = stores(&cluster, &database).await;
    assert_eq!(third.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
    block_in_place(|| [0, 1].iter().for_each(|node| cluster.kill(*node).unwrap()));
    let begin = Instant::now();
    // Until the node has noticed, a call waits for the others.
    let outcomes = [
        third.create(&key(2), &record(2), NOW).await.map(|_| ()),
        third.load(&key(1), NOW).await.map(|_| ()),
        third.delete(&key(1)).await,
    ];
    println!("a node without a majority: all calls fail within {:?}", begin.elapsed());
    for outcome in outcomes {
        assert_eq!(outcome.unwrap_err().kind, StoreErrorKind::Unavailable);
    }
    block_in_place(|| cluster.start_again(&[0, 1]).unwrap());
    assert_eq!(third.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)));
    assert_eq!(third.create(&key(3), &record(3), NOW).await.unwrap(), Created::Done);
}
