//! Slots that move from one node of a cluster to another under load.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use session_core::store::{Created, Loaded, Record, SessionStore as _, StoreKey, Version, Written};
use session_redis::RedisStore;
use session_redis::fred::clients::Client;
use session_redis::fred::interfaces::{ClientLike as _, KeysInterface as _};
use session_redis::fred::types::config::{Config, ConnectionConfig, PerformanceConfig, ReconnectPolicy};
use session_redis::fred::util::redis_keyslot;
use test_servers::RedisCluster;
use test_support::{random_key, random_key_like};
use tokio::task::{JoinHandle, block_in_place};

use crate::prefix::Prefix;
use crate::scene::{NOW, key, record, text};

const TASKS: u64 = 64;
/// The number of loads and updates that are compared, at least.
const CALLS: u64 = 200_000;

/// Tasks that read values of their own again and again.
struct Readers {
    tasks: Vec<JoinHandle<()>>,
    tally: Arc<Tally>,
}

#[derive(Debug, Default)]
struct Tally {
    right: AtomicU64,
    wrong: AtomicU64,
    failed: AtomicU64,
    is_over: AtomicBool,
}

impl Readers {
    /// Starts the tasks. `read` tells whether the value of a task is the right one, unless the call fails.
    fn start<F>(read: impl Fn(u64) -> F + Clone + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Option<bool>> + Send,
    {
        let tally = Arc::new(Tally::default());
        let task = |number| {
            let (read, tally) = (read.clone(), Arc::clone(&tally));
            tokio::spawn(async move {
                while !tally.is_over.load(Ordering::Relaxed) {
                    let count = match read(number).await {
                        Some(true) => &tally.right,
                        Some(false) => &tally.wrong,
                        None => &tally.failed,
                    };
                    count.fetch_add(1, Ordering::Relaxed);
                }
            })
        };
        Self { tasks: (0..TASKS).map(task).collect(), tally }
    }

    fn right(&self) -> u64 {
        self.tally.right.load(Ordering::Relaxed)
    }

    fn wrong(&self) -> u64 {
        self.tally.wrong.load(Ordering::Relaxed)
    }

    /// Tells whether no task has failed.
    fn all_run(&self) -> bool {
        !self.tasks.iter().any(JoinHandle::is_finished)
    }

    async fn end(self) -> Arc<Tally> {
        self.tally.is_over.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.unwrap();
        }
        self.tally
    }
}

/// Tells whether a task reads in the slot that moves. The others have commands under way on the same nodes.
const fn moves(number: u64) -> bool {
    number.is_multiple_of(2)
}

/// Moves a slot from node to node, each time in several steps.
fn move_slot(cluster: &RedisCluster, slot: u16) {
    let to = (cluster.primary_of(slot).unwrap() + 1) % 3;
    let begun = cluster.begin_move(slot, to).unwrap();
    while cluster.move_keys(&begun, 8).unwrap() == 8 {}
    cluster.end_move(begun).unwrap();
}

/// Loads a session, updates it now and then, and tells whether it is the session of the task.
async fn load_and_update(store: RedisStore, key: StoreKey, number: u64) -> Option<bool> {
    let found = match store.load(&key, NOW).await {
        Ok(Loaded::Found(found)) => found,
        Ok(_) => return Some(false),
        Err(error) => panic!("{}", text(&error)),
    };
    let is_own = found.payload == payload(number);
    if rand::random_ratio(7, 8) {
        return Some(is_own);
    }
    let next = Record { version: Version::from_bits(rand::random()), ..found.clone() };
    let updated = store
        .update(&key, &next, found.version, NOW)
        .await
        .unwrap_or_else(|error| panic!("{}", text(&error)));
    Some(is_own && updated == Written::Done)
}

fn payload(number: u64) -> Arc<[u8]> {
    number.to_be_bytes().into()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_gets_the_reply_to_another_while_a_slot_moves() {
    let cluster = block_in_place(|| RedisCluster::start().unwrap());
    let prefix = Prefix::at(cluster.url());
    let store = prefix.store().await;
    let new = |number| if moves(number) { random_key_like(&key(0)) } else { random_key() };
    let keys: Arc<[StoreKey]> = (0..TASKS).map(new).collect();
    for (number, key) in (0..).zip(keys.iter()) {
        let first = Record { payload: payload(number), ..record(number) };
        assert_eq!(store.create(key, &first, NOW).await.unwrap(), Created::Done);
    }
    let slot = redis_keyslot(format!("{}{{a9aa}}", prefix.options().prefix).as_bytes());
    let readers = Readers::start({
        let (store, keys) = (store.clone(), Arc::clone(&keys));
        move |number| load_and_update(store.clone(), keys[number as usize], number)
    });
    let mut times = 0;
    while readers.right() < CALLS && readers.all_run() {
        block_in_place(|| move_slot(&cluster, slot));
        times += 1;
    }
    let tally = readers.end().await;
    println!("a slot moves {times} times: {tally:?}");
    assert_eq!(
        (tally.wrong.load(Ordering::Relaxed), tally.failed.load(Ordering::Relaxed)),
        (0, 0),
        "{tally:?}"
    );
    assert!(times >= 3, "{times}, {tally:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_follows_redirections_gets_replies_to_others_while_a_slot_moves() {
    let cluster = block_in_place(|| RedisCluster::start().unwrap());
    let connection = ConnectionConfig { max_redirections: 5, max_command_attempts: 10, ..Default::default() };
    let performance =
        PerformanceConfig { default_command_timeout: Duration::from_secs(2), ..Default::default() };
    let config = Config::from_url(&cluster.url()).unwrap();
    let client = Client::new(config, Some(performance), Some(connection), Some(ReconnectPolicy::default()));
    client.init().await.unwrap();
    let name = |number: u64| format!("{}{number}", if moves(number) { "{a9aa}" } else { "" });
    for number in 0..TASKS {
        client.set::<(), _, _>(name(number), number, None, None, false).await.unwrap();
    }
    let readers = Readers::start(move |number| {
        let client = client.clone();
        async move { Some(client.get::<String, _>(name(number)).await.ok()? == number.to_string()) }
    });
    let mut times = 0;
    while readers.wrong() == 0 && times < 20 {
        block_in_place(|| move_slot(&cluster, redis_keyslot(b"{a9aa}")));
        times += 1;
    }
    let tally = readers.end().await;
    println!("a slot moves {times} times, with redirections: {tally:?}");
    assert!(tally.wrong.load(Ordering::Relaxed) > 0, "the harness sees wrong replies: {tally:?}");
}
