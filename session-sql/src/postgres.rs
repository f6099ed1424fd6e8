//! A session store in PostgreSQL.

mod batch;
mod bound;
mod connect;
mod error;
mod options;
#[cfg(test)]
mod plans;
mod pooler;
mod purge;
mod query;
mod row;
mod schema;
mod store;
mod touch;

use std::fmt;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use session_core::adapter::SystemClock;
use session_core::store::{PurgeTask, StoreError};
use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgPool};
use tokio::sync::OnceCell;

use crate::deadline::{LONGEST, Timeouts, within};
use crate::failure::Failure;
use connect::Connections;
use query::Queries;
use schema::Table;

pub use options::{PostgresOptions, Statements};

/// A session store in a PostgreSQL database.
///
/// Clones share their connections. Any number of processes can share the database.
///
/// A call for a session runs one statement if it succeeds; a version conflict or a missing record costs one
/// additional read. Each statement is a transaction of its own, at the isolation level READ COMMITTED. The
/// store needs a Tokio runtime whose time driver is enabled.
///
/// The database must be the one that takes the writes. A standby may be behind it, so the store's own
/// connections are never to one. Of a pool of the application, the first call checks one connection.
///
/// ```no_run
/// use session_core::{SessionFactory, SessionOptions};
/// use session_sql::PostgresStore;
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = PostgresStore::connect("postgres://web:password@localhost/app").await?;
/// store.migrate().await?;
/// let purge = store.spawn_purge(Duration::from_secs(600));      // stops when it is dropped
///
/// let options = SessionOptions::new("thirty-two bytes of secret, or more");
/// let sessions = SessionFactory::new(options, store)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PostgresStore {
    inner: Arc<PostgresInner>,
}

/// The part of a store that its clones share.
struct PostgresInner {
    queries: Queries,
    timeouts: Timeouts,
    /// Set when the schema and the isolation level have been checked, which the first call does.
    checked: OnceCell<()>,
}

