//! The connections of a store: its own, or those of the application's pool.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlRow};
use sqlx::{Connection as _, MySql, MySqlPool, Row as _, SqlStr, raw_sql};

use crate::credentials::{CredentialSource, Credentials};
use crate::deadline::{LONGEST, within};
use crate::failure::Failure;
use crate::lender::{DriverConnector, Lease, Lender};
use crate::mysql::bound::Bound;
use crate::mysql::error::{self, MySqlFailure, Unusable};
use crate::mysql::options::MySqlOptions;
use crate::mysql::settings;
use crate::pool::{Connector, Limits, Pool};
use crate::retry::retry;

/// The time without use after which a connection is tested before it is used, because the server may have
/// been restarted meanwhile.
const FRESH: Duration = Duration::from_secs(1);

/// The number of prepared statements that a connection keeps.
const STATEMENTS: usize = 100;

/// The longest time in which a server that can be used replies to a test.
const LONGEST_TEST: Duration = Duration::from_secs(1);

/// The connections of a store. Clones share them.
#[derive(Clone)]
pub(crate) struct Connections(Arc<Lender<Servers>>);

impl Connections {
    /// Borrows the connections of the application's pool.
    pub(crate) fn borrowed(pool: MySqlPool) -> Self {
        Self(Arc::new(Lender::Borrowed(pool)))
    }

    /// Opens the first of the store's own connections, so that a wrong address is noticed at once.
    pub(crate) async fn open(connect: MySqlConnectOptions, options: &MySqlOptions) -> Result<Self, Failure> {
        let servers = Servers::new(&connect, options)?;
        let call_timeout = options.call_timeout.min(LONGEST);
        let limits = Limits {
            connections: options.connections.max(1),
            // MariaDB ends the statement of a dropped call after the call timeout. MySQL does so with reads
            // only; a write that waits for a lock ends by its own limit.
            patience: call_timeout + LONGEST_TEST,
            fresh: FRESH,
            test_timeout: (call_timeout / 4).min(LONGEST_TEST),
            idle_timeout: options.idle_timeout.min(LONGEST),
            max_lifetime: options.max_lifetime.min(LONGEST),
        };
        let first = servers.open().await?;
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
    pub(crate) async fn read<'q>(&self, statement: impl Fn() -> Bound<'q>) -> Result<Vec<MySqlRow>, Failure> {
        let mut lease = self.lend().await?;
        let rows = statement().fetch_all(&mut lease).await;
        match lease.end(rows) {
            Err(failure) if error::is_lost(&failure) => {
                let mut lease = self.lend().await?;
                let rows = statement().fetch_all(&mut lease).await;
                lease.end(rows)
            }
            rows => rows,
        }
    }

    /// Runs a statement that writes, and returns the number of rows that it found. It is run again only if
    /// the server has rolled it back.
    pub(crate) async fn write<'q>(&self, statement: impl Fn() -> Bound<'q>) -> Result<u64, Failure> {
        let run = async || {
            let mut lease = self.lend().await?;
            let done = statement().execute(&mut lease).await;
            lease.end(done)
        };
        retry(LONGEST, error::is_rolled_back, run).await.map(|done| done.rows_affected())
    }

    /// Runs a statement that writes and has its values in its text, and returns the number of rows that it
    /// found. It is run again only if the server has rolled it back.
    ///
    /// The statement is not prepared, because the driver would then close it by a message that has no reply.
    /// The driver does not set `TCP_NODELAY`, so the next call on the connection would wait up to 40 ms until
    /// the server acknowledges that message.
    pub(crate) async fn write_text(&self, text: &SqlStr) -> Result<u64, Failure> {
        let run = async || {
            let mut lease = self.lend().await?;
            let done = raw_sql(text.clone()).execute(lease.connection()).await;
            lease.end(done)
        };
        retry(LONGEST, error::is_rolled_back, run).await.map(|done| done.rows_affected())
    }

    pub(crate) async fn close(&self) {
        self.0.close().await;
    }
}

/// The servers that take writes.
pub(crate) struct Servers {
    addresses: Vec<MySqlConnectOptions>,
    /// The index of the one that was used last.
    last: AtomicUsize,
    credentials: Option<Arc<dyn CredentialSource>>,
    call_timeout: Duration,
    idle_timeout: Duration,
}

impl Servers {
    fn new(first: &MySqlConnectOptions, options: &MySqlOptions) -> Result<Self, Failure> {
        if let Some(path) = first.get_socket().filter(|_| !options.further_hosts.is_empty()) {
            return Err(MySqlFailure::FurtherHosts(path.display().to_string()).into());
        }
        // The store has fewer statements, so none is ever prepared twice on a connection.
        let first = first.clone().statement_cache_capacity(STATEMENTS);
        let further = options.further_hosts.iter().map(|(host, port)| first.clone().host(host).port(*port));
        let addresses: Vec<_> = [first.clone()].into_iter().chain(further).collect();
        let call_timeout = options.call_timeout.min(LONGEST);
        let (last, credentials) = (AtomicUsize::new(0), options.credentials.clone());
        let idle_timeout = options.idle_timeout.min(LONGEST);
        Ok(Self { addresses, last, credentials, call_timeout, idle_timeout })
    }

    async fn connect(
        &self,
        address: &MySqlConnectOptions,
        credentials: Option<&Credentials>,
    ) -> Result<MySqlConnection, Failure> {
        let mut address = address.clone();
        if let Some(Credentials { user, password }) = credentials {
            address = address.username(user).password(password);
        }
        let mut connection = MySqlConnection::connect_with(&address).await?;
        settings::prepare(&mut connection, self.call_timeout, self.idle_timeout).await?;
        Ok(connection)
    }
}

impl Connector for Servers {
    type Connection = MySqlConnection;

    async fn open(&self) -> Result<MySqlConnection, Failure> {
        let credentials = match &self.credentials {
            Some(source) => Some(source.credentials().await.map_err(MySqlFailure::Credentials)?),
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
        Err(MySqlFailure::NoServer(unusable).into())
    }

    /// Asks for a number that no other reply has. A call that was dropped between the two parts of a packet
    /// leaves a rest that the driver takes for a reply.
    async fn test(&self, connection: &mut MySqlConnection) -> Result<(), Failure> {
        let number: i64 = rand::random_range(1 << 40..1 << 60);
        let rows = raw_sql(settings::number(number)).fetch_all(connection).await?;
        let reply = rows.first().map(|row| row.try_get::<i64, _>(0)).transpose()?;
        if rows.len() == 1 && reply == Some(number) { Ok(()) } else { Err(MySqlFailure::OtherReply.into()) }
    }

    // A server that was restarted has closed all its connections, and one that takes no writes any more is no
    // longer the one to ask.
    fn is_lost(failure: &Failure) -> bool {
        error::is_lost(failure)
    }

    async fn close(&self, connection: MySqlConnection) {
        // The connection is closed even if the server cannot be told.
        let _ = connection.close().await;
    }
}

impl DriverConnector for Servers {
    type Database = MySql;
}
