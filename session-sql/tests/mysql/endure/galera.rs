//! A Galera cluster of three nodes, each of which takes writes, while nothing or something happens to one.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use session_core::store::{Created, Loaded, SessionStore as _, Version, Written, async_trait};
use session_sql::{MySqlOptions, MySqlStore};
use session_testkit::{Capability, Fresh, Harness, HarnessError, Suite};
use test_servers::{Error, Galera};
use tokio::sync::Mutex;
use tokio::task::{JoinSet, block_in_place};

use super::course::Figures;
use super::writers::Writers;
use super::{WRITING, rounds};
use crate::database::Database;
use crate::scene::{NOW, key, record, text};

/// The time for which a node is cut off or stands still. The others notice it after five seconds.
const AWAY: Duration = Duration::from_secs(9);
/// A call timeout within which the others have noticed that a node is away.
const PATIENT: Duration = Duration::from_secs(30);

/// Returns the cluster that the tests share, one test at a time.
fn cluster() -> &'static Mutex<Galera> {
    static CLUSTER: OnceLock<Mutex<Galera>> = OnceLock::new();
    CLUSTER.get_or_init(|| Mutex::new(Galera::start().expect("a cluster can be started")))
}

/// Connects a store on a node, which has the table already or gets it.
async fn store(cluster: &Galera, database: &Database, node: usize, options: MySqlOptions) -> MySqlStore {
    let url = database.url_on(&cluster.url(node));
    let store = MySqlStore::connect_with(&url, options).await.unwrap();
    store.migrate().await.unwrap();
    store
}

/// Connects a store on each node.
async fn stores(cluster: &Galera, database: &Database) -> Vec<MySqlStore> {
    let mut options = MySqlOptions::default();
    options.call_timeout = PATIENT;
    let mut stores = Vec::new();
    for node in 0..3 {
        stores.push(store(cluster, database, node, options.clone()).await);
    }
    stores
}

/// Two handles on two nodes.
struct TwoNodes([String; 2]);

#[async_trait]
impl Harness for TwoNodes {
    async fn fresh(&self) -> Result<Fresh, HarnessError> {
        let [first, second] = &self.0;
        let database = Database::at(first.clone());
        let one = database.store().await;
        let two = MySqlStore::connect_with(&database.url_on(second), MySqlOptions::default()).await?;
        Ok(Fresh::new(one).second(two).keeping(database))
    }

    fn capabilities(&self) -> Vec<Capability> {
        [Capability::DEFAULT.as_slice(), &[Capability::SecondHandle]].concat()
    }
}

#[test]
#[ignore = "starts a cluster of three servers: `cargo xtask endure`"]
fn a_store_on_two_nodes_keeps_the_rules() {
    let cluster = cluster().blocking_lock();
    for number in 1..=rounds().div_ceil(2) {
        let report = Suite::new(TwoNodes([0, 1].map(|node| cluster.url(node)))).run();
        println!("the rules on two nodes, run {number}: {}", report.is_conformant());
        assert!(report.is_conformant(), "{report}");
    }
}

/// Something that happens to a node.
struct Fault {
    name: &'static str,
    begin: fn(&mut Galera) -> Result<(), Error>,
    end: fn(&mut Galera) -> Result<(), Error>,
}

const FAULTS: [Fault; 3] = [
    Fault { name: "killed", begin: |cluster| cluster.kill(1), end: |cluster| cluster.start_again(1) },
    Fault {
        name: "cut off",
        begin: |cluster| cluster.cut_off(1, true),
        end: |cluster| cluster.cut_off(1, false),
    },
    Fault { name: "asleep", begin: |cluster| cluster.pause(1), end: |cluster| cluster.resume(1) },
];

/// Lets 64 tasks on each node write, and a fault happen to one of the nodes. Compares what is there
/// afterwards, on each node, with what was acknowledged.
async fn round(cluster: &mut Galera, fault: &Fault) -> [Figures; 3] {
    let database = Database::at(cluster.url(0));
    let stores = stores(cluster, &database).await;
    let writers: Vec<_> = stores.iter().map(Writers::start).collect();
    tokio::time::sleep(WRITING).await;
    block_in_place(|| (fault.begin)(cluster).unwrap());
    tokio::time::sleep(AWAY).await;
    block_in_place(|| (fault.end)(cluster).and_then(|()| cluster.wait_until_synced(1)).unwrap());
    let mut courses = Vec::new();
    for writers in writers {
        courses.extend(writers.end().await);
    }
    let [one, two, three] = &stores[..] else { panic!("there are three nodes") };
    [Figures::of(&courses, one).await, Figures::of(&courses, two).await, Figures::of(&courses, three).await]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "starts a cluster of three servers: `cargo xtask endure`"]
async fn a_node_that_is_killed_cut_off_or_asleep_loses_no_acknowledged_write() {
    let mut cluster = block_in_place(cluster).lock().await;
    for number in 1..=rounds().div_ceil(4) {
        for fault in &FAULTS {
            let figures = round(&mut cluster, fault).await;
            println!("a node is {}, {number}: {:?}", fault.name, figures[0]);
            for figures in &figures {
                assert!(figures.acknowledged > 64, "{figures:?}");
                assert_eq!((figures.lost, figures.neither), (0, 0), "{figures:?}");
            }
        }
    }
}

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
async fn updates_of_one_session_on_all_nodes_are_kept_if_and_only_if_they_are_acknowledged() {
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
