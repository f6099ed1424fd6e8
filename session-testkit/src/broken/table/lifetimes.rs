//! How long sessions live.

use std::time::Duration;

use session_core::UnixTime;
use session_core::store::{Record, StoreKey, Touched, Version};

use super::{Beyond, Flaw, Listing, Row, Table, later};

const TOUCH: Beyond =
    Beyond { expired: Flaw::TouchesTheExpired, ended: Flaw::TouchRevives, moved: Flaw::TouchFollowsTheMoved };
const TWO_HOURS: Duration = Duration::from_secs(2 * 60 * 60);

impl Table {
    pub(in crate::broken) fn touch(
        &mut self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
    ) -> Touched {
        let Some((at, mut row)) =
            self.find(key, now, &TOUCH).and_then(|at| Some((at, self.rows.get(&at)?.clone())))
        else {
            if self.has(Flaw::TouchCreates) {
                let made = Record { expires, ..Record::new([].as_slice(), now, Version::from_bits(0)) };
                self.keep(*key, &made);
                return Touched::Done;
            }
            return Touched::Gone;
        };
        let record = self.touched(&row.record, expires, now);
        if !self.has(Flaw::PurgeForgetsTouches) {
            row.swept = record.expires;
        }
        self.show_touch(&at, &record);
        self.rows.insert(at, Row { record, ..row });
        Touched::Done
    }

    fn touched(&self, before: &Record, expires: Option<UnixTime>, now: UnixTime) -> Record {
        let mut after = before.clone();
        after.expires = self.touched_deadline(before.expires, expires);
        after.last_used = match before.last_used.max(now) {
            _ if self.has(Flaw::TouchLeavesUsed) => before.last_used,
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

    fn touched_deadline(&self, stored: Option<UnixTime>, asked: Option<UnixTime>) -> Option<UnixTime> {
        match (stored, asked) {
            _ if self.has(Flaw::TouchLeavesTheDeadline) => stored,
            (Some(_), Some(_)) if self.has(Flaw::TouchShortens) => asked,
            (Some(_), None) if self.has(Flaw::TouchKeepsADeadline) => stored,
            (None, Some(_)) if self.has(Flaw::TouchGivesADeadline) => asked,
            (_, _) => later(stored, asked),
        }
    }

    /// Moves the index along.
    fn show_touch(&mut self, key: &StoreKey, record: &Record) {
        let (keeps_deadline, keeps_use) = (self.has(Flaw::TouchUnlists), self.has(Flaw::ListForgetsTouches));
        let Some(owner) = record.owner.clone() else { return };
        self.listed.entry((owner, *key)).and_modify(|before| {
            let mut shown = Listing::of(record);
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
        let over = self.over(before, limit);
        for key in &over {
            self.purge_one(key);
        }
        let is_over = |until: UnixTime| until < before || self.has(Flaw::PurgesMovedKeys);
        let remains: Vec<StoreKey> = self
            .moved
            .iter()
            .filter(|(_, moved)| is_over(moved.until))
            .map(|(key, _)| *key)
            .take(if self.has(Flaw::PurgesAllRemains) { usize::MAX } else { limit - over.len() })
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

    pub(in crate::broken) fn purge_one(&mut self, key: &StoreKey) {
        let Some(row) = self.take(key) else { return };
        if !self.has(Flaw::PurgeLeavesTheList) {
            self.unlist(key, row.record.owner.as_ref());
        }
    }
}
