//! The mapping of SQLite's errors to those of the store contract.

use std::error::Error as StdError;
use std::path::PathBuf;

use session_core::store::{StoreError, StoreErrorKind};

use crate::failure::Failure;
use crate::name::TableName;

/// The store's name in errors.
pub(crate) const STORE: &str = "sqlite";

// SQLite's primary result codes. They do not change: <https://sqlite.org/rescode.html>.
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const INTERRUPT: i32 = 9;
const IOERR: i32 = 10;
const CORRUPT: i32 = 11;
const FULL: i32 = 13;
const CANTOPEN: i32 = 14;
const PROTOCOL: i32 = 15;
const NOTADB: i32 = 26;

/// A failure that only SQLite has.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SqliteFailure {
    #[error(
        "SQLite {0} can lose commits in WAL mode: use 3.51.3 or later, or one of the corrected releases 3.50.7 and 3.44.6"
    )]
    Unsafe(String),
    #[error("the database file {} was deleted or replaced while it was in use: restart the process", path.display())]
    FileReplaced { path: PathBuf },
    #[error("cannot open {}", path.display())]
    Open { path: PathBuf, kind: StoreErrorKind, source: Box<dyn StdError + Send + Sync> },
}

impl From<SqliteFailure> for Failure {
    fn from(failure: SqliteFailure) -> Self {
        let kind = match &failure {
            SqliteFailure::Unsafe(_) => StoreErrorKind::Other,
            SqliteFailure::FileReplaced { .. } => StoreErrorKind::Unavailable,
            SqliteFailure::Open { kind, .. } => *kind,
        };
        Self::of_dialect(kind, failure)
    }
}

/// Makes the error that the store contract asks for.
pub(crate) fn store_error(failure: Failure, table: &TableName) -> StoreError {
    if let Failure::Driver(error) = &failure
        && (is_missing_table(error) || is_missing_column(error))
    {
        return Failure::NotMigrated { table: table.clone(), source: Some(Box::new(failure)) }
            .of(STORE, kind);
    }
    failure.of(STORE, kind)
}

/// Returns the failure of all calls of a statement. If SQLite has refused it, nothing was done, and each call
/// can be made alone.
pub(crate) fn failure_of_all(failure: Failure) -> Option<Failure> {
    let is_refused = matches!(&failure, Failure::Driver(sqlx::Error::Database(_)));
    (!is_refused).then_some(failure)
}

/// Classifies an error of the driver.
pub(crate) fn kind(error: &sqlx::Error) -> StoreErrorKind {
    use sqlx::Error::{
        ColumnDecode, ColumnIndexOutOfBounds, Decode, Io, PoolClosed, PoolTimedOut, WorkerCrashed,
    };
    match primary_code(error) {
        Some(BUSY | LOCKED | INTERRUPT | IOERR | CANTOPEN | PROTOCOL) => StoreErrorKind::Unavailable,
        Some(CORRUPT | NOTADB) => StoreErrorKind::Corrupt,
        Some(FULL) => StoreErrorKind::Full,
        Some(_) => StoreErrorKind::Other,
        None if matches!(error, PoolTimedOut | PoolClosed | Io(_) | WorkerCrashed) => {
            StoreErrorKind::Unavailable
        }
        None if matches!(error, ColumnDecode { .. } | ColumnIndexOutOfBounds { .. } | Decode(_)) => {
            StoreErrorKind::Corrupt
        }
        None => StoreErrorKind::Other,
    }
}

/// Tells whether another connection had locked the database.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    matches!(primary_code(error), Some(BUSY | LOCKED | PROTOCOL))
}

/// Tells whether the thread of a connection has ended, so that the connection is of no use any more.
pub(crate) fn is_lost(failure: &Failure) -> bool {
    matches!(failure, Failure::Driver(sqlx::Error::WorkerCrashed))
}

/// Tells whether the file could not be opened.
pub(crate) fn is_cant_open(error: &sqlx::Error) -> bool {
    primary_code(error) == Some(CANTOPEN)
}

/// Tells whether the key of a write exists already.
pub(crate) fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.is_unique_violation())
}

/// Tells whether the table of a statement does not exist. SQLite has a single result code for all mistakes in
/// a statement, so only the message tells them apart.
pub(crate) fn is_missing_table(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.message().starts_with("no such table"))
}

/// Tells whether a column of a statement does not exist.
pub(crate) fn is_missing_column(error: &sqlx::Error) -> bool {
    let message = error.as_database_error().map(|error| error.message()).unwrap_or_default();
    message.starts_with("no such column") || message.contains(" has no column named ")
}

/// Returns the primary result code, without the bits that make it an extended one.
fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_connection_without_its_thread_is_lost() {
        assert!(is_lost(&Failure::Driver(sqlx::Error::WorkerCrashed)));
        assert!(!is_lost(&Failure::Driver(sqlx::Error::PoolTimedOut)) && !is_lost(&Failure::BadCursor));
    }
}
