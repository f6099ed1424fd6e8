//! The handle that reads the session without prolonging it.

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::adapter::exchange::Exchange;
use crate::error::Error;
use crate::handler::session::Session;
use crate::handler::value_key::ValueName;
use crate::owner::Owner;
use crate::time::UnixTime;

/// The session of one request, which is only read. A page that asks again and again by itself takes this
/// instead of [`Session`], so that it does not keep the session from timing out.
///
/// The request neither prolongs the session nor sends a cookie, except to correct a time that lies ahead of
/// the clock, and the handle tells the time that is left. If a handler, a layer or an extractor of the same
/// request takes a [`Session`] or [`Devices`](crate::Devices) as well, the request prolongs the session.
///
/// ```
/// # use session_core::{Error, ReadOnlySession};
/// /// For a banner "you will be signed out in 50 seconds".
/// async fn seconds_left(session: ReadOnlySession) -> Result<String, Error> {
///     Ok(match session.time_left() {
///         Some(left) => left.as_secs().to_string(),
///         None => "for ever".to_owned(),
///     })
/// }
/// ```
///
/// All methods are those of [`Session`] with the same names, except for
/// [`time_left`](ReadOnlySession::time_left).
#[derive(Clone, Debug)]
pub struct ReadOnlySession {
    session: Session,
}

impl Exchange {
    /// Loads the request's session, as [`Exchange::session`] does, and returns a handle that only reads it.
    ///
    /// # Errors
    ///
    /// Fails as [`Exchange::session`] does.
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses nothing; the next call loads again.
    pub async fn read_only(&self) -> Result<ReadOnlySession, Error> {
        Ok(ReadOnlySession { session: self.loaded().await? })
    }
}

impl ReadOnlySession {
    /// Returns the time that is left until the session ends if it is not used again. It is zero if there is
    /// no session, and `None` if the session never ends.
    ///
    /// The time counts from this request's load to the earliest of four: the idle timeout and the cookie's
    /// [`max_age`](crate::SessionOptions::max_age), both since the cookie was sent, the stored expiry, and
    /// the end of the absolute lifetime.
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        self.session.time_left()
    }

    /// Returns the value called `name`, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Value`], and not `None`, if the value is not of type `T`.
    pub fn get<T: DeserializeOwned>(&self, name: impl ValueName<T>) -> Result<Option<T>, Error> {
        self.session.get(name)
    }

    /// Returns the messages of a flash queue, oldest first, and leaves them there.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Value`] if one of the messages has another type.
    pub fn peek_flash<T: DeserializeOwned>(&self, queue: &str) -> Result<Vec<T>, Error> {
        self.session.peek_flash(queue)
    }

    /// Tells whether there is a value called `name`.
    #[must_use]
    pub fn contains_key(&self, name: &str) -> bool {
        self.session.contains_key(name)
    }

    /// Returns a copy of all values by name.
    #[must_use]
    pub fn entries(&self) -> Map<String, Value> {
        self.session.entries()
    }

    /// Returns the owner of the session, or `None` if nobody is signed in.
    #[must_use]
    pub fn owner(&self) -> Option<Owner> {
        self.session.owner()
    }

    /// Returns the label of the session, or `None` if there is none.
    #[must_use]
    pub fn label(&self) -> Option<Arc<str>> {
        self.session.label()
    }

    /// Tells whether the store had no session for this request.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.session.is_new()
    }

    /// Tells whether another request has given the session a new ID within the last minute.
    #[must_use]
    pub fn was_renewed_elsewhere(&self) -> bool {
        self.session.was_renewed_elsewhere()
    }

    /// Returns the time at which the session began.
    #[must_use]
    pub fn created(&self) -> UnixTime {
        self.session.created()
    }

    /// Returns the time at which the session was last changed or prolonged, or `None` if it is new.
    #[must_use]
    pub fn last_used(&self) -> Option<UnixTime> {
        self.session.last_used()
    }

    /// Returns the idle timeout, or `None` if there is none.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.session.timeout()
    }
}
