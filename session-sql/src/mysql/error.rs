//! The mapping of the errors of MariaDB and MySQL to those of the store contract.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use session_core::store::{StoreError, StoreErrorKind};
use sqlx::mysql::{MySqlConnectOptions, MySqlDatabaseError};

use crate::failure::Failure;
use crate::mysql::options::SMALLEST_PACKET;
use crate::name::TableName;

/// The store's name in errors.
pub(crate) const STORE: &str = "mysql";

// Numbers of the errors: <https://mariadb.com/kb/en/mariadb-error-code-reference/>.
const CANNOT_CREATE_FILE: u16 = 1004;
const DISK_FULL: u16 = 1021;
const RECORD_CHANGED: u16 = 1020;
const CANNOT_WRITE: u16 = 1026;
const ENGINE_ERROR: u16 = 1030;
const INDEX_CORRUPTED: u16 = 1034;
const OUT_OF_MEMORY: u16 = 1037;
const OUT_OF_SORT_MEMORY: u16 = 1038;
const TOO_MANY_CONNECTIONS: u16 = 1040;
const OUT_OF_RESOURCES: u16 = 1041;
/// A node of a cluster is not ready. MySQL and MariaDB call it an unknown command.
const NOT_READY: u16 = 1047;
const UNKNOWN_COLUMN: u16 = 1054;
const DUPLICATE_ENTRY: u16 = 1062;
const SYNTAX_ERROR: u16 = 1064;
const TABLE_FULL: u16 = 1114;
const MISSING_TABLE: u16 = 1146;
const COMMIT_FAILED: u16 = 1180;
const TABLE_CRASHED: u16 = 1194;
const TOO_MANY_CONNECTIONS_OF_USER: u16 = 1203;
const LOCK_WAIT_TIMEOUT: u16 = 1205;
const LOCK_TABLE_FULL: u16 = 1206;
const DEADLOCK: u16 = 1213;
const USER_LIMIT: u16 = 1226;
const OPTION_PREVENTS: u16 = 1290;
const INTERRUPTED: u16 = 1317;
const TRUNCATED_VALUE: u16 = 1366;
/// A deadlock of the table's counter.
const COUNTER_FAILED: u16 = 1467;
const NEEDS_PREPARATION: u16 = 1615;
const TABLE_INDEX_CORRUPTED: u16 = 1712;
const READ_ONLY_TRANSACTION: u16 = 1792;
const READ_ONLY_MODE: u16 = 1836;
const CONNECTION_KILLED: u16 = 1927;
const STATEMENT_TIMEOUT: u16 = 1969;
const EXECUTION_TIMEOUT: u16 = 3024;
const HOST_BLOCKED: u16 = 1129;
const NO_THREAD: u16 = 1135;
const TOO_MANY_STATEMENTS: u16 = 1461;
const OFFLINE: u16 = 3032;
/// MySQL's group replication.
const COMMIT_REFUSED: u16 = 3100;
const SESSION_KILLED: u16 = 3169;
const SESSION_IDLE: u16 = 4031;
/// The texts of the operating system that mean a full disk. Messages of several errors quote them.
const NO_SPACE: [&str; 2] = ["No space left on device", "Disk quota exceeded"];
/// The class of connection exceptions.
const CONNECTION_EXCEPTION: &str = "08";

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
    let is_refused = is_rolled_back(&failure) || number(&failure).is_some() && !is_lost(&failure);
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
    let number = error.number();
    let state = error.code().unwrap_or_default();
    let kind = kind_of(number, state, error.message());
    let message = shown_message(number, state, error.message()).to_owned();
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

