//! How long sessions live.

use std::time::Duration;

use session_core::UnixTime;
use session_core::store::{Record, StoreKey, Touched, Version};

use super::{Beyond, Flaw, Listing, Row, TWO_WEEKS, Table, later};

const TOUCH: Beyond =
    Beyond { expired: Flaw::TouchesTheExpired, ended: Flaw::TouchRevives, moved: Flaw::TouchFollowsTheMoved };
const ENDLESS_TOUCH: Beyond = Beyond {
    expired: Flaw::TouchesTheExpired,
    ended: Flaw::EndlessTouchRevives,
    moved: Flaw::EndlessTouchFollowsTheMoved,
};
const TWO_HOURS: Duration = Duration::from_secs(2 * 60 * 60);

impl Table {
    pub(in crate::broken) fn touch(
        &mut self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
    ) -> Touched {
        let beyond = if expires.is_none() { &ENDLESS_TOUCH } else { &TOUCH };
        let Some((at, mut row)) =
            self.find(key, now, beyond).and_then(|at| Some((at, self.rows.get(&at)?.clone())))
        else {
            if self.has(Flaw::TouchCreates) {
                let made = Record { expires, ..Record::new([].as_slice(), now, Version::from_bits(0)) };
                self.keep(*key, &made);
                return Touched::Done;
            }
            return Touched::Gone;
        };
        let record = self.touched(&row.record, expires, now);
        if !self.is_missed_by_purges(&row, &record) {
            row.swept = record.expires;
        }
        row.is_touched = true;
        self.show_touch(&at, &record);
        self.rows.insert(at, Row { record, ..row });
        Touched::Done
    }

    /// Whether purges still go by the earlier deadline after a touch.
    fn is_missed_by_purges(&self, before: &Row, after: &Record) -> bool {
        self.has(Flaw::PurgeForgetsTouches)
            || self.has(Flaw::PurgesInShortBatches)
            || self.has(Flaw::PurgeForgetsEndlessTouches) && after.expires.is_none()
            || self.has(Flaw::PurgeForgetsSecondTouches) && before.is_touched
    }

    fn touched(&self, before: &Record, expires: Option<UnixTime>, now: UnixTime) -> Record {
        let mut after = before.clone();
        after.expires = self.touched_deadline(before.expires, expires, now);
        after.last_used = match before.last_used.max(now) {
            _ if self.has(Flaw::TouchLeavesUsed) => before.last_used,
            _ if self.has(Flaw::EndlessTouchLeavesUsed) && expires.is_none() => before.last_used,
            _ if self.has(Flaw::TouchMovesUsedBack) => now,
            later => later,
        };
        if self.has(Flaw::TouchDropsThePayload) {
            after.payload = [].into();
        }
        if self.has(Flaw::TouchChangesTheVersion) {
            after.version = Version::from_bits(before.version.to_bits().wrapping_add(1));
        }
        after
    }

    fn touched_deadline(
        &self,
        stored: Option<UnixTime>,
        asked: Option<UnixTime>,
        now: UnixTime,
    ) -> Option<UnixTime> {
        match (stored, asked) {
            (None, None) if self.has(Flaw::TouchLimitsTheEndless) => Some(now + TWO_WEEKS),
            _ if self.has(Flaw::TouchLeavesTheDeadline) => stored,
            (Some(_), Some(_)) if self.has(Flaw::TouchShortens) => asked,
            (Some(_), None) if self.has(Flaw::TouchKeepsADeadline) => stored,
            (None, Some(_)) if self.has(Flaw::TouchGivesADeadline) => asked,
            (_, _) => later(stored, asked),
        }
    }

    /// Moves the index along.
    fn show_touch(&mut self, key: &StoreKey, record: &Record) {
        let keeps_deadline =
            self.has(Flaw::TouchUnlists) || self.has(Flaw::EndlessTouchUnlists) && record.expires.is_none();
        let keeps_use = self.has(Flaw::ListForgetsTouches);
        let Some(owner) = record.owner.clone() else { return };
        self.listed.entry((owner, *key)).and_modify(|before| {
            let mut shown = Listing { place: before.place, ..Listing::of(record) };
            if keeps_deadline {
                shown.expires = before.expires;
            }
            if keeps_use {
                shown.last_used = before.last_used;
            }
            *before = shown;
        });
    }

    pub(in crate::broken) fn purge(&mut self, before: UnixTime, limit: u32) -> u64 {
        if self.has(Flaw::PurgesNothing) {
            return 0;
        }
        let limit = if self.has(Flaw::PurgesWithoutLimit) { usize::MAX } else { limit as usize };
        let mut over = self.over(before, limit);
        if self.has(Flaw::PurgesInShortBatches) {
            over.retain(|key| self.has_expired(key, before));
        }
        for key in &over {
            self.purge_one(key);
        }
        if self.has(Flaw::PurgeForgetsAllMarkers) && !over.is_empty() {
            self.moved.clear();
        }
        let is_over = |until: UnixTime| until < before || self.has(Flaw::PurgesMovedKeys);
        let remains: Vec<StoreKey> = self
            .moved
            .iter()
            .filter(|(_, moved)| is_over(moved.until))
            .map(|(key, _)| *key)
            .take(match () {
                () if self.has(Flaw::PurgesAllRemains) => usize::MAX,
                () if self.has(Flaw::PurgesRemainsBesides) => limit,
                () => limit - over.len(),
            })
            .collect();
        for key in &remains {
            self.moved.remove(key);
        }
        let least = usize::from(self.has(Flaw::PurgeCountsForEver));
        (over.len() + remains.len()).max(least) as u64
    }

    /// The keys of what expired before `before`.
    pub(in crate::broken) fn over(&self, before: UnixTime, limit: usize) -> Vec<StoreKey> {
        let before = if self.has(Flaw::PurgesTheLive) { before + TWO_HOURS } else { before };
        let is_over = |swept: Option<UnixTime>| match swept {
            Some(expires) if self.has(Flaw::PurgesTheDateItself) => expires <= before,
            Some(expires) => expires < before,
            None => self.has(Flaw::PurgesTheEndless),
        };
        self.rows.iter().filter(|(_, row)| is_over(row.swept)).map(|(key, _)| *key).take(limit).collect()
    }

    /// Whether the record has expired. If it was touched since, purges go by its new deadline from now on.
    fn has_expired(&mut self, key: &StoreKey, before: UnixTime) -> bool {
        let Some(row) = self.rows.get_mut(key) else { return false };
        row.swept = row.record.expires;
        row.swept.is_some_and(|expires| expires < before)
    }

    pub(in crate::broken) fn purge_one(&mut self, key: &StoreKey) {
        let Some(row) = self.take_with(key, Flaw::PurgeLeavesMarkers) else { return };
        if !self.has(Flaw::PurgeLeavesTheList) {
            self.unlist(key, row.record.owner.as_ref());
        }
    }
}
