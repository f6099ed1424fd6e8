//! The mapping of PostgreSQL's errors to those of the store contract.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use session_core::store::{StoreError, StoreErrorKind};
use sqlx::error::DatabaseError;
use sqlx::postgres::{PgConnectOptions, PgDatabaseError, PgSeverity};

use crate::failure::Failure;
use crate::name::TableName;

/// The store's name in errors.
pub(crate) const STORE: &str = "postgres";

// Codes of PostgreSQL: <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
const READ_ONLY_TRANSACTION: &str = "25006";
const IDLE_IN_TRANSACTION_TIMEOUT: &str = "25P03";
const TRANSACTION_TIMEOUT: &str = "25P04";
const SERIALIZATION_FAILURE: &str = "40001";
const DEADLOCK: &str = "40P01";
const COMPLETION_UNKNOWN: &str = "40003";
const SYNTAX_ERROR: &str = "42601";
const UNDEFINED_STATEMENT: &str = "26000";
const DUPLICATE_STATEMENT: &str = "42P05";
const UNDEFINED_TABLE: &str = "42P01";
const UNDEFINED_COLUMN: &str = "42703";
const UNDEFINED_SCHEMA: &str = "3F000";
const DISK_FULL: &str = "53100";
const LOCK_NOT_AVAILABLE: &str = "55P03";
const DATA_CORRUPTED: &str = "XX001";
const INDEX_CORRUPTED: &str = "XX002";
/// The class of connection exceptions.
const CONNECTION_EXCEPTION: &str = "08";

/// A failure that only PostgreSQL has.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PostgresFailure {
    /// The code and the message of an error of the server. Its detail can quote a whole row, so it is left
    /// out.
    #[error("{message} (SQLSTATE {code})")]
    Server { code: String, message: String, ends_connection: bool },
    #[error(
        "the isolation level of the pool's connections is {0}, but the store needs read committed: set it for the role with `alter role … set default_transaction_isolation = 'read committed'`"
    )]
    Isolation(String),
    #[error("the server is {0}: connect to the one that takes the writes")]
    NotPrimary(&'static str),
    #[error(
        "the option further_hosts needs a host in the URL, but the URL has a Unix socket, whose folder is {0}"
    )]
    FurtherHosts(String),
    #[error("no server can be used: {}", list(.0))]
    NoServer(Vec<Unusable>),
    #[error(
        "a pooler between the store and the server loses prepared statements: set the option statements to Statements::Text, or use pgbouncer 1.21 or later with max_prepared_statements above 0"
    )]
    LosesStatements,
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
    pub(crate) fn new(address: &PgConnectOptions, failure: Failure) -> Self {
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

impl From<PostgresFailure> for Failure {
    fn from(failure: PostgresFailure) -> Self {
        let kind = match &failure {
            // A server that crashes because its disk is full may have done the write.
            PostgresFailure::Server { code, ends_connection: true, .. } if code == DISK_FULL => {
                StoreErrorKind::Unavailable
            }
            PostgresFailure::Server { code, .. } => kind_of(code),
            PostgresFailure::Isolation(_)
            | PostgresFailure::FurtherHosts(_)
            | PostgresFailure::LosesStatements => StoreErrorKind::Other,
            PostgresFailure::NotPrimary(_)
            | PostgresFailure::NoServer(_)
            | PostgresFailure::Credentials(_) => StoreErrorKind::Unavailable,
        };
        Self::of_dialect(kind, failure)
    }
}

/// Makes the error that the store contract asks for.
pub(crate) fn store_error(failure: Failure, table: &TableName) -> StoreError {
    let is_not_migrated = matches!(&failure, Failure::Driver(error) if is_missing(error));
    let failure = shown(failure);
    if is_not_migrated {
        return Failure::NotMigrated { table: table.clone(), source: Some(Box::new(failure)) }
            .of(STORE, kind);
    }
    failure.of(STORE, kind)
}

/// Returns the failure of all calls of a statement. If the server has refused it, nothing was done, and each
/// call can be made alone.
pub(crate) fn failure_of_all(failure: Failure) -> Option<Failure> {
    let code = server_code(&failure);
    let is_refused = code.is_some_and(|code| code != COMPLETION_UNKNOWN) && !is_lost(&failure);
    (!is_refused).then(|| shown(failure))
}

/// Returns a failure that may be shown.
fn shown(failure: Failure) -> Failure {
    let Failure::Driver(sqlx::Error::Database(error)) = &failure else { return failure };
    let code = error.code().unwrap_or_default().into_owned();
    if matches!(&*code, UNDEFINED_STATEMENT | DUPLICATE_STATEMENT) {
        return PostgresFailure::LosesStatements.into();
    }
    let message = shown_message(&code, error.message()).to_owned();
    let ends_connection = ends_connection(&**error);
    PostgresFailure::Server { code, message, ends_connection }.into()
}

/// Returns the message of an error of the server. That of a syntax error quotes the statement, which contains
/// values if it is sent as text.
fn shown_message<'m>(code: &str, message: &'m str) -> &'m str {
    if code == SYNTAX_ERROR { "the server cannot parse a statement of the store" } else { message }
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

