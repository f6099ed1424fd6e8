//! A store in this process's memory: for one process, for tests, and for whatever need not outlive a restart.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering};
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
/// How long a renamed key is known to have moved.
const MOVED_FOR: Duration = Duration::from_secs(300);
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
    shared: Arc<Shared>,
}

struct Shared {
    shards: [Mutex<Shard>; SHARDS],
    /// The keys that each owner may have sessions under: all that there are, and perhaps some that are gone.
    owners: [Mutex<HashMap<Owner, HashSet<StoreKey, KeyHash>>>; SHARDS],
    len: AtomicUsize,
    bound: usize,
}

#[derive(Default)]
struct Shard {
    slots: HashMap<StoreKey, Slot, KeyHash>,
    swept_len: usize,
}

enum Slot {
    Live(Record),
    Moved { to: StoreKey, until: UnixTime },
}

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

impl Slot {
    fn owner(&self) -> Option<&Owner> {
        match self {
            Self::Live(record) => record.owner.as_ref(),
            Self::Moved { .. } => None,
        }
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
            shared: Arc::new(Shared {
                shards: std::array::from_fn(|_| Mutex::default()),
                owners: std::array::from_fn(|_| Mutex::default()),
                len: AtomicUsize::new(0),
                bound: sessions,
            }),
        }
    }

    /// How many sessions there are, expired ones included that have not been swept yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.len.load(Ordering::Relaxed)
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
        f.debug_struct("MemoryStore").field("len", &self.len()).finish_non_exhaustive()
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    fn name(&self) -> &'static str {
        NAME
    }

    async fn load(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, StoreError> {
        Ok(self.shared.load(key, now))
    }

    async fn create(&self, key: &StoreKey, record: &Record, now: UnixTime) -> Result<Created, StoreError> {
        self.shared.create(key, record, now)
    }

    async fn update(
        &self,
        key: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        Ok(self.shared.update(key, record, expected, now))
    }

    async fn rename(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        self.shared.rename(old, new, record, expected, now)
    }

    async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
    ) -> Result<Touched, StoreError> {
        Ok(self.shared.touch(key, expires, now))
    }

    async fn delete(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.shared.delete(key, |_| true);
        Ok(())
    }

    fn owners(&self) -> Option<&dyn OwnerIndex> {
        Some(self)
    }

    fn purge(&self) -> Option<&dyn PurgeExpired> {
        Some(self)
    }
}

#[async_trait]
impl OwnerIndex for MemoryStore {
    async fn list(&self, owner: &Owner, now: UnixTime) -> Result<Vec<OwnedSession>, StoreError> {
        let keys = self.shared.owned(owner);
        let mut sessions: Vec<_> =
            keys.iter().filter_map(|key| self.shared.listed(key, owner, now)).collect();
        // A rename in between can bring one session up by both its names.
        sessions.sort_by_key(|session| session.key);
        sessions.dedup_by_key(|session| session.key);
        Ok(sessions)
    }

    async fn revoke(&self, owner: &Owner, except: Option<&StoreKey>) -> Result<u64, StoreError> {
        let keys = self.shared.owned(owner);
        let revoked = keys.iter().filter(|key| except != Some(key)).filter(|key| {
            // What the key has become meanwhile is the same session, unless it is the one to be kept.
            self.shared.delete(key, |(at, record)| record.owner.as_ref() == Some(owner) && except != Some(at))
        });
        Ok(revoked.count() as u64)
    }
}

#[async_trait]
impl PurgeExpired for MemoryStore {
    async fn purge(&self, before: UnixTime, limit: u32) -> Result<u64, StoreError> {
        Ok(self.shared.sweep_all(before, limit as usize) as u64)
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // No code of a caller's runs under these locks, and none of ours panics in the middle of a change.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shard {
    fn live(&self, key: &StoreKey, now: UnixTime) -> Option<&Record> {
        match self.slots.get(key) {
            Some(Slot::Live(record)) if record.is_live(now) => Some(record),
            Some(Slot::Live(_) | Slot::Moved { .. }) | None => None,
        }
    }

    fn live_mut(&mut self, key: &StoreKey, now: UnixTime) -> Option<&mut Record> {
        match self.slots.get_mut(key) {
            Some(Slot::Live(record)) if record.is_live(now) => Some(record),
            Some(Slot::Live(_) | Slot::Moved { .. }) | None => None,
        }
    }
}

impl Shared {
    fn shard(&self, key: &StoreKey) -> MutexGuard<'_, Shard> {
        locked(&self.shards[shard_of(key)])
    }

    fn load(&self, key: &StoreKey, now: UnixTime) -> Loaded {
        let mut at = *key;
        // Each step is a rename of the last minutes, and a rename never leads back.
        loop {
            let shard = self.shard(&at);
            match shard.slots.get(&at) {
                Some(Slot::Live(record)) if !record.is_live(now) => return Loaded::Absent,
                Some(Slot::Live(record)) if at == *key => return Loaded::Found(record.clone()),
                Some(Slot::Live(record)) => return Loaded::Moved { owner: record.owner.clone() },
                Some(Slot::Moved { to, until }) if now < *until || at != *key => at = *to,
                Some(Slot::Moved { .. }) | None => return Loaded::Absent,
            }
        }
    }

