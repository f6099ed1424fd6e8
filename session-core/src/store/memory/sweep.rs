//! The removal of expired sessions from the store in memory.

use std::sync::atomic::Ordering;

use crate::store::key::StoreKey;
use crate::store::memory::locks::locked;
use crate::store::memory::shards::{Shard, Shards, Slot};
use crate::time::UnixTime;

/// The number of slots below which a shard is not swept.
const SWEPT_FROM: usize = 64;

impl Shards {
    /// Removes records and rename markers that expired before `before`, at most `limit`, and returns their
    /// number.
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

    /// Sweeps a shard if it has twice as many slots as after the last sweep.
    pub(crate) fn sweep_if_grown(&self, shard: &mut Shard, now: UnixTime) {
        if shard.slots.len() >= shard.swept_len.max(SWEPT_FROM) {
            self.sweep(shard, now, usize::MAX);
            shard.swept_len = shard.slots.len() * 2;
        }
    }

    /// Sweeps all shards, but at most once a second, so that requests that a full store refuses do not make
    /// it slow. Returns whether it swept.
    pub(crate) fn sweep_for_room(&self, now: UnixTime) -> bool {
        let since = |last: i64| {
            (last.saturating_add(1_000) <= now.as_millis() || now.as_millis() < last).then(|| now.as_millis())
        };
        let due = self.swept.fetch_update(Ordering::Relaxed, Ordering::Relaxed, since).is_ok();
        if due {
            self.sweep_all(now, usize::MAX);
        }
        due
    }

    /// Sweeps all shards. Removes at most `limit` records and rename markers in all, and returns their
    /// number.
    pub(crate) fn sweep_all(&self, before: UnixTime, limit: usize) -> usize {
        self.shards
            .iter()
            .fold(0, |swept, shard| swept + self.sweep(&mut locked(shard), before, limit - swept))
    }
}
