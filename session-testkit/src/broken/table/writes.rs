//! How records come, change and go.

use std::time::Duration;

use session_core::UnixTime;
use session_core::store::{Created, Record, StoreError, StoreKey, Version, Written};

use super::{Beyond, Flaw, Row, Table, failure, later};

const UPDATE: Beyond = Beyond {
    expired: Flaw::UpdatesTheExpired,
    ended: Flaw::UpdateRevives,
    moved: Flaw::UpdateFollowsTheMoved,
};
/// How many sessions there is room for, where the oldest is put out.
const ROOM: usize = 50;
const HALF_A_MINUTE: Duration = Duration::from_secs(30);

impl Table {
    pub(in crate::broken) fn create(&mut self, key: &StoreKey, record: &Record, now: UnixTime) -> Created {
        if let Some(row) = self.rows.get(key)
            && row.record.version == record.version
            && !self.has(Flaw::CreateConflictsWithItself)
        {
            self.keep_replay(key, record, Flaw::CreateUndoesTouches);
            return Created::Done;
        }
        if self.is_replay(key, record) && self.has(Flaw::AppliesLateCreates) {
            self.keep(*key, record);
            return Created::Done;
        }
        if self.is_taken(key, now) {
            self.refuse_create(key, record);
            return Created::Taken;
        }
        match self.has(Flaw::CreateLeavesTheFormerLine) {
            true => drop(self.take(key)),
            false => drop(self.remove(key)),
        }
        self.moved.remove(key);
        self.ended.remove(key);
        self.make_room();
        self.keep(*key, record);
        Created::Done
    }

    /// A create that is refused does nothing, but for two flaws.
    fn refuse_create(&mut self, key: &StoreKey, record: &Record) {
        if self.has(Flaw::RefusedCreateWrites)
            && let Some(row) = self.rows.get_mut(key)
        {
            row.record.expires = record.expires;
        }
        if self.has(Flaw::RefusedCreateLists) {
            self.list_also(key, record);
        }
    }

    /// A write that finds its own version does nothing, unless it has this flaw.
    pub(super) fn keep_replay(&mut self, key: &StoreKey, record: &Record, flaw: Flaw) {
        if self.has(flaw) {
            self.keep(*key, record);
        }
    }

    fn is_taken(&self, key: &StoreKey, now: UnixTime) -> bool {
        let later = if self.has(Flaw::CreateTakesMovedKeysTooSoon) { now + HALF_A_MINUTE } else { now };
        match (self.rows.get(key), self.moved.get(key)) {
            (Some(_), _) if self.has(Flaw::CreateReplaces) => false,
            (Some(_), _) if self.has(Flaw::ExpiredKeysStayTaken) => true,
            (Some(row), _) => self.is_live(&row.record, now),
            (None, Some(moved)) => later < moved.until && !self.has(Flaw::CreateTakesMovedKeys),
            (None, None) => false,
        }
    }

    /// A store is as large as its machine, and that is none of the contract's; one flaw ends live sessions for it.
    fn make_room(&mut self) {
        let is_full = self.has(Flaw::PutsOutTheOldest) && self.rows.len() >= ROOM;
        let oldest = self.rows.iter().min_by_key(|(_, row)| row.record.last_used).map(|(key, _)| *key);
        if let Some(oldest) = oldest.filter(|_| is_full) {
            self.remove(&oldest);
        }
    }

    pub(in crate::broken) fn update(
        &mut self,
        key: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Written {
        let Some((at, row)) = self.find(key, now, &UPDATE).and_then(|at| Some((at, self.rows.get(&at)?)))
        else {
            if self.has(Flaw::UpdateCreates) || self.has(Flaw::RevivesTheRevoked) && self.was_revoked(key) {
                self.keep(*key, record);
                return Written::Done;
            }
            return Written::Gone;
        };
        if row.record.version == record.version && !self.has(Flaw::UpdateConflictsWithItself) {
            self.keep_replay(&at, record, Flaw::UpdateUndoesTouches);
            return Written::Done;
        }
        let is_let_through = self.has(Flaw::IgnoresVersions)
            || self.is_replay(&at, record) && self.has(Flaw::AppliesLateUpdates);
        let conflict = self.compare(&at, row, record, expected).filter(|_| !is_let_through);
        let is_skipped = row.record.payload == record.payload && self.has(Flaw::SkipsEqualPayloads)
            || self.has(Flaw::UpdateMissesTheRenamed) && self.moved.values().any(|moved| moved.to == at);
        if conflict.is_none() && !is_skipped || self.has(Flaw::ConflictWritesAnyway) {
            let updated = self.updated(row, record);
            self.keep(at, &updated);
        }
        if conflict.is_some() && self.has(Flaw::RefusedUpdateLists) {
            self.list_also(key, record);
        }
        conflict.unwrap_or(Written::Done)
    }

    /// The record that an update leaves in the place of this row.
    fn updated(&self, Row { record: before, .. }: &Row, record: &Record) -> Record {
        let mut after = record.clone();
        if self.has(Flaw::UpdatesThePayloadAlone) {
            (after.owner, after.label, after.timeout) =
                (before.owner.clone(), before.label.clone(), before.timeout);
        }
        if self.has(Flaw::CannotTakeFieldsAway) {
            after.owner = after.owner.or_else(|| before.owner.clone());
            after.label = after.label.or_else(|| before.label.clone());
            after.timeout = after.timeout.or(before.timeout);
        }
        if self.has(Flaw::UpdateNeverShortens) {
            after.expires = later(before.expires, record.expires);
        }
        if self.has(Flaw::UpdateKeepsTheVersion) {
            after.version = before.version;
        }
        if self.has(Flaw::UpdateLeavesTheDeadline) {
            after.expires = before.expires;
        }
        after
    }

    pub(in crate::broken) fn delete(&mut self, key: &StoreKey) -> Result<(), StoreError> {
        let at = match (self.rows.get(key), self.moved.get(key)) {
            _ if self.has(Flaw::DeletesNothing) => return Ok(()),
            (Some(_), _) => *key,
            (None, Some(_)) if self.has(Flaw::DeleteLeavesTheMoved) => return Ok(()),
            (None, Some(moved)) if moved.steps > 1 && self.has(Flaw::DeleteGoesOneStep) => return Ok(()),
            (None, Some(moved)) => moved.to,
            (None, None) if self.has(Flaw::DeleteFailsOnAbsent) => {
                return Err(failure("there is no such session"));
            }
            (None, None) => return Ok(()),
        };
        if self.has(Flaw::DeletesNeighbours) {
            let is_near = |other: &&StoreKey| other.placement() == at.placement() && **other != at;
            let near: Vec<StoreKey> = self.rows.keys().filter(is_near).copied().collect();
            for other in &near {
                self.remove(other);
            }
        }
        if let Some(row) = self.take(&at) {
            if !self.has(Flaw::ListsTheDeleted) {
                self.unlist(&at, row.record.owner.as_ref());
            }
            self.bury(at, row);
        }
        Ok(())
    }

    /// Only some stores can still find what was deleted.
    fn bury(&mut self, key: StoreKey, row: Row) {
        if [Flaw::UpdateRevives, Flaw::TouchRevives, Flaw::RenameRevives].iter().any(|flaw| self.has(*flaw)) {
            self.ended.insert(key, row);
        }
    }
}
