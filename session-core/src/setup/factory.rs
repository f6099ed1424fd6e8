//! The session factory: the checked options, the store and the clock that all requests share.
//!
//! `SessionFactory::begin` is defined in adapter/exchange.rs, because a file imports only from lower floors
//! and `begin` returns an `Exchange`, which is on a higher one.

use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use async_lock::{RwLock, RwLockReadGuardArc};

use crate::adapter::cache::Caches;
use crate::adapter::contention::Contention;
use crate::adapter::finish::Spawner;
use crate::error::Error;
use crate::protocol::change::{Contents, Data};
use crate::protocol::refusal::TooLarge;
use crate::setup::options::SessionOptions;
use crate::setup::options_error::OptionsError;
use crate::setup::settings::Settings;
use crate::store::contract::SessionStore;
use crate::store::error::{StoreError, StoreErrorKind};
use crate::store::record::Record;
use crate::time::{Clock, SystemClock, UnixTime};
use crate::trace;

/// The factory of a web service's sessions. Clones share everything, and one factory is enough for all
/// requests.
///
/// ```
/// use session_core::{MemoryStore, SessionFactory, SessionOptions};
///
/// let options = SessionOptions::new("thirty-two bytes of secret, or more").hardened();
/// let sessions = SessionFactory::new(options, MemoryStore::new())?;
/// # Ok::<(), session_core::OptionsError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SessionFactory {
    pub(crate) inner: Arc<FactoryInner>,
}

#[derive(Debug)]
pub(crate) struct FactoryInner {
    pub(crate) settings: Arc<Settings>,
    pub(crate) store: Arc<dyn SessionStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) caches: Caches,
    pub(crate) contention: Contention,
    /// Locked for reading by each save that is in progress, and for writing by `wait_for_saves`.
    saves: Arc<RwLock<()>>,
    pub(crate) spawner: OnceLock<Spawner>,
}

impl SessionFactory {
    /// Creates a factory with these options on `store`, which may be an `Arc<dyn SessionStore>` chosen at run
    /// time.
    ///
    /// # Errors
    ///
    /// Fails if an option is wrong; the error names the option and the remedy.
    pub fn new(options: SessionOptions, store: impl SessionStore) -> Result<Self, OptionsError> {
        Self::with_clock(options, store, SystemClock)
    }

    /// Creates a factory that takes the time from `clock`.
    ///
    /// # Errors
    ///
    /// Fails if an option is wrong; the error names the option and the remedy.
    pub fn with_clock(
        options: SessionOptions,
        store: impl SessionStore,
        clock: impl Clock,
    ) -> Result<Self, OptionsError> {
        for warning in options.warnings() {
            trace::failure("unwise session option", &warning);
        }
        let mut settings = options.check()?;
        settings.sizes.store = store.size_limits();
        Ok(Self {
            inner: Arc::new(FactoryInner {
                settings: Arc::new(settings),
                store: Arc::new(store),
                clock: Arc::new(clock),
                caches: Caches::default(),
                contention: Contention::default(),
                saves: Arc::default(),
                spawner: OnceLock::new(),
            }),
        })
    }

    /// Sets the function that completes saves when a client hangs up, for all handles to this factory. A
    /// spawner that was set before is kept.
    ///
    /// An adapter calls this once. `spawn` is called from a `drop`, so it must not panic: if there is no
    /// runtime to spawn on, it drops the future, and the change may be lost. A runtime that is dropped also
    /// drops the futures that were spawned on it, so await [`SessionFactory::wait_for_saves`] first.
    ///
    /// ```
    /// # fn doc(sessions: session_core::SessionFactory) {
    /// let sessions = sessions.with_spawner(|rest| {
    ///     if let Ok(runtime) = tokio::runtime::Handle::try_current() {
    ///         runtime.spawn(rest);
    ///     }
    /// });
    /// # }
    /// ```
    #[must_use = "this returns the factory"]
    pub fn with_spawner(
        self,
        spawn: impl Fn(Pin<Box<dyn Future<Output = ()> + Send>>) + Send + Sync + 'static,
    ) -> Self {
        self.inner.spawner.get_or_init(|| Spawner::new(spawn));
        self
    }

    /// Waits for the saves that have begun by now. Await this after the server has stopped and before the
    /// runtime is dropped.
    ///
    /// If a client hangs up, the save of its session continues as a task that the server does not know of. A
    /// runtime that is dropped also drops that task, and a sign-out whose client is gone would be lost.
    ///
    /// ```
    /// # use session_core::SessionFactory;
    /// # async fn serve(_: &SessionFactory) {}
    /// # async fn doc(sessions: SessionFactory) {
    /// serve(&sessions).await; // returns when the process is to stop
    /// sessions.wait_for_saves().await;
    /// # }
    /// ```
    ///
    /// This usually takes one store call, so at most the store's call timeout. Where requests queue for a
    /// session it may take [`conflict_timeout`](SessionOptions::conflict_timeout) longer.
    ///
    /// # Cancellation
    ///
    /// Dropping the future changes nothing.
    pub async fn wait_for_saves(&self) {
        drop(self.inner.saves.write().await);
    }

    /// Returns the store that the sessions are kept in.
    #[must_use]
    pub fn store(&self) -> &dyn SessionStore {
        self.inner.store.as_ref()
    }

    /// Returns the name of the session cookie.
    ///
    /// Factories in one program need different names, because the browser keeps only one cookie of a name. A
    /// request that passes two with the same fails with
    /// [`Error::SameCookieName`](crate::Error::SameCookieName); Rocket does not launch.
    #[must_use]
    pub fn cookie_name(&self) -> &str {
        self.inner.settings.cookie.name.as_str()
    }

    /// Tells whether two handles belong to the same factory.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}

impl FactoryInner {
    pub(crate) fn now(&self) -> UnixTime {
        self.clock.now()
    }

    /// Marks a save as in progress until the guard is dropped. Returns `None` if somebody is already waiting
    /// for earlier saves.
    pub(crate) fn begin_save(&self) -> Option<RwLockReadGuardArc<()>> {
        self.saves.try_read_arc()
    }

    /// Returns the data that a record's payload decodes to.
    pub(crate) fn data(&self, record: &Record) -> Result<Data, StoreError> {
        let serializer = self.settings.data_serializer.as_ref();
        self.caches
            .data(record.version, &record.payload, serializer)
            .map_err(|error| StoreError::new(self.store.name(), StoreErrorKind::Corrupt).with_source(error))
    }

    /// Keeps the data of a record's payload for the next request.
    pub(crate) fn remember_payload(&self, record: &Record, contents: &Contents) {
        self.caches.keep_data(record.version, &record.payload, &contents.data);
    }

    /// Creates the error for a failure that another attempt would not cure.
    pub(crate) fn other(&self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
        StoreError::new(self.store.name(), StoreErrorKind::Other).with_source(cause)
    }

    /// Logs for the operator that a session is too large, and returns that as the request's error.
    pub(crate) fn too_large(&self, TooLarge { part, size, limit }: TooLarge) -> Error {
        let error = Error::TooLarge { part, size, limit };
        trace::failure("save failed", &error);
        error
    }

    /// Logs a failure for the operator, and returns it as the request's error.
    pub(crate) fn failure(&self, what: &'static str, error: StoreError) -> Error {
        trace::failure(what, &error);
        Error::Store(error)
    }
}
