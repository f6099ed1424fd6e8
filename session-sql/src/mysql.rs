//! A session store in MariaDB or MySQL.

mod batch;
mod bound;
mod connect;
mod error;
mod numbers;
mod options;
#[cfg(test)]
mod plans;
mod purge;
mod query;
mod rename;
mod row;
mod schema;
mod settings;
mod store;
mod touch;
mod transaction;

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use session_core::adapter::SystemClock;
use session_core::store::{PurgeTask, StoreError};
use sqlx::mysql::MySqlConnectOptions;
use sqlx::{Connection as _, MySqlPool};
use tokio::sync::OnceCell;

use crate::deadline::{LONGEST, Timeouts, within};
use crate::failure::Failure;
use crate::retry::retry;
use connect::Connections;
use query::Queries;

pub use options::MySqlOptions;

/// The time for which a migration is repeated that waits for the lock of another process.
const MIGRATION: Duration = Duration::from_secs(120);

/// A session store in a database of MariaDB or MySQL.
///
/// Clones share their connections. Any number of processes can share the database.
///
/// A call for a session runs one statement if it succeeds; a version conflict or a missing record costs one
/// additional read. Updates that share a statement are a transaction of four round trips, and a rename is one
/// of five. The isolation level is READ COMMITTED. The store needs a Tokio runtime whose time driver is
/// enabled.
///
/// The database must be one that takes writes, so a server that is read-only is refused. In a Galera cluster
/// each node takes writes, and each call waits until its node has what other nodes have acknowledged. A
/// replica that may be written to cannot be told from its primary: never connect to one, because it may be
/// behind.
///
/// The store needs MariaDB 10.6 or MySQL 8.0, or a later one. It is tested on MariaDB 10.11 only. On MySQL it
/// should work by what MySQL's documentation says, but has never been run.
///
/// ```no_run
/// use session_core::{SessionFactory, SessionOptions};
/// use session_sql::MySqlStore;
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = MySqlStore::connect("mysql://web:password@localhost/app").await?;
/// store.migrate().await?;
/// let purge = store.spawn_purge(Duration::from_secs(600));      // stops when it is dropped
///
/// let options = SessionOptions::new("thirty-two bytes of secret, or more");
/// let sessions = SessionFactory::new(options, store)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MySqlStore {
    inner: Arc<MySqlInner>,
}

/// The part of a store that its clones share.
struct MySqlInner {
    queries: Queries,
    timeouts: Timeouts,
    /// Set when the schema and the settings have been checked, which the first call does.
    checked: OnceCell<()>,
}

