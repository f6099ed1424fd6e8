//! The index by owner of the store in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::owner::Owner;
use crate::store::contract::OwnedSession;
use crate::store::key::StoreKey;
use crate::store::memory::key_hash::KeyHash;
use crate::store::memory::locks::{SHARDS, locked};
use crate::store::record::Record;
use crate::time::UnixTime;

/// The sessions of each owner, in shards that have a lock each.
pub(crate) struct Owners([Mutex<HashMap<Owner, Owned>>; SHARDS]);

type Owned = HashMap<StoreKey, Listing, KeyHash>;

/// The fields of a session that a list shows, and the session's expiry.
struct Listing {
    created: UnixTime,
    last_used: UnixTime,
    expires: Option<UnixTime>,
    label: Option<Arc<str>>,
}

impl Listing {
    fn of(record: &Record) -> Self {
        let Record { created, last_used, expires, label, .. } = record;
        Self { created: *created, last_used: *last_used, expires: *expires, label: label.clone() }
    }
}

impl Default for Owners {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

impl Owners {
    /// Returns the live sessions of `owner`.
    pub(crate) fn list(&self, owner: &Owner, now: UnixTime) -> Vec<OwnedSession> {
        let shard = self.shard(owner);
        let owned = shard.get(owner).into_iter().flatten();
        owned
            .filter(|(_, listing)| listing.expires.is_none_or(|expires| now < expires))
            .map(|(key, Listing { created, last_used, label, .. })| {
                OwnedSession::new(*key, *created, *last_used, label.clone())
            })
            .collect()
    }

    /// Returns the keys of all sessions of `owner`, expired ones included.
    pub(crate) fn keys_of(&self, owner: &Owner) -> Vec<StoreKey> {
        self.shard(owner).get(owner).map(|owned| owned.keys().copied().collect()).unwrap_or_default()
    }

    /// Removes the session `off` from its owner's list, and adds the session `on` to its owner's. If both
    /// have the same owner, both happen under one lock, so no list shows the session twice, or not at all.
    pub(crate) fn relist(&self, off: Option<(&StoreKey, &Owner)>, on: Option<(&StoreKey, &Record)>) {
        let on = on.and_then(|(key, record)| record.owner.as_ref().map(|owner| (key, owner, record)));
        if let Some((key, owner, record)) = on {
            let mut shard = self.shard(owner);
            let owned = shard.entry(owner.clone()).or_default();
            if let Some((old, _)) = off.filter(|(_, before)| *before == owner) {
                owned.remove(old);
            }
            owned.insert(*key, Listing::of(record));
        }
        if let Some((key, owner)) = off.filter(|(_, owner)| on.is_none_or(|(_, after, _)| after != *owner)) {
            let mut shard = self.shard(owner);
            let Some(owned) = shard.get_mut(owner) else { return };
            owned.remove(key);
            if owned.is_empty() {
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
