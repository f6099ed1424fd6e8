//! Errors, and the responses that they become.

use std::fmt;

use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use session_core::adapter::Name;

/// A [`session_core::Error`] that is also a response, so that handlers can use `?`.
///
/// Its status is 503 if the store failed or other requests kept changing the session, 409 if the changes were
/// dropped and `fail_on_dropped_changes` is set, and 500 for a mistake in the program. The client sees only
/// the status. The error itself is in the response's extensions, for a layer that logs.
///
/// ```
/// use axum::response::IntoResponse;
/// use session_core::store::{StoreError, StoreErrorKind};
///
/// let outage = StoreError::new("sqlite", StoreErrorKind::Unavailable);
/// let response = session_axum::Error::from(session_core::Error::from(outage)).into_response();
/// assert_eq!(response.status(), 503);
/// assert!(response.extensions().get::<session_core::Error>().is_some());
/// ```
#[derive(Clone, Debug)]
pub struct Error(pub session_core::Error);

impl From<session_core::Error> for Error {
    fn from(error: session_core::Error) -> Self {
        Self(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        bare(self.0)
    }
}

/// Makes the response for an error, which has the error's status and no body.
pub(crate) fn bare<B: Default>(error: session_core::Error) -> http::Response<B> {
    let mut response = http::Response::new(B::default());
    *response.status_mut() =
        StatusCode::from_u16(error.status()).expect("an error's status is a valid HTTP status");
    response.extensions_mut().insert(error);
    response
}

/// The error of a handler that asks for its session on a route without a
/// [`SessionLayer`](crate::SessionLayer), or by a name that no layer of the route has.
///
/// As a response it is a 500 whose text says which layer to add.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingLayer {
    pub(crate) name: Option<Name>,
}

impl fmt::Display for MissingLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            None => f.write_str(
                "this route has no SessionLayer: add `.layer(SessionLayer::new(sessions))` to its Router, after the route",
            ),
            Some(name) => write!(
                f,
                "this route has no SessionLayer named `{name}`: add `.layer(SessionLayer::named::<{name}>(sessions))` to its Router, after the route",
            ),
        }
    }
}

impl std::error::Error for MissingLayer {}

impl IntoResponse for MissingLayer {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.to_string()).into_response()
    }
}

/// The error of the extractors [`Session`](crate::Session), [`ReadOnlySession`](crate::ReadOnlySession),
/// [`Devices`](crate::Devices) and [`Named`](crate::Named).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Rejection {
    /// The route has no layer, or none of that name. This is a mistake in the program; the response is 500.
    MissingLayer(MissingLayer),
    /// The session could not be loaded. The response is 503.
    Session(Error),
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingLayer(error) => error.fmt(f),
            Self::Session(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Rejection {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::MissingLayer(error) => Some(error),
            Self::Session(error) => Some(error),
        }
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        match self {
            Self::MissingLayer(error) => error.into_response(),
            Self::Session(error) => error.into_response(),
        }
    }
}