impl MySqlStore {
    /// Connects to the database of `url`, for example `mysql://user:password@host/database`, with the default
    /// options.
    ///
    /// The URL may have the parameters that [`MySqlConnectOptions`](sqlx::mysql::MySqlConnectOptions)
    /// documents, such as `ssl-mode` and `socket`.
    ///
    /// # Errors
    ///
    /// Fails if the URL cannot be parsed, or if no server can be used: it cannot be reached, refuses the
    /// user, is read-only or has a setting that the store cannot work with. The error's source names the
    /// problem. A call takes at most the call timeout.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, the connection is closed.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::connect_with(url, MySqlOptions::default()).await
    }

    /// Connects to the database of `url` with these options.
    ///
    /// ```no_run
    /// use session_sql::{MySqlOptions, MySqlStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut options = MySqlOptions::default();
    /// options.table = "web_sessions".parse()?;
    /// let store = MySqlStore::connect_with("mysql://web@localhost/app", options).await?;
    /// store.migrate().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Fails as [`MySqlStore::connect`] does.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, the connection is closed.
    pub async fn connect_with(url: &str, options: MySqlOptions) -> Result<Self, StoreError> {
        let connect =
            url.parse().map_err(|error| error::store_error(Failure::Driver(error), &options.table))?;
        Self::open(connect, options).await
    }

    /// Connects to the database of the application's pool, with connections of the store's own.
    ///
    /// This is faster than [`MySqlStore::from_pool`], because the pool tests a connection after each call.
    /// The connections have the address, the user and the options that the pool was made with, but not its
    /// hooks: what `after_connect` sets for a connection does not apply.
    ///
    /// # Errors
    ///
    /// Fails as [`MySqlStore::connect`] does.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, the connection is closed.
    pub async fn with_options_of(pool: &MySqlPool, options: MySqlOptions) -> Result<Self, StoreError> {
        Self::open(MySqlConnectOptions::clone(&pool.connect_options()), options).await
    }

    async fn open(connect: MySqlConnectOptions, options: MySqlOptions) -> Result<Self, StoreError> {
        let opened = within(options.call_timeout.min(LONGEST), Connections::open(connect, &options)).await;
        let connections = opened.map_err(|failure| error::store_error(failure, &options.table))?;
        Ok(Self::new(connections, options))
    }

    /// Creates a store that uses the application's pool, with the default options.
    ///
    /// See [`MySqlStore::from_pool_with`].
    #[must_use]
    pub fn from_pool(pool: MySqlPool) -> Self {
        Self::from_pool_with(pool, MySqlOptions::default())
    }

    /// Creates a store that uses the application's pool.
    ///
    /// Only the options `table`, `batch_size`, `call_timeout` and `touch_timeout` have an effect; the pool
    /// decides about the rest. Its connections need the isolation level READ COMMITTED, which is not the
    /// server's default; in a Galera cluster they also need `wsrep_sync_wait = 7`. The first call fails if
    /// one of them, or another setting that the store needs, is not so, and names the remedy. Without
    /// `innodb_lock_wait_timeout` and, on MariaDB, `max_statement_time` no longer than the call timeout, the
    /// server continues with the statement of a call that has failed.
    ///
    /// ```no_run
    /// use session_sql::MySqlStore;
    /// use session_sql::sqlx::{self, mysql::MySqlPoolOptions};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // `/*M! … */` is for MariaDB. In a Galera cluster, add `wsrep_sync_wait = 7`.
    /// let settings = "
    ///     set session transaction isolation level read committed;
    ///     set session innodb_lock_wait_timeout = 3 /*M!, max_statement_time = 5*/";
    /// let pool = MySqlPoolOptions::new().after_connect(move |connection, _| {
    ///     Box::pin(async move { sqlx::raw_sql(settings).execute(connection).await.map(|_| ()) })
    /// });
    /// let store = MySqlStore::from_pool(pool.connect("mysql://web@localhost/app").await?);
    /// store.migrate().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn from_pool_with(pool: MySqlPool, options: MySqlOptions) -> Self {
        Self::new(Connections::borrowed(pool), options)
    }

    fn new(connections: Connections, options: MySqlOptions) -> Self {
        let timeouts = options.timeouts();
        let queries = Queries::new(connections, &options);
        Self { inner: Arc::new(MySqlInner { queries, timeouts, checked: OnceCell::new() }) }
    }

    /// Creates the tables, or brings them up to date.
    ///
    /// Call this once at start-up. Several processes may call it at the same time. If the tables are up to
    /// date, the call only reads, so the user needs no right to create tables.
    ///
    /// # Errors
    ///
    /// Fails if a newer version of the library made the tables, if other tables have their names, or if the
    /// user may not create tables. Each statement that changes tables is committed by itself, so some may be
    /// done; the next call does the rest.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, some statements may be done. The next call does the rest.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let Queries { connections, table, .. } = self.queries();
        let migrate = async || {
            let mut lease = connections.lend().await?;
            lease.discard_on_drop();
            match schema::migrate(lease.connection(), table).await {
                // The settings of the connection have changed, so it is discarded.
                Ok(true) => Ok(()),
                unchanged => lease.end(unchanged.map(|_| ())),
            }
        };
        let migrated = retry(MIGRATION, error::is_rolled_back, migrate).await;
        migrated.map_err(|failure| error::store_error(failure, table))
    }

    /// Returns the SQL that [`MySqlStore::migrate`] runs, for those whose service may not create tables: one
    /// text of several statements for each version of the schema, beginning with the first. Run only those
    /// that are later than the version in the table `cwsession_schema`.
    ///
    /// ```
    /// use session_sql::{MySqlOptions, MySqlStore};
    ///
    /// let steps = MySqlStore::migrations(&MySqlOptions::default());
    /// assert!(steps[0].contains("create table if not exists `cwsession`"));
    /// ```
    #[must_use]
    pub fn migrations(options: &MySqlOptions) -> Vec<String> {
        schema::steps(&options.table)
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

    /// Asks the server for a reply, which takes one round trip: a health check.
    ///
    /// # Errors
    ///
    /// Fails with [`StoreErrorKind::Unavailable`](session_core::store::StoreErrorKind::Unavailable) if the
    /// server does not reply within the call timeout.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, its connection is closed. Nothing else has changed.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let ping = async {
            let mut lease = self.queries().connections.lend().await?;
            // Of a ping that is dropped, the driver would take the reply for one to a later statement.
            lease.discard_on_drop();
            let outcome = lease.connection().ping().await;
            lease.end(outcome)
        };
        let outcome = within(self.inner.timeouts.call, ping).await;
        outcome.map_err(|failure| error::store_error(failure, &self.queries().table))
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
    /// If the future is dropped before it is done, some connections may stay open; another call closes them.
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
            self.inner.checked.get_or_try_init(|| Box::pin(self.check())).await?;
            steps.await
        };
        let outcome = within(longest, call).await;
        outcome.map_err(|failure| error::store_error(failure, &self.queries().table))
    }

    /// Checks whether this release can work with the table and the connections.
    async fn check(&self) -> Result<(), Failure> {
        let Queries { connections, table, .. } = self.queries();
        let mut lease = connections.lend().await?;
        let checked = async {
            settings::check(lease.connection()).await?;
            schema::check(lease.connection(), table).await
        };
        let checked = checked.await;
        lease.end(checked)
    }
}

impl fmt::Debug for MySqlStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MySqlStore").field("table", &self.queries().table).finish_non_exhaustive()
    }
}
