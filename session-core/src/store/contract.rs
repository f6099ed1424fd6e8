//! The contract between the library and a store.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::owner::Owner;
use crate::store::error::StoreError;
use crate::store::key::StoreKey;
use crate::store::record::{Record, Version};
use crate::time::UnixTime;

/// What keeps the sessions. A store moves records; it never parses a payload, makes an id, reads a clock or decides.
///
/// # Contract
///
/// 1. Every write is atomic: a reader sees all of it or nothing.
/// 2. After `Ok` every later load, on any handle, sees the write.
/// 3. Payload, owner and label come back byte for byte.
/// 4. What has `expires <= now` is absent.
/// 5. `create` never replaces a live record; a key that has moved is taken too.
/// 6. `update`, `rename` and `touch` never create a record, and never revive one.
/// 7. A conflict's record is the committed one, and its version is never `expected`.
/// 8. `rename` leaves exactly the new key. The old one reads `Moved` for at least a minute, as long as what it became is live.
/// 9. `delete` is idempotent, and of a key that reads `Moved` also ends what it became.
/// 10. `touch` keeps payload and version, sets the later of the stored deadline and the one asked for, and moves `used`.
/// 11. An owner's list has every live session of the owner, and no dead one.
/// 12. `revoke` leaves no session that was there before it began, nor what a concurrent rename made of one; what becomes of `except` stays.
/// 13. `create`, `update` and `rename` that find their own version where they meant to write it answer `Done`.
/// 14. A dropped future has done all or nothing; a dropped `purge` a part.
/// 15. Each call ends within the store's own deadline, with `Unavailable` if it could not be answered.
/// 16. `purge` removes only what expired before the time given, in batches.
/// 17. A clone of a store is another handle on the same records.
///
/// A call that succeeds, `purge` apart, is one writing statement or script; a lost comparison or a miss may cost one read more. No write is sent
/// twice: what became of a call that failed is unknown, and the library then signs out rather than in.
///
/// # Cancellation
///
/// Every future may be dropped at any point; clause 14 says what that does.
#[async_trait]
pub trait SessionStore: fmt::Debug + Send + Sync + 'static {
    /// The store's name in errors: `memory`, `sqlite` and the like.
    fn name(&self) -> &'static str;

    /// The record of `key`.
    ///
    /// # Errors
    ///
    /// If the store cannot tell. An unknown key is no error.
    async fn load(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, StoreError>;

    /// Keeps a new record.
    ///
    /// # Errors
    ///
    /// If the store did not, or may not have; [`StoreErrorKind::Full`](crate::store::StoreErrorKind::Full) if it has no room.
    async fn create(&self, key: &StoreKey, record: &Record, now: UnixTime) -> Result<Created, StoreError>;

    /// Replaces the record if its version is still `expected`.
    ///
    /// # Errors
    ///
    /// If the store did not, or may not have.
    async fn update(
        &self,
        key: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError>;

    /// Replaces the record of `old` by one under `new`, if its version is still `expected`.
    ///
    /// # Errors
    ///
    /// If the store did not, or may not have; also if another session has, or had, the new key, which is random and so never happens.
    async fn rename(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError>;

    /// Moves the record's deadline to `expires` (`None`: never) if that is later, and its `used` to `now`.
    ///
    /// # Errors
    ///
    /// If the store did not, or may not have.
    async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
    ) -> Result<Touched, StoreError>;

    /// Ends the session.
    ///
    /// # Errors
    ///
    /// If the store did not, or may not have.
    async fn delete(&self, key: &StoreKey) -> Result<(), StoreError>;

    /// The index by owner; `None` if the store has none.
    fn owner_index(&self) -> Option<&dyn OwnerIndex>;

    /// The removal of expired records; `None` where the database does that by itself.
    fn expiry_purge(&self) -> Option<&dyn PurgeExpired>;
}

/// A store that was chosen at run time is a store.
#[async_trait]
impl<S: SessionStore + ?Sized> SessionStore for Arc<S> {
    fn name(&self) -> &'static str {
        (**self).name()
    }

    async fn load(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, StoreError> {
        (**self).load(key, now).await
    }

    async fn create(&self, key: &StoreKey, record: &Record, now: UnixTime) -> Result<Created, StoreError> {
        (**self).create(key, record, now).await
    }

    async fn update(
        &self,
        key: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        (**self).update(key, record, expected, now).await
    }

    async fn rename(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        (**self).rename(old, new, record, expected, now).await
    }

    async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
    ) -> Result<Touched, StoreError> {
        (**self).touch(key, expires, now).await
    }

    async fn delete(&self, key: &StoreKey) -> Result<(), StoreError> {
        (**self).delete(key).await
    }

    fn owner_index(&self) -> Option<&dyn OwnerIndex> {
        (**self).owner_index()
    }

    fn expiry_purge(&self) -> Option<&dyn PurgeExpired> {
        (**self).expiry_purge()
    }
}

/// The sessions of each owner. Factories that share a store share its owners: give each a store or a table of its own, or owners that
/// differ, where `1` here is not `1` there.
#[async_trait]
pub trait OwnerIndex: Send + Sync {
    /// The live sessions of `owner`, in no order.
    ///
    /// # Errors
    ///
    /// If the store cannot tell.
    async fn list(&self, owner: &Owner, now: UnixTime) -> Result<Vec<OwnedSession>, StoreError>;

    /// Ends the sessions of `owner`, all but `except`; the answer is how many it ended.
    ///
    /// # Errors
    ///
    /// If the store did not end all of them; some may be.
    async fn revoke(&self, owner: &Owner, except: Option<&StoreKey>) -> Result<u64, StoreError>;
}

/// The removal of expired records.
#[async_trait]
pub trait PurgeExpired: Send + Sync {
    /// Removes at most `limit` records that expired before `before`, and as many remains of renames; the answer is how many of
    /// both. Callers leave a grace of an hour for clocks that differ.
    ///
    /// # Errors
    ///
    /// If the store did not, or may not have.
    async fn purge(&self, before: UnixTime, limit: u32) -> Result<u64, StoreError>;
}

/// One session of an owner, as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OwnedSession {
    /// Its key.
    pub key: StoreKey,
    /// When it began.
    pub created: UnixTime,
    /// When it was last written or touched.
    pub last_used: UnixTime,
    /// What its owner knows it by.
    pub label: Option<Arc<str>>,
}

impl OwnedSession {
    /// Makes the entry of one session.
    #[must_use]
    pub const fn new(key: StoreKey, created: UnixTime, last_used: UnixTime, label: Option<Arc<str>>) -> Self {
        Self { key, created, last_used, label }
    }
}

/// What a load found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loaded {
    /// A live record.
    Found(Record),
    /// The key was renamed not long ago, and what it became is live.
    Moved {
        /// The owner of what it became. A sign-in that lost a race learns by this that the other one was its twin.
        owner: Option<Owner>,
    },
    /// Nothing.
    Absent,
}

/// What became of a `create`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a taken key means that nothing was stored"]
pub enum Created {
    /// The record is kept.
    Done,
    /// The key has a record, or had one that moved.
    Taken,
}

/// What became of an `update` or a `rename`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a conflict means that nothing was stored"]
pub enum Written {
    /// The record is kept.
    Done,
    /// Another write came first: this one.
    Conflict(Record),
    /// There is no record any more under the key.
    Gone,
}

/// What became of a `touch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the session may be gone"]
pub enum Touched {
    /// The deadline stands.
    Done,
    /// There is no record any more under the key.
    Gone,
}
