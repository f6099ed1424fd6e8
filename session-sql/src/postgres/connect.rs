//! The connections of a store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions, PgRow};
use sqlx::{Connection as _, PgPool, query_as, query_scalar};

use crate::deadline::LONGEST;
use crate::failure::Failure;
use crate::postgres::error::{self, PostgresFailure};
use crate::postgres::options::PostgresOptions;
use crate::postgres::row::Bound;
use crate::retry::retry;

/// The time without use after which a connection is tested before it is used, since the server may have been
/// restarted meanwhile.
const FRESH: Duration = Duration::from_secs(1);
/// The time after which a connection is replaced, so that a service follows a name that leads to another
/// server.
const MAX_LIFETIME: Duration = Duration::from_secs(30 * 60);
/// The time without use after which a connection is closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(10 * 60);

/// The isolation level that the store needs, as the server writes it.
const READ_COMMITTED: &str = "read committed";

/// The connections of a store.
pub(crate) struct Connections {
    pub(crate) pool: PgPool,
    given_up: Arc<GivenUp>,
}

impl Connections {
    /// Borrows the connections of the application's pool.
    pub(crate) fn of(pool: PgPool) -> Self {
        Self { pool, given_up: Arc::new(GivenUp::new()) }
    }

    /// Runs a statement that reads. It is run again if its connection is lost, because it may only have been
    /// lost already while it was not used.
    pub(crate) async fn read<'q>(&self, statement: impl Fn() -> Bound<'q>) -> Result<Vec<PgRow>, Failure> {
        let run = async || statement().fetch_all(&self.pool).await;
        match run().await {
            Err(error) if error::is_lost(&error) => {
                self.given_up.give_up();
                Ok(run().await?)
            }
            rows => Ok(rows?),
        }
    }

    /// Runs a statement that writes, and returns the number of rows that it changed. It is run again only if
    /// the server has rolled it back.
    pub(crate) async fn write<'q>(&self, statement: impl Fn() -> Bound<'q>) -> Result<u64, Failure> {
        let run = async || Ok::<_, sqlx::Error>(statement().execute(&self.pool).await?.rows_affected());
        let rows = retry(LONGEST, error::is_rolled_back, run).await;
        if rows.as_ref().is_err_and(error::is_lost) {
            self.given_up.give_up();
        }
        Ok(rows?)
    }
}

/// Opens a pool of the store's own. The first connection is opened here, so that a wrong URL is noticed.
pub(crate) async fn open(url: &str, options: &PostgresOptions) -> Result<Connections, Failure> {
    let connect: PgConnectOptions = url.parse()?;
    // The pool repeats an attempt that fails, and reports only that its time is over. So the first connection
    // is opened without it.
    let mut first = PgConnection::connect_with(&connect).await?;
    prepare(&mut first).await?;
    first.close().await?;
    let given_up = Arc::new(GivenUp::new());
    let pool = pool(options, Arc::clone(&given_up)).connect_lazy_with(connect);
    Ok(Connections { pool, given_up })
}

/// Returns the settings of the store's own pool.
fn pool(options: &PostgresOptions, given_up: Arc<GivenUp>) -> PgPoolOptions {
    let call_timeout = options.call_timeout.min(LONGEST);
    PgPoolOptions::new()
        .max_connections(options.connections.max(1))
        .acquire_timeout(call_timeout)
        .max_lifetime(MAX_LIFETIME)
        .idle_timeout(IDLE_TIMEOUT)
        .test_before_acquire(false)
        .before_acquire(move |connection, usage| {
            let is_given_up = given_up.contains(usage.age);
            Box::pin(async move {
                if usage.idle_for >= FRESH && !is_given_up {
                    connection.ping().await?;
                }
                Ok(!is_given_up)
            })
        })
        .after_connect(|connection, _| {
            Box::pin(async move {
                let Err(failure) = prepare(connection).await else { return Ok(()) };
                Err(if let Failure::Driver(error) = failure {
                    error
                } else {
                    sqlx::Error::Configuration(failure.into())
                })
            })
        })
}

/// Sets the isolation level of a new connection, and fails if the server is not one that takes writes.
async fn prepare(connection: &mut PgConnection) -> Result<(), Failure> {
    let prepare = query_as(
        "select
            set_config('default_transaction_isolation', 'read committed', false),
            pg_is_in_recovery(),
            current_setting('default_transaction_read_only')::bool",
    );
    let (_, is_standby, is_read_only): (String, bool, bool) =
        prepare.persistent(false).fetch_one(connection).await?;
    match (is_standby, is_read_only) {
        (true, _) => Err(PostgresFailure::NotPrimary("a standby").into()),
        (_, true) => Err(PostgresFailure::NotPrimary("read-only").into()),
        (false, false) => Ok(()),
    }
}

/// Fails unless the transactions of a connection have the isolation level that the store needs.
pub(crate) async fn check_isolation(connection: &mut PgConnection) -> Result<(), Failure> {
    let level = query_scalar("select current_setting('transaction_isolation')").persistent(false);
    let level: String = level.fetch_one(connection).await?;
    if level == READ_COMMITTED { Ok(()) } else { Err(PostgresFailure::Isolation(level).into()) }
}

/// The connections that are not used again, because the server was restarted or is no longer the one that
/// takes the writes: all that were opened before the last failure of that kind.
struct GivenUp {
    begun: Instant,
    /// The time of the last failure, in nanoseconds since `begun`.
    until: AtomicU64,
}

impl GivenUp {
    fn new() -> Self {
        Self { begun: Instant::now(), until: AtomicU64::new(0) }
    }

    /// Gives up all connections that are open now.
    fn give_up(&self) {
        self.until.fetch_max(self.begun.elapsed().as_nanos() as u64, Ordering::Relaxed);
    }

    /// Tells whether a connection of this age is among them.
    fn contains(&self, age: Duration) -> bool {
        let opened = self.begun.elapsed().saturating_sub(age).as_nanos() as u64;
        opened < self.until.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_connections_that_were_open_at_a_failure_are_given_up() {
        let given_up = GivenUp::new();
        assert!(!given_up.contains(Duration::ZERO) && !given_up.contains(Duration::from_secs(3600)));
        given_up.give_up();
        assert!(given_up.contains(Duration::from_secs(3600)));
        assert!(!given_up.contains(Duration::ZERO));
    }
}
