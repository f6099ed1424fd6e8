//! The error type of stores.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// The error of a store call. It names the store and keeps the cause.
#[derive(Clone, Debug, thiserror::Error)]
#[error("session store {store}: {kind}")]
#[non_exhaustive]
pub struct StoreError {
    /// The store's name, such as `memory` or `sqlite`.
    pub store: &'static str,
    /// The kind of the failure.
    pub kind: StoreErrorKind,
    /// The cause, if there is one.
    #[source]
    pub source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl StoreError {
    /// Creates an error of `store` without a cause.
    #[must_use]
    pub const fn new(store: &'static str, kind: StoreErrorKind) -> Self {
        Self { store, kind, source: None }
    }

    /// Returns the same error with its cause. The text of the cause must contain no store key, payload, owner
    /// or label, because errors end up in logs. Some drivers quote the values of a statement in their errors.
    #[must_use]
    pub fn with_source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { source: Some(Arc::from(source.into())), ..self }
    }
}

/// The kinds of store errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// The store cannot be reached, did not reply within its call timeout, or refuses work for now: it starts
    /// up, fails over, is a standby or has no connection left. A later request may succeed. A write may have
    /// taken effect.
    Unavailable,
    /// The store holds something that is not a valid record, or a payload that the data serializer cannot
    /// read. A record of an unknown format is corrupt, and never absent.
    Corrupt,
    /// The store has no room for another session: a full disk, a memory limit or a quota.
    Full,
    /// The store failed for another reason, and would fail again: a missing table, a missing permission, a
    /// wrong password, a new key that is taken, a value that is too large or an unknown cursor.
    Other,
}

impl fmt::Display for StoreErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unavailable => "unavailable",
            Self::Corrupt => "it holds a record that cannot be read",
            Self::Full => "no room for another session",
            Self::Other => "failed",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_store_and_the_kind_of_the_failure() {
        for (kind, text) in [
            (StoreErrorKind::Unavailable, "unavailable"),
            (StoreErrorKind::Corrupt, "it holds a record that cannot be read"),
            (StoreErrorKind::Full, "no room for another session"),
            (StoreErrorKind::Other, "failed"),
        ] {
            assert_eq!(StoreError::new("any", kind).to_string(), format!("session store any: {text}"));
        }
    }

    #[test]
    fn an_error_keeps_its_cause_beside_its_kind() {
        let error = StoreError::new("any", StoreErrorKind::Full).with_source("the disk is full");
        assert_eq!((error.store, error.kind), ("any", StoreErrorKind::Full));
        assert_eq!(error.source().map(ToString::to_string).as_deref(), Some("the disk is full"));
    }
}
