//! The session of one request, which a handler reads and changes.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::handler::json::{decoded, encoded, encoded_to_be_read};
use crate::handler::value_key::ValueName;
use crate::owner::Owner;
use crate::protocol::change::{Change, Data, Updater, ValueError};
use crate::protocol::state::{Intent, Origin, State};
use crate::setup::settings::Settings;
use crate::store::record::Version;

/// A handle on the session of the current request.
///
/// A session is the data of one visitor: JSON values by name, and an owner once the visitor has signed in. It
/// is kept in a store on the server. The browser has only a signed cookie, which holds the secret session ID.
/// A cookie that is forged, expired or unknown counts as no cookie: the request then has a new, empty
/// session.
///
/// A handler takes the type of this name from the adapter for its framework (`session_axum::Session`, for
/// example), which has all of these methods. Clones are handles on the same session, also in other tasks.
///
/// ```
/// # use session_core::{Error, Session};
/// fn visit(session: &Session) -> Result<String, Error> {
///     // Counts right even if requests are handled in parallel.
///     let visits = session.update("visits", |n: Option<u32>| n.unwrap_or(0) + 1)?;
///     Ok(format!("visit {visits}"))
/// }
///
/// fn sign_in(session: &Session, user_id: i64) -> Result<(), Error> {
///     session.sign_in(user_id)?; // after the password was checked
///     session.insert("theme", "dark")
/// }
///
/// fn sign_out(session: &Session) -> Result<(), Error> {
///     session.invalidate()
/// }
/// ```
///
/// # Loading and saving
///
/// The session is loaded when a handler asks for it, once per request. From then on every method is a plain
/// call in memory, and a change is visible to this request at once. When the handler has returned a response,
/// all changes are saved in one store call, and then the response is sent. Other requests see the changes
/// from then on. A change after the handler has returned, for instance in a task that it spawned or in a
/// streaming body, fails with [`Error::Finished`].
///
/// * If the store fails to load or save the session, the response is an empty 503 without a cookie, whatever
///   the handler returned.
/// * A visitor whose session stays empty gets no cookie, and nothing is stored, unless the handler asks for a
///   [CSRF token](Session::csrf_token).
/// * A session ends when it is not used for its idle [timeout](Session::timeout), and at the latest at its
///   [absolute expiry](Session::absolute_expiry). The idle timeout counts from the moment at which the
///   browser got the cookie. A request that uses the session, even if it only reads it, prolongs it by
///   sending a new cookie, but only if the last cookie is older than
///   [`reissue_time`](crate::SessionOptions::reissue_time), so a session may live up to `reissue_time`
///   shorter than its timeout after its last use.
/// * If the handler panics while it holds a handle, nothing is saved, not even a sign-out.
/// * A response with a status of 500 or more saves the changes like any other. With [`set_on_exception =
///   false`](crate::SessionOptions::set_on_exception) it saves nothing, except that a sign-out still takes
///   effect.
///
/// # Parallel requests
///
/// If two requests change the same session at the same time, both take effect. The library makes the changes
/// of the second request again, on top of the session that the first one has saved:
///
/// * values of different names are both kept; of two [`insert`](Session::insert)s of one name the second
///   request's wins; [`remove`](Session::remove) and [`clear`](Session::clear) also remove what the first
///   request has saved;
/// * [`update`](Session::update) runs its function again, on the value that the first request has saved;
/// * flash messages of both requests are kept.
///
/// If the first request has signed out, or has given the session a new ID by a renewal or a sign-in, the
/// changes of the second request are dropped, and it sends no cookie. The adapter is told
/// ([`Notice::ChangesDropped`](crate::adapter::Notice::ChangesDropped)), and with the option
/// [`fail_on_dropped_changes`](crate::SessionOptions::fail_on_dropped_changes) the response is a 409. A
/// request that loads its session only then can find out by [`Session::was_renewed_elsewhere`]. A sign-in or
/// a sign-out in the second request still takes effect. If other requests keep changing the session until
/// [`conflict_timeout`](crate::SessionOptions::conflict_timeout) has passed, the response is a 503, and the
/// adapter passes [`Error::Contended`] on for logging.
///
/// # Signing in and out
///
/// * [`Session::sign_in`] makes a user the owner of the session and gives it a new ID.
/// * [`Session::invalidate`] signs out: it ends the session. [`UnloadedSession`](crate::UnloadedSession) does
///   so without loading the session first, which saves a store call.
/// * [`Session::renew`] gives the session a new ID. Call it when the rights of the user change.
/// * [`Devices`](crate::Devices) can list the user's sessions, and can end each of them.
#[derive(Clone)]
pub struct Session {
    inner: Arc<SessionInner>,
}

