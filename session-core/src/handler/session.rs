//! The handle by which a handler reads and changes its session.

use std::any::type_name;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::handler::value_key::ValueName;
use crate::owner::Owner;
use crate::protocol::change::{Change, Data, Updater, ValueError};
use crate::protocol::state::{Intent, State};
use crate::random;
use crate::setup::settings::Settings;
use crate::store::record::Version;
use crate::time::UnixTime;

/// serde_json reads 127 levels; the session itself and a flash queue are two of them.
const DEEPEST: usize = 120;

/// The session of one request.
///
/// It is loaded when a handler asks for it and saved when the handler has returned; in between every method is a plain call. Clones
/// are the same session. What is changed here takes effect with the response: two requests that change one session at once both
/// do, value by value, unless one ends or renews it first.
///
/// A handler takes the type of this name from the adapter for its framework, which has all these methods (`session_axum::Session`).
///
/// ```
/// # use session_core::{Error, Session};
/// fn visit(session: &Session) -> Result<String, Error> {
///     let visits = session.update("visits", |n: Option<u32>| n.unwrap_or(0) + 1)?; // counts right under parallel requests
///     Ok(format!("visit {visits}"))
/// }
/// ```
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

    /// The value called `name`, or `None` if there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Value`] if there is one of another type; it is never taken for absent.
    pub fn get<T: DeserializeOwned>(&self, name: impl ValueName<T>) -> Result<Option<T>, Error> {
        let (name, data) = (name.as_name(), self.data());
        Ok(data.map().get(name).map(|value| decoded(name, value)).transpose()?)
    }

    /// Sets the value called `name`.
    ///
    /// # Errors
    ///
    /// [`Error::Value`] if it has no JSON form, [`Error::Finished`] if the response has begun.
    pub fn insert<T: Serialize>(&self, name: impl ValueName<T>, value: T) -> Result<(), Error> {
        let change = Change::Set(name.as_name().to_owned(), encoded(name.as_name(), &value)?);
        self.edit(|state| state.change(change))
    }

    /// Removes the value called `name`, and gives it back if there was one.
    ///
    /// # Errors
    ///
    /// [`Error::Value`] if it is of another type (it stays, then; as a `serde_json::Value` it can be removed whatever it is),
    /// [`Error::Finished`] if the response has begun.
    pub fn remove<T: DeserializeOwned>(&self, name: impl ValueName<T>) -> Result<Option<T>, Error> {
        let (name, data) = (name.as_name(), self.edit(|state| Ok(state.contents().data.clone()))?);
        let Some(value) = data.map().get(name) else { return Ok(None) };
        let value = decoded(name, value)?;
        drop(data);
        self.edit(|state| state.change(Change::Remove(name.to_owned())))?;
        Ok(Some(value))
    }

    /// Changes the value called `name` by `f`, and gives the new value.
    ///
    /// If another request changes the session meanwhile, `f` runs again on the newer value when the response is made. So it must
    /// depend on nothing but its argument, and what is returned here is what its first run gave.
    ///
    /// # Errors
    ///
    /// [`Error::Value`] if the value is of another type or the new one has no JSON form, [`Error::Finished`] if the response has
    /// begun.
    pub fn update<T, F>(&self, name: impl ValueName<T>, f: F) -> Result<T, Error>
    where
        T: Serialize + DeserializeOwned,
        F: Fn(Option<T>) -> T + Send + Sync + 'static,
    {
        let name = name.as_name();
        let key = name.to_owned();
        let step = move |old: Option<&Value>| -> Result<(T, Value), ValueError> {
            let new = f(old.map(|value| decoded(&key, value)).transpose()?);
            let value = encoded(&key, &new)?;
            Ok((new, value))
        };
        loop {
            // `f` is the caller's, and may call the session: no lock is held while it runs.
            let old = self.edit(|state| Ok(state.contents().data.map().get(name).cloned()))?;
            let (new, value) = step(old.as_ref())?;
            let mut state = self.open()?;
            if state.contents().data.map().get(name) == old.as_ref() {
                let updater: Updater = Arc::new(move |old| step(old).map(|(_, value)| value));
                state.update(name, updater, value);
                return Ok(new);
            }
        }
    }

    /// Whether there is a value called `name`.
    #[must_use]
    pub fn contains_key(&self, name: &str) -> bool {
        self.lock().contents().data.map().contains_key(name)
    }

    /// A copy of all values, by name. Flash queues are among them, under names that begin with `_f_`.
    #[must_use]
    pub fn entries(&self) -> Map<String, Value> {
        self.lock().contents().data.map().clone()
    }

    /// How many values there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().contents().data.map().len()
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Removes all values. The session stays, with its id, owner, label and timeout; [`Session::invalidate`] ends it.
    ///
    /// # Errors
    ///
    /// [`Error::Finished`] if the response has begun.
    pub fn clear(&self) -> Result<(), Error> {
        self.edit(
            |state| if state.contents().data.map().is_empty() { Ok(()) } else { state.change(Change::Clear) },
        )
    }

    /// When the session began: with its first write, or with the last sign-in.
    #[must_use]
    pub fn created(&self) -> UnixTime {
        self.lock().created()
    }

    /// When the session was last written or touched before this request; `None` if it is new.
    #[must_use]
    pub fn last_used(&self) -> Option<UnixTime> {
        self.lock().record().map(|record| record.last_used)
    }

    /// When the session ends unless it is used again, as the store has it; `None` if it is new or never ends.
    #[must_use]
    pub fn expires(&self) -> Option<UnixTime> {
        self.lock().record().and_then(|record| record.expires)
    }

    /// When the session ends however much it is used; `None` if the factory has no `lifetime`.
    #[must_use]
    pub fn absolute_expiry(&self) -> Option<UnixTime> {
        self.inner.settings.limits.absolute(self.created())
    }

    /// Whether the store has no session for this request yet.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.lock().record().is_none()
    }

    /// The version of the stored session, which every write changes; `None` if it is new.
    #[must_use]
    pub fn version(&self) -> Option<Version> {
        self.lock().record().map(|record| record.version)
    }

    /// Who signed in with the session.
    #[must_use]
    pub fn owner(&self) -> Option<Owner> {
        self.lock().contents().owner.clone()
    }

    /// What the owner knows the session by in a list of devices.
    #[must_use]
    pub fn label(&self) -> Option<Arc<str>> {
        self.lock().contents().label.clone()
    }

    /// Sets the label, or takes it away: the name of a device, for instance.
    ///
    /// # Errors
    ///
    /// [`Error::Finished`] if the response has begun.
    pub fn set_label<'l>(&self, label: impl Into<Option<&'l str>>) -> Result<(), Error> {
        let label = label.into().map(Arc::from);
        self.edit(|state| state.set_label(label))
    }

    /// How long the session lives without being used; `None`: for ever.
    #[must_use]
    pub fn timeout(&self) -> Option<Duration> {
        self.lock().contents().timeout.or(self.inner.settings.limits.timeout)
    }

    /// Gives the session an idle limit of its own, in whole seconds (a part of one counts as one), or with `None` the factory's
    /// again. Its cookie then lives as long ("remember me"). The factory's `lifetime` ends it all the same.
    ///
    /// # Errors
    ///
    /// [`Error::Finished`] if the response has begun.
    pub fn set_timeout(&self, timeout: impl Into<Option<Duration>>) -> Result<(), Error> {
        let timeout = timeout.into();
        self.edit(|state| state.set_timeout(timeout))
    }

    /// Signs `owner` in: from the response on the session has this owner, a new id and a new CSRF token, and begins now. Who knew the
    /// old id knows nothing of it (session fixation). What was in it stays, unless it was another owner's.
    ///
    /// # Errors
    ///
    /// [`Error::Finished`] if the response has begun.
    #[doc(alias("login", "log_in"))]
    pub fn sign_in(&self, owner: impl Into<Owner>) -> Result<(), Error> {
        let owner = owner.into();
        self.edit(|state| {
            state.sign_in(owner, random::rotated(state.fresh_id()));
            Ok(())
        })
    }

    /// Gives the session a new id and a new CSRF token from the response on, and keeps everything else. For a change of rights.
    ///
    /// # Errors
    ///
    /// [`Error::Finished`] if the response has begun.
    #[doc(alias("regenerate", "rotate", "cycle_id"))]
    pub fn renew(&self) -> Result<(), Error> {
        self.edit(|state| {
            state.renew(random::rotated(state.fresh_id()));
            Ok(())
        })
    }

    /// Ends the session: its record is deleted, whatever other requests do to it meanwhile. What is written after this call begins
    /// another one, with nothing of the old. A session that was never stored has nothing to end: then only a later
    /// [`Session::sign_in`] begins one.
    ///
    /// # Errors
    ///
    /// [`Error::Finished`] if the response has begun.
    #[doc(alias("sign_out", "log_out", "logout", "destroy"))]
    pub fn invalidate(&self) -> Result<(), Error> {
        self.edit(|state| {
            state.invalidate(random::rotated(state.fresh_id()));
            Ok(())
        })
    }

    /// The values as they are now. What decodes one is code of the caller's, and runs under no lock.
    pub(crate) fn data(&self) -> Data {
        self.lock().contents().data.clone()
    }

    /// Changes the state, unless the response has begun.
    pub(crate) fn edit<R>(
        &self,
        change: impl FnOnce(&mut State) -> Result<R, ValueError>,
    ) -> Result<R, Error> {
        Ok(change(&mut *self.open()?)?)
    }

    fn open(&self) -> Result<MutexGuard<'_, State>, Error> {
        let state = self.lock();
        if state.is_open() { Ok(state) } else { Err(Error::Finished) }
    }

    /// The state, which no code of a caller's ever panics in.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.inner.settings
    }
}

/// Reads a value as the type that the caller wants.
pub(crate) fn decoded<T: DeserializeOwned>(name: &str, value: &Value) -> Result<T, ValueError> {
    T::deserialize(value).map_err(|_| ValueError::decoding(name, type_name::<T>()))
}

/// Writes a value of the caller's type. One that nests deeper than JSON is read could be saved and never be loaded.
pub(crate) fn encoded<T: Serialize>(name: &str, value: &T) -> Result<Value, ValueError> {
    match serde_json::to_value(value) {
        Ok(value) if nests_at_most(&value, DEEPEST) => Ok(value),
        Ok(_) | Err(_) => Err(ValueError::encoding(name, type_name::<T>())),
    }
}

fn nests_at_most(value: &Value, levels: usize) -> bool {
    match value {
        Value::Array(items) => levels > 0 && items.iter().all(|item| nests_at_most(item, levels - 1)),
        Value::Object(map) => levels > 0 && map.values().all(|item| nests_at_most(item, levels - 1)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

/// A handle that is dropped by a panic, in a task of the handler's too, takes the request's changes with it: frameworks, and layers
/// that catch panics, make an ordinary response of one.
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
