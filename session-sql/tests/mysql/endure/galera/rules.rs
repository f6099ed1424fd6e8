//! The rules of the contract, on two nodes.

use session_core::store::async_trait;
use session_sql::{MySqlOptions, MySqlStore};
use session_testkit::{Capability, Fresh, Harness, HarnessError, Suite};

use super::super::rounds;
use super::cluster;
use crate::database::Database;

/// Two handles on two nodes.
struct TwoNodes([String; 2]);

#[async_trait]
impl Harness for TwoNodes {
    async fn fresh(&self) -> Result<Fresh, HarnessError> {
        let [first, second] = &self.0;
        let database = Database::at(first.clone());
        let one = database.store().await;
        database.wait_on(second).await;
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