struct SessionInner {
    state: Mutex<State>,
    settings: Arc<Settings>,
}

impl Session {
    pub(crate) fn new(state: State, settings: Arc<Settings>) -> Self {
        Self { inner: Arc::new(SessionInner { state: Mutex::new(state), settings }) }
    }

    /// Returns the value called `name`, or `None` if there is none.
    ///
    /// # When the type of a value changes
    ///
    /// After a deployment, sessions still hold values that the version before has written. A value that does
    /// not decode is an error and stays as it is, because the deployment may be rolled back. There are three
    /// ways to change the type of a value:
    ///
    /// * let the new type read the old values, for instance with `#[serde(default)]` at a new field;
    /// * give the value a new name, and leave the old one to time out;
    /// * drop an old value where one is met:
    ///
    /// ```
    /// # use session_core::{Error, Session};
    /// # fn doc(session: &Session) -> Result<(), Error> {
    /// let cart: Vec<String> = match session.get("cart") {
    ///     Err(Error::Value(_)) => { // in an adapter's handler: `session_axum::session_core::Error`
    ///         session.remove::<serde::de::IgnoredAny>("cart")?;
    ///         Vec::new()
    ///     }
    ///     cart => cart?.unwrap_or_default(),
    /// };
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// A page that reports the error should offer a button that signs out. A response with a status of 500 or
    /// more after such an error does not prolong the session.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Value`], and not `None`, if the value is not of type `T`.
    pub fn get<T: DeserializeOwned>(&self, name: impl ValueName<T>) -> Result<Option<T>, Error> {
        let (name, data) = (name.as_name(), self.data());
        self.noted(data.map().get(name).map(|value| decoded(name, value)).transpose())
    }

    /// Sets the value called `name`, and replaces an older one.
    ///
    /// The value is kept as JSON, in which a few values of Rust look alike and are not read back as they
    /// were: `Some(None)` and `Some(())` become `None`, and a map whose keys are numbers is not read back by
    /// a type with serde's attributes `tag`, `flatten` or `untagged`.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Value`] if the value cannot be written as JSON, nests deeper than 120 levels, or
    /// holds a NaN or an infinity, which JSON does not have. Returns [`Error::Finished`] if the response has
    /// begun.
    pub fn insert<T: Serialize>(&self, name: impl ValueName<T>, value: T) -> Result<(), Error> {
        let change = Change::Set(name.as_name().to_owned(), encoded(name.as_name(), &value)?);
        self.edit(|state| state.change(change))
    }

    /// Removes the value called `name` and returns it, or `None` if there was none.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Value`] if the value is not of type `T`; then it stays. To remove a value of any
    /// type, take [`serde_json::Value`] as `T`. Returns [`Error::Finished`] if the response has begun.
    pub fn remove<T: DeserializeOwned>(&self, name: impl ValueName<T>) -> Result<Option<T>, Error> {
        let (name, data) = (name.as_name(), self.edit(|state| Ok(state.contents().data.clone()))?);
        let Some(value) = data.map().get(name) else { return Ok(None) };
        let value = self.noted(decoded(name, value))?;
        drop(data);
        self.edit(|state| state.change(Change::Remove(name.to_owned())))?;
        Ok(Some(value))
    }

    /// Changes the value called `name` with `f`, and returns the new value. `f` gets the current value, or
    /// `None` if there is none.
    ///
    /// If a parallel request changes the session in the meantime, `f` runs again on the newer value when this
    /// request is saved. So `f` must depend on nothing but its argument, and the saved value may differ from
    /// the returned one.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Value`] if the current value is not of type `T`, or if the new one is refused as by
    /// [`Session::insert`] or is not read back as a `T` from its JSON. Returns [`Error::Finished`] if the
    /// response has begun.
    pub fn update<T, F>(&self, name: impl ValueName<T>, f: F) -> Result<T, Error>
    where
        T: Serialize + DeserializeOwned,
        F: Fn(Option<T>) -> T + Send + Sync + 'static,
    {
        let name = name.as_name();
        let key = name.to_owned();
        let step = move |old: Option<&Value>| -> Result<(T, Value), ValueError> {
            let new = f(old.map(|value| decoded(&key, value)).transpose()?);
            let value = encoded_to_be_read(&key, &new)?;
            Ok((new, value))
        };
        loop {
            // `f` is code of the caller and may use the session, so no lock is held while it runs.
            let before = self.edit(|state| Ok(state.contents().data.clone()))?;
            let (new, value) = self.noted(step(before.map().get(name)))?;
            let mut state = self.open()?;
            if state.contents().data.has_same(name, &before) {
                drop(before); // or the change below would copy all values
                let updater: Updater = Arc::new(move |old| step(old).map(|(_, value)| value));
                state.update(name, updater, value);
                return Ok(new);
            }
        }
    }

