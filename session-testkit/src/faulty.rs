//! A store that fails on demand.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use session_core::{
    Created, Loaded, OwnedSession, Owner, OwnerIndex, PurgeExpired, Record, SessionStore, StoreError,
    StoreErrorKind, StoreKey, Touched, UnixTime, Version, Written, async_trait,
};

use crate::op::Op;

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// It is refused, and nothing has happened.
    Fail,
    /// It never ends, and nothing has happened.
    Stall,
    /// It is answered with an error although it has happened: the answer was lost.
    LoseAnswer,
}

/// A store around another one, some of whose calls fail as its [`Faults`] say.
///
/// ```
/// use session_core::{MemoryStore, SessionStore, StoreKey, UnixTime};
/// use session_testkit::{Fault, FaultyStore, Op};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let store = FaultyStore::new(MemoryStore::new());
/// let key = StoreKey::from_bytes([0; StoreKey::BYTES]);
/// store.faults().set(Op::Load, Fault::Fail);
/// assert!(store.load(&key, UnixTime::from_secs(0)).await.is_err());
/// store.faults().clear();
/// assert!(store.load(&key, UnixTime::from_secs(0)).await.is_ok());
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct FaultyStore<S> {
    inner: S,
    faults: Faults,
}

/// What fails in a [`FaultyStore`]. Clones are the same faults.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<HashMap<Op, Fault>>>);

impl Faults {
    /// From now on calls of this kind fail.
    pub fn set(&self, op: Op, fault: Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(op, fault);
    }

    /// From now on nothing fails.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn of(&self, op: Op) -> Option<Fault> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&op).copied()
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

    async fn pass<T>(
        &self,
        op: Op,
        call: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let error = || {
            StoreError::new(self.inner.name(), StoreErrorKind::Unavailable).because("a fault was injected")
        };
        match self.faults.of(op) {
            None => call.await,
            Some(Fault::Fail) => Err(error()),
            Some(Fault::Stall) => std::future::pending().await,
            Some(Fault::LoseAnswer) => call.await.and_then(|_| Err(error())),
        }
    }
}

#[async_trait]
impl<S: SessionStore> SessionStore for FaultyStore<S> {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    async fn load(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, StoreError> {
        self.pass(Op::Load, self.inner.load(key, now)).await
    }

    async fn create(&self, key: &StoreKey, record: &Record, now: UnixTime) -> Result<Created, StoreError> {
        self.pass(Op::Create, self.inner.create(key, record, now)).await
    }

    async fn update(
        &self,
        key: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        self.pass(Op::Update, self.inner.update(key, record, expected, now)).await
    }

    async fn rename(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        self.pass(Op::Rename, self.inner.rename(old, new, record, expected, now)).await
    }

    async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
    ) -> Result<Touched, StoreError> {
        self.pass(Op::Touch, self.inner.touch(key, expires, now)).await
    }

    async fn delete(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.pass(Op::Delete, self.inner.delete(key)).await
    }

    fn owners(&self) -> Option<&dyn OwnerIndex> {
        self.inner.owners().map(|_| self as &dyn OwnerIndex)
    }

    fn purge(&self) -> Option<&dyn PurgeExpired> {
        self.inner.purge().map(|_| self as &dyn PurgeExpired)
    }
}

#[async_trait]
impl<S: SessionStore> OwnerIndex for FaultyStore<S> {
    async fn list(&self, owner: &Owner, now: UnixTime) -> Result<Vec<OwnedSession>, StoreError> {
        let index = self.inner.owners().expect("the index is handed out if there is one");
        self.pass(Op::List, index.list(owner, now)).await
    }

    async fn revoke(&self, owner: &Owner, except: Option<&StoreKey>) -> Result<u64, StoreError> {
        let index = self.inner.owners().expect("the index is handed out if there is one");
        self.pass(Op::Revoke, index.revoke(owner, except)).await
    }
}

#[async_trait]
impl<S: SessionStore> PurgeExpired for FaultyStore<S> {
    async fn purge(&self, before: UnixTime, limit: u32) -> Result<u64, StoreError> {
        let purge = self.inner.purge().expect("the purge is handed out if there is one");
        self.pass(Op::Purge, purge.purge(before, limit)).await
    }
}
