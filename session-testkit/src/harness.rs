//! What an author hands to the kit: a store for each rule, and what can be done to it.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use session_core::store::{SessionStore, async_trait};

use crate::capability::Capability;

/// Why a harness has no store to offer; whatever went wrong.
pub type HarnessError = Box<dyn StdError + Send + Sync>;

/// How the kit gets at a store. All but [`Harness::fresh`] has a default.
///
/// A function that makes a store is a harness, which is all that a plain store needs:
///
/// ```
/// use session_core::MemoryStore;
/// use session_testkit::Suite;
///
/// let report = Suite::new(MemoryStore::new).only("SES-L0").run();
/// assert!(report.is_conformant(), "{report}");
/// ```
///
/// A store with more to show says so:
///
/// ```
/// use session_core::MemoryStore;
/// use session_core::store::async_trait;
/// use session_testkit::{Capability, Fresh, Harness, HarnessError, Suite};
///
/// struct Memory;
///
/// #[async_trait]
/// impl Harness for Memory {
///     async fn fresh(&self) -> Result<Fresh, HarnessError> {
///         let store = MemoryStore::new(); // a real one would open a new table, or take a new prefix
///         Ok(Fresh::new(store.clone()).second(store))
///     }
///
///     fn capabilities(&self) -> Vec<Capability> {
///         vec![Capability::Owners, Capability::Purge, Capability::VirtualTime, Capability::SecondHandle]
///     }
/// }
///
/// assert!(Suite::new(Memory).only("SES-L0").run().is_conformant());
/// ```
#[async_trait]
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no harness",
    note = "a harness is a function that makes a store, such as `MyStore::new` (without parentheses), or a type that implements `Harness`"
)]
pub trait Harness: Send + Sync + 'static {
    /// A store that holds nothing, and shares nothing with any other that this gave: rules run side by side, and nobody's data are
    /// at risk.
    ///
    /// # Errors
    ///
    /// If there is none to be had. The rule then counts as broken.
    async fn fresh(&self) -> Result<Fresh, HarnessError>;

    /// What the store and its harness can do: owners, purge and virtual time, unless it says otherwise. What is declared must pass; what is
    /// not must not be there.
    fn capabilities(&self) -> Vec<Capability> {
        Capability::DEFAULT.to_vec()
    }

    /// Whose clock expiry goes by: the caller's, unless it says otherwise.
    fn time(&self) -> Time {
        Time::Virtual
    }

    /// The longest that a call may take (clause 15), with what a busy machine adds: 20 seconds, unless it says otherwise.
    fn call_timeout(&self) -> Duration {
        Duration::from_secs(20)
    }
}

#[async_trait]
impl<F, S> Harness for F
where
    F: Fn() -> S + Send + Sync + 'static,
    S: SessionStore,
{
    async fn fresh(&self) -> Result<Fresh, HarnessError> {
        Ok(Fresh::new(self()))
    }
}

/// Whose clock a store's expiry goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Time {
    /// The caller's, as the contract wants it: `now` is an argument, and the kit moves it at will.
    Virtual,
    /// A clock that runs by itself, in a server that lets keys expire. The kit then waits until a time has come, and stays away from
    /// each deadline by this much: how far the server's word may be off.
    Real {
        /// How far a deadline may be off.
        granularity: Duration,
    },
}

/// A store for one rule, and what goes with it.
pub struct Fresh {
    pub(crate) store: Arc<dyn SessionStore>,
    pub(crate) second: Option<Arc<dyn SessionStore>>,
    pub(crate) outages: Vec<(&'static str, Box<dyn Outage>)>,
    pub(crate) restart: Option<Box<dyn Restart>>,
    /// Dropped after the stores: a folder, a process, a schema to be removed.
    pub(crate) kept: Vec<Box<dyn Any + Send + Sync>>,
}

impl Fresh {
    /// This store alone.
    #[must_use]
    pub fn new(store: impl SessionStore) -> Self {
        Self { store: Arc::new(store), second: None, outages: Vec::new(), restart: None, kept: Vec::new() }
    }

    /// With another handle on the same records, as apart from the first as it can be: another pool or another process
    /// ([`Capability::SecondHandle`]).
    #[must_use]
    pub fn second(mut self, store: impl SessionStore) -> Self {
        self.second = Some(Arc::new(store));
        self
    }

    /// With an outage that the kit can begin and end ([`Capability::Outages`]); more than one may be given. The name stands in failures:
    /// `the server is stopped`.
    #[must_use]
    pub fn outage(mut self, name: &'static str, outage: impl Outage) -> Self {
        self.outages.push((name, Box::new(outage)));
        self
    }

    /// With a way to start the store's database anew ([`Capability::Restarts`]).
    #[must_use]
    pub fn restart(mut self, restart: impl Restart) -> Self {
        self.restart = Some(Box::new(restart));
        self
    }

    /// With something that must live as long as the store, such as its folder.
    #[must_use]
    pub fn keeping(mut self, guard: impl Any + Send + Sync) -> Self {
        self.kept.push(Box::new(guard));
        self
    }
}

impl fmt::Debug for Fresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fresh").field("store", &self.store).finish_non_exhaustive()
    }
}

/// A way to keep a store from its records for a while: a stopped server, killed connections, an exhausted pool.
#[async_trait]
pub trait Outage: Send + Sync + 'static {
    /// From now on no call of the store can be answered.
    async fn begin(&self);

    /// From now on every call can be answered again.
    async fn end(&self);
}

/// A way to start a store's database anew.
#[async_trait]
pub trait Restart: Send + Sync + 'static {
    /// Stops what holds the records, starts it again, and gives a new handle on them.
    ///
    /// # Errors
    ///
    /// If it does not come back.
    async fn restart(&self) -> Result<Arc<dyn SessionStore>, HarnessError>;
}