    /// Tells whether there is a value called `name`.
    #[must_use]
    pub fn contains_key(&self, name: &str) -> bool {
        self.lock().contents().data.map().contains_key(name)
    }

    /// Returns a copy of all values by name. Flash queues are among them, under names that begin with `_f_`.
    #[must_use]
    pub fn entries(&self) -> Map<String, Value> {
        self.lock().contents().data.map().clone()
    }

    /// Returns the number of values. A flash queue counts as one.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().contents().data.map().len()
    }

    /// Tells whether the session has no values. It may still have an owner.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Removes all values, including flash messages. The session keeps its ID, owner, label and timeout. To
    /// end it, call [`Session::invalidate`].
    ///
    /// # Errors
    ///
    /// Returns [`Error::Finished`] if the response has begun.
    pub fn clear(&self) -> Result<(), Error> {
        self.edit(
            |state| if state.contents().data.map().is_empty() { Ok(()) } else { state.change(Change::Clear) },
        )
    }

    /// Tells whether the store had no session for this request. Changes that this request makes do not
    /// matter.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.lock().record().is_none()
    }

    /// Tells whether another request has given the session a new ID within the last minute, by a renewal or
    /// a sign-in, so that this request came with the old cookie.
    ///
    /// The session then looks like that of a stranger: it is new and has no owner. Anyone who knows an old ID
    /// must not get into the renewed session, so the old ID is never followed. But the browser has got, or is
    /// about to get, the new cookie. A handler that would send a stranger to the sign-in page can respond
    /// with 409 instead, or ask the browser to load the page again.
    #[must_use]
    pub fn was_renewed_elsewhere(&self) -> bool {
        matches!(self.lock().origin(), Origin::Moved { .. })
    }

    /// Returns the version of the stored session, or `None` if it is new. Every write changes the version.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        self.lock().record().map(|record| record.version)
    }

    /// Returns the owner of the session, or `None` if nobody is signed in.
    #[must_use]
    pub fn owner(&self) -> Option<Owner> {
        self.lock().contents().owner.clone()
    }

    /// Returns the label of the session, which a list of devices shows, or `None` if there is none.
    #[must_use]
    pub fn label(&self) -> Option<Arc<str>> {
        self.lock().contents().label.clone()
    }

    /// Sets the label of the session, such as the name of the device. `None` removes it.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Finished`] if the response has begun.
    pub fn set_label<'l>(&self, label: impl Into<Option<&'l str>>) -> Result<(), Error> {
        let label = label.into().map(Arc::from);
        self.edit(|state| state.set_label(label))
    }

    /// Returns a copy of the values. Decoding a value runs code of the caller, which must not happen under
    /// the lock.
    pub(crate) fn data(&self) -> Data {
        self.lock().contents().data.clone()
    }

    /// Changes the state. Fails with [`Error::Finished`] if the response has begun.
    pub(crate) fn edit<R>(
        &self,
        change: impl FnOnce(&mut State) -> Result<R, ValueError>,
    ) -> Result<R, Error> {
        let changed = change(&mut *self.open()?);
        self.noted(changed)
    }

    /// Notes if a value has turned out to be of another type, because an error response to that does not
    /// prolong the session.
    pub(crate) fn noted<R>(&self, result: Result<R, ValueError>) -> Result<R, Error> {
        result.map_err(|error| {
            if error.is_of_another_type() {
                self.lock().note_unreadable();
            }
            Error::Value(error)
        })
    }

    fn open(&self) -> Result<MutexGuard<'_, State>, Error> {
        let state = self.lock();
        if state.is_open() { Ok(state) } else { Err(Error::Finished) }
    }

    /// Locks the state. A poisoned lock is safe to use: of the caller's code only serializers and clocks run
    /// under it, and none of them while the state is being changed.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.inner.settings
    }
}

/// Discards the changes of the request if the handle is dropped by a panic, also by one in a task that the
/// handler has spawned. Frameworks, and layers that catch panics, turn a panic into an ordinary response,
/// which would save them.
impl Drop for Session {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.lock().panicked();
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Session")
            .field("new", &state.record().is_none())
            .field("values", &state.contents().data.map().len())
            .field("changed", &(!state.log().is_empty() || state.intent() != Intent::Keep))
            .finish_non_exhaustive()
    }
}
