//! Errors, and the replies that they become.

use std::fmt;

use http::StatusCode;
use warp::reject::{Reject, Rejection};
use warp::reply::{Reply, Response};

/// A [`session_core::Error`] that is also a reply, so that handlers can use `?`.
///
/// Its status is 503 if the store failed or other requests kept changing the session, 409 if the changes were
/// dropped and `fail_on_dropped_changes` is set, and 500 for a mistake in the program. The client sees only
/// the status. The error itself is in the response's extensions, for a filter that logs.
///
/// ```
/// use session_core::store::{StoreError, StoreErrorKind};
/// use warp::Reply;
///
/// let outage = StoreError::new("sqlite", StoreErrorKind::Unavailable);
/// let response = session_warp::Error::from(session_core::Error::from(outage)).into_response();
/// assert_eq!(response.status(), 503);
/// assert!(response.extensions().get::<session_core::Error>().is_some());
/// ```
///
/// A handler that rejects can return it as a [`Rejection`], which [`recover`] turns into the reply.
#[derive(Clone)]
pub struct Error(pub session_core::Error);

impl From<session_core::Error> for Error {
    fn from(error: session_core::Error) -> Self {
        Self(error)
    }
}

/// Shows only the status, because warp sends the `Debug` text of an unhandled rejection to the client.
/// `Display` shows the error.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({})", self.0.status())
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

impl Reply for Error {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        *response.status_mut() =
            StatusCode::from_u16(self.0.status()).expect("an error's status is a valid HTTP status");
        response.extensions_mut().insert(self.0);
        response
    }
}

impl Reject for Error {}

/// Turns a rejection that is an [`Error`] into its reply, and returns any other rejection unchanged.
///
/// Without it, warp responds to such a rejection with 500, even if the store is down.
///
/// ```
/// use session_warp::{Session, SessionFactory, SessionFilter as _};
/// use warp::{Filter, Rejection, Reply};
///
/// async fn account(session: Session) -> Result<String, Rejection> {
///     let name = session.get::<String>("name").map_err(session_warp::Error)?;
///     name.ok_or_else(warp::reject::not_found)
/// }
///
/// fn site(sessions: &SessionFactory) -> impl Filter<Extract = (impl Reply,), Error = Rejection> + Clone {
///     warp::path("account").session(sessions, account).recover(session_warp::recover)
/// }
/// ```
///
/// # Errors
///
/// Returns every other rejection.
pub async fn recover(rejection: Rejection) -> Result<Response, Rejection> {
    rejection.find::<Error>().cloned().map(Reply::into_response).ok_or(rejection)
}
