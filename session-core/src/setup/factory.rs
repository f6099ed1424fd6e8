//! What all requests share: the checked parameters, the store and the clock.

use std::pin::Pin;
use std::sync::Arc;

use async_lock::{RwLock, RwLockReadGuardArc};

use crate::adapter::cache::Caches;
use crate::adapter::contention::Contention;
use crate::adapter::finish::Spawner;
use crate::error::Error;
use crate::protocol::change::{Contents, Data};
use crate::setup::options::SessionOptions;
use crate::setup::settings::{OptionsError, Settings};
use crate::store::contract::SessionStore;
use crate::store::error::{StoreError, StoreErrorKind};
use crate::store::record::Record;
use crate::time::{Clock, SystemClock, UnixTime};
use crate::trace;

/// Makes the sessions of a web service. Clones share everything; one is enough for all requests.
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
    pub(crate) spawner: Option<Spawner>,
}

#[derive(Debug)]
pub(crate) struct FactoryInner {
    pub(crate) settings: Arc<Settings>,
    pub(crate) store: Arc<dyn SessionStore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) caches: Caches,
    pub(crate) contention: Contention,
    /// Read by each save that is under way, and written by whoever waits for them.
    saves: Arc<RwLock<()>>,
}

impl SessionFactory {
    /// A factory with these parameters on this store, or on an `Arc<dyn SessionStore>` that was chosen at run time.
    ///
    /// # Errors
    ///
    /// If a parameter is wrong; the error names it and the remedy.
    pub fn new(options: SessionOptions, store: impl SessionStore) -> Result<Self, OptionsError> {
        Self::with_clock(options, store, SystemClock)
    }

    /// Makes a factory that takes the time from `clock`.
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
        let settings = Arc::new(options.check()?);
        Ok(Self {
            inner: Arc::new(FactoryInner {
                settings,
                store: Arc::new(store),
                clock: Arc::new(clock),
                caches: Caches::default(),
                contention: Contention::default(),
                saves: Arc::default(),
            }),
            spawner: None,
        })
    }

    /// Returns a handle on the same factory whose exchanges finish their saves on a runtime, by `spawn`, when the client hangs up.
    ///
    /// An adapter does this once. `spawn` is called from a `drop`, so it must not panic: if there is no runtime to spawn on, it drops
    /// the future, and the change is lost. A runtime that is dropped drops what was spawned on it; await
    /// [`SessionFactory::wait_for_saves`] before.
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
    #[must_use = "this is another handle; the old one has no spawner"]
    pub fn with_spawner(
        self,
        spawn: impl Fn(Pin<Box<dyn Future<Output = ()> + Send>>) + Send + Sync + 'static,
    ) -> Self {
        Self { spawner: Some(Spawner::new(spawn)), ..self }
    }

    /// Waits for the saves that have begun by now.
    ///
    /// The save of a client that has hung up goes on by itself, and a server that shuts down in good order knows nothing of it. A runtime
    /// that is dropped then drops it, too: a log-out whose client is gone would be lost. So await this between the server's end and the
    /// runtime's.
    ///
    /// ```
    /// # use session_core::SessionFactory;
    /// # async fn serve(_: &SessionFactory) {}
    /// # async fn doc(sessions: SessionFactory) {
    /// serve(&sessions).await; // until the process is to stop
    /// sessions.wait_for_saves().await;
    /// # }
    /// ```
    ///
    /// It takes as long as the store's own deadline at most, or [`conflict_timeout`](SessionOptions::conflict_timeout) where requests
    /// queue for a session.
    ///
    /// # Cancellation
    ///
    /// Dropping the future changes nothing.
    pub async fn wait_for_saves(&self) {
        drop(self.inner.saves.write().await);
    }

    /// The store that the sessions are kept in.
    #[must_use]
    pub fn store(&self) -> &dyn SessionStore {
        self.inner.store.as_ref()
    }

    /// Whether two handles are the same factory.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }
}

impl FactoryInner {
    pub(crate) fn now(&self) -> UnixTime {
        self.clock.now()
    }

    /// Marks a save as under way, until this is dropped; none if somebody waits for those before.
    pub(crate) fn begin_save(&self) -> Option<RwLockReadGuardArc<()>> {
        self.saves.try_read_arc()
    }

    /// What a record's payload decodes to.
    pub(crate) fn data(&self, record: &Record) -> Result<Data, StoreError> {
        let serializer = self.settings.data_serializer.as_ref();
        self.caches
            .data(record.version, &record.payload, serializer)
            .map_err(|error| StoreError::new(self.store.name(), StoreErrorKind::Corrupt).with_source(error))
    }

    /// Remembers the data of a record's payload for the next request.
    pub(crate) fn remember_payload(&self, record: &Record, contents: &Contents) {
        self.caches.keep_data(record.version, &record.payload, &contents.data);
    }

    /// The error for what trying again will not mend.
    pub(crate) fn other(&self, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
        StoreError::new(self.store.name(), StoreErrorKind::Other).with_source(cause)
    }

    /// Tells the operator of a failure, and makes it the request's.
    pub(crate) fn failure(&self, what: &'static str, error: StoreError) -> Error {
        trace::failure(what, &error);
        Error::Store(error)
    }
}
