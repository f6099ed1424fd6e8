//! The error of a store.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

/// Why a store could not do what it was asked. It names the store and keeps the cause.
#[derive(Clone, Debug, thiserror::Error)]
#[error("session store {store}: {kind}")]
#[non_exhaustive]
pub struct StoreError {
    /// The store's name: `memory`, `sqlite` and the like.
    pub store: &'static str,
    /// What kind of failure it is.
    pub kind: StoreErrorKind,
    /// The cause.
    #[source]
    pub source: Option<Arc<dyn StdError + Send + Sync>>,
}

impl StoreError {
    /// An error of `store` without a further cause.
    #[must_use]
    pub const fn new(store: &'static str, kind: StoreErrorKind) -> Self {
        Self { store, kind, source: None }
    }

    /// The same error with its cause. The cause's text must hold no key and no payload.
    #[must_use]
    pub fn with_source(self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { source: Some(Arc::from(source.into())), ..self }
    }
}

/// The kinds of a store's failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// It cannot be reached, or did not answer in time. Trying later may help.
    Unavailable,
    /// It holds something that is no record, or a payload that the data serializer does not read.
    Corrupt,
    /// It has no room for another session.
    Full,
    /// Something else, which trying again will not mend.
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
    fn an_error_names_the_store_and_what_kind_of_failure_it_is() {
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
