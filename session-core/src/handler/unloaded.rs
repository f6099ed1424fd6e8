//! The handle that can only end the session: for log-out.

use crate::adapter::exchange::Exchange;
use crate::error::Error;

/// The session of one request, not loaded. It can be ended, for one call of the store, and also if its record cannot be read.
///
/// ```
/// # use session_core::{Error, UnloadedSession};
/// async fn log_out(session: UnloadedSession) -> Result<(), Error> {
///     session.invalidate()
/// }
/// ```
#[derive(Debug)]
pub struct UnloadedSession {
    exchange: Exchange,
}

impl Exchange {
    /// The handle that ends the session without loading it.
    #[must_use]
    pub fn unloaded(&self) -> UnloadedSession {
        self.ask();
        UnloadedSession { exchange: self.clone() }
    }
}

impl UnloadedSession {
    /// Ends the session with the response: its record is deleted and its cookie removed, whatever other requests do to it meanwhile.
    ///
    /// # Errors
    ///
    /// [`Error::Finished`] if the response has begun.
    #[doc(alias("sign_out", "log_out", "logout", "destroy"))]
    pub fn invalidate(&self) -> Result<(), Error> {
        self.exchange.end()
    }
}

/// A handler that panics changes nothing.
impl Drop for UnloadedSession {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.exchange.do_not_end();
        }
    }
}
