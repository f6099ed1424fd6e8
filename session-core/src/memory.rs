//! A store in this process's memory: for one process, for tests, and for whatever need not outlive a restart.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use crate::id::StoreKey;
use crate::owner::Owner;
use crate::record::{Record, Version};
use crate::store::{
    Created, Loaded, OwnedSession, OwnerIndex, PurgeExpired, SessionStore, StoreError, StoreErrorKind,
    Touched, Written,
};
use crate::time::UnixTime;

const NAME: &str = "memory";
const SHARDS: usize = 64;
/// How long a renamed key is known to have moved: the minute of the contract, and a little for clocks that differ.
const MOVED_FOR: Duration = Duration::from_secs(61);
/// A shard smaller than this is not worth sweeping.
const SWEPT_FROM: usize = 64;

/// Keeps sessions in memory. They end with the process; clones are the same sessions.
///
/// Locks are many and short, and none is held across an await. Expired sessions are swept as new ones come, so memory is bounded by
/// about twice the live ones.
///
/// ```
/// use session_core::MemoryStore;
///
/// let store = MemoryStore::bounded(1_000_000);
/// assert!(store.is_empty());
/// ```
#[derive(Clone)]
pub struct MemoryStore {
    inner: Arc<MemoryInner>,
}

struct MemoryInner {
    shards: [Mutex<Shard>; SHARDS],
    /// The sessions of each owner. Locked after the shards, if at all, so that a list is of one moment.
    owners: [Mutex<HashMap<Owner, Owned>>; SHARDS],
    len: AtomicUsize,
    bound: usize,
    /// When all shards were last swept for room, in milliseconds.
    swept: AtomicI64,
}

#[derive(Default)]
struct Shard {
    slots: HashMap<StoreKey, Slot, KeyHash>,
    swept_len: usize,
}

type Owned = HashMap<StoreKey, Listing, KeyHash>;

/// What a list shows of a session, and until when.
struct Listing {
    created: UnixTime,
    last_used: UnixTime,
    expires: Option<UnixTime>,
    label: Option<Arc<str>>,
}

enum Slot {
    Live { record: Record, chain: Option<RenameChain> },
    Moved { chain: RenameChain, until: UnixTime },
}

/// The key that a session that was renamed has now. All its earlier keys share it, so the longest chain of renames is one step. Locked
/// last.
type RenameChain = Arc<Mutex<StoreKey>>;

/// A key ends in a SHA-256, which spreads well enough as it is.
type KeyHash = BuildHasherDefault<KeyHasher>;

#[derive(Default)]
struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        if let Some((_, last)) = bytes.split_last_chunk() {
            self.0 = u64::from_ne_bytes(*last);
        }
    }

    // A key's length comes this way, which is the same for all.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

impl Listing {
    fn of(record: &Record) -> Self {
        let Record { created, last_used, expires, label, .. } = record;
        Self { created: *created, last_used: *last_used, expires: *expires, label: label.clone() }
    }
}

impl Slot {
    fn owner(&self) -> Option<&Owner> {
        match self {
            Self::Live { record, .. } => record.owner.as_ref(),
            Self::Moved { .. } => None,
        }
    }

    /// Whether this belongs to the session of the chain, if one was followed to it: under the key of a session that has ended there
    /// may be another one.
    fn is_of(&self, followed: Option<&RenameChain>) -> bool {
        let chain = match self {
            Self::Live { chain, .. } => chain.as_ref(),
            Self::Moved { chain, .. } => Some(chain),
        };
        followed.is_none_or(|followed| chain.is_some_and(|chain| Arc::ptr_eq(chain, followed)))
    }
}

impl MemoryStore {
    /// A store without a bound.
    #[must_use]
    pub fn new() -> Self {
        Self::bounded(usize::MAX)
    }

