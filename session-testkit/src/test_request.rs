//! Requests without a server, for the tests of an application.

use std::fmt;

use session_core::adapter::{Exchange, Notice};
use session_core::{
    Devices, Error, MemoryStore, ReadOnlySession, Session, SessionFactory, SessionOptions, UnloadedSession,
};

/// Returns the value of a Cookie header that brings along a new session, prepared by a closure.
///
/// The session is made by a real exchange, and saved in the factory's store. Send the header with a request to
/// your application, as the browser of a user does who has signed in before.
///
/// ```
/// # use session_core::{MemoryStore, SessionFactory, SessionOptions};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let options = SessionOptions::new("thirty-two bytes of secret, or more").hardened();
/// let sessions = SessionFactory::new(options, MemoryStore::new())?;
///
/// let cookie = session_testkit::cookie(&sessions, |session| session.sign_in(7)).await?;
/// assert!(cookie.starts_with("__Host-session="));
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// Returns [`NoCookie::Empty`] if the closure leaves the session empty, and [`NoCookie::Error`] if it fails or
/// the session cannot be saved.
///
/// # Cancellation
///
/// If the future is dropped, the session may be in the store, and nobody has its cookie.
pub async fn cookie<T>(
    sessions: &SessionFactory,
    prepare: impl FnOnce(&Session) -> Result<T, Error>,
) -> Result<String, NoCookie> {
    let request = TestRequest::of(sessions);
    prepare(&request.session().await?)?;
    request.finish().await?.cookie.ok_or(NoCookie::Empty)
}

/// The error of [`cookie`]. Its `Debug` is its text, for `unwrap`.
#[derive(Clone)]
#[non_exhaustive]
pub enum NoCookie {
    /// The closure has left the session empty, and an empty session is not saved and has no cookie.
    Empty,
    /// The closure failed, or the session could not be saved.
    Error(Error),
}

impl From<Error> for NoCookie {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl fmt::Display for NoCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str(
                "the prepared session stayed empty, so it has no cookie: sign in or insert a value in the closure, or send no cookie for a new visitor",
            ),
            Self::Error(error) => write!(f, "the session could not be prepared: {error}"),
        }
    }
}

impl fmt::Debug for NoCookie {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for NoCookie {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Empty => None,
            Self::Error(error) => Some(error),
        }
    }
}

/// A request without a server, for tests that call a handler directly.
///
/// It is a real exchange of a [`SessionFactory`]. Give its session to the handler, and
/// [`finish`](TestRequest::finish) it with the handler's response; that saves the session, and returns the
/// next request of the same browser, whose session shows what was saved.
///
/// ```
/// use session_core::{Error, Session};
/// use session_testkit::TestRequest;
///
/// // A handler. With axum or Rocket it takes the adapter's `Session`; pass it `Session(request.session().await?)`.
/// async fn sign_in(session: Session) -> Result<&'static str, Error> {
///     session.sign_in(7)?;
///     Ok("Welcome.")
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// let request = TestRequest::new();
/// assert_eq!(sign_in(request.session().await?).await?, "Welcome.");
///
/// let next = request.finish().await?;
/// assert_eq!(next.session().await?.owner().unwrap().as_str(), "7");
/// # Ok(())
/// # }
/// ```
pub struct TestRequest {
    sessions: SessionFactory,
    exchange: Exchange,
    cookie: Option<String>,
    /// The notice of the request before this one.
    notice: Option<Notice>,
}

impl TestRequest {
    /// Creates the request of a new visitor, with the [hardened](SessionOptions::hardened) options and a
    /// store in memory of its own.
    ///
    /// # Panics
    ///
    /// Never: the options are valid.
    #[must_use]
    #[allow(clippy::new_without_default, reason = "a request is not a default value of anything")]
    pub fn new() -> Self {
        let options = SessionOptions::new("the secret of a test, longer than 32 bytes").hardened();
        let sessions = SessionFactory::new(options, MemoryStore::new());
        Self::of(&sessions.expect("the options are valid"))
    }

