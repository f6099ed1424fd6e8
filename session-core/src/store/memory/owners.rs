//! The index by owner of the store in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::owner::Owner;
use crate::store::key::StoreKey;
use crate::store::memory::key_hash::KeyHash;
use crate::store::memory::locks::{SHARDS, locked};
use crate::store::owner_index::{ListCursor, OwnedPage, OwnedSession};
use crate::store::record::Record;
use crate::time::UnixTime;

/// The sessions of each owner, in shards that have a lock each.
pub(crate) struct Owners([Mutex<HashMap<Owner, Owned>>; SHARDS]);

/// The sessions of one owner.
#[derive(Default)]
struct Owned {
    sessions: HashMap<StoreKey, Listing, KeyHash>,
    /// The number of the last session that was added.
    last: u64,
}

/// The fields of a session that a list shows, and the session's expiry.
struct Listing {
    /// The position of the session in the list, which renames keep, so that no page misses it.
    number: u64,
    created: UnixTime,
    last_used: UnixTime,
    expires: Option<UnixTime>,
    label: Option<Arc<str>>,
}

impl Owned {
    fn remove(&mut self, key: &StoreKey) -> Option<u64> {
        self.sessions.remove(key).map(|listing| listing.number)
    }

    /// Adds a session, which keeps its number if it has one.
    fn insert(&mut self, key: &StoreKey, number: Option<u64>, record: &Record) {
        let number = number.or_else(|| self.remove(key)).unwrap_or_else(|| {
            self.last += 1;
            self.last
        });
        let Record { created, last_used, expires, label, .. } = record;
        let (created, last_used, expires, label) = (*created, *last_used, *expires, label.clone());
        self.sessions.insert(*key, Listing { number, created, last_used, expires, label });
    }
}

impl Default for Owners {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

impl Owners {
    /// Returns at most `limit` live sessions of `owner` whose numbers are greater than `after`, the smallest
    /// first.
    pub(crate) fn page(&self, owner: &Owner, after: Option<u64>, limit: usize, now: UnixTime) -> OwnedPage {
        let shard = self.shard(owner);
        let all = shard.get(owner).into_iter().flat_map(|owned| &owned.sessions);
        let mut live: Vec<_> = all
            .filter(|(_, listing)| after.is_none_or(|after| after < listing.number))
            .filter(|(_, listing)| listing.expires.is_none_or(|expires| now < expires))
            .collect();
        live.sort_unstable_by_key(|(_, listing)| listing.number);
        let is_last = live.len() <= limit;
        live.truncate(limit);
        let cursor = |(_, last): &(&StoreKey, &Listing)| ListCursor::new(last.number.to_be_bytes());
        let next = if is_last { None } else { live.last().map(cursor) };
        let session = |(key, Listing { created, last_used, label, .. }): (&StoreKey, &Listing)| {
            OwnedSession::new(*key, *created, *last_used, label.clone())
        };
        OwnedPage { sessions: live.into_iter().map(session).collect(), next }
    }

    /// Returns the keys of all sessions of `owner`, expired ones included.
    pub(crate) fn keys_of(&self, owner: &Owner) -> Vec<StoreKey> {
        self.shard(owner).get(owner).map(|owned| owned.sessions.keys().copied().collect()).unwrap_or_default()
    }

    /// Removes the session `off` from its owner's list, and adds the session `on` to its owner's. If both
    /// have the same owner, both happen under one lock, so no list shows the session twice, or not at all.
    pub(crate) fn relist(&self, off: Option<(&StoreKey, &Owner)>, on: Option<(&StoreKey, &Record)>) {
        let on = on.and_then(|(key, record)| record.owner.as_ref().map(|owner| (key, owner, record)));
        if let Some((key, owner, record)) = on {
            let mut shard = self.shard(owner);
            let owned = shard.entry(owner.clone()).or_default();
            let number = off.filter(|(_, before)| *before == owner).and_then(|(old, _)| owned.remove(old));
            owned.insert(key, number, record);
        }
        if let Some((key, owner)) = off.filter(|(_, owner)| on.is_none_or(|(_, after, _)| after != *owner)) {
            let mut shard = self.shard(owner);
            let Some(owned) = shard.get_mut(owner) else { return };
            owned.remove(key);
            if owned.sessions.is_empty() {
                shard.remove(owner);
            }
        }
    }

    fn shard(&self, owner: &Owner) -> MutexGuard<'_, HashMap<Owner, Owned>> {
        let hash = owner
            .as_str()
            .bytes()
            .fold(0_usize, |hash, byte| hash.wrapping_mul(31).wrapping_add(usize::from(byte)));
        locked(&self.0[hash % SHARDS])
    }
}
