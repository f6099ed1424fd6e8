//! The rules of the store contract, on each way to open a store.

use std::sync::Arc;

use session_core::store::{SessionStore, async_trait};
use session_sql::MySqlStore;
use session_testkit::{Capability, CountingStore, Fresh, Harness, HarnessError, Restart};

use crate::database::Database;
use crate::server::{Down, OwnServer};

/// The default options; the second handle uses a pool of the application.
struct Default;

#[async_trait]
impl Harness for Default {
    async fn fresh(&self) -> Result<Fresh, HarnessError> {
        let database = Database::new();
        let one = database.store().await;
        let two = MySqlStore::from_pool_with(database.pool(4).await, database.options());
        Ok(Fresh::new(CountingStore::new(one)).second(CountingStore::new(two)).keeping(database))
    }

    fn capabilities(&self) -> Vec<Capability> {
        [Capability::DEFAULT.as_slice(), &[Capability::SecondHandle]].concat()
    }
}

/// One connection for each handle.
struct OneConnection;

#[async_trait]
impl Harness for OneConnection {
    async fn fresh(&self) -> Result<Fresh, HarnessError> {
        let database = Database::new();
        let mut options = database.options();
        options.connections = 1;
        let one = MySqlStore::connect_with(&database.url(), options.clone()).await?;
        one.migrate().await?;
        let two = MySqlStore::connect_with(&database.url(), options).await?;
        Ok(Fresh::new(one).second(two).keeping(database))
    }

    fn capabilities(&self) -> Vec<Capability> {
        [Capability::DEFAULT.as_slice(), &[Capability::SecondHandle]].concat()
    }
}

/// A server for each rule, which the rule may stop and kill. On the second handle, no calls share a
/// statement.
struct OwnServers;

#[async_trait]
impl Harness for OwnServers {
    async fn fresh(&self) -> Result<Fresh, HarnessError> {
        let server = Arc::new(OwnServer::take());
        let database = Database::at(server.url());
        let one = database.store().await;
        let mut options = database.options();
        (options.connections, options.batch_size) = (16, 1);
        let two = MySqlStore::connect_with(&database.url(), options).await?;
        let (database, kept) = (Arc::new(database), Arc::clone(&server));
        Ok(Fresh::new(one)
            .second(two)
            .outage("the server is stopped", Down { server: Arc::clone(&server), end: OwnServer::stop })
            .outage("the server is killed", Down { server: Arc::clone(&server), end: OwnServer::kill })
            .restart(KillAndConnect { server, database: Arc::clone(&database) })
            .keeping(database)
            .keeping(kept))
    }

    fn capabilities(&self) -> Vec<Capability> {
        Capability::ALL.to_vec()
    }
}

/// A restart: the server is killed and started again, and a new store connects to it.
struct KillAndConnect {
    server: Arc<OwnServer>,
    database: Arc<Database>,
}

#[async_trait]
impl Restart for KillAndConnect {
    async fn restart(&self) -> Result<Arc<dyn SessionStore>, HarnessError> {
        self.server.kill();
        self.server.start_again();
        Ok(Arc::new(self.database.store().await))
    }
}

session_testkit::conformance!(default, Default, [owners, purge, virtual_time, second_handle]);
session_testkit::conformance!(one_connection, OneConnection, [owners, purge, virtual_time, second_handle]);
session_testkit::conformance!(
    own_servers,
    OwnServers,
    [owners, purge, virtual_time, second_handle, outages, restarts]
);
