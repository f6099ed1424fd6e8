//! A store that says which calls were made.

use std::sync::{Arc, Mutex, PoisonError};

use session_core::store::{
    Created, ListCursor, Loaded, OwnedPage, OwnerIndex, PurgeExpired, Record, SessionStore, SizeLimits,
    StoreError, StoreKey, TouchPatience, Touched, Version, Written, async_trait,
};
use session_core::{Owner, UnixTime};

use crate::op::Op;

/// A store around another one that notes each call before it passes it on. Its [`Calls`] tell.
#[derive(Clone, Debug)]
pub struct CountingStore<S> {
    inner: S,
    calls: Calls,
}

/// The calls that a [`CountingStore`] has passed on, in order. Clones are the same list.
#[derive(Clone, Debug, Default)]
pub struct Calls(Arc<Mutex<Vec<Op>>>);

impl Calls {
    /// The calls since the last time this was asked.
    pub fn take(&self) -> Vec<Op> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, op: Op) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(op);
    }
}

impl<S> CountingStore<S> {
    /// A store that counts the calls of `inner`.
    #[must_use]
    pub fn new(inner: S) -> Self {
        Self { inner, calls: Calls::default() }
    }

    /// The calls.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.calls.clone()
    }
}

#[async_trait]
impl<S: SessionStore> SessionStore for CountingStore<S> {
    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn size_limits(&self) -> SizeLimits {
        self.inner.size_limits()
    }

    async fn load(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, StoreError> {
        self.calls.note(Op::Load);
        self.inner.load(key, now).await
    }

    async fn create(&self, key: &StoreKey, record: &Record, now: UnixTime) -> Result<Created, StoreError> {
        self.calls.note(Op::Create);
        self.inner.create(key, record, now).await
    }

    async fn update(
        &self,
        key: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        self.calls.note(Op::Update);
        self.inner.update(key, record, expected, now).await
    }

    async fn rename(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        self.calls.note(Op::Rename);
        self.inner.rename(old, new, record, expected, now).await
    }

    async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
        patience: TouchPatience,
    ) -> Result<Touched, StoreError> {
        self.calls.note(Op::Touch);
        self.inner.touch(key, expires, now, patience).await
    }

    async fn delete(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.calls.note(Op::Delete);
        self.inner.delete(key).await
    }

    fn owner_index(&self) -> Option<&dyn OwnerIndex> {
        self.inner.owner_index().map(|_| self as &dyn OwnerIndex)
    }

    fn expiry_purge(&self) -> Option<&dyn PurgeExpired> {
        self.inner.expiry_purge().map(|_| self as &dyn PurgeExpired)
    }
}

#[async_trait]
impl<S: SessionStore> OwnerIndex for CountingStore<S> {
    async fn list(
        &self,
        owner: &Owner,
        after: Option<&ListCursor>,
        limit: u32,
        now: UnixTime,
    ) -> Result<OwnedPage, StoreError> {
        self.calls.note(Op::List);
        let index = self.inner.owner_index().expect("the index is handed out if there is one");
        index.list(owner, after, limit, now).await
    }

    async fn revoke(&self, owner: &Owner, except: Option<&StoreKey>) -> Result<u64, StoreError> {
        self.calls.note(Op::Revoke);
        self.inner.owner_index().expect("the index is handed out if there is one").revoke(owner, except).await
    }
}

#[async_trait]
impl<S: SessionStore> PurgeExpired for CountingStore<S> {
    async fn purge(&self, before: UnixTime, limit: u32) -> Result<u64, StoreError> {
        self.calls.note(Op::Purge);
        self.inner.expiry_purge().expect("the purge is handed out if there is one").purge(before, limit).await
    }
}
