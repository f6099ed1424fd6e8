//! What a call of a store can fail of.

use std::error::Error as StdError;
use std::path::PathBuf;
use std::time::Duration;

use session_core::store::{StoreError, StoreErrorKind};

use crate::table::TableName;

/// Why a call failed. No text of it holds a key, an owner or a payload: drivers name tables and columns, never values.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Driver(#[from] sqlx::Error),
    #[error("a row of the table {table} is no record: {problem}")]
    BadRow { table: TableName, problem: &'static str },
    #[error("the new key is taken")]
    NewKeyTaken,
    #[error("no answer within {0:?}")]
    Late(Duration),
    #[error("the table {table} is missing or older than this library: call migrate() once at start-up")]
    NotMigrated { table: TableName, source: Box<Failure> },
    #[error(
        "the schema of table {table} is version {found}, this library knows up to {known}: update the library"
    )]
    NewerSchema { table: TableName, found: i64, known: i64 },
    #[error("cannot open {}", path.display())]
    Open { path: PathBuf, kind: StoreErrorKind, source: Box<dyn StdError + Send + Sync> },
}

impl Failure {
    /// The failure as the contract has it; `kind` knows the driver's own.
    pub(crate) fn of(
        self,
        store: &'static str,
        kind: impl FnOnce(&sqlx::Error) -> StoreErrorKind,
    ) -> StoreError {
        let kind = match &self {
            Self::Driver(error) => kind(error),
            Self::BadRow { .. } => StoreErrorKind::Corrupt,
            Self::Late(_) => StoreErrorKind::Unavailable,
            Self::Open { kind, .. } => *kind,
            Self::NewKeyTaken | Self::NotMigrated { .. } | Self::NewerSchema { .. } => StoreErrorKind::Other,
        };
        StoreError::new(store, kind).with_source(self)
    }
}