/// Classifies an error of the server by its number, by the reason in its message, or by the class of its
/// state. Numbers below 1000 are those of its file system.
fn kind_of(number: u16, state: &str, message: &str) -> StoreErrorKind {
    let is_no_space = || NO_SPACE.iter().any(|text| message.contains(text));
    match number {
        DISK_FULL | TABLE_FULL => StoreErrorKind::Full,
        ..1000 | CANNOT_CREATE_FILE | CANNOT_WRITE | ENGINE_ERROR if is_no_space() => StoreErrorKind::Full,
        INDEX_CORRUPTED | TABLE_CRASHED | TABLE_INDEX_CORRUPTED => StoreErrorKind::Corrupt,
        RECORD_CHANGED
        | CANNOT_WRITE
        | OUT_OF_MEMORY
        | OUT_OF_SORT_MEMORY
        | TOO_MANY_CONNECTIONS
        | OUT_OF_RESOURCES
        | NOT_READY
        | COMMIT_FAILED
        | TOO_MANY_CONNECTIONS_OF_USER
        | LOCK_WAIT_TIMEOUT
        | LOCK_TABLE_FULL
        | DEADLOCK
        | USER_LIMIT
        | OPTION_PREVENTS
        | INTERRUPTED
        | COUNTER_FAILED
        | NEEDS_PREPARATION
        | READ_ONLY_TRANSACTION
        | READ_ONLY_MODE
        | CONNECTION_KILLED
        | STATEMENT_TIMEOUT
        | EXECUTION_TIMEOUT
        | HOST_BLOCKED
        | NO_THREAD
        | TOO_MANY_STATEMENTS
        | OFFLINE
        | SESSION_KILLED
        | SESSION_IDLE
        | COMMIT_REFUSED => StoreErrorKind::Unavailable,
        ..1000 => StoreErrorKind::Unavailable,
        _ => match state.get(..2) {
            // Connection, rollback.
            Some("08" | "40") => StoreErrorKind::Unavailable,
            _ => StoreErrorKind::Other,
        },
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

/// Tells whether the server has rolled a statement back and did nothing. After a wait for a lock it has
/// rolled back the statement alone, and a transaction is rolled back by its end.
pub(crate) fn is_rolled_back(failure: &Failure) -> bool {
    matches!(number(failure), Some(DEADLOCK | LOCK_WAIT_TIMEOUT | COUNTER_FAILED | RECORD_CHANGED))
        || matches!(failure.dialect(), Some(MySqlFailure::Overruled))
}

/// Tells whether the connection of a statement is lost, or leads to a server that takes no writes any more.
pub(crate) fn is_lost(failure: &Failure) -> bool {
    if let Some(MySqlFailure::Commit { is_lost, .. }) = failure.dialect() {
        return *is_lost;
    }
    let Some(refusal) = refusal(failure) else {
        return matches!(failure, Failure::Driver(sqlx::Error::Io(_) | sqlx::Error::Protocol(_)));
    };
    let takes_no_writes = matches!(
        refusal.number(),
        OPTION_PREVENTS
            | READ_ONLY_TRANSACTION
            | READ_ONLY_MODE
            | NOT_READY
            | COMMIT_FAILED
            | CONNECTION_KILLED
            | OFFLINE
            | SESSION_KILLED
            | SESSION_IDLE
    );
    takes_no_writes || refusal.code().unwrap_or_default().starts_with(CONNECTION_EXCEPTION)
}

/// Tells whether the key of a write exists already. The message names the index, in MySQL with the table
/// before it.
pub(crate) fn is_taken(error: &sqlx::Error) -> bool {
    let is_by_key = |message: &str| message.contains("by_key'");
    database_error(error).is_some_and(|error| error.number() == DUPLICATE_ENTRY && is_by_key(error.message()))
}

fn number(failure: &Failure) -> Option<u16> {
    refusal(failure).map(MySqlDatabaseError::number)
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
    fn each_error_of_the_server_has_its_kind() {
        use StoreErrorKind::{Corrupt, Full, Other, Unavailable};
        for (number, kind) in [
            (3, Unavailable),    // a file cannot be written
            (1020, Unavailable), // a record has changed
            (1021, Full),        // disk full
            (1026, Unavailable), // a file cannot be written
            (1030, Other),       // an error of the storage engine
            (1034, Corrupt),     // an index is damaged
            (1040, Unavailable), // too many connections
            (1044, Other),       // no right to use the database
            (1045, Other),       // wrong password
            (1047, Unavailable), // a node of a cluster is not ready
            (1049, Other),       // no such database
            (1062, Other),       // a duplicate
            (1064, Other),       // a syntax error
            (1114, Full),        // the table is full
            (1142, Other),       // no right to the table
            (1180, Unavailable), // a commit failed
            (1205, Unavailable), // a lock was not given
            (1213, Unavailable), // a deadlock
            (1226, Unavailable), // the user has too many connections
            (1290, Unavailable), // read-only
            (1317, Unavailable), // interrupted
            (1406, Other),       // a value is too long
            (1836, Unavailable), // read-only
            (1927, Unavailable), // the connection was killed
            (1969, Unavailable), // a statement took too long
        ] {
            assert_eq!(kind_of(number, "HY000", ""), kind, "{number}");
        }
    }

    #[test]
    fn a_full_disk_is_recognised_whatever_the_server_failed_to_do() {
        use StoreErrorKind::{Full, Other, Unavailable};
        let no_space = r#"28 "No space left on device""#;
        for (number, message, kind) in [
            (1, format!("Can't create/write to file '/tmp/x' (Errcode: {no_space})"), Full),
            (3, format!("Error writing file '/tmp/x' (Errcode: {no_space})"), Full),
            (3, r#"Error writing file '/tmp/x' (Errcode: 5 "Input/output error")"#.to_owned(), Unavailable),
            (1004, format!("Can't create file './x.frm' (errno: {no_space})"), Full),
            (1026, format!("Error writing file 'bin' (errno: {no_space})"), Full),
            (1026, r#"Error writing file 'bin' (errno: 122 "Disk quota exceeded")"#.to_owned(), Full),
            (1030, format!("Got error {no_space} from storage engine InnoDB"), Full),
            (1030, "Got error 28 - 'No space left on device' from storage engine".to_owned(), Full),
            (1030, r#"Got error 168 "Unknown" from storage engine InnoDB"#.to_owned(), Other),
            (1062, "Duplicate entry 'No space left on device' for key 'by_key'".to_owned(), Other),
        ] {
            assert_eq!(kind_of(number, "HY000", &message), kind, "{number}: {message}");
        }
    }

    #[test]
    fn a_state_tells_what_an_unknown_number_means() {
        let kinds = [("08S01", 1053), ("40000", 3101), ("42000", 1099)]
            .map(|(state, number)| kind_of(number, state, ""));
        use StoreErrorKind::{Other, Unavailable};
        assert_eq!(kinds, [Unavailable, Unavailable, Other]);
    }

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
