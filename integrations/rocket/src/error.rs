//! Errors, and the responses that they become.

use std::fmt;
use std::sync::OnceLock;

use rocket::http::{ContentType, Status};
use rocket::response::{Responder, Result};
use rocket::{Request, Response};
use session_core::adapter::{Name, Notice};

/// A [`session_core::Error`] that is also a response, so that handlers can use `?`.
///
/// Its status is 503 if the store failed or other requests kept changing the session, 409 if the changes were
/// dropped and `fail_on_dropped_changes` is set, and 500 for a mistake in the program. The client sees only
/// the status: the response has no body, and no catcher is asked for one. The error itself is kept with the
/// request, for a fairing that logs; see [`Error::of`].
///
/// ```
/// # use rocket::get;
/// use session_rocket::{Error, Session};
///
/// #[get("/")]
/// fn greet(session: Session) -> Result<String, Error> {
///     let name: Option<String> = session.get("name")?;
///     Ok(format!("Hello, {}.", name.as_deref().unwrap_or("stranger")))
/// }
/// # let _ = rocket::routes![greet];
/// ```
#[derive(Clone, Debug)]
pub struct Error(pub session_core::Error);

/// The first error of a request, in the request's local cache.
#[derive(Default)]
struct Noted(OnceLock<Error>);

impl Error {
    /// Returns the first error of this request's session, or `None` if there was no error.
    ///
    /// Call it from catchers, and from fairings that are attached after [`Sessions`](crate::Sessions).
    ///
    /// ```
    /// # use rocket::{Build, Rocket, fairing::AdHoc};
    /// # fn doc(rocket: Rocket<Build>) -> Rocket<Build> {
    /// rocket.attach(AdHoc::on_response("failures", |request, _| Box::pin(async move {
    ///     if let Some(error) = session_rocket::Error::of(request) {
    ///         eprintln!("{error}");
    ///     }
    /// })))
    /// # }
    /// ```
    #[must_use]
    pub fn of<'r>(request: &'r Request<'_>) -> Option<&'r Self> {
        request.local_cache(Noted::default).0.get()
    }

    pub(crate) fn note(self, request: &Request<'_>) {
        request.local_cache(Noted::default).0.get_or_init(|| self);
    }
}

/// The first notice of a request, in the request's local cache.
#[derive(Default)]
struct NotedNotice(OnceLock<Notice>);

/// Returns the notice about this request's session, or `None` if everything went as the handler said: its
/// changes were saved, and its sign-in took effect. With several factories it is that of the session which is
/// saved first.
///
/// Call it from fairings that are attached after [`Sessions`](crate::Sessions).
///
/// ```
/// # use rocket::{Build, Rocket, fairing::AdHoc};
/// # fn doc(rocket: Rocket<Build>) -> Rocket<Build> {
/// rocket.attach(AdHoc::on_response("dropped changes", |request, _| Box::pin(async move {
///     if let Some(notice) = session_rocket::notice(request) {
///         eprintln!("{}: {notice:?}", request.uri());
///     }
/// })))
/// # }
/// ```
#[must_use]
pub fn notice(request: &Request<'_>) -> Option<Notice> {
    request.local_cache(NotedNotice::default).0.get().copied()
}

pub(crate) fn note(notice: Notice, request: &Request<'_>) {
    request.local_cache(NotedNotice::default).0.get_or_init(|| notice);
}

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

impl<'r> Responder<'r, 'static> for Error {
    fn respond_to(self, request: &'r Request<'_>) -> Result<'static> {
        Ok(bare(self, request))
    }
}

/// Makes the response for an error, which has the error's status and no body, and notes the error.
pub(crate) fn bare<'r>(error: Error, request: &Request<'_>) -> Response<'r> {
    let mut response = Response::new();
    response.set_status(Status::new(error.0.status()));
    error.note(request);
    response
}

/// The error of a handler that asks for its session while [`Sessions`](crate::Sessions) is not attached, or
/// not by the name that the handler uses.
///
/// As a response it is a 500 whose text says what to attach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissingFairing {
    name: Option<Name>,
}

impl MissingFairing {
    pub(crate) fn of<N: 'static>() -> Self {
        Self { name: name::<N>() }
    }
}

/// Returns the name that `N` is; `()` stands for none.
pub(crate) fn name<N: 'static>() -> Option<Name> {
    let name = Name::of::<N>();
    (name != Name::of::<()>()).then_some(name)
}

impl fmt::Display for MissingFairing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name {
            None => f.write_str("this Rocket has no sessions: add `.attach(Sessions::fairing(sessions))` or `.attach(Sessions::configured(store))` to it"),
            Some(name) => write!(f, "this Rocket has no sessions named `{name}`: add `.attach(Sessions::fairing(sessions).named::<{name}>())` to it"),
        }
    }
}

impl std::error::Error for MissingFairing {}

impl<'r> Responder<'r, 'static> for MissingFairing {
    fn respond_to(self, request: &'r Request<'_>) -> Result<'static> {
        (Status::InternalServerError, (ContentType::Plain, self.to_string())).respond_to(request)
    }
}

/// The error of the request guards [`Session`](crate::Session), [`ReadOnlySession`](crate::ReadOnlySession),
/// [`Devices`](crate::Devices) and [`Named`](crate::Named).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum GuardError {
    /// The fairing is missing, or none has that name. This is a mistake in the program; the response is 500.
    MissingFairing(MissingFairing),
    /// The session could not be loaded. The response is 503.
    Session(Error),
}

impl From<MissingFairing> for GuardError {
    fn from(missing: MissingFairing) -> Self {
        Self::MissingFairing(missing)
    }
}

impl fmt::Display for GuardError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MissingFairing(error) => error.fmt(f),
            Self::Session(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for GuardError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::MissingFairing(error) => Some(error),
            Self::Session(error) => Some(error),
        }
    }
}

impl<'r> Responder<'r, 'static> for GuardError {
    fn respond_to(self, request: &'r Request<'_>) -> Result<'static> {
        match self {
            Self::MissingFairing(error) => error.respond_to(request),
            Self::Session(error) => error.respond_to(request),
        }
    }
}