/// Classifies an error of the server by its code, the first two characters of which are its class.
fn kind_of(code: &str) -> StoreErrorKind {
    match code {
        DISK_FULL => StoreErrorKind::Full,
        READ_ONLY_TRANSACTION | IDLE_IN_TRANSACTION_TIMEOUT | TRANSACTION_TIMEOUT | LOCK_NOT_AVAILABLE => {
            StoreErrorKind::Unavailable
        }
        DATA_CORRUPTED | INDEX_CORRUPTED => StoreErrorKind::Corrupt,
        _ => match code.get(..2) {
            // Connection, rollback, resources, operator, system.
            Some("08" | "40" | "53" | "57" | "58") => StoreErrorKind::Unavailable,
            _ => StoreErrorKind::Other,
        },
    }
}

/// Tells whether the table of a statement, or a column of it, does not exist.
fn is_missing(error: &sqlx::Error) -> bool {
    matches!(code(error).as_deref(), Some(UNDEFINED_TABLE | UNDEFINED_COLUMN | UNDEFINED_SCHEMA))
}

/// Tells whether the server has rolled a statement back and did nothing.
pub(crate) fn is_rolled_back(failure: &Failure) -> bool {
    matches!(server_code(failure).as_deref(), Some(SERIALIZATION_FAILURE | DEADLOCK))
}

/// Tells whether the connection of a statement is lost, or leads to a server that takes no writes any more.
pub(crate) fn is_lost(failure: &Failure) -> bool {
    let Failure::Driver(error) = failure else { return false };
    let Some(refusal) = error.as_database_error() else {
        return matches!(error, sqlx::Error::Io(_) | sqlx::Error::Protocol(_));
    };
    let code = refusal.code().unwrap_or_default();
    code == READ_ONLY_TRANSACTION || code.starts_with(CONNECTION_EXCEPTION) || ends_connection(refusal)
}

/// Tells whether the server ends the connection after an error.
fn ends_connection(error: &dyn DatabaseError) -> bool {
    let error = error.try_downcast_ref::<PgDatabaseError>();
    error.is_some_and(|error| matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic))
}

/// Tells whether the key of a write exists already.
pub(crate) fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.is_unique_violation())
}

fn server_code(failure: &Failure) -> Option<String> {
    let Failure::Driver(error) = failure else { return None };
    code(error)
}

fn code(error: &sqlx::Error) -> Option<String> {
    error.as_database_error()?.code().map(|code| code.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_of_the_server_has_its_kind() {
        use StoreErrorKind::{Corrupt, Full, Other, Unavailable};
        for (code, kind) in [
            ("08006", Unavailable), // connection failure
            ("25006", Unavailable), // read-only transaction
            ("25P03", Unavailable), // idle in a transaction
            ("25P04", Unavailable), // a transaction took too long
            ("40001", Unavailable), // serialization failure
            ("40P01", Unavailable), // deadlock
            ("53100", Full),        // disk full
            ("53200", Unavailable), // out of memory
            ("53300", Unavailable), // too many connections
            ("55P03", Unavailable), // lock not available
            ("57014", Unavailable), // statement canceled
            ("57P01", Unavailable), // shutdown by an administrator
            ("57P03", Unavailable), // starting up
            ("57P04", Unavailable), // the database was dropped
            ("57P05", Unavailable), // the session was idle
            ("58030", Unavailable), // error of the disk
            ("XX000", Other),       // internal error
            ("XX001", Corrupt),     // data corrupted
            ("XX002", Corrupt),     // index corrupted
            ("22001", Other),       // a value is too long
            ("25P02", Other),       // an earlier statement failed
            ("28P01", Other),       // wrong password
            ("3D000", Other),       // no such database
            ("42501", Other),       // no permission
            ("55006", Other),       // object in use
            ("", Other),
        ] {
            assert_eq!(kind_of(code), kind, "{code}");
        }
    }

    #[test]
    fn a_syntax_error_does_not_quote_the_statement() {
        let message = "syntax error at or near \"'616461'\"";
        assert!(!shown_message(SYNTAX_ERROR, message).contains("616461"));
        assert_eq!(shown_message(DEADLOCK, "deadlock detected"), "deadlock detected");
    }

    #[test]
    fn a_full_disk_that_ends_the_server_leaves_the_outcome_open() {
        let kind = |ends_connection| {
            let (code, message) = (DISK_FULL.to_owned(), "no space".to_owned());
            Failure::from(PostgresFailure::Server { code, message, ends_connection }).of(STORE, kind).kind
        };
        assert_eq!([kind(false), kind(true)], [StoreErrorKind::Full, StoreErrorKind::Unavailable]);
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
    }
}
