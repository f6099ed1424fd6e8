//! What can go wrong with a session, of all that the other files define.

use crate::protocol::change::ValueError;
use crate::store::error::StoreError;

/// Why a session could not be read, changed or saved.
///
/// A handler answers with the type of this name from the adapter for its framework, so that `?` makes a response of it.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The store failed. The answer to the request is 503.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A value is not of the type that was asked for, or has no form as JSON.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// Other requests changed the same session for longer than `conflict_timeout`. Nothing was written; the answer is 503.
    #[error(
        "the session is contended: other requests changed it again and again for all of conflict_timeout"
    )]
    Contended,
    /// The response is on its way: a change now could not be saved any more.
    #[error("the session is finished: the response has begun, so a change can no longer be saved")]
    Finished,
}

impl Error {
    /// The HTTP status of a request that failed by this.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Store(_) | Self::Contended => 503,
            Self::Value(_) | Self::Finished => 500,
        }
    }
}