    fn create(&self, key: &StoreKey, record: &Record, now: UnixTime) -> Result<Created, StoreError> {
        if !self.reserve() {
            self.sweep_all(now, usize::MAX);
            if !self.reserve() {
                return Err(StoreError::new(NAME, StoreErrorKind::Full));
            }
        }
        let mut shard = self.shard(key);
        let there = match shard.slots.get(key) {
            Some(Slot::Live(found)) if found.version == record.version => Some(Created::Done),
            Some(Slot::Live(found)) if found.is_live(now) => Some(Created::Taken),
            Some(Slot::Moved { until, .. }) if now < *until => Some(Created::Taken),
            Some(Slot::Live(_) | Slot::Moved { .. }) | None => None,
        };
        if let Some(there) = there {
            self.release(1);
            return Ok(there);
        }
        if shard.slots.len() >= shard.swept_len.max(SWEPT_FROM) {
            self.sweep(&mut shard, now, usize::MAX);
            shard.swept_len = shard.slots.len() * 2;
        }
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
        let target = to.as_mut().unwrap_or(&mut from);
        match target.slots.get(new) {
            Some(Slot::Live(found)) if found.version == record.version => return Ok(Written::Done),
            Some(_) => {
                return Err(StoreError::new(NAME, StoreErrorKind::Other).because("the new key is taken"));
            }
            None => {}
        }
        let Some(found) = from.live(old, now) else { return Ok(Written::Gone) };
        if found.version != expected {
            return Ok(Written::Conflict(found.clone()));
        }
        // The new key is in its owner's set before the old one leaves it: who revokes meanwhile finds one of them.
        self.put(to.as_mut().unwrap_or(&mut from), new, record.clone());
        let moved = from.slots.insert(*old, Slot::Moved { to: *new, until: now + MOVED_FOR });
        self.forget(old, moved.as_ref().and_then(Slot::owner));
        Ok(Written::Done)
    }

    fn touch(&self, key: &StoreKey, expires: Option<UnixTime>, now: UnixTime) -> Touched {
        let mut shard = self.shard(key);
        let Some(record) = shard.live_mut(key, now) else { return Touched::Gone };
        record.expires = record.expires.zip(expires).map(|(stored, asked)| stored.max(asked));
        record.used = record.used.max(now);
        Touched::Done
    }

    /// Ends what `key` is, or what it became, if `wanted`; whether it was there.
    fn delete(&self, key: &StoreKey, wanted: impl Fn((&StoreKey, &Record)) -> bool) -> bool {
        let mut at = *key;
        loop {
            let mut shard = self.shard(&at);
            match shard.slots.get(&at) {
                Some(Slot::Moved { to, .. }) => at = *to,
                Some(Slot::Live(record)) if wanted((&at, record)) => {
                    self.remove(&mut shard, &at);
                    return true;
                }
                Some(Slot::Live(_)) | None => return false,
            }
        }
    }

    /// Puts a record in, in the place of an older one if there is one, and its key in the owner's set.
    fn put(&self, shard: &mut Shard, key: &StoreKey, record: Record) {
        let owner = record.owner.clone();
        if let Some(owner) = &owner {
            locked(&self.owners[shard_of_owner(owner)]).entry(owner.clone()).or_default().insert(*key);
        }
        let before = shard.slots.insert(*key, Slot::Live(record));
        self.forget(
            key,
            before.as_ref().and_then(Slot::owner).filter(|before| Some(*before) != owner.as_ref()),
        );
    }

    /// Removes whatever is at the key.
    fn remove(&self, shard: &mut Shard, key: &StoreKey) {
        let Some(slot) = shard.slots.remove(key) else { return };
        self.forget(key, slot.owner());
        if matches!(slot, Slot::Live(_)) {
            self.release(1);
        }
    }

    /// Takes the key out of the owner's set.
    fn forget(&self, key: &StoreKey, owner: Option<&Owner>) {
        let Some(owner) = owner else { return };
        let mut owners = locked(&self.owners[shard_of_owner(owner)]);
        if let Some(keys) = owners.get_mut(owner) {
            keys.remove(key);
            if keys.is_empty() {
                owners.remove(owner);
            }
        }
    }

    /// Removes what expired before `before`, `limit` at most; how many.
    fn sweep(&self, shard: &mut Shard, before: UnixTime, limit: usize) -> usize {
        let is_over = |slot: &Slot| match slot {
            Slot::Live(record) => record.expires.is_some_and(|expires| expires < before),
            Slot::Moved { until, .. } => *until < before,
        };
        let over: Vec<StoreKey> =
            shard.slots.iter().filter(|(_, slot)| is_over(slot)).map(|(key, _)| *key).take(limit).collect();
        over.iter().for_each(|key| self.remove(shard, key));
        over.len()
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

    fn owned(&self, owner: &Owner) -> Vec<StoreKey> {
        let owners = locked(&self.owners[shard_of_owner(owner)]);
        owners.get(owner).map(|keys| keys.iter().copied().collect()).unwrap_or_default()
    }

    fn listed(&self, key: &StoreKey, owner: &Owner, now: UnixTime) -> Option<OwnedSession> {
        // A key that was renamed since the index was read is listed by its new name.
        let mut at = *key;
        loop {
            let shard = self.shard(&at);
            match shard.slots.get(&at)? {
                Slot::Moved { to, .. } => at = *to,
                Slot::Live(record) if record.is_live(now) && record.owner.as_ref() == Some(owner) => {
                    let (created, used, label) = (record.created, record.used, record.label.clone());
                    return Some(OwnedSession { key: at, created, used, label });
                }
                Slot::Live(_) => return None,
            }
        }
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

fn shard_of_owner(owner: &Owner) -> usize {
    owner.as_str().bytes().fold(0_usize, |hash, byte| hash.wrapping_mul(31).wrapping_add(usize::from(byte)))
        % SHARDS
}
