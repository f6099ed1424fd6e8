//! The ways in which a store call can fail.

use std::error::Error as StdError;
use std::path::PathBuf;
use std::time::Duration;

use session_core::store::after_miss::NewKeyTaken;
use session_core::store::{StoreError, StoreErrorKind};

use crate::table::TableName;

/// The reason why a store call failed.
///
/// Its texts contain no key, owner or payload: drivers name tables and columns, but no values.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Driver(#[from] sqlx::Error),
    #[error("a row of the table {table} is not a valid record: {problem}")]
    BadRow { table: TableName, problem: &'static str },
    #[error(transparent)]
    NewKeyTaken(#[from] NewKeyTaken),
    #[error("the cursor is not one of this store")]
    BadCursor,
    #[error("the database did not respond within {0:?}")]
    Late(Duration),
    #[error(
        "the table {table} is missing or does not have the layout of this release: call migrate() once at start-up, or restart the process if a newer release has migrated the table"
    )]
    NotMigrated { table: TableName, source: Option<Box<Failure>> },
    #[error(
        "table {table} has schema version {found}, but this library knows only up to {known}: update the library"
    )]
    NewerSchema { table: TableName, found: i64, known: i64 },
    #[error(
        "SQLite {0} can lose commits in WAL mode: use 3.51.3 or later, or one of the corrected releases 3.50.7 and 3.44.6"
    )]
    UnsafeSqlite(String),
    #[error("the database file {} was deleted or replaced while it was in use: restart the process", path.display())]
    FileReplaced { path: PathBuf },
    #[error("cannot open {}", path.display())]
    Open { path: PathBuf, kind: StoreErrorKind, source: Box<dyn StdError + Send + Sync> },
}

impl Failure {
    /// Makes the error that the store contract asks for. `kind` classifies the driver's errors.
    pub(crate) fn of(
        self,
        store: &'static str,
        kind: impl FnOnce(&sqlx::Error) -> StoreErrorKind,
    ) -> StoreError {
        let kind = match &self {
            Self::Driver(error) => kind(error),
            Self::BadRow { .. } => StoreErrorKind::Corrupt,
            Self::Late(_) | Self::FileReplaced { .. } => StoreErrorKind::Unavailable,
            Self::Open { kind, .. } => *kind,
            Self::NewKeyTaken(_)
            | Self::BadCursor
            | Self::NotMigrated { .. }
            | Self::NewerSchema { .. }
            | Self::UnsafeSqlite(_) => StoreErrorKind::Other,
        };
        StoreError::new(store, kind).with_source(self)
    }
}