    /// Creates the request of a new visitor to an application that uses this factory.
    #[must_use]
    pub fn of(sessions: &SessionFactory) -> Self {
        Self::with(sessions.clone(), None)
    }

    /// Creates a request with this Cookie header, such as one that [`cookie`] returns. It may have other
    /// cookies, too.
    #[must_use]
    pub fn with_cookie(sessions: &SessionFactory, cookie: impl Into<String>) -> Self {
        Self::with(sessions.clone(), Some(cookie.into()))
    }

    fn with(sessions: SessionFactory, cookie: Option<String>) -> Self {
        let exchange = sessions.begin(cookie.as_deref().map(str::as_bytes));
        Self { sessions, exchange, cookie, notice: None }
    }

    /// Returns the request's session. The first call loads it.
    ///
    /// # Errors
    ///
    /// Fails if the session cannot be loaded.
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses nothing.
    pub async fn session(&self) -> Result<Session, Error> {
        self.exchange.session().await
    }

    /// Returns the request's session without loading it.
    #[must_use]
    pub fn unloaded(&self) -> UnloadedSession {
        self.exchange.unloaded()
    }

    /// Returns the request's session for reading only. The first call loads it.
    ///
    /// # Errors
    ///
    /// Fails if the session cannot be loaded.
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses nothing.
    pub async fn read_only(&self) -> Result<ReadOnlySession, Error> {
        self.exchange.read_only().await
    }

    /// Returns the sessions of the signed-in user.
    ///
    /// # Errors
    ///
    /// Fails if the session cannot be loaded.
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses nothing.
    pub async fn devices(&self) -> Result<Devices, Error> {
        self.exchange.devices().await
    }

    /// Returns the notice about the save of the request before this one, the one whose
    /// [`finish`](TestRequest::finish) returned this request. The adapters pass it on with the response.
    #[must_use]
    pub fn notice(&self) -> Option<Notice> {
        self.notice
    }

    /// Returns the request's Cookie header.
    #[must_use]
    pub fn cookie(&self) -> Option<&str> {
        self.cookie.as_deref()
    }

    /// Ends the request with a response of status 200, saves the session, and returns the next request of the
    /// same browser. Its Cookie header has the session's new cookie, and all cookies of other names that this
    /// request has.
    ///
    /// # Errors
    ///
    /// Fails if the session could not be loaded or saved. The adapter then responds with the error's status
    /// instead of the handler's response.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, the session may or may not be saved.
    pub async fn finish(self) -> Result<Self, Error> {
        self.finish_with(200).await
    }

    /// Ends the request with a response of this status. Otherwise this is the same as [`TestRequest::finish`].
    ///
    /// # Errors
    ///
    /// Fails if the session could not be loaded or saved.
    ///
    /// # Cancellation
    ///
    /// If the future is dropped, the session may or may not be saved.
    pub async fn finish_with(self, status: u16) -> Result<Self, Error> {
        let effects = self.exchange.finish(status).await?;
        let cookie = match effects.set_cookie {
            Some(text) => replaced(self.cookie.as_deref().unwrap_or_default(), &text),
            None => self.cookie,
        };
        Ok(Self { notice: effects.notice, ..Self::with(self.sessions, cookie) })
    }
}

/// Returns the Cookie header after a response with this Set-Cookie header, which sets or removes one of the
/// cookies.
fn replaced(cookies: &str, set_cookie: &str) -> Option<String> {
    let pair = set_cookie.split(';').next().unwrap_or_default();
    let name = |pair: &str| pair.split('=').next().unwrap_or_default().trim().to_owned();
    let is_removal = pair.split_once('=').is_none_or(|(_, value)| value.is_empty());
    let others = cookies.split(';').map(str::trim);
    let others = others.filter(|other| !other.is_empty() && name(other) != name(pair));
    let pairs: Vec<_> = others.chain((!is_removal).then_some(pair)).collect();
    (!pairs.is_empty()).then(|| pairs.join("; "))
}

impl fmt::Debug for TestRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestRequest").field("has_cookie", &self.cookie.is_some()).finish_non_exhaustive()
    }
}