    /// A store of at most `sessions` sessions. One more is refused with [`StoreErrorKind::Full`]; a live session is never put out
    /// to make room.
    #[must_use]
    pub fn bounded(sessions: usize) -> Self {
        Self {
            inner: Arc::new(MemoryInner {
                shards: std::array::from_fn(|_| Mutex::default()),
                owners: std::array::from_fn(|_| Mutex::default()),
                len: AtomicUsize::new(0),
                bound: sessions,
                swept: AtomicI64::new(i64::MIN),
            }),
        }
    }

    /// How many sessions there are, expired ones included that have not been swept yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.len.load(Ordering::Relaxed)
    }

    /// Whether there is no session.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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
        let remains = slots.saturating_sub(self.len());
        f.debug_struct("MemoryStore")
            .field("len", &self.len())
            .field("remains", &remains)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn load(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, StoreError> {
        Ok(self.inner.load(key, now))
    }

    async fn create(&self, key: &StoreKey, record: &Record, now: UnixTime) -> Result<Created, StoreError> {
        self.inner.create(key, record, now)
    }

    async fn update(
        &self,
        key: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        Ok(self.inner.update(key, record, expected, now))
    }

    async fn rename(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        self.inner.rename(old, new, record, expected, now)
    }

    async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
    ) -> Result<Touched, StoreError> {
        Ok(self.inner.touch(key, expires, now))
    }

    async fn delete(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.inner.delete(key, |_, _| true);
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
    async fn list(&self, owner: &Owner, now: UnixTime) -> Result<Vec<OwnedSession>, StoreError> {
        Ok(self.inner.list(owner, now))
    }

    async fn revoke(&self, owner: &Owner, except: Option<&StoreKey>) -> Result<u64, StoreError> {
        let kept = except.and_then(|key| self.inner.chain_of(key));
        let keys = self.inner.keys_of(owner);
        let revoked = keys.iter().filter(|key| {
            // What a key has become meanwhile is the same session. The one that is kept is known by its chain.
            self.inner.delete(key, |record, chain| {
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

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No code of a caller's runs under these locks, and none of ours panics in the middle of a change.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shard {
    fn live(&self, key: &StoreKey, now: UnixTime) -> Option<&Record> {
        match self.slots.get(key) {
            Some(Slot::Live { record, .. }) if record.is_live(now) => Some(record),
            Some(Slot::Live { .. } | Slot::Moved { .. }) | None => None,
        }
    }

    fn live_mut(&mut self, key: &StoreKey, now: UnixTime) -> Option<&mut Record> {
        match self.slots.get_mut(key) {
            Some(Slot::Live { record, .. }) if record.is_live(now) => Some(record),
            Some(Slot::Live { .. } | Slot::Moved { .. }) | None => None,
        }
    }
}

impl MemoryInner {
    fn shard(&self, key: &StoreKey) -> MutexGuard<'_, Shard> {
        locked(&self.shards[shard_of(key)])
    }

    fn load(&self, key: &StoreKey, now: UnixTime) -> Loaded {
        let (mut at, mut followed) = (*key, None);
        // More than two steps only if somebody renames the session in between.
        loop {
            let shard = self.shard(&at);
            match shard.slots.get(&at).filter(|slot| slot.is_of(followed.as_ref())) {
                Some(Slot::Live { record, .. }) if !record.is_live(now) => return Loaded::Absent,
                Some(Slot::Live { record, .. }) if followed.is_none() => {
                    return Loaded::Found(record.clone());
                }
                Some(Slot::Live { record, .. }) => return Loaded::Moved { owner: record.owner.clone() },
                Some(Slot::Moved { chain, until }) if now < *until || followed.is_some() => {
                    at = *locked(chain);
                    followed = Some(Arc::clone(chain));
                }
                Some(Slot::Moved { .. }) | None => return Loaded::Absent,
            }
        }
    }

    fn create(&self, key: &StoreKey, record: &Record, now: UnixTime) -> Result<Created, StoreError> {
        let has_room = self.reserve() || (self.sweep_for_room(now) && self.reserve());
        if !has_room {
            return Err(StoreError::new(NAME, StoreErrorKind::Full));
        }
        let mut shard = self.shard(key);
        let there = match shard.slots.get(key) {
            Some(Slot::Live { record: found, .. }) if found.version == record.version => Some(Created::Done),
            Some(Slot::Live { record: found, .. }) if found.is_live(now) => Some(Created::Taken),
            Some(Slot::Moved { until, .. }) if now < *until => Some(Created::Taken),
            Some(Slot::Live { .. } | Slot::Moved { .. }) | None => None,
        };
        if let Some(there) = there {
            self.release(1);
            return Ok(there);
        }
        self.sweep_if_grown(&mut shard, now);
        self.remove(&mut shard, key);
        self.put(&mut shard, key, record.clone());
        Ok(Created::Done)
    }

    fn update(&self, key: &StoreKey, record: &Record, expected: Version, now: UnixTime) -> Written {
        let mut shard = self.shard(key);
        let Some(found) = shard.live(key, now) else { return Written::Gone };
        if found.version == record.version {
            return Written::Done;
        }
        if found.version != expected {
            return Written::Conflict(found.clone());
        }
        self.put(&mut shard, key, record.clone());
        Written::Done
    }

    fn rename(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        let (mut from, mut to) = self.two_shards(old, new);
        match to.as_ref().unwrap_or(&from).slots.get(new) {
            Some(Slot::Live { record: found, .. }) if found.version == record.version => {
                return Ok(Written::Done);
            }
            Some(_) => {
                return Err(StoreError::new(NAME, StoreErrorKind::Other).with_source("the new key is taken"));
            }
            None => {}
        }
        match from.slots.get(old) {
            Some(Slot::Live { record: found, .. }) if found.is_live(now) && found.version == expected => {}
            Some(Slot::Live { record: found, .. }) if found.is_live(now) => {
                return Ok(Written::Conflict(found.clone()));
            }
            Some(Slot::Live { .. } | Slot::Moved { .. }) | None => return Ok(Written::Gone),
        }
        self.sweep_if_grown(&mut from, now);
        self.move_slot((&mut from, old), (to.as_deref_mut(), new), record, now + MOVED_FOR);
        Ok(Written::Done)
    }

    /// Puts the record under the new key, and a note about it under the old one; `to` is the new key's shard, if it is another.
    fn move_slot(
        &self,
        (from, old): (&mut Shard, &StoreKey),
        (to, new): (Option<&mut Shard>, &StoreKey),
        record: &Record,
        until: UnixTime,
    ) {
        let Some(Slot::Live { record: before, chain }) = from.slots.remove(old) else { return };
        let chain = chain.unwrap_or_else(|| Arc::new(Mutex::new(*old)));
        *locked(&chain) = *new;
        from.slots.insert(*old, Slot::Moved { chain: Arc::clone(&chain), until });
        let live = Slot::Live { record: record.clone(), chain: Some(chain) };
        to.unwrap_or(from).slots.insert(*new, live);
        self.relist(before.owner.as_ref().map(|owner| (old, owner)), Some((new, record)));
    }

    fn touch(&self, key: &StoreKey, expires: Option<UnixTime>, now: UnixTime) -> Touched {
        let mut shard = self.shard(key);
        let Some(record) = shard.live_mut(key, now) else { return Touched::Gone };
        record.expires = record.expires.zip(expires).map(|(stored, asked)| stored.max(asked));
        record.last_used = record.last_used.max(now);
        self.relist(None, Some((key, record)));
        Touched::Done
    }

    /// The chain of the session that has or had this key. It has one from now on, so that it is known by it whatever its key becomes.
    fn chain_of(&self, key: &StoreKey) -> Option<RenameChain> {
        match self.shard(key).slots.get_mut(key)? {
            Slot::Live { chain, .. } => {
                Some(Arc::clone(chain.get_or_insert_with(|| Arc::new(Mutex::new(*key)))))
            }
            Slot::Moved { chain, .. } => Some(Arc::clone(chain)),
        }
    }

    /// Ends what `key` is, or what it became, if `wanted`; whether it was there.
    fn delete(&self, key: &StoreKey, wanted: impl Fn(&Record, Option<&RenameChain>) -> bool) -> bool {
        let (mut at, mut followed) = (*key, None);
        loop {
            let mut shard = self.shard(&at);
            match shard.slots.get(&at).filter(|slot| slot.is_of(followed.as_ref())) {
                Some(Slot::Moved { chain, .. }) => {
                    at = *locked(chain);
                    followed = Some(Arc::clone(chain));
                }
                Some(Slot::Live { record, chain }) if wanted(record, chain.as_ref()) => {
                    self.remove(&mut shard, &at);
                    return true;
                }
                Some(Slot::Live { .. }) | None => return false,
            }
        }
    }

    /// Puts a record in, in the place of an older one if there is one.
    fn put(&self, shard: &mut Shard, key: &StoreKey, record: Record) {
        let before = shard.slots.remove(key);
        self.relist(before.as_ref().and_then(Slot::owner).map(|owner| (key, owner)), Some((key, &record)));
        let chain = match before {
            Some(Slot::Live { chain, .. }) => chain,
            Some(Slot::Moved { .. }) | None => None,
        };
        shard.slots.insert(*key, Slot::Live { record, chain });
    }

    /// Removes whatever is at the key.
    fn remove(&self, shard: &mut Shard, key: &StoreKey) {
        let Some(slot) = shard.slots.remove(key) else { return };
        self.relist(slot.owner().map(|owner| (key, owner)), None);
        if matches!(slot, Slot::Live { .. }) {
            self.release(1);
        }
    }

    /// Takes a session off its owner's list and puts one on; of one owner, both at once: no list shows the session twice or not at all.
    fn relist(&self, off: Option<(&StoreKey, &Owner)>, on: Option<(&StoreKey, &Record)>) {
        let on = on.and_then(|(key, record)| record.owner.as_ref().map(|owner| (key, owner, record)));
        if let Some((key, owner, record)) = on {
            let mut owners = self.owners(owner);
            let owned = owners.entry(owner.clone()).or_default();
            if let Some((old, _)) = off.filter(|(_, before)| *before == owner) {
                owned.remove(old);
            }
            owned.insert(*key, Listing::of(record));
        }
        if let Some((key, owner)) = off.filter(|(_, owner)| on.is_none_or(|(_, after, _)| after != *owner)) {
            let mut owners = self.owners(owner);
            let Some(owned) = owners.get_mut(owner) else { return };
            owned.remove(key);
            if owned.is_empty() {
                owners.remove(owner);
            }
        }
    }

    /// Removes what expired before `before`, `limit` at most; how many.
    fn sweep(&self, shard: &mut Shard, before: UnixTime, limit: usize) -> usize {
        let is_over = |slot: &Slot| match slot {
            Slot::Live { record, .. } => record.expires.is_some_and(|expires| expires < before),
            Slot::Moved { until, .. } => *until < before,
        };
        let over: Vec<StoreKey> =
            shard.slots.iter().filter(|(_, slot)| is_over(slot)).map(|(key, _)| *key).take(limit).collect();
        over.iter().for_each(|key| self.remove(shard, key));
        over.len()
    }

    /// Sweeps a shard that has grown to twice what the last sweep left.
    fn sweep_if_grown(&self, shard: &mut Shard, now: UnixTime) {
        if shard.slots.len() >= shard.swept_len.max(SWEPT_FROM) {
            self.sweep(shard, now, usize::MAX);
            shard.swept_len = shard.slots.len() * 2;
        }
    }

    /// Sweeps all shards, once a second at most: a store that is full must not be made slow by those whom it refuses. Whether it did.
    fn sweep_for_room(&self, now: UnixTime) -> bool {
        let since = |last: i64| {
            (last.saturating_add(1_000) <= now.as_millis() || now.as_millis() < last).then(|| now.as_millis())
        };
        let due = self.swept.fetch_update(Ordering::Relaxed, Ordering::Relaxed, since).is_ok();
        if due {
            self.sweep_all(now, usize::MAX);
        }
        due
    }

    fn sweep_all(&self, before: UnixTime, limit: usize) -> usize {
        self.shards
            .iter()
            .fold(0, |swept, shard| swept + self.sweep(&mut locked(shard), before, limit - swept))
    }

    /// Takes a place for one more session, if there is one.
    fn reserve(&self) -> bool {
        let more = |len| (len < self.bound).then_some(len + 1);
        self.len.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    fn release(&self, sessions: usize) {
        self.len.fetch_sub(sessions, Ordering::Relaxed);
    }

    fn list(&self, owner: &Owner, now: UnixTime) -> Vec<OwnedSession> {
        let owners = self.owners(owner);
        let owned = owners.get(owner).into_iter().flatten();
        owned
            .filter(|(_, listing)| listing.expires.is_none_or(|expires| now < expires))
            .map(|(key, Listing { created, last_used, label, .. })| OwnedSession {
                key: *key,
                created: *created,
                last_used: *last_used,
                label: label.clone(),
            })
            .collect()
    }

    fn keys_of(&self, owner: &Owner) -> Vec<StoreKey> {
        self.owners(owner).get(owner).map(|owned| owned.keys().copied().collect()).unwrap_or_default()
    }

    fn owners(&self, owner: &Owner) -> MutexGuard<'_, HashMap<Owner, Owned>> {
        let hash = owner
            .as_str()
            .bytes()
            .fold(0_usize, |hash, byte| hash.wrapping_mul(31).wrapping_add(usize::from(byte)));
        locked(&self.owners[hash % SHARDS])
    }

    /// The shards of two keys, locked in one order; the second only if it is another one.
    fn two_shards(
        &self,
        old: &StoreKey,
        new: &StoreKey,
    ) -> (MutexGuard<'_, Shard>, Option<MutexGuard<'_, Shard>>) {
        let (from, to) = (shard_of(old), shard_of(new));
        match from.cmp(&to) {
            std::cmp::Ordering::Equal => (self.shard(old), None),
            std::cmp::Ordering::Less => {
                let from = self.shard(old);
                (from, Some(self.shard(new)))
            }
            std::cmp::Ordering::Greater => {
                let to = self.shard(new);
                (self.shard(old), Some(to))
            }
        }
    }
}

/// By placement, which a renewal keeps: the library's renames stay within one shard.
fn shard_of(key: &StoreKey) -> usize {
    usize::from(u16::from_be_bytes(key.placement())) % SHARDS
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use std::hash::BuildHasher as _;

    fn key(first: u16, last: u64) -> StoreKey {
        let mut bytes = [0; StoreKey::BYTES];
        bytes[..2].copy_from_slice(&first.to_be_bytes());
        bytes[StoreKey::BYTES - 8..].copy_from_slice(&last.to_be_bytes());
        StoreKey::from_bytes(bytes)
    }

    #[test]
    fn keys_hash_by_their_digest() {
        let hashes: HashSet<u64> = (0..100).map(|n| KeyHash::default().hash_one(key(0, n))).collect();
        assert_eq!(hashes.len(), 100);
        assert_eq!(KeyHash::default().hash_one(key(0, 1)), KeyHash::default().hash_one(key(7, 1)));
    }

    #[test]
    fn keys_are_spread_over_all_shards_by_their_placement() {
        let shards: HashSet<usize> = (0..SHARDS as u16).map(|first| shard_of(&key(first, 0))).collect();
        assert_eq!(shards.len(), SHARDS);
        assert_eq!(shard_of(&key(5, 0)), shard_of(&key(5, 9)));
    }
}
