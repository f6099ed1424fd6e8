//! A session store in SQLite.

mod calls;
mod connect;
mod error;
mod options;
mod row;
mod schema;
mod statements;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use session_core::adapter::SystemClock;
use session_core::store::{
    Created, ListCursor, Loaded, OwnedPage, OwnerIndex, PurgeExpired, PurgeTask, Record, SessionStore,
    SizeLimits, StoreError, StoreKey, Touched, Version, Written, async_trait,
};
use session_core::{Owner, UnixTime};
use sqlx::SqlitePool;

use calls::SqliteInner;
use connect::Pools;
use statements::Statements;

pub use options::{SqliteOptions, Synchronous};

/// A session store in a SQLite database.
///
/// Clones share their connections. Several processes can share the file.
///
/// The database is in WAL mode, so readers and the writer do not wait for each other. A call for a session
/// runs one statement if it succeeds; a version conflict or a missing record costs one additional read. Keep
/// the file on a local disk: SQLite's locks do not work on network file systems.
///
/// If the URL has no `mode`, a missing file is created. `sqlite::memory:` keeps the sessions in memory, on
/// one connection, for tests; they are lost with the last clone of the store. The store needs a Tokio runtime
/// whose time driver is enabled.
///
/// ```
/// use session_core::{SessionFactory, SessionOptions};
/// use session_sql::SqliteStore;
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = SqliteStore::connect("sqlite::memory:").await?;   // a service: "sqlite:sessions.db"
/// store.migrate().await?;
/// let purge = store.spawn_purge(Duration::from_secs(600));      // stops when it is dropped
///
/// let options = SessionOptions::new("thirty-two bytes of secret, or more");
/// let sessions = SessionFactory::new(options, store)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SqliteStore {
    shared: Arc<SqliteInner>,
}

impl SqliteStore {
    /// Opens the database of `url`, for example `sqlite:sessions.db`, with the default options.
    ///
    /// # Errors
    ///
    /// Fails if the URL cannot be parsed, or if the file cannot be opened. The error's source names the file
    /// and the problem.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, an empty database may be left behind.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::connect_with(url, SqliteOptions::default()).await
    }

    /// Opens the database of `url` with these options.
    ///
    /// ```
    /// use session_sql::{SqliteOptions, SqliteStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut options = SqliteOptions::default();
    /// options.table = "web_sessions".parse()?;
    /// let store = SqliteStore::connect_with("sqlite::memory:", options).await?;
    /// store.migrate().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Fails as [`SqliteStore::connect`] does.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, an empty database may be left behind.
    pub async fn connect_with(url: &str, options: SqliteOptions) -> Result<Self, StoreError> {
        let pools = connect::open(url, &options).await;
        let pools = pools.map_err(|failure| error::store_error(failure, &options.table))?;
        Ok(Self::new(pools, options))
    }

    /// Creates a store that uses the application's pool, with the default options.
    ///
    /// See [`SqliteStore::from_pool_with`].
    #[must_use]
    pub fn from_pool(pool: SqlitePool) -> Self {
        Self::from_pool_with(pool, SqliteOptions::default())
    }

    /// Creates a store that uses the application's pool, both to read and to write.
    ///
    /// Only the options `table` and `call_timeout` have an effect; the pool decides about the rest. The
    /// database should be in WAL mode, and the busy timeout no longer than `call_timeout`. A pool on a
    /// database in memory must have exactly one connection, which never expires.
    ///
    /// ```
    /// use session_sql::SqliteStore;
    /// use session_sql::sqlx::sqlite::SqlitePoolOptions;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await?;
    /// let store = SqliteStore::from_pool(pool);
    /// store.migrate().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn from_pool_with(pool: SqlitePool, options: SqliteOptions) -> Self {
        Self::new(Pools { writer: pool.clone(), readers: pool }, options)
    }

    fn new(pools: Pools, options: SqliteOptions) -> Self {
        let statements = Statements::of(&options.table);
        let call_timeout = options.call_timeout.min(connect::LONGEST);
        Self { shared: Arc::new(SqliteInner { pools, statements, table: options.table, call_timeout }) }
    }

    /// Creates the tables, or brings them up to date.
    ///
    /// Call this once at start-up. Several processes may call it at the same time.
    ///
    /// # Errors
    ///
    /// Fails if a newer version of the library made the tables, if other tables have their names, or if the
    /// database cannot be written to. Then nothing is changed.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, the tables are either as they were before, or up to date.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let migrated = schema::migrate(&self.shared.pools.writer, &self.shared.table).await;
        migrated.map_err(|failure| error::store_error(failure, &self.shared.table))
    }

    /// Starts a task that purges expired sessions about every `every`, by the machine's clock, until the task
    /// is dropped.
    ///
    /// # Panics
    ///
    /// Panics if called outside a Tokio runtime. If the runtime's time driver is not enabled, the task itself
    /// panics and purges nothing.
    pub fn spawn_purge(&self, every: Duration) -> PurgeTask {
        PurgeTask::spawn(Arc::new(self.clone()), Arc::new(SystemClock), every)
    }

    /// Closes the connections of this store and its clones, after the running calls have ended.
    ///
    /// Later calls fail with
    /// [`StoreErrorKind::Unavailable`](session_core::store::StoreErrorKind::Unavailable). A store that is not
    /// closed closes its connections shortly after its last clone is dropped.
    ///
    /// # Cancellation
    ///
    /// The connections that read are closed first. If the future is dropped before it is done, the connection
    /// that writes may stay open; another call closes it.
    pub async fn close(&self) {
        self.shared.pools.readers.close().await;
        self.shared.pools.writer.close().await;
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("table", &self.shared.table).finish_non_exhaustive()
    }
}

