//! The rules of the store contract, on each kind of server.

use std::sync::Arc;

use session_core::store::{SessionStore, async_trait};
use session_testkit::{Capability, CountingStore, Fresh, Harness, HarnessError, Restart};

use crate::groups::{cluster_url, sentinel_url};
use crate::prefix::Prefix;
use crate::server::{Down, OwnServer};

/// What a store in Redis can do, if its server is not stopped. It needs no purge.
const CAPABILITIES: [Capability; 3] = [Capability::Owners, Capability::VirtualTime, Capability::SecondHandle];

/// Makes two stores with a connection each.
async fn two_stores(url: String) -> Fresh {
    let prefix = Prefix::at(url);
    Fresh::new(CountingStore::new(prefix.store().await)).second(CountingStore::new(prefix.store().await))
}

/// One server.
struct Server;

#[async_trait]
impl Harness for Server {
    async fn fresh(&self) -> Result<Fresh, HarnessError> {
        Ok(two_stores(test_servers::redis_url()).await)
    }

    fn capabilities(&self) -> Vec<Capability> {
        CAPABILITIES.to_vec()
    }
}

/// A primary with two replicas, and three sentinels.
struct Sentinels;

#[async_trait]
impl Harness for Sentinels {
    async fn fresh(&self) -> Result<Fresh, HarnessError> {
        Ok(two_stores(sentinel_url()).await)
    }

    fn capabilities(&self) -> Vec<Capability> {
        CAPABILITIES.to_vec()
    }
}

/// Three primaries, and a replica of each.
struct Cluster;

#[async_trait]
impl Harness for Cluster {
    async fn fresh(&self) -> Result<Fresh, HarnessError> {
        Ok(two_stores(cluster_url()).await)
    }

    fn capabilities(&self) -> Vec<Capability> {
        CAPABILITIES.to_vec()
    }
}

/// A server for each rule, which the rule may stop and kill.
struct OwnServers;

#[async_trait]
impl Harness for OwnServers {
    async fn fresh(&self) -> Result<Fresh, HarnessError> {
        let server = Arc::new(OwnServer::take());
        let prefix = Arc::new(Prefix::at(server.url()));
        Ok(Fresh::new(prefix.store().await)
            .second(prefix.store().await)
            .outage("the server is stopped", Down { server: Arc::clone(&server), end: OwnServer::stop })
            .outage("the server is killed", Down { server: Arc::clone(&server), end: OwnServer::kill })
            .restart(KillAndConnect { server: Arc::clone(&server), prefix })
            .keeping(server))
    }

    fn capabilities(&self) -> Vec<Capability> {
        [CAPABILITIES.as_slice(), &[Capability::Outages, Capability::Restarts]].concat()
    }
}

/// A restart: the server is killed and started again, and a new store connects to it.
struct KillAndConnect {
    server: Arc<OwnServer>,
    prefix: Arc<Prefix>,
}

#[async_trait]
impl Restart for KillAndConnect {
    async fn restart(&self) -> Result<Arc<dyn SessionStore>, HarnessError> {
        self.server.kill();
        self.server.start_again();
        Ok(Arc::new(self.prefix.store().await))
    }
}

session_testkit::conformance!(server, Server, [owners, virtual_time, second_handle]);
session_testkit::conformance!(sentinels, Sentinels, [owners, virtual_time, second_handle]);
session_testkit::conformance!(cluster, Cluster, [owners, virtual_time, second_handle]);
session_testkit::conformance!(
    own_servers,
    OwnServers,
    [owners, virtual_time, second_handle, outages, restarts]
);
