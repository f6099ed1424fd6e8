//! The sessions of the store in memory by key, in shards that have a lock each.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::owner::Owner;
use crate::store::after_miss::Found;
use crate::store::key::StoreKey;
use crate::store::memory::key_hash::KeyHash;
use crate::store::memory::locks::{SHARDS, locked};
use crate::store::memory::owners::Owners;
use crate::store::record::{Record, Version};
use crate::time::UnixTime;

/// All sessions of a store. No lock is held across an await.
pub(crate) struct Shards {
    pub(crate) shards: [Mutex<Shard>; SHARDS],
    /// The index by owner. It is locked after a shard and never before one: a write changes both together, so
    /// a list shows the sessions of one moment.
    pub(crate) owners: Owners,
    len: AtomicUsize,
    bound: usize,
    /// The time at which all shards were last swept for room, in milliseconds since the epoch.
    pub(crate) swept: AtomicI64,
}

/// The sessions of one shard.
#[derive(Default)]
pub(crate) struct Shard {
    pub(crate) slots: HashMap<StoreKey, Slot, KeyHash>,
    pub(crate) swept_len: usize,
}

/// The entry of one key.
pub(crate) enum Slot {
    /// A record, which may have expired, and the chain of its renames if there is one.
    Live { record: Record, chain: Option<RenameChain> },
    /// A rename marker: the session of this key now lives under the key that the chain holds.
    Moved { chain: RenameChain, until: UnixTime },
}

/// The current key of a renamed session. All earlier keys of the session share it, so each of them is one
/// step from the session, however often it was renamed. Its lock is taken last.
pub(crate) type RenameChain = Arc<Mutex<StoreKey>>;

impl Slot {
    pub(crate) fn owner(&self) -> Option<&Owner> {
        match self {
            Self::Live { record, .. } => record.owner.as_ref(),
            Self::Moved { .. } => None,
        }
    }

    /// Returns the content of the slot for the table of outcomes.
    pub(crate) fn found(&self) -> Found {
        match self {
            Self::Live { record, .. } => Found::Record(record.clone()),
            Self::Moved { until, .. } => Found::Marker { until: *until },
        }
    }

    /// Tells whether the slot belongs to the session of the chain `followed`. It may not: the key of a
    /// session that has ended may be in use by another session. Returns true if no chain was followed.
    pub(crate) fn is_of(&self, followed: Option<&RenameChain>) -> bool {
        let chain = match self {
            Self::Live { chain, .. } => chain.as_ref(),
            Self::Moved { chain, .. } => Some(chain),
        };
        followed.is_none_or(|followed| chain.is_some_and(|chain| Arc::ptr_eq(chain, followed)))
    }
}

impl Shard {
    /// Tells whether the key holds a live record of this version.
    pub(crate) fn holds(&self, key: &StoreKey, version: Version, now: UnixTime) -> bool {
        match self.slots.get(key) {
            Some(Slot::Live { record, .. }) => record.is_live(now) && record.version == version,
            Some(Slot::Moved { .. }) | None => false,
        }
    }

    pub(crate) fn live_mut(&mut self, key: &StoreKey, now: UnixTime) -> Option<&mut Record> {
        match self.slots.get_mut(key) {
            Some(Slot::Live { record, .. }) if record.is_live(now) => Some(record),
            Some(Slot::Live { .. } | Slot::Moved { .. }) | None => None,
        }
    }
}

impl Shards {
    /// Creates the shards of a store of at most `bound` sessions.
    pub(crate) fn bounded(bound: usize) -> Self {
        Self {
            shards: std::array::from_fn(|_| Mutex::default()),
            owners: Owners::default(),
            len: AtomicUsize::new(0),
            bound,
            swept: AtomicI64::new(i64::MIN),
        }
    }

    /// Returns the number of sessions, including expired ones.
    pub(crate) fn len(&self) -> usize {
        self.len.load(Ordering::Relaxed)
    }

    /// Locks the shard of a key.
    pub(crate) fn shard(&self, key: &StoreKey) -> MutexGuard<'_, Shard> {
        locked(&self.shards[shard_of(key)])
    }

    /// Locks the shards of two keys, and returns the second only if it is another shard. The shards are
    /// always locked in the same order, so two calls cannot deadlock.
    pub(crate) fn two_shards(
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

    /// Stores a record under the key, and replaces the older one if there is one.
    pub(crate) fn put(&self, shard: &mut Shard, key: &StoreKey, record: Record) {
        let before = shard.slots.remove(key);
        self.owners
            .relist(before.as_ref().and_then(Slot::owner).map(|owner| (key, owner)), Some((key, &record)));
        let chain = match before {
            Some(Slot::Live { chain, .. }) => chain,
            Some(Slot::Moved { .. }) | None => None,
        };
        shard.slots.insert(*key, Slot::Live { record, chain });
    }

    /// Removes the record or the rename marker under the key.
    pub(crate) fn remove(&self, shard: &mut Shard, key: &StoreKey) {
        let Some(slot) = shard.slots.remove(key) else { return };
        self.owners.relist(slot.owner().map(|owner| (key, owner)), None);
        if matches!(slot, Slot::Live { .. }) {
            self.release(1);
        }
    }

    /// Stores the record under the new key, and a rename marker under the old one. `to` is the shard of the
    /// new key if that is another shard.
    pub(crate) fn move_slot(
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
        self.owners.relist(before.owner.as_ref().map(|owner| (old, owner)), Some((new, record)));
    }

    /// Returns the chain of the session that has or had this key. A session without a chain gets one, so that
    /// it can be recognised when it is renamed later.
    pub(crate) fn chain_of(&self, key: &StoreKey) -> Option<RenameChain> {
        match self.shard(key).slots.get_mut(key)? {
            Slot::Live { chain, .. } => {
                Some(Arc::clone(chain.get_or_insert_with(|| Arc::new(Mutex::new(*key)))))
            }
            Slot::Moved { chain, .. } => Some(Arc::clone(chain)),
        }
    }

    /// Counts one more session if the store has room for it, and tells whether it has.
    pub(crate) fn reserve(&self) -> bool {
        let more = |len| (len < self.bound).then_some(len + 1);
        self.len.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).is_ok()
    }

    /// Counts `sessions` fewer.
    pub(crate) fn release(&self, sessions: usize) {
        self.len.fetch_sub(sessions, Ordering::Relaxed);
    }
}

/// Returns the shard of a key. It follows from the placement, which is the same before and after a renewal,
/// so the renames of the library stay within one shard.
fn shard_of(key: &StoreKey) -> usize {
    usize::from(u16::from_be_bytes(key.placement())) % SHARDS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::memory::key_hash::tests::key;
    use std::collections::HashSet;

    #[test]
    fn keys_are_spread_over_all_shards_by_their_placement() {
        let shards: HashSet<usize> = (0..SHARDS as u16).map(|first| shard_of(&key(first, 0))).collect();
        assert_eq!(shards.len(), SHARDS);
        assert_eq!(shard_of(&key(5, 0)), shard_of(&key(5, 9)));
    }
}
