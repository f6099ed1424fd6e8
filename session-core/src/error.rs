//! The error type of handlers, which combines the errors of stores and of values.

use std::sync::Arc;

use crate::protocol::change::ValueError;
use crate::store::error::StoreError;

/// The error of a session that could not be read, changed or saved.
///
/// A handler returns the type of this name from the adapter for its framework, so that `?` turns the error
/// into a response.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The store failed. The response has status 503.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A value does not have the requested type, or cannot be written as JSON. The response has status 500.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// Other requests kept changing the same session for longer than `conflict_timeout`. Nothing was written.
    /// The response has status 503.
    #[error(
        "the session is contended: other requests kept changing it for all of conflict_timeout; try again"
    )]
    Contended,
    /// The changes were not saved, because another request has ended the session or given it a new ID in the
    /// meantime. This error is returned only with the option
    /// [`fail_on_dropped_changes`](crate::SessionOptions::fail_on_dropped_changes). The response has status
    /// 409.
    #[error(
        "the changes of the session were dropped: another request has ended or renewed it; load the page again"
    )]
    ChangesDropped,
    /// The session is larger than the option
    /// [`max_payload`](crate::SessionOptions::max_payload) or the store allows. It was not written; if the
    /// request has invalidated an earlier session, that session has ended. The response has status 500.
    #[error(
        "the session's {part} has {size} bytes, more than the limit of {limit}: keep less in the session, or raise the limit (option `max_payload`, or the store's)"
    )]
    #[non_exhaustive]
    TooLarge {
        /// The part that is too large: `payload`, `owner` or `label`.
        part: &'static str,
        /// The size of the part in bytes.
        size: usize,
        /// The largest size in bytes.
        limit: usize,
    },
    /// Another factory, whose layer the request has passed before, sets a cookie of the same name. The
    /// browser would keep only one of the two. This is a mistake in the program; the response has status 500.
    #[error(
        "two session factories of this request set the cookie `{cookie_name}`: give one of them another `cookie_name`"
    )]
    #[non_exhaustive]
    SameCookieName {
        /// The name of the cookie.
        cookie_name: Arc<str>,
    },
    /// The response has begun, so a change can no longer be saved. The response has status 500 if it is not
    /// sent yet.
    #[error("the session is finished: the response has begun, so a change can no longer be saved")]
    Finished,
}

impl Error {
    /// Returns the HTTP status of the response to a request that failed with this error: 409, 500 or 503.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Store(_) | Self::Contended => 503,
            Self::ChangesDropped => 409,
            Self::Value(_) | Self::TooLarge { .. } | Self::SameCookieName { .. } | Self::Finished => 500,
        }
    }
}
