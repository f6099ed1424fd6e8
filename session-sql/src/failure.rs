//! The ways in which a store call can fail.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use session_core::store::after_miss::NewKeyTaken;
use session_core::store::{StoreError, StoreErrorKind};

use crate::name::TableName;

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
    #[error("the store was closed")]
    Closed,
    #[error("the runtime of the task that made the call was shut down, so it may or may not be done")]
    Ended,
    #[error(
        "the table {table} is missing or does not have the layout of this release: call migrate() once at start-up, or restart the process if a newer release has migrated the table"
    )]
    NotMigrated { table: TableName, source: Option<Box<Failure>> },
    #[error(
        "table {table} has schema version {found}, but this library knows only up to {known}: update the library"
    )]
    NewerSchema { table: TableName, found: i64, known: i64 },
    #[error(transparent)]
    OfDialect(OfDialect),
    /// The failure of a statement for several calls.
    #[error(transparent)]
    OfBatch(Arc<Failure>),
}

/// A failure that only one of the databases has.
#[derive(Debug)]
pub(crate) struct OfDialect {
    kind: StoreErrorKind,
    error: Box<dyn StdError + Send + Sync>,
}

impl Failure {
    pub(crate) fn of_dialect(kind: StoreErrorKind, error: impl StdError + Send + Sync + 'static) -> Self {
        Self::OfDialect(OfDialect { kind, error: Box::new(error) })
    }

    /// Returns the failure that only one database has, if it is of this type.
    #[cfg(feature = "mysql")]
    pub(crate) fn dialect<E: StdError + 'static>(&self) -> Option<&E> {
        let Self::OfDialect(failure) = self else { return None };
        failure.error.downcast_ref()
    }

    /// Makes the error that the store contract asks for. `kind` classifies the driver's errors.
    pub(crate) fn of(
        self,
        store: &'static str,
        kind: impl FnOnce(&sqlx::Error) -> StoreErrorKind,
    ) -> StoreError {
        let kind = self.kind(kind);
        StoreError::new(store, kind).with_source(self)
    }

    fn kind(&self, of_driver: impl FnOnce(&sqlx::Error) -> StoreErrorKind) -> StoreErrorKind {
        match self {
            Self::Driver(error) => of_driver(error),
            Self::BadRow { .. } => StoreErrorKind::Corrupt,
            Self::Late(_) | Self::Closed | Self::Ended => StoreErrorKind::Unavailable,
            Self::OfDialect(failure) => failure.kind,
            Self::OfBatch(failure) => failure.kind(of_driver),
            Self::NewKeyTaken(_) | Self::BadCursor | Self::NotMigrated { .. } | Self::NewerSchema { .. } => {
                StoreErrorKind::Other
            }
        }
    }
}

impl fmt::Display for OfDialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl StdError for OfDialect {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.error.source()
    }
}