#[async_trait]
impl SessionStore for SqliteStore {
    fn name(&self) -> &'static str {
        error::STORE
    }

    fn size_limits(&self) -> SizeLimits {
        // SQLite's own limit is 1,000,000,000 bytes for a row.
        SizeLimits { payload: 900_000_000, owner: 1 << 20, label: 1 << 20 }
    }

    async fn load(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, StoreError> {
        self.shared.in_time(self.shared.load(key, now)).await
    }

    async fn create(&self, key: &StoreKey, record: &Record, now: UnixTime) -> Result<Created, StoreError> {
        self.shared.in_time(self.shared.create(key, record, now)).await
    }

    async fn update(
        &self,
        key: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        self.shared.in_time(self.shared.update(key, record, expected, now)).await
    }

    async fn rename(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        self.shared.in_time(self.shared.rename(old, new, record, expected, now)).await
    }

    async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
    ) -> Result<Touched, StoreError> {
        self.shared.in_time(self.shared.touch(key, expires, now)).await
    }

    async fn delete(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.shared.in_time(self.shared.delete(key)).await
    }

    fn owner_index(&self) -> Option<&dyn OwnerIndex> {
        Some(self)
    }

    fn expiry_purge(&self) -> Option<&dyn PurgeExpired> {
        Some(self)
    }
}

#[async_trait]
impl OwnerIndex for SqliteStore {
    async fn list(
        &self,
        owner: &Owner,
        after: Option<&ListCursor>,
        limit: u32,
        now: UnixTime,
    ) -> Result<OwnedPage, StoreError> {
        self.shared.in_time(self.shared.list(owner, after, limit, now)).await
    }

    async fn revoke(&self, owner: &Owner, except: Option<&StoreKey>) -> Result<u64, StoreError> {
        self.shared.in_time(self.shared.revoke(owner, except)).await
    }
}

#[async_trait]
impl PurgeExpired for SqliteStore {
    async fn purge(&self, before: UnixTime, limit: u32) -> Result<u64, StoreError> {
        self.shared.in_time(self.shared.purge(before, limit)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::Connection as _;

    #[tokio::test]
    async fn a_statement_is_prepared_once() {
        let store = SqliteStore::connect("sqlite::memory:").await.unwrap();
        store.migrate().await.unwrap();
        let (key, now) = (StoreKey::from_bytes([1; StoreKey::BYTES]), UnixTime::from_secs(0));
        let prepared = async || store.shared.pools.readers.acquire().await.unwrap().cached_statements_size();
        let before = prepared().await;
        for _ in 0..50 {
            store.load(&key, now).await.unwrap();
            let _ = store.touch(&key, None, now).await.unwrap();
        }
        assert_eq!(prepared().await - before, 3, "load, find_renamed, touch");
    }
}
