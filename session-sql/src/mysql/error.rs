//! The mapping of the errors of MariaDB and MySQL to those of the store contract.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use session_core::store::{StoreError, StoreErrorKind};
use sqlx::mysql::{MySqlConnectOptions, MySqlDatabaseError};

use crate::failure::Failure;
use crate::mysql::numbers::{
    DUPLICATE_ENTRY, MISSING_TABLE, Meaning, SYNTAX_ERROR, TRUNCATED_VALUE, UNKNOWN_COLUMN,
};
use crate::mysql::options::SMALLEST_PACKET;
use crate::name::TableName;

/// The store's name in errors.
pub(crate) const STORE: &str = "mysql";

/// A failure that only MariaDB and MySQL have.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MySqlFailure {
    /// The number and the message of an error of the server.
    #[error("{message} (error {number})")]
    Server { kind: StoreErrorKind, number: u16, message: String },
    #[error("the server did not tell whether a transaction was committed")]
    Commit { is_lost: bool, source: Box<Failure> },
    #[error("the server is read-only: connect to the one that takes the writes")]
    ReadOnly,
    #[error(
        "the node of the cluster is not ready: it does not reach most of the others, or is still joining"
    )]
    NotReady,
    #[error(
        "{name} is {value}, but the store needs another value: run `set session {name} = {needed}` in the pool's after_connect, or set it for the server"
    )]
    Setting { name: &'static str, value: String, needed: &'static str },
    #[error(
        "the server has binlog_format = STATEMENT, with which it refuses writes at the isolation level READ COMMITTED: set binlog_format = ROW"
    )]
    BinlogFormat,
    #[error(
        "the server's max_allowed_packet is {0}, but the store needs {SMALLEST_PACKET}: set max_allowed_packet = 16M or more"
    )]
    SmallPacket(u64),
    #[error(
        "the server is a node of a Galera cluster and wsrep_sync_wait is {0}, so that calls would miss what was written through other nodes: run `set session wsrep_sync_wait = 7` in the pool's after_connect, or set it for the servers"
    )]
    SyncWait(u64),
    #[error("the server has version {0}, but the store needs MariaDB 10.6 or MySQL 8.0 or a later one")]
    OldServer(String),
    #[error("the option further_hosts needs a host in the URL, but the URL has the Unix socket {0}")]
    FurtherHosts(String),
    #[error("no server can be used: {}", list(.0))]
    NoServer(Vec<Unusable>),
    #[error(
        "there is another table with the name {0}, or with its name and _schema: choose another name in the option table"
    )]
    OtherTable(TableName),
    #[error("another node of the cluster has overruled a transaction")]
    Overruled,
    #[error("the connection gave the reply to another statement")]
    OtherReply,
    #[error("there are no credentials for a new connection")]
    Credentials(#[source] Box<dyn StdError + Send + Sync>),
}

/// A server that cannot be used, and the reason.
#[derive(Debug)]
pub(crate) struct Unusable {
    host: String,
    port: u16,
    reason: StoreError,
}

impl Unusable {
    pub(crate) fn new(address: &MySqlConnectOptions, failure: Failure) -> Self {
        let reason = shown(failure).of(STORE, kind);
        Self { host: address.get_host().to_owned(), port: address.get_port(), reason }
    }
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.host, self.port)?;
        match &self.reason.source {
            Some(reason) => reason.fmt(f),
            None => self.reason.fmt(f),
        }
    }
}

fn list(servers: &[Unusable]) -> String {
    servers.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl From<MySqlFailure> for Failure {
    fn from(failure: MySqlFailure) -> Self {
        let kind = match &failure {
            MySqlFailure::Server { kind, .. } => *kind,
            MySqlFailure::Setting { .. }
            | MySqlFailure::BinlogFormat
            | MySqlFailure::SmallPacket(_)
            | MySqlFailure::SyncWait(_)
            | MySqlFailure::OldServer(_)
            | MySqlFailure::FurtherHosts(_)
            | MySqlFailure::OtherTable(_) => StoreErrorKind::Other,
            MySqlFailure::Commit { .. }
            | MySqlFailure::ReadOnly
            | MySqlFailure::NotReady
            | MySqlFailure::NoServer(_)
            | MySqlFailure::Overruled
            | MySqlFailure::OtherReply
            | MySqlFailure::Credentials(_) => StoreErrorKind::Unavailable,
        };
        Self::of_dialect(kind, failure)
    }
}

/// Makes the error that the store contract asks for.
pub(crate) fn store_error(failure: Failure, table: &TableName) -> StoreError {
    let is_not_migrated = matches!(
        &failure,
        Failure::Driver(error) if is_missing_table(error) || is_missing_column(error)
    );
    let failure = shown(failure);
    if is_not_migrated {
        return Failure::NotMigrated { table: table.clone(), source: Some(Box::new(failure)) }
            .of(STORE, kind);
    }
    failure.of(STORE, kind)
}

/// Returns the failure of all calls of a transaction. If the server has refused a statement of it, nothing
/// was done, and each call can be made alone.
pub(crate) fn failure_of_all(failure: Failure) -> Option<Failure> {
    let is_refused = is_rolled_back(&failure) || refusal(&failure).is_some() && !is_lost(&failure);
    (!is_refused).then(|| shown(failure))
}

/// Makes the failure of a commit whose outcome is unknown.
pub(crate) fn unknown_commit(failure: Failure) -> Failure {
    let is_lost = is_lost(&failure);
    MySqlFailure::Commit { is_lost, source: Box::new(shown(failure)) }.into()
}

/// Returns a failure that may be shown.
fn shown(failure: Failure) -> Failure {
    let Some(error) = refusal(&failure) else { return failure };
    let (kind, number) = (meaning(error).kind(), error.number());
    let message = shown_message(number, error.code().unwrap_or_default(), error.message()).to_owned();
    MySqlFailure::Server { kind, number, message }.into()
}

/// Returns the message of an error of the server. Those of values and constraints quote a value, and that of
/// a syntax error the statement.
fn shown_message<'m>(number: u16, state: &str, message: &'m str) -> &'m str {
    match state.get(..2) {
        Some("22" | "23") => "the server refused a value",
        _ if matches!(number, SYNTAX_ERROR | TRUNCATED_VALUE) => {
            "the server refused a statement of the store"
        }
        _ => message,
    }
}

