//! The connections of a store: its own, or those of the application's pool.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgPool, Postgres, Row as _, raw_sql};

use crate::credentials::{CredentialSource, Credentials};
use crate::deadline::{LONGEST, within};
use crate::failure::Failure;
use crate::lender::{DriverConnector, Lease, Lender};
use crate::pool::{Connector, Limits, Pool};
use crate::postgres::bound::Bound;
use crate::postgres::error::{self, PostgresFailure, Unusable};
use crate::postgres::options::{PostgresOptions, Statements};
use crate::postgres::pooler;
use crate::retry::retry;

/// The time without use after which a connection is tested before it is used, because the server may have
/// been restarted meanwhile.
const FRESH: Duration = Duration::from_secs(1);

/// The longest time in which a server that can be used replies to a test.
const LONGEST_TEST: Duration = Duration::from_secs(1);

/// The isolation level that the store needs, as the server writes it.
const READ_COMMITTED: &str = "read committed";

/// The connections of a store. Clones share them.
#[derive(Clone)]
pub(crate) struct Connections(Arc<Lender<Servers>>);

impl Connections {
    /// Borrows the connections of the application's pool.
    pub(crate) fn borrowed(pool: PgPool) -> Self {
        Self(Arc::new(Lender::Borrowed(pool)))
    }

    /// Opens the first of the store's own connections, so that a wrong address is noticed at once.
    pub(crate) async fn open(connect: PgConnectOptions, options: &PostgresOptions) -> Result<Self, Failure> {
        let mut servers = Servers::new(&connect, options)?;
        let call_timeout = options.call_timeout.min(LONGEST);
        let limits = Limits {
            connections: options.connections.max(1),
            // The server ends the statement of a dropped call after the call timeout.
            patience: call_timeout + LONGEST_TEST,
            fresh: FRESH,
            test_timeout: (call_timeout / 4).min(LONGEST_TEST),
            idle_timeout: options.idle_timeout.min(LONGEST),
            max_lifetime: options.max_lifetime.min(LONGEST),
        };
        let first = servers.open_first(options.statements).await?;
        Ok(Self(Arc::new(Lender::Own(Pool::with(vec![first], servers, limits)))))
    }

    /// Returns the largest number of connections.
    pub(crate) fn count(&self) -> u32 {
        self.0.connections()
    }

    pub(crate) async fn lend(&self) -> Result<Lease<Servers>, Failure> {
        self.0.lend().await
    }

    /// Runs a statement that reads. It is run again if its connection is lost, because it may only have been
    /// lost already while it was not used.
    pub(crate) async fn read<'q>(&self, statement: impl Fn() -> Bound<'q>) -> Result<Vec<PgRow>, Failure> {
        let mut lease = self.lend().await?;
        let rows = statement().fetch_all(lease.connection()).await;
        match lease.end(rows) {
            Err(failure) if error::is_lost(&failure) => {
                let mut lease = self.lend().await?;
                let rows = statement().fetch_all(lease.connection()).await;
                lease.end(rows)
            }
            rows => rows,
        }
    }

    /// Runs a statement that writes, and returns the number of rows that it changed. It is run again only if
    /// the server has rolled it back.
    pub(crate) async fn write<'q>(&self, statement: impl Fn() -> Bound<'q>) -> Result<u64, Failure> {
        let run = async || {
            let mut lease = self.lend().await?;
            let done = statement().execute(lease.connection()).await;
            lease.end(done)
        };
        retry(LONGEST, error::is_rolled_back, run).await
    }

    pub(crate) async fn close(&self) {
        self.0.close().await;
    }
}

/// The servers of which one takes the writes.
pub(crate) struct Servers {
    addresses: Vec<PgConnectOptions>,
    /// The index of the one that was used last.
    last: AtomicUsize,
    credentials: Option<Arc<dyn CredentialSource>>,
    call_timeout: Duration,
    /// Other clients may use the same connections to the server, so nothing may be set on them.
    are_shared: bool,
}

impl Servers {
    fn new(first: &PgConnectOptions, options: &PostgresOptions) -> Result<Self, Failure> {
        if let Some(folder) = first.get_socket().filter(|_| !options.further_hosts.is_empty()) {
            return Err(PostgresFailure::FurtherHosts(folder.display().to_string()).into());
        }
        // No column is a float, and poolers refuse this parameter unless they are told to ignore it.
        let mut first = first.clone().extra_float_digits(None);
        if options.statements == Statements::Text {
            first = first.disable_statement_logging();
        }
        let further = options.further_hosts.iter().map(|(host, port)| first.clone().host(host).port(*port));
        let addresses: Vec<_> = [first.clone()].into_iter().chain(further).collect();
        let call_timeout = options.call_timeout.min(LONGEST);
        let (last, credentials) = (AtomicUsize::new(0), options.credentials.clone());
        Ok(Self { addresses, last, credentials, call_timeout, are_shared: true })
    }

