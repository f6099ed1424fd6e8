//! What SQLite's errors mean to the contract.

use session_core::store::{StoreError, StoreErrorKind};

use crate::failure::Failure;
use crate::table::TableName;

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

/// The failure as the contract has it.
pub(crate) fn store_error(failure: Failure, table: &TableName) -> StoreError {
    if let Failure::Driver(error) = &failure
        && is_not_migrated(error)
    {
        return Failure::NotMigrated { table: table.clone(), source: Box::new(failure) }.of(STORE, kind);
    }
    failure.of(STORE, kind)
}

/// What kind of failure the driver's error is.
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

/// Whether another connection was in the way.
pub(crate) fn is_busy(error: &sqlx::Error) -> bool {
    matches!(primary_code(error), Some(BUSY | LOCKED | PROTOCOL))
}

/// Whether the file could not be opened.
pub(crate) fn is_cant_open(error: &sqlx::Error) -> bool {
    primary_code(error) == Some(CANTOPEN)
}

/// Whether a key is there already.
pub(crate) fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|error| error.is_unique_violation())
}

// SQLite has one code for all that a statement can be wrong in, so the text tells.
fn is_not_migrated(error: &sqlx::Error) -> bool {
    let says = |text: &str| text.starts_with("no such table") || text.starts_with("no such column");
    error.as_database_error().is_some_and(|error| says(error.message()))
}

/// The result code without what extends it.
fn primary_code(error: &sqlx::Error) -> Option<i32> {
    let code: i32 = error.as_database_error()?.code()?.parse().ok()?;
    Some(code & 0xFF)
}
