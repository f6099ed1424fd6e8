//! The contract between the library and a store.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::owner::Owner;
use crate::store::error::StoreError;
use crate::store::key::StoreKey;
use crate::store::record::{Record, Version};
use crate::time::UnixTime;

/// A store of sessions, which keeps records under keys.
///
/// The library calls a store and makes all decisions. A store never parses a payload, makes a session ID or
/// reads a clock: every call that depends on the time is given `now`.
///
/// # Contract
///
/// A *live* record is one that has not expired at `now`. A *renamed key* is the old key of a `rename`, whose
/// session now lives under another key. The store remembers it for a while with a *rename marker*.
///
/// 1. Every write is atomic: a reader sees all of it or nothing of it.
/// 2. After a write has returned `Ok`, every later call sees it, through any handle on the store.
/// 3. A store returns payload, owner and label byte for byte as they were written, and all other fields
///    unchanged.
/// 4. A record with `expires <= now` is absent: every call with this `now` treats it as if it did not exist.
/// 5. `create` returns `Created::Taken` if the key holds a live record or is a renamed key. It replaces
///    neither.
/// 6. `update`, `rename` and `touch` never create a record and never revive one. If `key` (in `rename`,
///    `old`) holds no live record, they return `Gone`.
/// 7. A `Written::Conflict` carries the committed record, whose version is never `expected`.
/// 8. After `rename` the session is stored under `new` only. For at least one minute, while the session is
///    live, `load(old)` returns `Loaded::Moved`, also if the session is renamed again.
/// 9. `delete` is idempotent. Deleting a renamed key deletes the session under its current key.
/// 10. `touch` leaves payload and version as they are. It sets the expiry to the later of the stored one and
///     `expires`, and `last_used` to the later of the stored one and `now`.
/// 11. `list` returns every live session of the owner, and no session that has expired or was deleted.
/// 12. `revoke` deletes every session that the owner had when the call began, even if one is renamed
///     concurrently. The session `except` is kept, also if it was renamed earlier or is renamed concurrently.
/// 13. The same `create`, `update` or `rename` may arrive twice. If the target key (in `rename`, `new`)
///     already holds a record with `record.version`, the call is a repeat: it changes nothing and
///     returns `Done`, whatever clauses 5 to 7 say.
/// 14. If the caller drops a future, the call takes effect completely or not at all, perhaps only after the
///     drop. A dropped `purge` may have removed a part.
/// 15. Every call returns within the store's call timeout. If the database has not replied by then, the call
///     fails with [`StoreErrorKind::Unavailable`].
/// 16. `purge` removes only records and rename markers that expired before `before`, and at most `limit` of
///     each.
/// 17. A clone of a store is another handle on the same records.
///
/// A write that succeeds, other than `purge`, costs one statement or script. A version conflict or an absent
/// record may cost one more read. Neither the store nor the library sends a write again after an error,
/// because its outcome is unknown. The library then sends no cookie: at worst the visitor is signed out, and
/// nobody is signed in by mistake.
///
/// # Cancellation
///
/// The caller may drop every future at any point. Clause 14 states what happens then.
///
/// [`StoreErrorKind::Unavailable`]: crate::store::StoreErrorKind::Unavailable
#[async_trait]
pub trait SessionStore: fmt::Debug + Send + Sync + 'static {
    /// Returns the store's name for errors, such as `memory` or `sqlite`.
    fn name(&self) -> &'static str;

    /// Loads the record stored under `key`.
    ///
    /// # Errors
    ///
    /// Fails if the store cannot read the record. For an unknown key the call returns [`Loaded::Absent`].
    async fn load(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, StoreError>;

    /// Stores a new record under `key`.
    ///
    /// # Errors
    ///
    /// Fails if the record was not stored, or if that is unknown. The kind is
    /// [`StoreErrorKind::Full`](crate::store::StoreErrorKind::Full) if the store has no room.
    async fn create(&self, key: &StoreKey, record: &Record, now: UnixTime) -> Result<Created, StoreError>;

    /// Replaces the record under `key` if its version is still `expected`.
    ///
    /// # Errors
    ///
    /// Fails if the record was not replaced, or if that is unknown. A version conflict is not an error: the
    /// call returns [`Written::Conflict`].
    async fn update(
        &self,
        key: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError>;

    /// Replaces the record under `old` with `record` under `new`, if the version under `old` is still
    /// `expected`.
    ///
    /// # Errors
    ///
    /// Fails if the session was not renamed, or if that is unknown. Also fails if another session has or had
    /// the key `new`; this does not happen in practice, because new keys are random.
    async fn rename(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError>;

    /// Moves the record's expiry to `expires` and its `last_used` to `now`, each if that is later. `None`
    /// means that the record never expires, and is later than any time.
    ///
    /// # Errors
    ///
    /// Fails if the record was not touched, or if that is unknown.
    async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
    ) -> Result<Touched, StoreError>;

    /// Deletes the session under `key`, or under the current key of the session if `key` is a renamed key.
    ///
    /// # Errors
    ///
    /// Fails if the session was not deleted, or if that is unknown. Deleting an unknown key is not an error.
    async fn delete(&self, key: &StoreKey) -> Result<(), StoreError>;

    /// Returns the index by owner, or `None` if the store has none.
    fn owner_index(&self) -> Option<&dyn OwnerIndex>;

    /// Returns the removal of expired records, or `None` if the database expires records by itself.
    fn expiry_purge(&self) -> Option<&dyn PurgeExpired>;
}

/// An `Arc` of a store is a store. So is an `Arc<dyn SessionStore>` that was chosen at run time.
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

/// The sessions of each owner.
///
/// Factories that share a store also share its owners. If owner `1` of one application is not owner `1` of
/// the other, give each factory its own store or table, or make the owners differ.
///
/// # Cancellation
///
/// Every future may be dropped at any point: see clause 14 of [`SessionStore`].
#[async_trait]
pub trait OwnerIndex: Send + Sync {
    /// Returns the live sessions of `owner`, in any order.
    ///
    /// # Errors
    ///
    /// Fails if the store cannot read the sessions. For an unknown owner the list is empty.
    async fn list(&self, owner: &Owner, now: UnixTime) -> Result<Vec<OwnedSession>, StoreError>;

    /// Deletes all sessions of `owner` except the session `except`, and returns the number of deleted
    /// sessions.
    ///
    /// # Errors
    ///
    /// Fails if not all of them were deleted, or if that is unknown. Some may have been deleted.
    async fn revoke(&self, owner: &Owner, except: Option<&StoreKey>) -> Result<u64, StoreError>;
}

/// The removal of expired records.
///
/// # Cancellation
///
/// Every future may be dropped at any point: see clause 14 of [`SessionStore`].
#[async_trait]
pub trait PurgeExpired: Send + Sync {
    /// Removes at most `limit` records that expired before `before`, and at most `limit` expired rename
    /// markers. Returns the total number removed.
    ///
    /// Callers pass a `before` that is an hour in the past, because clocks may differ.
    ///
    /// # Errors
    ///
    /// Fails if the batch was not removed, or if that is unknown.
    async fn purge(&self, before: UnixTime, limit: u32) -> Result<u64, StoreError>;
}

/// An entry in the list of an owner's sessions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OwnedSession {
    /// The key of the session.
    pub key: StoreKey,
    /// The time at which the session began.
    pub created: UnixTime,
    /// The time at which the session was last written or touched.
    pub last_used: UnixTime,
    /// The label by which the owner recognises the session.
    pub label: Option<Arc<str>>,
}

