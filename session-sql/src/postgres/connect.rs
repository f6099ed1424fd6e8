//! The connections of a store: its own, or those of the application's pool.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{Connection as _, PgPool, Postgres, query_as, query_scalar};

use crate::deadline::{LONGEST, within};
use crate::failure::Failure;
use crate::lender::{DriverConnector, Lease, Lender};
use crate::pool::{Connector, Limits, Pool};
use crate::postgres::credentials::{CredentialSource, Credentials};
use crate::postgres::error::{self, PostgresFailure, Unusable};
use crate::postgres::options::PostgresOptions;
use crate::postgres::row::Bound;
use crate::retry::retry;

/// The time without use after which a connection is tested before it is used, because the server may have
/// been restarted meanwhile.
const FRESH: Duration = Duration::from_secs(1);

/// The isolation level that the store needs, as the server writes it.
const READ_COMMITTED: &str = "read committed";

/// The connections of a store.
pub(crate) struct Connections(Lender<Servers>);

impl Connections {
    /// Borrows the connections of the application's pool.
    pub(crate) fn borrowed(pool: PgPool) -> Self {
        Self(Lender::Borrowed(pool))
    }

    /// Opens the first of the store's own connections, so that a wrong address is noticed at once.
    pub(crate) async fn open(connect: PgConnectOptions, options: &PostgresOptions) -> Result<Self, Failure> {
        let servers = Servers::new(&connect, options);
        let limits = Limits {
            connections: options.connections.max(1),
            patience: options.call_timeout.min(LONGEST),
            fresh: FRESH,
            idle_timeout: options.idle_timeout.min(LONGEST),
            max_lifetime: options.max_lifetime.min(LONGEST),
        };
        let first = servers.open().await?;
        Ok(Self(Lender::Own(Pool::with(vec![first], servers, limits))))
    }

    pub(crate) async fn lend(&self) -> Result<Lease<Servers>, Failure> {
        self.0.lend().await
    }

    /// Runs a statement that reads. It is run again if its connection is lost, because it may only have been
    /// lost already while it was not used.
    pub(crate) async fn read<'q>(&self, statement: impl Fn() -> Bound<'q>) -> Result<Vec<PgRow>, Failure> {
        let run = async || {
            let mut lease = self.lend().await?;
            let rows = statement().fetch_all(lease.connection()).await;
            lease.end(rows)
        };
        match run().await {
            Err(failure) if error::is_lost(&failure) => run().await,
            rows => rows,
        }
    }

    /// Runs a statement that writes, and returns the number of rows that it changed. It is run again only if
    /// the server has rolled it back.
    pub(crate) async fn write<'q>(&self, statement: impl Fn() -> Bound<'q>) -> Result<u64, Failure> {
        let run = async || {
            let mut lease = self.lend().await?;
            let done = statement().execute(lease.connection()).await;
            Ok(lease.end(done)?.rows_affected())
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
    /// The longest time for each of them, so that one that does not reply leaves time for the next.
    patience: Duration,
}

impl Servers {
    fn new(first: &PgConnectOptions, options: &PostgresOptions) -> Self {
        let further = options.further_hosts.iter().map(|(host, port)| first.clone().host(host).port(*port));
        let addresses: Vec<_> = [first.clone()].into_iter().chain(further).collect();
        let patience = options.call_timeout.min(LONGEST) / addresses.len() as u32;
        Self { addresses, last: AtomicUsize::new(0), credentials: options.credentials.clone(), patience }
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
        prepare(&mut connection).await?;
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
        let mut unusable = Vec::new();
        for index in (0..count).map(|step| (last + step) % count) {
            let address = &self.addresses[index];
            match within(self.patience, self.connect(address, credentials.as_ref())).await {
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

    async fn close(&self, connection: PgConnection) {
        // The connection is closed even if the server cannot be told.
        let _ = connection.close().await;
    }
}

impl DriverConnector for Servers {
    type Database = Postgres;

    // A server that was restarted has closed all its connections, and one that takes no writes any more is no
    // longer the one to ask.
    fn is_lost(failure: &Failure) -> bool {
        error::is_lost(failure)
    }
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
