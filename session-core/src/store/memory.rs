//! The session store in memory.

mod key_hash;
mod locks;
mod owners;
mod shards;
mod sweep;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;

use crate::owner::Owner;
use crate::store::after_miss::{self, AfterCreate};
use crate::store::contract::{
    Created, Loaded, PurgeExpired, RENAME_MARKER_LIFETIME, SessionStore, Touched, Written,
};
use crate::store::error::{StoreError, StoreErrorKind};
use crate::store::key::StoreKey;
use crate::store::memory::locks::locked;
use crate::store::memory::shards::{RenameChain, Shards, Slot};
use crate::store::owner_index::{ListCursor, OwnedPage, OwnerIndex};
use crate::store::record::{Record, Version};
use crate::store::size_limits::SizeLimits;
use crate::store::touch_patience::TouchPatience;
use crate::time::UnixTime;

const NAME: &str = "memory";

/// A session store in memory. Its sessions end with the process. Clones share the same sessions.
///
/// The store has many locks. It holds each only briefly, and none across an await. Expired sessions are
/// removed as new ones are created, so the store holds at most about twice the number of live sessions, and
/// some thousand more.
///
/// ```
/// use session_core::MemoryStore;
///
/// let store = MemoryStore::bounded(1_000_000);
/// assert!(store.is_empty());
/// ```
#[derive(Clone)]
pub struct MemoryStore {
    inner: Arc<Shards>,
}

impl MemoryStore {
    /// Creates a store without a limit on the number of sessions.
    #[must_use]
    pub fn new() -> Self {
        Self::bounded(usize::MAX)
    }

    /// Creates a store of at most `sessions` sessions.
    ///
    /// If it is full, creating another session fails with [`StoreErrorKind::Full`]. The store removes expired
    /// sessions to make room, but never a live one.
    #[must_use]
    pub fn bounded(sessions: usize) -> Self {
        Self { inner: Arc::new(Shards::bounded(sessions)) }
    }

