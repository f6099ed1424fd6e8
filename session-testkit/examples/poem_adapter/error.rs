//! Errors as responses.

use poem::Response;
use poem::error::ResponseError;
use poem::http::StatusCode;
use session_core::adapter::Name;
use thiserror::Error as ThisError;

/// The library's error, so that `?` works in a handler.
#[derive(Debug, ThisError)]
#[error(transparent)]
pub(crate) struct Error(#[from] pub(crate) session_core::Error);

/// A handler asked for its session, but no middleware was there to begin one.
#[derive(Debug, ThisError)]
pub(crate) enum MissingSessions {
    #[error("this route has no sessions: add `.with(Sessions::new(sessions))` to its Route")]
    Any,
    #[error(
        "this route has no sessions named `{0}`: add `.with(Sessions::named::<{0}>(sessions))` to its Route"
    )]
    Named(Name),
}

impl ResponseError for Error {
    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status()).expect("an error's status is a number of HTTP's")
    }

    /// Bare: what went wrong is for a middleware that logs, among the response's extensions, and not for the client.
    fn as_response(&self) -> Response {
        Response::builder().status(self.status()).extension(self.0.clone()).finish()
    }
}

impl ResponseError for MissingSessions {
    fn status(&self) -> StatusCode {
        StatusCode::INTERNAL_SERVER_ERROR
    }
}