impl PostgresStore {
    /// Connects to the database of `url`, for example `postgres://user:password@host/database`, with the
    /// default options.
    ///
    /// The URL may have the parameters that [`PgConnectOptions`](sqlx::postgres::PgConnectOptions) documents,
    /// such as `sslmode`. Parts that it does not have are taken from the environment variables of PostgreSQL,
    /// such as `PGPASSWORD`.
    ///
    /// # Errors
    ///
    /// Fails if the URL cannot be parsed, or if no server can be used: it cannot be reached, refuses the
    /// user, is a standby or is read-only. The error's source names the problem. A call takes at most the
    /// call timeout.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, the connection is closed.
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::connect_with(url, PostgresOptions::default()).await
    }

    /// Connects to the database of `url` with these options.
    ///
    /// ```no_run
    /// use session_sql::{PostgresOptions, PostgresStore};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mut options = PostgresOptions::default();
    /// options.table = "web_sessions".parse()?;
    /// let store = PostgresStore::connect_with("postgres://web@localhost/app", options).await?;
    /// store.migrate().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Fails as [`PostgresStore::connect`] does.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, the connection is closed.
    pub async fn connect_with(url: &str, options: PostgresOptions) -> Result<Self, StoreError> {
        let connect =
            url.parse().map_err(|error| error::store_error(Failure::Driver(error), &options.table))?;
        Self::open(connect, options).await
    }

    /// Connects to the database of the application's pool, with connections of the store's own.
    ///
    /// This is faster than [`PostgresStore::from_pool`], because the pool tests a connection after each call.
    /// The connections have the address, the user and the settings that the pool was made with, but not its
    /// hooks: what `after_connect` sets for a connection, such as a `search_path`, does not apply. Name the
    /// schema in the options.
    ///
    /// # Errors
    ///
    /// Fails as [`PostgresStore::connect`] does.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, the connection is closed.
    pub async fn with_options_of(pool: &PgPool, options: PostgresOptions) -> Result<Self, StoreError> {
        Self::open(PgConnectOptions::clone(&pool.connect_options()), options).await
    }

    async fn open(connect: PgConnectOptions, options: PostgresOptions) -> Result<Self, StoreError> {
        let opened = within(options.call_timeout.min(LONGEST), Connections::open(connect, &options)).await;
        let connections = opened.map_err(|failure| error::store_error(failure, &options.table))?;
        Ok(Self::new(connections, options))
    }

    /// Creates a store that uses the application's pool, with the default options.
    ///
    /// See [`PostgresStore::from_pool_with`].
    #[must_use]
    pub fn from_pool(pool: PgPool) -> Self {
        Self::from_pool_with(pool, PostgresOptions::default())
    }

    /// Creates a store that uses the application's pool.
    ///
    /// Only the options `table`, `schema`, `batch_size`, `statements`, `durable_touches`, `call_timeout` and
    /// `touch_timeout` have an effect; the pool decides about the rest. The default isolation level of its
    /// connections must be READ COMMITTED, which is PostgreSQL's own default, and the server must take
    /// writes; the first call fails if one is not so. Set a `statement_timeout` no longer than the call
    /// timeout on the pool's connections: without it, the server continues with the statement of a call that
    /// has failed, for example to wait for a lock.
    ///
    /// ```no_run
    /// use session_sql::PostgresStore;
    /// use session_sql::sqlx::PgPool;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let pool = PgPool::connect("postgres://web@localhost/app").await?;
    /// let store = PostgresStore::from_pool(pool);
    /// store.migrate().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn from_pool_with(pool: PgPool, options: PostgresOptions) -> Self {
        Self::new(Connections::borrowed(pool), options)
    }

    fn new(connections: Connections, options: PostgresOptions) -> Self {
        let timeouts = options.timeouts();
        let queries = Queries::new(connections, &options);
        Self { inner: Arc::new(PostgresInner { queries, timeouts, checked: OnceCell::new() }) }
    }

    /// Creates the tables, or brings them up to date. A schema that is named in the options and missing is
    /// created as well.
    ///
    /// Call this once at start-up. Several processes may call it at the same time: one does the work, and the
    /// others wait for it, up to a minute. If the tables are up to date, the call only reads, so the role
    /// needs no right to create tables.
    ///
    /// # Errors
    ///
    /// Fails if a newer version of the library made the tables, if other tables have their names, or if the
    /// role may not create tables. Then nothing is changed.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, the tables are either as they were before, or up to date.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        let Queries { connections, table, .. } = self.queries();
        let migrated = async {
            let mut lease = connections.lend().await?;
            lease.discard_on_drop();
            let migrated = schema::migrate(lease.connection(), table).await;
            lease.end(migrated)
        };
        migrated.await.map_err(|failure| error::store_error(failure, &table.name))
    }

    /// Returns the SQL that [`PostgresStore::migrate`] runs, for those whose service may not create tables:
    /// one text of several statements for each version of the schema, beginning with the first. Run each in a
    /// transaction, and only those that are later than the version in the table `cwsession_schema`. A schema
    /// that is named in the options must exist.
    ///
    /// ```
    /// use session_sql::{PostgresOptions, PostgresStore};
    ///
    /// let steps = PostgresStore::migrations(&PostgresOptions::default());
    /// assert!(steps[0].contains(r#"create table "cwsession""#));
    /// ```
    #[must_use]
    pub fn migrations(options: &PostgresOptions) -> Vec<String> {
        schema::steps(&Table { schema: options.schema.clone(), name: options.table.clone() })
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
    /// If the future is dropped, nothing has changed.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let ping = async {
            let mut lease = self.queries().connections.lend().await?;
            let outcome = lease.connection().ping().await;
            lease.end(outcome)
        };
        let outcome = within(self.inner.timeouts.call, ping).await;
        outcome.map_err(|failure| error::store_error(failure, &self.queries().table.name))
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
        outcome.map_err(|failure| error::store_error(failure, &self.queries().table.name))
    }

    /// Checks whether this release can work with the table and the connections.
    async fn check(&self) -> Result<(), Failure> {
        let Queries { connections, table, .. } = self.queries();
        let mut lease = connections.lend().await?;
        let checked = async {
            connect::check(lease.connection()).await?;
            schema::check(lease.connection(), table).await
        };
        let checked = checked.await;
        lease.end(checked)
    }
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Table { schema, name } = &self.queries().table;
        f.debug_struct("PostgresStore").field("schema", schema).field("table", name).finish_non_exhaustive()
    }
}