    /// Opens the first connection, and finds out whether a pooler shares it.
    async fn open_first(&mut self, statements: Statements) -> Result<PgConnection, Failure> {
        let mut first = self.open().await?;
        self.are_shared = match statements {
            Statements::Text => true,
            Statements::Prepared => self.is_shared(&mut first).await?,
        };
        if self.are_shared {
            check(&mut first).await?;
        } else {
            prepare(&mut first, Some(self.call_timeout)).await?;
        }
        Ok(first)
    }

    /// Tells whether a pooler shares the connections to the server. Fails if it loses prepared statements.
    async fn is_shared(&self, first: &mut PgConnection) -> Result<bool, Failure> {
        // A server that allows no second connection is not behind a pooler that shares them.
        let Ok(mut second) = within(self.call_timeout / 4, self.open()).await else { return Ok(false) };
        let is_shared = pooler::is_shared(first, &mut second).await;
        Connector::close(self, second).await;
        is_shared
    }

    async fn connect(
        &self,
        address: &PgConnectOptions,
        credentials: Option<&Credentials>,
    ) -> Result<PgConnection, Failure> {
        let mut address = address.clone();
        if let Some(Credentials { user, password }) = credentials {
            address = address.username(user).password(password);
        }
        let mut connection = PgConnection::connect_with(&address).await?;
        prepare(&mut connection, (!self.are_shared).then_some(self.call_timeout)).await?;
        Ok(connection)
    }
}

impl Connector for Servers {
    type Connection = PgConnection;

    async fn open(&self) -> Result<PgConnection, Failure> {
        let credentials = match &self.credentials {
            Some(source) => Some(source.credentials().await.map_err(PostgresFailure::Credentials)?),
            None => None,
        };
        let (count, last) = (self.addresses.len(), self.last.load(Ordering::Relaxed));
        // One that does not reply leaves time for the next.
        let patience = self.call_timeout / count as u32;
        let mut unusable = Vec::new();
        for index in (0..count).map(|step| (last + step) % count) {
            let address = &self.addresses[index];
            match within(patience, self.connect(address, credentials.as_ref())).await {
                Ok(connection) => {
                    self.last.store(index, Ordering::Relaxed);
                    return Ok(connection);
                }
                Err(failure) if count == 1 => return Err(failure),
                Err(failure) => unusable.push(Unusable::new(address, failure)),
            }
        }
        Err(PostgresFailure::NoServer(unusable).into())
    }

    async fn test(&self, connection: &mut PgConnection) -> Result<(), Failure> {
        Ok(connection.ping().await?)
    }

    // A server that was restarted has closed all its connections, and one that takes no writes any more is no
    // longer the one to ask.
    fn is_lost(failure: &Failure) -> bool {
        error::is_lost(failure)
    }

    async fn close(&self, connection: PgConnection) {
        // The connection is closed even if the server cannot be told.
        let _ = connection.close().await;
    }
}

impl DriverConnector for Servers {
    type Database = Postgres;
}

/// Sets the isolation level of a new connection, and the time after which the server ends a statement,
/// because its caller has gone, unless the connection is shared. Fails if the server is not one that takes
/// writes.
async fn prepare(connection: &mut PgConnection, call_timeout: Option<Duration>) -> Result<(), Failure> {
    let set = call_timeout.map(|call_timeout| {
        // Zero would mean no limit.
        let statement_timeout = call_timeout.as_millis().max(1);
        format!(
            ",
            set_config('default_transaction_isolation', '{READ_COMMITTED}', false),
            set_config('statement_timeout', '{statement_timeout}', false)"
        )
    });
    let prepare = AssertSqlSafe(format!(
        "select
            pg_is_in_recovery(),
            current_setting('default_transaction_read_only')::bool{}",
        set.unwrap_or_default()
    ));
    takes_writes(&raw_sql(prepare).fetch_one(connection).await?)
}

/// Fails unless the transactions of a connection have the isolation level that the store needs, and its
/// server takes writes.
pub(crate) async fn check(connection: &mut PgConnection) -> Result<(), Failure> {
    let check = raw_sql(
        "select
            pg_is_in_recovery(),
            current_setting('transaction_read_only')::bool,
            current_setting('transaction_isolation')",
    );
    let row = check.fetch_one(connection).await?;
    takes_writes(&row)?;
    let level: String = row.try_get(2)?;
    if level == READ_COMMITTED { Ok(()) } else { Err(PostgresFailure::Isolation(level).into()) }
}

/// Reads the first two columns of a check.
fn takes_writes(row: &PgRow) -> Result<(), Failure> {
    match (row.try_get(0)?, row.try_get(1)?) {
        (true, _) => Err(PostgresFailure::NotPrimary("a standby").into()),
        (_, true) => Err(PostgresFailure::NotPrimary("read-only").into()),
        (false, false) => Ok(()),
    }
}
