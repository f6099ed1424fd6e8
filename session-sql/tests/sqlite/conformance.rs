//! The rules of the store contract, on each way to open a store.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use session_core::store::{CircuitBreaker, SessionStore, async_trait};
use session_sql::{SqliteOptions, SqliteStore};
use session_testkit::{
    Capability, CountingStore, FaultyStore, Fresh, Harness, HarnessError, Outage, Restart,
};
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};
use sqlx::{Sqlite, SqlitePool};

/// A harness that makes a database file for each rule.
///
/// Of the two handles on the file, the first uses a pool of the application, and the second has its own
/// connections.
struct Files;

#[async_trait]
impl Harness for Files {
    async fn fresh(&self) -> Result<Fresh, HarnessError> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("sessions.db");
        let url = format!("sqlite:{}", file.display());
        let pool = pool(&file).await?;
        let one = SqliteStore::from_pool_with(pool.clone(), options());
        one.migrate().await?;
        let two = SqliteStore::connect_with(&url, options()).await?;
        Ok(Fresh::new(one)
            .second(two)
            .outage(
                "every connection of the pool is taken",
                Exhausted { pool: pool.clone(), taken: Mutex::default() },
            )
            .restart(Reopen { pool, url })
            .keeping(folder))
    }

    fn capabilities(&self) -> Vec<Capability> {
        Capability::ALL.to_vec()
    }
}

/// Returns options with a call timeout that is long enough for a busy machine. During an outage each call
/// takes as long.
fn options() -> SqliteOptions {
    let mut options = SqliteOptions::default();
    options.call_timeout = Duration::from_secs(5);
    options
}

async fn pool(file: &std::path::Path) -> Result<SqlitePool, sqlx::Error> {
    let connection = SqliteConnectOptions::new()
        .filename(file)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .busy_timeout(Duration::from_secs(4));
    let pool = SqlitePoolOptions::new().max_connections(4).acquire_timeout(Duration::from_secs(3));
    pool.connect_with(connection).await
}

/// An outage: the application holds all connections of the pool.
struct Exhausted {
    pool: SqlitePool,
    taken: Mutex<Vec<PoolConnection<Sqlite>>>,
}

#[async_trait]
impl Outage for Exhausted {
    async fn begin(&self) {
        for _ in 0..self.pool.options().get_max_connections() {
            let connection = self.pool.acquire().await.expect("nothing else holds a connection");
            self.taken.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }

    async fn end(&self) {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// A restart: the file is closed, and opened again.
struct Reopen {
    pool: SqlitePool,
    url: String,
}

#[async_trait]
impl Restart for Reopen {
    async fn restart(&self) -> Result<Arc<dyn SessionStore>, HarnessError> {
        self.pool.close().await;
        let store = SqliteStore::connect_with(&self.url, options()).await?;
        store.migrate().await?;
        Ok(Arc::new(store))
    }
}

/// A harness like [`Files`], whose first handle has its own connections.
struct Swapped;

#[async_trait]
impl Harness for Swapped {
    async fn fresh(&self) -> Result<Fresh, HarnessError> {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("sessions.db");
        let one = SqliteStore::connect_with(&format!("sqlite:{}", file.display()), options()).await?;
        one.migrate().await?;
        let two = SqliteStore::from_pool_with(pool(&file).await?, options());
        Ok(Fresh::new(CountingStore::new(one)).second(CountingStore::new(two)).keeping(folder))
    }

    fn capabilities(&self) -> Vec<Capability> {
        [Capability::DEFAULT.as_slice(), &[Capability::SecondHandle]].concat()
    }
}

/// A harness that makes a database in memory for each rule. The second handle is a clone of the first. Both
/// are in stores that go around them.
struct InMemory;

#[async_trait]
impl Harness for InMemory {
    async fn fresh(&self) -> Result<Fresh, HarnessError> {
        let store = SqliteStore::connect_with("sqlite::memory:", options()).await?;
        store.migrate().await?;
        let one = CircuitBreaker::new(FaultyStore::new(store.clone()));
        Ok(Fresh::new(one).second(CircuitBreaker::new(FaultyStore::new(store))))
    }

    fn capabilities(&self) -> Vec<Capability> {
        [Capability::DEFAULT.as_slice(), &[Capability::SecondHandle]].concat()
    }
}

session_testkit::conformance!(files, Files, [owners, purge, virtual_time, second_handle, outages, restarts]);
session_testkit::conformance!(swapped, Swapped, [owners, purge, virtual_time, second_handle]);
session_testkit::conformance!(in_memory, InMemory, [owners, purge, virtual_time, second_handle]);
