//! The times of a session: its beginning, its last use and its limits.

use std::time::Duration;

use crate::error::Error;
use crate::handler::session::Session;
use crate::protocol::state::{Origin, Stored};
use crate::time::UnixTime;

impl Session {
    /// Returns the time at which the session began: the first request that stored it, or the last sign-in.
    /// For a new session that is the current request.
    #[must_use]
    pub fn created(&self) -> UnixTime {
        self.lock().created()
    }

    /// Returns the time at which the session was last changed or prolonged before this request, or `None` if
    /// it is new. A request that only reads prolongs it at most once per
    /// [`reissue_time`](crate::SessionOptions::reissue_time).
    #[must_use]
    pub fn last_used(&self) -> Option<UnixTime> {
        self.lock().record().map(|record| record.last_used)
    }

    /// Returns the stored expiry, at which the session ends unless it is used again. Returns `None` if the
    /// session is new or never expires. Changes that this request makes do not matter.
    ///
    /// With [`max_age`](crate::SessionOptions::max_age) the browser may drop the cookie sooner.
    #[must_use]
    pub fn expires(&self) -> Option<UnixTime> {
        self.lock().record().and_then(|record| record.expires)
    }

    /// Returns the time at which the session ends even if it is in use, or `None` if the factory has no
    /// [`lifetime`](crate::SessionOptions::lifetime).
    #[must_use]
    pub fn absolute_expiry(&self) -> Option<UnixTime> {
        self.settings().limits.absolute(self.created())
    }

    /// Returns the idle timeout: the time for which the session lives without being used. `None` means for
    /// ever.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.lock().contents().timeout.or(self.settings().limits.timeout)
    }

    /// Returns the time that is left until the session ends, or the browser drops its cookie, if it is not
    /// used again. Returns `None` if neither ever happens. It is zero if the session is not stored.
    pub(crate) fn time_left(&self) -> Option<Duration> {
        let (state, settings) = (self.lock(), self.settings());
        let cookie_end = match state.origin() {
            Origin::Stored(Stored { ticket, .. }) => settings.cookie_end(ticket.timeout, ticket.issued_at),
            Origin::New | Origin::Moved { .. } => None,
        };
        let end = state.end_if_unused(&settings.limits).into_iter().chain(cookie_end).min()?;
        Some(end.since(state.asked()))
    }

    /// Gives the session an idle timeout of its own, rounded up to whole seconds, or with `None` the
    /// [`timeout`](crate::SessionOptions::timeout) of the options.
    ///
    /// With a timeout of its own, the browser keeps the cookie for this time, at most 400 days, also when the
    /// user closes the browser ("remember me"). Otherwise the cookie's age follows
    /// [`max_age`](crate::SessionOptions::max_age). The [`lifetime`](crate::SessionOptions::lifetime) of the
    /// options still ends the session.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Finished`] if the response has begun.
    pub fn set_timeout(&self, timeout: impl Into<Option<Duration>>) -> Result<(), Error> {
        let timeout = timeout.into();
        self.edit(|state| state.set_timeout(timeout))
    }
}
