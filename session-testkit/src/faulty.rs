//! A store that fails on demand.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use session_core::store::{
    Created, ListCursor, Loaded, OwnedPage, OwnerIndex, PurgeExpired, Record, SessionStore, SizeLimits,
    StoreError, StoreErrorKind, StoreKey, TouchPatience, Touched, Version, Written, async_trait,
};
use session_core::{Owner, UnixTime};

use crate::op::Op;

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It is refused, and nothing has happened: the request was dropped on its way.
    Fail,
    /// It never ends, and nothing has happened.
    Stall,
    /// It is answered with an error although it has happened: the answer was dropped on its way.
    LoseAnswer,
    /// It never ends although it has happened.
    StallAnswer,
    /// It happens twice, as when a network sends it again. The second answer counts.
    Duplicate,
}

/// A store around another one, some of whose calls fail as its [`Faults`] say.
///
/// ```
/// use session_core::{MemoryStore, UnixTime};
/// use session_core::store::{SessionStore, StoreKey};
/// use session_testkit::{Fault, FaultyStore, Op};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let store = FaultyStore::new(MemoryStore::new());
/// let (key, now) = (StoreKey::from_bytes([0; StoreKey::BYTES]), UnixTime::from_secs(0));
/// store.faults().set_nth(Op::Load, 2, Fault::Fail);
/// assert!(store.load(&key, now).await.is_ok());
/// assert!(store.load(&key, now).await.is_err());
/// assert!(store.load(&key, now).await.is_ok());
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct FaultyStore<S> {
    inner: S,
    faults: Faults,
}

/// What fails in a [`FaultyStore`]. Clones are the same faults. For each kind of call what was set last counts.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<HashMap<Op, Plan>>>);

#[derive(Debug)]
struct Plan {
    fault: Fault,
    calls: Calls,
}

/// Which calls of a kind the fault is for.
#[derive(Debug)]
enum Calls {
    All,
    /// The one after so many more.
    After(u32),
    Share {
        share: f64,
        random: Box<StdRng>,
    },
}

impl Faults {
    /// From now on calls of this kind fail.
    pub fn set(&self, op: Op, fault: Fault) {
        self.plan(op, fault, Calls::All);
    }

    /// The `n`-th call of this kind from now on fails, counted from 1, and no other.
    ///
    /// # Panics
    ///
    /// If `n` is 0.
    pub fn set_nth(&self, op: Op, n: u32, fault: Fault) {
        let before = n.checked_sub(1).expect("calls are counted from 1; 0 names none");
        self.plan(op, fault, Calls::After(before));
    }

    /// From now on this share of the calls of this kind fails, between 0 for none and 1 for all. The seed decides which.
    ///
    /// # Panics
    ///
    /// If `share` is not between 0 and 1.
    pub fn set_share(&self, op: Op, share: f64, seed: u64, fault: Fault) {
        assert!((0.0..=1.0).contains(&share), "a share is between 0 for none and 1 for all, and not {share}");
        let random = Box::new(StdRng::seed_from_u64(seed));
        self.plan(op, fault, Calls::Share { share, random });
    }

    /// From now on nothing fails.
    pub fn clear(&self) {
        self.plans().clear();
    }

    fn plan(&self, op: Op, fault: Fault, calls: Calls) {
        self.plans().insert(op, Plan { fault, calls });
    }

    fn plans(&self) -> MutexGuard<'_, HashMap<Op, Plan>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fault of the call that is made now, if it has one.
    fn of_next(&self, op: Op) -> Option<Fault> {
        let mut plans = self.plans();
        let plan = plans.get_mut(&op)?;
        let fault = plan.fault;
        match &mut plan.calls {
            Calls::All => Some(fault),
            Calls::After(0) => plans.remove(&op).map(|plan| plan.fault),
            Calls::After(more) => {
                *more -= 1;
                None
            }
            Calls::Share { share, random } => random.random_bool(*share).then_some(fault),
        }
    }
}

impl<S: SessionStore> FaultyStore<S> {
    /// A store in which nothing fails yet.
    #[must_use]
    pub fn new(inner: S) -> Self {
        Self { inner, faults: Faults::default() }
    }

    /// What fails.
    #[must_use]
    pub fn faults(&self) -> Faults {
        self.faults.clone()
    }

    async fn pass<T, C>(&self, op: Op, call: impl Fn() -> C) -> Result<T, StoreError>
    where
        C: Future<Output = Result<T, StoreError>>,
    {
        let error = || {
            StoreError::new(self.inner.name(), StoreErrorKind::Unavailable)
                .with_source("a fault was injected")
        };
        match self.faults.of_next(op) {
            None => call().await,
            Some(Fault::Fail) => Err(error()),
            Some(Fault::Stall) => std::future::pending().await,
            Some(Fault::LoseAnswer) => call().await.and_then(|_| Err(error())),
            Some(Fault::StallAnswer) => {
                let _ = call().await;
                std::future::pending().await
            }
            Some(Fault::Duplicate) => {
                let _ = call().await;
                call().await
            }
        }
    }
}

#[async_trait]
impl<S: SessionStore> SessionStore for FaultyStore<S> {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn size_limits(&self) -> SizeLimits {
        self.inner.size_limits()
    }

    async fn load(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, StoreError> {
        self.pass(Op::Load, || self.inner.load(key, now)).await
    }

    async fn create(&self, key: &StoreKey, record: &Record, now: UnixTime) -> Result<Created, StoreError> {
        self.pass(Op::Create, || self.inner.create(key, record, now)).await
    }

    async fn update(
        &self,
        key: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        self.pass(Op::Update, || self.inner.update(key, record, expected, now)).await
    }

    async fn rename(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        self.pass(Op::Rename, || self.inner.rename(old, new, record, expected, now)).await
    }

    async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
        patience: TouchPatience,
    ) -> Result<Touched, StoreError> {
        self.pass(Op::Touch, || self.inner.touch(key, expires, now, patience)).await
    }

    async fn delete(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.pass(Op::Delete, || self.inner.delete(key)).await
    }

    fn owner_index(&self) -> Option<&dyn OwnerIndex> {
        self.inner.owner_index().map(|_| self as &dyn OwnerIndex)
    }

    fn expiry_purge(&self) -> Option<&dyn PurgeExpired> {
        self.inner.expiry_purge().map(|_| self as &dyn PurgeExpired)
    }
}

#[async_trait]
impl<S: SessionStore> OwnerIndex for FaultyStore<S> {
    async fn list(
        &self,
        owner: &Owner,
        after: Option<&ListCursor>,
        limit: u32,
        now: UnixTime,
    ) -> Result<OwnedPage, StoreError> {
        let index = self.inner.owner_index().expect("the index is handed out if there is one");
        self.pass(Op::List, || index.list(owner, after, limit, now)).await
    }

    async fn revoke(&self, owner: &Owner, except: Option<&StoreKey>) -> Result<u64, StoreError> {
        let index = self.inner.owner_index().expect("the index is handed out if there is one");
        self.pass(Op::Revoke, || index.revoke(owner, except)).await
    }
}

#[async_trait]
impl<S: SessionStore> PurgeExpired for FaultyStore<S> {
    async fn purge(&self, before: UnixTime, limit: u32) -> Result<u64, StoreError> {
        let purge = self.inner.expiry_purge().expect("the purge is handed out if there is one");
        self.pass(Op::Purge, || purge.purge(before, limit)).await
    }
}
