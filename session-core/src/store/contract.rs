//! The contract between the library and a store.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::owner::Owner;
use crate::store::error::{StoreError, StoreErrorKind};
use crate::store::key::StoreKey;
use crate::store::owner_index::OwnerIndex;
use crate::store::record::{Record, Version};
use crate::store::size_limits::SizeLimits;
use crate::store::touch_patience::TouchPatience;
use crate::time::UnixTime;

/// The time for which a store keeps a rename marker: the minute of clause 8 of [`SessionStore`], and a second
/// more for clocks that differ.
pub const RENAME_MARKER_LIFETIME: Duration = Duration::from_secs(61);

/// A store of sessions, which keeps records under keys.
///
/// The library calls a store and makes all decisions. A store never parses a payload, makes a session ID or
/// reads a clock: every call that depends on the time is given `now`.
///
/// # Contract
///
/// A *live* record is one that has not expired at `now`. After a `rename` the old key is a *renamed key*: its
/// session now lives under another key. The store remembers it with a *rename marker*, which expires
/// [`RENAME_MARKER_LIFETIME`] after the `now` of the `rename`.
///
/// 1. Every write is atomic: a reader sees all of it or nothing of it.
/// 2. After a write has returned `Ok`, every later call sees it, through any handle on the store and from any
///    process.
/// 3. A store returns payload, owner and label byte for byte as they were written, and all other fields
///    unchanged.
/// 4. A record with `expires <= now` is absent: every call with this `now` treats it as if it did not exist.
///    The store may remove the record as soon as one call has been given such a `now`. A caller whose clock
///    is behind then finds the record absent too, although it has not expired by that clock. A database that
///    removes records and markers by its own clock may do so without such a call, but no earlier than a
///    minute after their expiry. The library never passes an `expires` of [`i64::MAX`] milliseconds, so a
///    store may use that number for "never".
/// 5. `create` returns `Created::Taken` if the key holds a live record, or a rename marker that has not
///    expired. An expired record or marker gives way to the new session. A `rename` that would otherwise
///    return `Done` fails with [`StoreErrorKind::Other`] if `new` holds anything at all: here an expired
///    record is not absent, whatever clause 4 says. Clause 13 comes first.
/// 6. `update`, `rename` and `touch` never create a record and never revive one. If `key` (in `rename`,
///    `old`) holds no live record, they return `Gone`. An `update` or a `rename` replaces every field, also
///    the expiry that a touch has moved since.
/// 7. A `Written::Conflict` carries the committed record, whose version is never `expected`.
/// 8. After `rename` the session is stored under `new` only. For at least one minute, while the session is
///    live, `load(old)` returns `Loaded::Moved`, also if the session is renamed again. If the session ends
///    within that minute, `load(old)` returns `Loaded::Absent`. `create` may still return `Taken` for `old`
///    until the marker expires; the store may also drop the markers together with their session.
/// 9. `delete` is idempotent. Deleting a renamed key deletes the session under its current key. A concurrent
///    `rename` does not save the session. `delete` and `revoke` are given no `now`: they follow every marker
///    that is still stored.
/// 10. `touch` leaves payload and version as they are. It sets the expiry to the later of the stored one and
///     `expires`, and `last_used` to the later of the stored one and `now`. `None` means never, which is
///     later than any time: a touch with `None` removes the expiry, and a record without expiry keeps none.
/// 11. `list` returns every live session of the owner, in pages (clause 23), and no session that has expired
///     or was deleted.
/// 12. `revoke` deletes every session that the owner had when the call began, even if one is renamed
///     concurrently. The session `except` is kept, also if it was renamed earlier or is renamed concurrently.
///     A session that is created, or whose owner changes, during the call may be deleted or not. Sessions
///     that have expired but are still stored are deleted as well, and may be counted.
/// 13. The same `create`, `update` or `rename` may arrive twice, for example because a proxy has sent it
///     again. If the target key (in `rename`, `new`) already holds a record with `record.version` (for
///     `update`, a live one), the call is a repeat: it changes nothing and returns `Done`, whatever clauses 4
///     to 7 say.
/// 14. If the caller drops a future, the call takes effect completely or not at all. It may take effect late:
///     after the drop, and even after calls that began later. So may a call that failed with `Unavailable`. A
///     `purge` that was dropped or failed may have removed a part, and a dropped `revoke` over several shards
///     may have deleted some of the sessions (clause 21).
/// 15. Every call returns within the store's call timeout, an option of the store, which is one budget for
///     all steps of the call. If the database has not replied by then, the call fails with
///     [`StoreErrorKind::Unavailable`]. A `touch` with [`TouchPatience::Brief`] has a shorter limit of its
///     own, the store's touch timeout, and fails in the same way. It cuts no other call short, also not one
///     that shares a statement with it, and it keeps no connection much longer than this limit, so that many
///     of them leave connections for other calls.
/// 16. `purge` removes only records and rename markers with `expires < before`, at most `limit` of them,
///     records and markers together. If it removes fewer than `limit`, none that had expired before `before`
///     when the call began is left, except those that another call is writing. With a `limit` of 0 it removes
///     nothing.
/// 17. A clone of a store is another handle on the same records.
/// 18. A write that finds nothing in its way is one atomic call to the database, such as one statement, one
///     script or, for a `rename`, one transaction. A database that cannot compare in the same call is read
///     first, and then written on condition that nothing has changed since; if only a `touch` came between,
///     read and write again. An expired record, a rename marker, a version conflict or an index that is kept
///     elsewhere may cost a bounded number of further calls. After each of these calls, readers see a state
///     that this contract allows, even if the store crashes there.
/// 19. The store sends no write a second time, including `touch` and `delete`, unless the database itself has
///     reported that the write did nothing: it rolled the write back (for example SQLSTATE 40001 and 40P01,
///     or MySQL's 1213; 1205 only after the store has sent `rollback` and received the confirmation), or it
///     refused the write (for example Redis's MOVED, ASK, TRYAGAIN, CLUSTERDOWN, LOADING, MASTERDOWN,
///     READONLY and NOSCRIPT). After a lost connection the outcome is unknown, and the call fails with
///     [`StoreErrorKind::Unavailable`]. So does a call whose write was refused or rolled back as often as the
///     store tries. After any other error the call fails at once. Switch off retries of the driver that do
///     not keep this rule. Reads may be repeated. The library repeats no call, so a lost reply can sign a
///     visitor out, but never sign anybody in.
/// 20. `load`, `list`, `revoke` and every other read see all acknowledged writes. A replica, a standby, a
///     proxy that splits reads from writes or a cache must not serve them. A store may offer a cache as a
///     handle of its own type, which documents for how long it may return an old record.
/// 21. The store's documentation says which acknowledged writes a power cut or a failover may take back. A
///     write is taken back as a whole, never in part. If sessions are spread over shards, or a transaction
///     cannot hold all sessions of an owner, a `revoke` is not one step: each session ends atomically, and an
///     error or a crash may leave some of them. The store documents that, too.
/// 22. `size_limits` declares the largest payload, owner and label that the store holds, all three in one
///     record. Clause 3 applies up to these sizes. The library never passes a larger value. A call with a
///     larger value either stores it whole, or fails with [`StoreErrorKind::Other`] and changes nothing.
/// 23. A page of `list` holds at most `limit` sessions; a `limit` of 0 counts as 1. A page may be shorter,
///     and even empty. Its `next` is the cursor to pass as `after` for the next page. `next` is `None` only
///     if no session is left, and following it always ends. Each session that stays live and with this owner
///     while the pages are read appears at least once, also if it is renamed meanwhile. If it is written,
///     touched or renamed meanwhile, it may appear twice, also under two keys. A session that is created
///     meanwhile may be missing. A rename changes the key, and a sign-in changes `created`: page by a number
///     that a session keeps. A cursor is valid for the same owner in every process.
///
/// # Storing the fields
///
/// | field | column |
/// |---|---|
/// | [`StoreKey`] | 34 bytes of any value; the renames of the library keep the first two, the placement |
/// | [`UnixTime`] | a signed 64-bit number of milliseconds, [`UnixTime::as_millis`] |
/// | [`Version`] | 64 bits; in a signed column `version.to_bits().cast_signed()`, whose sign has no meaning |
/// | timeout | a number of whole seconds, at most [`i64::MAX`] |
/// | owner, label | UTF-8 of any value, also with NUL and also empty, which is not the same as none; compared byte by byte, so use a binary column or collation |
///
/// [`Entry`](crate::store::Entry) has a byte form for a store that keeps bytes.
///
/// # Errors
///
/// [`StoreErrorKind`] says which kind is for what. A call that reads a corrupt record fails with
/// [`StoreErrorKind::Corrupt`]. `delete` and `revoke` should not need to read a record, so that a session
/// whose record is corrupt can still be ended.
///
/// # Cancellation
///
/// The caller may drop every future at any point. Clause 14 states what happens then.
///
/// [`StoreErrorKind`]: crate::store::StoreErrorKind
/// [`StoreErrorKind::Corrupt`]: crate::store::StoreErrorKind::Corrupt
/// [`StoreErrorKind::Other`]: crate::store::StoreErrorKind::Other
/// [`StoreErrorKind::Unavailable`]: crate::store::StoreErrorKind::Unavailable
#[async_trait]
pub trait SessionStore: fmt::Debug + Send + Sync + 'static {
    /// Returns the store's name for errors, such as `memory` or `sqlite`.
    fn name(&self) -> &'static str;

    /// Returns the largest payload, owner and label that the store holds. The limits never change.
    fn size_limits(&self) -> SizeLimits;

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
    /// [`StoreErrorKind::Full`](crate::store::StoreErrorKind::Full) if the store has no room; that is so for
    /// every write.
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
    /// Fails if the session was not renamed, or if that is unknown. Also fails if `new` holds anything, also
    /// a rename marker of the session itself; this does not happen in practice, because new keys are random.
    async fn rename(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError>;

    /// Moves the record's expiry to `expires` and its `last_used` to `now`, each if that is later. `None`
    /// means that the record never expires, and is later than any time. `patience` says how long the call may
    /// wait, for example for a lock of another process.
    ///
    /// # Errors
    ///
    /// Fails if the record was not touched, or if that is unknown.
    async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
        patience: TouchPatience,
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

    fn size_limits(&self) -> SizeLimits {
        (**self).size_limits()
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
        patience: TouchPatience,
    ) -> Result<Touched, StoreError> {
        (**self).touch(key, expires, now, patience).await
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

/// The removal of expired records.
///
/// # Cancellation
///
/// Every future may be dropped at any point: see clause 14 of [`SessionStore`].
#[async_trait]
pub trait PurgeExpired: Send + Sync {
    /// Removes records and rename markers that expired before `before`, at most `limit` in all. Returns the
    /// number removed.
    ///
    /// Callers pass a `before` that is an hour in the past, because clocks may differ.
    ///
    /// # Errors
    ///
    /// Fails if the batch was not removed as a whole, or if that is unknown. A part may have been removed.
    async fn purge(&self, before: UnixTime, limit: u32) -> Result<u64, StoreError>;
}

/// The result of a `load`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loaded {
    /// The key holds this live record.
    Found(Record),
    /// The key is a renamed key, and its session is live under another key.
    Moved {
        /// The current owner of the session. If two sign-ins of one session race, the second finds a renamed
        /// key; with the same owner the library treats it as done.
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
    /// The key holds a live record, or a rename marker that has not expired. Nothing was stored.
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

/// Returns the store's index by owner. Fails if the store has none.
pub(crate) fn index_of<S: SessionStore + ?Sized>(store: &S) -> Result<&dyn OwnerIndex, StoreError> {
    let none =
        || StoreError::new(store.name(), StoreErrorKind::Other).with_source("it keeps no index by owner");
    store.owner_index().ok_or_else(none)
}
