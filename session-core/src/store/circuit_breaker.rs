//! A store that leaves another one alone during an outage.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use async_trait::async_trait;

use crate::owner::Owner;
use crate::store::circuit::{Admission, CallOutcome, Circuit, CircuitLimits, Transition};
use crate::store::contract::{Created, Loaded, PurgeExpired, SessionStore, Touched, Written, index_of};
use crate::store::error::{StoreError, StoreErrorKind};
use crate::store::key::StoreKey;
use crate::store::owner_index::{ListCursor, OwnedPage, OwnerIndex};
use crate::store::record::{Record, Version};
use crate::store::size_limits::SizeLimits;
use crate::store::touch_patience::TouchPatience;
use crate::time::UnixTime;
use crate::trace;

/// A store around another one that fails at once during an outage.
///
/// While a database does not reply, each request waits for the whole call timeout, and requests pile up. With
/// a circuit breaker, a few calls that fail with [`StoreErrorKind::Unavailable`] in a row *open the circuit*:
/// for a moment, further calls fail at once, also with `Unavailable`, and the store is not called. Then one
/// call is made as a trial (*half-open*). If it has a reply, the circuit is closed again; if not, it is open
/// for another moment. So an outage costs each request next to nothing, except the first ones and the trials.
///
/// | call | during an outage |
/// |---|---|
/// | `load`, `list` | have a circuit of their own, because a database may serve reads alone |
/// | `create`, `update`, `rename` | have the other circuit |
/// | `touch` | is refused while the circuit of the writes is open. It never opens a circuit: it may fail because another program has locked the session, and it may wait briefly only. It can be the trial, and only its success counts |
/// | `delete`, `revoke` | are always made, so a sign-out by [`UnloadedSession`](crate::UnloadedSession) is not refused. One by [`Session`](crate::Session) is, if its load is, or if it writes something afterwards, which is a `rename` |
/// | `purge` | is always made: its task is the only caller |
///
/// # When not to use it
///
/// * Around a store that spreads sessions over several servers, such as a Redis cluster or a database that
///   shards them: calls for one dead shard would make those for the others fail.
/// * With timeouts around handlers that are shorter than the call timeout of the store: a call that is
///   dropped tells nothing about the store, so the circuit would not open.
///
/// # What it costs
///
/// A call is boxed once more, and looks at one atomic number, which takes about 30 nanoseconds: a load from a
/// store in memory takes 1.3 times as long, and one from a database the same time. Visitors get a 503 for up
/// to [`pause`](CircuitBreakerOptions::pause) after the database is back.
///
/// Clones share the circuits. Each process has its own.
///
/// ```
/// use session_core::store::{CircuitBreaker, CircuitBreakerOptions};
/// use session_core::{MemoryStore, SessionFactory, SessionOptions};
/// use std::time::Duration;
///
/// let mut options = CircuitBreakerOptions::default();
/// options.pause = Duration::from_secs(1);
/// // In a service: a store in a database. Start its purge before it is wrapped.
/// let store = CircuitBreaker::with_options(MemoryStore::new(), options);
/// let sessions = SessionFactory::new(SessionOptions::new("thirty-two bytes of secret, or more"), store)?;
/// # Ok::<(), session_core::OptionsError>(())
/// ```
#[derive(Clone)]
pub struct CircuitBreaker<S> {
    store: S,
    circuits: Arc<Circuits>,
}

/// The options of a [`CircuitBreaker`].
///
/// ```
/// use session_core::store::CircuitBreakerOptions;
/// use std::time::Duration;
///
/// let options = CircuitBreakerOptions::default();
/// assert_eq!((options.failure_threshold, options.pause), (5, Duration::from_secs(2)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CircuitBreakerOptions {
    /// The number of calls in a row that fail with `Unavailable` before further calls are refused, at least
    /// 1. Default: 5.
    ///
    /// Calls at the same time count one by one: if five requests wait for a database that does not reply, the
    /// circuit opens after one call timeout.
    pub failure_threshold: u32,
    /// The time for which calls are refused before one is made as a trial. Default: 2 s.
    pub pause: Duration,
}

impl Default for CircuitBreakerOptions {
    fn default() -> Self {
        Self { failure_threshold: 5, pause: Duration::from_secs(2) }
    }
}

/// The part of a circuit breaker that its clones share.
struct Circuits {
    reads: SharedCircuit,
    writes: SharedCircuit,
}

/// A circuit that several tasks use.
struct SharedCircuit {
    /// The moment from which times are counted.
    begun: Instant,
    circuit: Mutex<Circuit>,
    /// The period if the circuit is closed and no call has failed of late, and 0 otherwise. So a call takes
    /// the lock only if there has been a failure.
    calm_period: AtomicU64,
}

/// The cause of the error of a call that was refused.
#[derive(Debug, thiserror::Error)]
#[error(
    "the circuit breaker is open: the last calls were unavailable, so the store is left alone for a moment"
)]
struct CircuitOpen;

/// A call under way. If it is dropped before its end, its outcome is unknown.
struct UnderWay<'c> {
    circuit: &'c SharedCircuit,
    admission: Admission,
    is_ended: bool,
}

impl<S: SessionStore> CircuitBreaker<S> {
    /// Creates a circuit breaker around `store`, with the default options.
    #[must_use]
    pub fn new(store: S) -> Self {
        Self::with_options(store, CircuitBreakerOptions::default())
    }

