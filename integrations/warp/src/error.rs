//! Errors as replies.

use std::fmt;

use http::StatusCode;
use warp::reject::{Reject, Rejection};
use warp::reply::{Reply, Response};

/// [`session_core::Error`] as a reply, so that `?` works in a handler: 503 if the store failed, 500 for a mistake of the program's.
/// The error itself goes along in the response's extensions, for a filter that logs; the client reads no more than the status.
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
/// A handler that rejects can pass it on as a [`Rejection`], and [`recover`] makes the reply of it.
#[derive(Clone)]
pub struct Error(pub session_core::Error);

impl From<session_core::Error> for Error {
    fn from(error: session_core::Error) -> Self {
        Self(error)
    }
}

/// The status alone: warp sends the `Debug` of a rejection that nobody has recovered from to the client. What happened is in `Display`.
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
            StatusCode::from_u16(self.0.status()).expect("an error's status is a number of HTTP's");
        response.extensions_mut().insert(self.0);
        response
    }
}

impl Reject for Error {}

/// Makes the reply of a rejection that is an [`Error`], and passes any other on: without it warp answers 500 to an outage.
///
/// ```
/// use session_warp::{Session, SessionFilter as _, session_core::SessionFactory};
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
/// Every other rejection.
pub async fn recover(rejection: Rejection) -> Result<Response, Rejection> {
    rejection.find::<Error>().cloned().map(Reply::into_response).ok_or(rejection)
}
