//! The rules on restarts, where a restart is a planned failover: a replica takes the place of the primary.

use std::sync::{Arc, Mutex};

use session_core::store::{SessionStore, async_trait};
use session_testkit::{Capability, Fresh, Harness, HarnessError, Restart, Suite};
use test_servers::{RedisCluster, Sentinel};
use tokio::task::block_in_place;

use crate::prefix::Prefix;

/// Servers of which one can be replaced.
trait Replaceable: Send + 'static {
    fn url(&self) -> String;

    /// Replaces a primary by its replica, which has all that the primary has.
    fn replace(&self);
}

impl Replaceable for Sentinel {
    fn url(&self) -> String {
        Self::url(self)
    }

    fn replace(&self) {
        self.wait_until_synced().unwrap();
        self.fail_over().unwrap();
    }
}

impl Replaceable for RedisCluster {
    fn url(&self) -> String {
        Self::url(self)
    }

    /// Replaces all primaries.
    fn replace(&self) {
        for slot in [0, 8_000, 16_000] {
            self.fail_over(self.primary_of(slot).unwrap()).unwrap();
        }
    }
}

struct Servers<R>(Arc<Mutex<R>>);

#[async_trait]
impl<R: Replaceable> Harness for Servers<R> {
    async fn fresh(&self) -> Result<Fresh, HarnessError> {
        let prefix = Prefix::at(self.0.lock().unwrap().url());
        let store = prefix.store().await;
        Ok(Fresh::new(store).restart(Replace { servers: Arc::clone(&self.0), prefix }))
    }

    fn capabilities(&self) -> Vec<Capability> {
        vec![Capability::Owners, Capability::VirtualTime, Capability::Restarts]
    }
}

struct Replace<R> {
    servers: Arc<Mutex<R>>,
    prefix: Prefix,
}

#[async_trait]
impl<R: Replaceable> Restart for Replace<R> {
    async fn restart(&self) -> Result<Arc<dyn SessionStore>, HarnessError> {
        block_in_place(|| self.servers.lock().unwrap().replace());
        Ok(Arc::new(self.prefix.store().await))
    }
}

/// Runs the rules on restarts, of which there are three.
fn assert_kept<R: Replaceable>(servers: R) {
    let report = Suite::new(Servers(Arc::new(Mutex::new(servers)))).only("a_restart_keeps").run();
    assert!(report.is_conformant() && report.kept().count() == 3, "{report}");
}

#[test]
fn the_successor_of_a_primary_with_sentinels_has_every_record() {
    assert_kept(Sentinel::start().unwrap());
}

#[test]
fn the_successors_of_the_primaries_of_a_cluster_have_every_record() {
    assert_kept(RedisCluster::start().unwrap());
}