    /// Creates a circuit breaker around `store` with these options.
    #[must_use]
    pub fn with_options(store: S, options: CircuitBreakerOptions) -> Self {
        let CircuitBreakerOptions { failure_threshold, pause } = options;
        let [reads, writes] =
            [(); 2].map(|()| SharedCircuit::new(CircuitLimits { failure_threshold, pause }));
        Self { store, circuits: Arc::new(Circuits { reads, writes }) }
    }

    /// Makes a call, unless the circuit is open.
    async fn call<T, F>(&self, circuit: &SharedCircuit, call: impl FnOnce() -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let under_way = self.begin(circuit)?;
        let outcome = call().await;
        under_way.end(&outcome);
        outcome
    }

    fn begin<'c>(&self, circuit: &'c SharedCircuit) -> Result<UnderWay<'c>, StoreError> {
        let Some(admission) = circuit.admit() else {
            let error = StoreError::new(self.store.name(), StoreErrorKind::Unavailable);
            return Err(error.with_source(CircuitOpen));
        };
        Ok(UnderWay { circuit, admission, is_ended: false })
    }

    /// Returns the index of the store, of which this is one as well.
    fn index(&self) -> Result<&dyn OwnerIndex, StoreError> {
        index_of(&self.store)
    }
}

impl SharedCircuit {
    fn new(limits: CircuitLimits) -> Self {
        let circuit = Circuit::new(limits);
        let calm_period = AtomicU64::new(circuit.calm_period().unwrap_or(0));
        Self { begun: Instant::now(), circuit: Mutex::new(circuit), calm_period }
    }

    fn admit(&self) -> Option<Admission> {
        match self.calm_period.load(Ordering::Relaxed) {
            0 => self.circuit().admit(self.begun.elapsed()),
            period => Some(Admission::Call { period }),
        }
    }

    fn note(&self, call: Admission, outcome: CallOutcome) -> Option<Transition> {
        let is_calm = self.calm_period.load(Ordering::Relaxed) != 0;
        if is_calm && outcome == CallOutcome::Replied {
            return None;
        }
        let mut circuit = self.circuit();
        let transition = circuit.note(call, outcome, self.begun.elapsed());
        self.calm_period.store(circuit.calm_period().unwrap_or(0), Ordering::Relaxed);
        transition
    }

    fn circuit(&self) -> MutexGuard<'_, Circuit> {
        self.circuit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl UnderWay<'_> {
    /// Notes the outcome of the call.
    fn end<T>(mut self, outcome: &Result<T, StoreError>) {
        self.is_ended = true;
        let unavailable = outcome.as_ref().err().filter(|error| error.kind == StoreErrorKind::Unavailable);
        let outcome = if unavailable.is_some() { CallOutcome::Unavailable } else { CallOutcome::Replied };
        match (self.circuit.note(self.admission, outcome), unavailable) {
            (Some(Transition::Opened), Some(error)) => trace::failure("circuit breaker opened", error),
            (Some(Transition::Closed), _) => trace::event("circuit breaker closed"),
            (Some(Transition::Opened) | None, _) => {}
        }
    }

    /// Notes the outcome of a touch. It counts only if it was the trial and has a reply: a touch may be
    /// unavailable because its row is locked, and says nothing about the store then.
    fn end_touch(self, outcome: &Result<Touched, StoreError>) {
        if self.admission == Admission::Trial && outcome.is_ok() {
            self.end(outcome);
        }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if !self.is_ended && self.admission == Admission::Trial {
            let _ = self.circuit.note(self.admission, CallOutcome::Dropped);
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for CircuitBreaker<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CircuitBreaker").field("store", &self.store).finish_non_exhaustive()
    }
}

#[async_trait]
impl<S: SessionStore> SessionStore for CircuitBreaker<S> {
    fn name(&self) -> &'static str {
        self.store.name()
    }

    fn size_limits(&self) -> SizeLimits {
        self.store.size_limits()
    }

    async fn load(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, StoreError> {
        self.call(&self.circuits.reads, || self.store.load(key, now)).await
    }

    async fn create(&self, key: &StoreKey, record: &Record, now: UnixTime) -> Result<Created, StoreError> {
        self.call(&self.circuits.writes, || self.store.create(key, record, now)).await
    }

    async fn update(
        &self,
        key: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        self.call(&self.circuits.writes, || self.store.update(key, record, expected, now)).await
    }

    async fn rename(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        self.call(&self.circuits.writes, || self.store.rename(old, new, record, expected, now)).await
    }

    async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
        patience: TouchPatience,
    ) -> Result<Touched, StoreError> {
        let under_way = self.begin(&self.circuits.writes)?;
        let outcome = self.store.touch(key, expires, now, patience).await;
        under_way.end_touch(&outcome);
        outcome
    }

    async fn delete(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.store.delete(key).await
    }

    fn owner_index(&self) -> Option<&dyn OwnerIndex> {
        self.store.owner_index().map(|_| self as &dyn OwnerIndex)
    }

    fn expiry_purge(&self) -> Option<&dyn PurgeExpired> {
        self.store.expiry_purge()
    }
}

#[async_trait]
impl<S: SessionStore> OwnerIndex for CircuitBreaker<S> {
    async fn list(
        &self,
        owner: &Owner,
        after: Option<&ListCursor>,
        limit: u32,
        now: UnixTime,
    ) -> Result<OwnedPage, StoreError> {
        let index = self.index()?;
        self.call(&self.circuits.reads, || index.list(owner, after, limit, now)).await
    }

    async fn revoke(&self, owner: &Owner, except: Option<&StoreKey>) -> Result<u64, StoreError> {
        self.index()?.revoke(owner, except).await
    }
}
