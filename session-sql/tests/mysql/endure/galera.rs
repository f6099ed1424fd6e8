//! A Galera cluster of three nodes, each of which takes writes.

use std::sync::OnceLock;
use std::time::Duration;

use session_sql::{MySqlOptions, MySqlStore};
use test_servers::Galera;
use tokio::sync::Mutex;

use crate::database::Database;

mod faults;
mod lagging;
mod one_text;
mod rules;
mod spread;

/// A call timeout within which the others have noticed that a node is away.
const PATIENT: Duration = Duration::from_secs(30);

/// Returns the cluster that the tests share, one test at a time.
fn cluster() -> &'static Mutex<Galera> {
    static CLUSTER: OnceLock<Mutex<Galera>> = OnceLock::new();
    CLUSTER.get_or_init(|| Mutex::new(Galera::start().expect("a cluster can be started")))
}

/// Connects a store on each node.
async fn stores(cluster: &Galera, database: &Database) -> [MySqlStore; 3] {
    [store(cluster, database, 0).await, store(cluster, database, 1).await, store(cluster, database, 2).await]
}

/// Connects a store on a node. The first one creates the table.
async fn store(cluster: &Galera, database: &Database, node: usize) -> MySqlStore {
    let mut options = MySqlOptions::default();
    options.call_timeout = PATIENT;
    let url = cluster.url(node);
    if node != 0 {
        database.wait_on(&url).await;
    }
    let store = MySqlStore::connect_with(&database.url_on(&url), options).await.unwrap();
    store.migrate().await.unwrap();
    store
}
