//! The handle that signs out without loading the session.

use crate::adapter::exchange::Exchange;
use crate::error::Error;

/// The session of one request, which is not loaded. A handler that only signs out takes this instead of
/// [`Session`](crate::Session).
///
/// Ending the session costs one store call, and works even if its record cannot be read.
///
/// ```
/// # use session_core::{Error, UnloadedSession};
/// async fn sign_out(session: UnloadedSession) -> Result<(), Error> {
///     session.invalidate()
/// }
/// ```
#[derive(Debug)]
pub struct UnloadedSession {
    exchange: Exchange,
}

impl Exchange {
    /// Returns the handle that ends the session without loading it.
    #[must_use]
    pub fn unloaded(&self) -> UnloadedSession {
        self.ask();
        UnloadedSession { exchange: self.clone() }
    }
}

impl UnloadedSession {
    /// Signs out: when the response is sent, the session's record is deleted and the cookie is removed,
    /// whatever parallel requests do to the session.
    ///
    /// A [`Session`](crate::Session) of the same request is empty from now on, as after
    /// [`Session::invalidate`](crate::Session::invalidate): what the handler writes into it afterwards, such
    /// as a flash message, begins another session.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Finished`] if the response has begun.
    #[doc(alias("sign_out", "log_out", "logout", "destroy"))]
    pub fn invalidate(&self) -> Result<(), Error> {
        self.exchange.end()
    }
}

/// Takes a sign-out back if the handle is dropped by a panic, because a handler that panics changes nothing.
impl Drop for UnloadedSession {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.exchange.do_not_end();
        }
    }
}