/// Classifies an error that is not the server's.
fn kind(error: &sqlx::Error) -> StoreErrorKind {
    use sqlx::Error::{
        ColumnDecode, ColumnIndexOutOfBounds, Decode, Io, PoolClosed, PoolTimedOut, Protocol, WorkerCrashed,
    };
    if matches!(error, Io(error) if error.kind() == io::ErrorKind::InvalidData) {
        // The certificate of the server is not accepted.
        StoreErrorKind::Other
    } else if matches!(error, PoolTimedOut | PoolClosed | Io(_) | Protocol(_) | WorkerCrashed) {
        StoreErrorKind::Unavailable
    } else if matches!(error, ColumnDecode { .. } | ColumnIndexOutOfBounds { .. } | Decode(_)) {
        StoreErrorKind::Corrupt
    } else {
        StoreErrorKind::Other
    }
}

/// Tells whether the table of a statement does not exist.
pub(crate) fn is_missing_table(error: &sqlx::Error) -> bool {
    database_error(error).is_some_and(|error| error.number() == MISSING_TABLE)
}

/// Tells whether a column of a statement does not exist.
pub(crate) fn is_missing_column(error: &sqlx::Error) -> bool {
    database_error(error).is_some_and(|error| error.number() == UNKNOWN_COLUMN)
}

/// Tells whether the server has rolled a statement back and did nothing.
pub(crate) fn is_rolled_back(failure: &Failure) -> bool {
    refusal(failure).is_some_and(|error| meaning(error) == Meaning::RolledBack)
        || matches!(failure.dialect(), Some(MySqlFailure::Overruled))
}

/// Tells whether the connection of a statement is lost, or leads to a server that takes no writes any more.
pub(crate) fn is_lost(failure: &Failure) -> bool {
    match failure.dialect() {
        Some(MySqlFailure::Commit { is_lost, .. }) => return *is_lost,
        Some(MySqlFailure::OtherReply) => return true,
        _ => {}
    }
    match refusal(failure) {
        Some(error) => meaning(error) == Meaning::Lost,
        None => matches!(failure, Failure::Driver(sqlx::Error::Io(_) | sqlx::Error::Protocol(_))),
    }
}

/// Tells whether the key of a write exists already. The message names the index, in MySQL with the table
/// before it.
pub(crate) fn is_taken(error: &sqlx::Error) -> bool {
    let is_by_key = |message: &str| message.contains("by_key'");
    database_error(error).is_some_and(|error| error.number() == DUPLICATE_ENTRY && is_by_key(error.message()))
}

fn meaning(error: &MySqlDatabaseError) -> Meaning {
    Meaning::of(error.number(), error.code().unwrap_or_default(), error.message())
}

fn refusal(failure: &Failure) -> Option<&MySqlDatabaseError> {
    let Failure::Driver(error) = failure else { return None };
    database_error(error)
}

fn database_error(error: &sqlx::Error) -> Option<&MySqlDatabaseError> {
    error.as_database_error()?.try_downcast_ref()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_quotes_a_value_or_a_statement() {
        let duplicate = "Duplicate entry 'hush' for key 'by_label'";
        for (number, state) in [(1062, "23000"), (1406, "22001"), (1064, "42000"), (1366, "HY000")] {
            assert!(!shown_message(number, state, duplicate).contains("hush"), "{number}");
        }
        assert_eq!(shown_message(1213, "40001", "Deadlock found"), "Deadlock found");
    }

    #[test]
    fn an_error_that_is_not_the_servers_has_its_kind() {
        let io = |kind: io::ErrorKind| sqlx::Error::Io(kind.into());
        for (error, expected) in [
            (sqlx::Error::PoolTimedOut, StoreErrorKind::Unavailable),
            (io(io::ErrorKind::ConnectionReset), StoreErrorKind::Unavailable),
            (io(io::ErrorKind::InvalidData), StoreErrorKind::Other),
            (sqlx::Error::Protocol("unexpected".into()), StoreErrorKind::Unavailable),
            (sqlx::Error::Decode("no text".into()), StoreErrorKind::Corrupt),
            (sqlx::Error::Configuration("no host".into()), StoreErrorKind::Other),
        ] {
            assert_eq!(kind(&error), expected, "{error}");
        }
    }

    #[test]
    fn only_a_failure_of_the_connection_gives_it_up() {
        let io = sqlx::Error::Io(io::ErrorKind::ConnectionReset.into());
        assert!(is_lost(&Failure::Driver(io)));
        assert!(is_lost(&Failure::Driver(sqlx::Error::Protocol("unexpected".into()))));
        assert!(!is_lost(&Failure::Driver(sqlx::Error::PoolTimedOut)));
        assert!(!is_lost(&Failure::BadCursor) && !is_rolled_back(&Failure::BadCursor));
        let overruled = Failure::from(MySqlFailure::Overruled);
        assert!(is_rolled_back(&overruled) && failure_of_all(overruled).is_none());
        let unknown = unknown_commit(Failure::Driver(io::Error::from(io::ErrorKind::BrokenPipe).into()));
        assert!(is_lost(&unknown) && !is_rolled_back(&unknown) && failure_of_all(unknown).is_some());
    }
}