impl OwnedSession {
    /// Creates the entry of one session.
    #[must_use]
    pub const fn new(key: StoreKey, created: UnixTime, last_used: UnixTime, label: Option<Arc<str>>) -> Self {
        Self { key, created, last_used, label }
    }
}

/// The result of a `load`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loaded {
    /// The key holds this live record.
    Found(Record),
    /// The key is a renamed key, and its session is live under another key.
    Moved {
        /// The current owner of the session. If a sign-in finds that another request has just renamed its
        /// session, the library compares the owners: with the same owner, the same sign-in form was sent
        /// twice.
        owner: Option<Owner>,
    },
    /// The key holds no live record and is not a renamed key of a live session.
    Absent,
}

/// The result of a `create`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a taken key means that nothing was stored"]
pub enum Created {
    /// The record is stored.
    Done,
    /// The key holds a live record or is a renamed key. Nothing was stored.
    Taken,
}

/// The result of an `update` or a `rename`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a conflict means that nothing was stored"]
pub enum Written {
    /// The record is stored.
    Done,
    /// Another write came first and stored this record. Nothing was changed.
    Conflict(Record),
    /// The key holds no live record any more. Nothing was changed.
    Gone,
}

/// The result of a `touch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the session may be gone"]
pub enum Touched {
    /// The record is touched.
    Done,
    /// The key holds no live record any more.
    Gone,
}