    /// Returns the number of sessions, including expired ones that are not removed yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.len()
    }

    /// Tells whether the store holds no session.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Deletes the session that has or had the key `key`, if `wanted` returns true for it. Returns whether a
    /// session was deleted.
    fn delete_if(&self, key: &StoreKey, wanted: impl Fn(&Record, Option<&RenameChain>) -> bool) -> bool {
        let (mut at, mut followed) = (*key, None);
        loop {
            let mut shard = self.inner.shard(&at);
            match shard.slots.get(&at).filter(|slot| slot.is_of(followed.as_ref())) {
                Some(Slot::Moved { chain, .. }) => {
                    at = *locked(chain);
                    followed = Some(Arc::clone(chain));
                }
                Some(Slot::Live { record, chain }) if wanted(record, chain.as_ref()) => {
                    self.inner.remove(&mut shard, &at);
                    return true;
                }
                Some(Slot::Live { .. }) | None => return false,
            }
        }
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slots: usize = self.inner.shards.iter().map(|shard| locked(shard).slots.len()).sum();
        let rename_markers = slots.saturating_sub(self.len());
        f.debug_struct("MemoryStore")
            .field("len", &self.len())
            .field("rename_markers", &rename_markers)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    fn name(&self) -> &'static str {
        NAME
    }

    fn size_limits(&self) -> SizeLimits {
        SizeLimits::UNLIMITED
    }

    async fn load(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, StoreError> {
        let (mut at, mut followed) = (*key, None);
        // This takes more than two steps only if another call renames the session in between.
        loop {
            let shard = self.inner.shard(&at);
            match shard.slots.get(&at).filter(|slot| slot.is_of(followed.as_ref())) {
                Some(Slot::Live { record, .. }) if !record.is_live(now) => return Ok(Loaded::Absent),
                Some(Slot::Live { record, .. }) if followed.is_none() => {
                    return Ok(Loaded::Found(record.clone()));
                }
                Some(Slot::Live { record, .. }) => return Ok(Loaded::Moved { owner: record.owner.clone() }),
                Some(Slot::Moved { chain, until }) if now < *until || followed.is_some() => {
                    at = *locked(chain);
                    followed = Some(Arc::clone(chain));
                }
                Some(Slot::Moved { .. }) | None => return Ok(Loaded::Absent),
            }
        }
    }

    async fn create(&self, key: &StoreKey, record: &Record, now: UnixTime) -> Result<Created, StoreError> {
        let has_room = self.inner.reserve() || (self.inner.sweep_for_room(now) && self.inner.reserve());
        if !has_room {
            return Err(StoreError::new(NAME, StoreErrorKind::Full));
        }
        let mut shard = self.inner.shard(key);
        let found = shard.slots.get(key).map(Slot::found);
        let refused = found.and_then(|found| match after_miss::create(Some(&found), record.version, now) {
            AfterCreate::Done => Some(Created::Done),
            AfterCreate::Taken => Some(Created::Taken),
            AfterCreate::Retry => None,
        });
        if let Some(refused) = refused {
            self.inner.release(1);
            return Ok(refused);
        }
        self.inner.sweep_if_grown(&mut shard, now);
        self.inner.remove(&mut shard, key);
        self.inner.put(&mut shard, key, record.clone());
        Ok(Created::Done)
    }

    async fn update(
        &self,
        key: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        let mut shard = self.inner.shard(key);
        if expected == record.version || !shard.holds(key, expected, now) {
            let found = shard.slots.get(key).map(Slot::found);
            return Ok(after_miss::update(found, record.version, expected, now));
        }
        self.inner.put(&mut shard, key, record.clone());
        Ok(Written::Done)
    }

    async fn rename(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        let (mut from, mut to) = self.inner.two_shards(old, new);
        let found = to.as_ref().unwrap_or(&from).slots.get(new).map(Slot::found);
        if found.is_some() || !from.holds(old, expected, now) {
            let old = from.slots.get(old).map(Slot::found);
            let written = after_miss::rename(old, found.as_ref(), record.version, expected, now);
            return written.map_err(|taken| StoreError::new(NAME, StoreErrorKind::Other).with_source(taken));
        }
        self.inner.sweep_if_grown(&mut from, now);
        self.inner.move_slot(
            (&mut from, old),
            (to.as_deref_mut(), new),
            record,
            now + RENAME_MARKER_LIFETIME,
        );
        Ok(Written::Done)
    }

    async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
        _: TouchPatience,
    ) -> Result<Touched, StoreError> {
        let mut shard = self.inner.shard(key);
        let Some(record) = shard.live_mut(key, now) else { return Ok(Touched::Gone) };
        record.expires = record.expires.zip(expires).map(|(stored, asked)| stored.max(asked));
        record.last_used = record.last_used.max(now);
        self.inner.owners.relist(None, Some((key, record)));
        Ok(Touched::Done)
    }

    async fn delete(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.delete_if(key, |_, _| true);
        Ok(())
    }

    fn owner_index(&self) -> Option<&dyn OwnerIndex> {
        Some(self)
    }

    fn expiry_purge(&self) -> Option<&dyn PurgeExpired> {
        Some(self)
    }
}

#[async_trait]
impl OwnerIndex for MemoryStore {
    async fn list(
        &self,
        owner: &Owner,
        after: Option<&ListCursor>,
        limit: u32,
        now: UnixTime,
    ) -> Result<OwnedPage, StoreError> {
        let after = after.map(|cursor| cursor.as_bytes().try_into()).transpose().map_err(|_| {
            StoreError::new(NAME, StoreErrorKind::Other).with_source("the cursor is not one of this store")
        })?;
        Ok(self.inner.owners.page(owner, after.map(u64::from_be_bytes), limit.max(1) as usize, now))
    }

    async fn revoke(&self, owner: &Owner, except: Option<&StoreKey>) -> Result<u64, StoreError> {
        let kept = except.and_then(|key| self.inner.chain_of(key));
        let keys = self.inner.owners.keys_of(owner);
        let revoked = keys.iter().filter(|key| {
            // If a session was renamed in the meantime, its old key leads to it. The session to keep is
            // recognised by its chain of renames.
            self.delete_if(key, |record, chain| {
                let is_kept = kept.as_ref().zip(chain).is_some_and(|(kept, chain)| Arc::ptr_eq(kept, chain));
                record.owner.as_ref() == Some(owner) && !is_kept
            })
        });
        Ok(revoked.count() as u64)
    }
}

#[async_trait]
impl PurgeExpired for MemoryStore {
    async fn purge(&self, before: UnixTime, limit: u32) -> Result<u64, StoreError> {
        Ok(self.inner.sweep_all(before, limit as usize) as u64)
    }
}
