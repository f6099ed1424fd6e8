//! A session store in SQLite.

mod batch;
mod connect;
mod error;
mod file;
mod options;
#[cfg(test)]
mod plans;
mod query;
mod row;
mod schema;
mod store;
mod version;

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use session_core::adapter::SystemClock;
use session_core::store::{PurgeTask, StoreError};
use sqlx::SqlitePool;
use tokio::sync::OnceCell;

use crate::deadline::{Timeouts, within};
use crate::failure::Failure;
use connect::Connections;
use file::DatabaseFile;
use query::Queries;

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
    inner: Arc<SqliteInner>,
}

/// The part of a store that its clones share.
struct SqliteInner {
    queries: Queries,
    timeouts: Timeouts,
    /// The file that holds the database, or `None` if it is not in a file.
    file: OnceCell<Option<DatabaseFile>>,
    /// Set when the schema has been checked, which the first call does.
    checked: OnceCell<()>,
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
        let opened = Connections::open(url, &options).await;
        let connections = opened.map_err(|failure| error::store_error(failure, &options.table))?;
        let store = Self::new(connections, options);
        store.file().await.map_err(|failure| error::store_error(failure, &store.queries().table))?;
        Ok(store)
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
    /// Only the options `table`, `batch_size`, `call_timeout` and `touch_timeout` have an effect; the pool
    /// decides about the rest. The database should be in WAL mode, and the busy timeout no longer than
    /// `call_timeout`. A pool on a database in memory must have exactly one connection, which never expires.
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
        Self::new(Connections::borrowed(pool), options)
    }

    fn new(connections: Connections, options: SqliteOptions) -> Self {
        let queries = Queries::new(connections, &options);
        let timeouts = options.timeouts();
        let (file, checked) = (OnceCell::new(), OnceCell::new());
        Self { inner: Arc::new(SqliteInner { queries, timeouts, file, checked }) }
    }

    /// Creates the tables, or brings them up to date.
    ///
    /// Call this once at start-up. Several processes may call it at the same time: one does the work, and the
    /// others wait for it, up to a minute. If the tables are up to date, the call only reads.
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
        let Queries { connections, table, .. } = self.queries();
        let migrated = async {
            self.file().await?;
            schema::migrate(connections, table).await
        };
        migrated.await.map_err(|failure| error::store_error(failure, table))
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

    /// Closes the connections of this store and its clones, after the running calls have ended. A pool of the
    /// application stays open: the application closes it.
    ///
    /// Later calls on the store's own connections fail with
    /// [`StoreErrorKind::Unavailable`](session_core::store::StoreErrorKind::Unavailable). A store that is not
    /// closed closes its connections shortly after its last clone is dropped.
    ///
    /// # Cancellation
    ///
    /// The connections that read are closed first. If the future is dropped before it is done, the connection
    /// that writes may stay open; another call closes it.
    pub async fn close(&self) {
        let Queries { loads, updates, connections, .. } = self.queries();
        loads.close().await;
        updates.close().await;
        connections.close().await;
    }

    fn timeouts(&self) -> Timeouts {
        self.inner.timeouts
    }

    fn queries(&self) -> &Queries {
        &self.inner.queries
    }

    /// Makes one call of the contract, within the call timeout.
    fn call<T>(
        &self,
        steps: impl Future<Output = Result<T, Failure>>,
    ) -> impl Future<Output = Result<T, StoreError>> {
        self.call_within(self.inner.timeouts.call, steps)
    }

    /// Makes one call of the contract, within this time.
    async fn call_within<T>(
        &self,
        longest: Duration,
        steps: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, StoreError> {
        // A future that is passed on by value takes its place once more.
        let steps = pin!(steps);
        let call = async {
            if let Some(file) = self.file().await? {
                file.check()?;
            }
            self.inner.checked.get_or_try_init(|| Box::pin(self.check_schema())).await?;
            steps.await
        };
        let outcome = within(longest, call).await;
        outcome.map_err(|failure| error::store_error(failure, &self.queries().table))
    }

    /// Checks whether this release can work with the table.
    async fn check_schema(&self) -> Result<(), Failure> {
        let Queries { connections, table, .. } = self.queries();
        let mut lease = connections.lend_reader().await?;
        let checked = schema::check(lease.connection(), table).await;
        lease.end(checked)
    }

    /// Returns the file that holds the database. The first use finds it, and fails if SQLite is not safe.
    async fn file(&self) -> Result<Option<&DatabaseFile>, Failure> {
        let find = async || {
            let mut lease = self.queries().connections.lend_reader().await?;
            let file = async {
                version::check(version::read(lease.connection()).await?)?;
                DatabaseFile::of(lease.connection()).await
            };
            let file = file.await;
            lease.end(file)
        };
        self.inner.file.get_or_try_init(find).await.map(Option::as_ref)
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore").field("table", &self.queries().table).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use session_core::UnixTime;
    use session_core::store::{SessionStore as _, StoreKey, TouchPatience};
    use sqlx::Connection as _;

    #[tokio::test]
    async fn a_statement_is_prepared_once() {
        let store = SqliteStore::connect("sqlite::memory:").await.unwrap();
        store.migrate().await.unwrap();
        let (key, now) = (StoreKey::from_bytes([1; StoreKey::BYTES]), UnixTime::from_secs(0));
        let prepared = async || {
            store.queries().connections.lend_reader().await.unwrap().connection().cached_statements_size()
        };
        store.delete(&key).await.unwrap();
        let before = prepared().await;
        for _ in 0..50 {
            store.load(&key, now).await.unwrap();
            let _ = store.touch(&key, None, now, TouchPatience::Full).await.unwrap();
        }
        assert_eq!(prepared().await - before, 2, "load and touch");
    }
}
