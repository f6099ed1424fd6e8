//! A store that notes what it is given, and whose calls can be held up.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::gate::Gate;
use super::secrets::Secrets;
use crate::op::Op;
use session_core::UnixTime;
use session_core::store::{
    Created, Loaded, OwnerIndex, PurgeExpired, Record, SessionStore, SizeLimits, StoreError, StoreKey,
    TouchPatience, Touched, Version, Written, async_trait,
};

/// On which side of a call it is held up: when nothing has happened yet, or when all has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum When {
    /// When nothing has happened yet.
    Before,
    /// When all has.
    After,
}

/// What a story sees of the store, and does to it. Clones are the same.
#[derive(Clone, Debug)]
pub struct Watch {
    keys: Arc<Mutex<HashSet<StoreKey>>>,
    gates: Arc<Mutex<HashMap<(Op, When), Gate>>>,
    secrets: Secrets,
}

impl Watch {
    pub(crate) fn new(secrets: Secrets) -> Self {
        Self { keys: Arc::default(), gates: Arc::default(), secrets }
    }

    /// The store around `inner` that this watches.
    pub(crate) fn store(&self, inner: Arc<dyn SessionStore>) -> WatchedStore {
        WatchedStore { inner, watch: self.clone() }
    }

    /// Holds the next call of this kind up, at the gate that is returned.
    #[must_use]
    pub fn hold(&self, op: Op, when: When) -> Gate {
        let gate = Gate::new();
        self.gates.lock().unwrap_or_else(PoisonError::into_inner).insert((op, when), gate.clone());
        gate
    }

    /// The keys that the store was ever given.
    #[must_use]
    pub fn keys(&self) -> HashSet<StoreKey> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, keys: &[&StoreKey], record: Option<&Record>) {
        for key in keys {
            self.keys.lock().unwrap_or_else(PoisonError::into_inner).insert(**key);
            self.secrets.add_key(key);
        }
        record.into_iter().for_each(|record| self.secrets.add_record(record));
    }

    async fn held<T>(&self, op: Op, call: impl Future<Output = T>) -> T {
        self.wait(op, When::Before).await;
        let answer = call.await;
        self.wait(op, When::After).await;
        answer
    }

    async fn wait(&self, op: Op, when: When) {
        let gate = self.gates.lock().unwrap_or_else(PoisonError::into_inner).remove(&(op, when));
        if let Some(gate) = gate {
            gate.pass().await;
        }
    }
}

/// See [`Watch::store`].
#[derive(Debug)]
pub(crate) struct WatchedStore {
    inner: Arc<dyn SessionStore>,
    watch: Watch,
}

#[async_trait]
impl SessionStore for WatchedStore {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn size_limits(&self) -> SizeLimits {
        self.inner.size_limits()
    }

    async fn load(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, StoreError> {
        self.watch.note(&[key], None);
        self.watch.held(Op::Load, self.inner.load(key, now)).await
    }

    async fn create(&self, key: &StoreKey, record: &Record, now: UnixTime) -> Result<Created, StoreError> {
        self.watch.note(&[key], Some(record));
        self.watch.held(Op::Create, self.inner.create(key, record, now)).await
    }

    async fn update(
        &self,
        key: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        self.watch.note(&[key], Some(record));
        self.watch.held(Op::Update, self.inner.update(key, record, expected, now)).await
    }

    async fn rename(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        self.watch.note(&[old, new], Some(record));
        self.watch.held(Op::Rename, self.inner.rename(old, new, record, expected, now)).await
    }

    async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
        patience: TouchPatience,
    ) -> Result<Touched, StoreError> {
        self.watch.note(&[key], None);
        self.watch.held(Op::Touch, self.inner.touch(key, expires, now, patience)).await
    }

    async fn delete(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.watch.note(&[key], None);
        self.watch.held(Op::Delete, self.inner.delete(key)).await
    }

    fn owner_index(&self) -> Option<&dyn OwnerIndex> {
        self.inner.owner_index()
    }

    fn expiry_purge(&self) -> Option<&dyn PurgeExpired> {
        self.inner.expiry_purge()
    }
}
