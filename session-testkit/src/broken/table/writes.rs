//! How records come, change and go.

use std::time::Duration;

use session_core::UnixTime;
use session_core::store::{Created, Record, StoreError, StoreKey, Version, Written};

use super::{Beyond, Flaw, Moved, Row, SECOND, Table, failure, later};

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
        let former = self.rows.get(key).cloned();
        match self.has(Flaw::CreateLeavesTheFormerLine) {
            true => drop(self.take(key)),
            false => drop(self.remove(key)),
        }
        if !self.has(Flaw::CreateLeavesTheMarker) && !self.has(Flaw::FirstMarkerStays) {
            self.moved.remove(key);
        }
        self.ended.remove(key);
        self.places.remove(key);
        self.make_room();
        self.keep(*key, &self.created(record, former.as_ref()));
        self.inherit(key, former);
        Created::Done
    }

    /// The record that a create keeps in the place of one that has expired.
    fn created(&self, record: &Record, former: Option<&Row>) -> Record {
        let mut created = record.clone();
        if let Some(Row { record: former, .. }) = former.filter(|_| self.has(Flaw::CreateKeepsFormerFields)) {
            created.label = created.label.or_else(|| former.label.clone());
            created.timeout = created.timeout.or(former.timeout);
        }
        created
    }

    /// What is left of earlier sessions is none of a new one's, but for two flaws.
    fn inherit(&mut self, key: &StoreKey, former: Option<Row>) {
        if self.has(Flaw::PurgeForgetsNewRecords)
            && let (Some(row), Some(former)) = (self.rows.get_mut(key), former)
        {
            row.swept = former.swept;
        }
        if self.has(Flaw::ReusesNumbers) {
            let rows = &self.rows;
            let orphans = self.moved.values_mut().filter(|moved| !rows.contains_key(&moved.to));
            orphans.for_each(|moved| moved.to = *key);
        }
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
        let later = match () {
            () if self.has(Flaw::CreateTakesMovedKeysTooSoon) => now + HALF_A_MINUTE,
            () if self.has(Flaw::CreateTakesMovedKeysAtTheMinute) => now + SECOND,
            () => now,
        };
        match (self.rows.get(key), self.moved.get(key)) {
            (Some(_), _) if self.has(Flaw::CreateReplaces) => false,
            (Some(row), _) if self.has(Flaw::CreateReplacesTheEndless) && row.record.expires.is_none() => {
                false
            }
            (Some(_), _) if self.has(Flaw::ExpiredKeysStayTaken) => true,
            (Some(row), _) => self.is_live(&row.record, now),
            (None, Some(_)) if self.has(Flaw::ForgottenKeysStayTaken) => true,
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
            return self.expired(key, expected, Flaw::UpdateConflictsWithTheExpired).unwrap_or(Written::Gone);
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

    /// A conflict with what has expired under the key, if this is the flaw.
    pub(super) fn expired(&self, key: &StoreKey, expected: Version, flaw: Flaw) -> Option<Written> {
        let row = self.rows.get(key).filter(|row| self.has(flaw) && row.record.version != expected)?;
        Some(Written::Conflict(row.record.clone()))
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
        if self.has(Flaw::UpdateAddsNoFields) {
            after.label = after.label.filter(|_| before.label.is_some());
            after.timeout = after.timeout.filter(|_| before.timeout.is_some());
        }
        if self.has(Flaw::UpdateNeverShortens) {
            after.expires = later(before.expires, record.expires);
        }
        if self.has(Flaw::UpdateKeepsLaterTimes) {
            after.created = before.created.max(record.created);
            after.last_used = before.last_used.max(record.last_used);
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
            (Some(_), Some(moved)) if self.has(Flaw::CreateLeavesTheMarker) => moved.to,
            (Some(_), _) => *key,
            (None, Some(_)) if self.has(Flaw::DeleteLeavesTheMoved) => return Ok(()),
            (None, Some(moved)) if moved.steps > 1 && self.has(Flaw::DeleteGoesOneStep) => return Ok(()),
            (None, Some(moved)) if self.is_between(moved) && self.has(Flaw::DeleteMissesMiddleKeys) => {
                return Ok(());
            }
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
        if let Some(row) = self.take_with(&at, Flaw::DeleteLeavesMarkers) {
            if !self.has(Flaw::ListsTheDeleted) {
                self.unlist(&at, row.record.owner.as_ref());
            }
            self.bury(at, row);
        }
        if self.has(Flaw::DeleteForgetsAllMarkers) {
            self.moved.clear();
        }
        Ok(())
    }

    /// Whether the session had a key before this one, and another one between this one and its present one.
    fn is_between(&self, moved: &Moved) -> bool {
        moved.steps > 1 && self.moved.values().any(|other| other.to == moved.to && other.steps > moved.steps)
    }

    /// Only some stores can still find what was deleted.
    fn bury(&mut self, key: StoreKey, row: Row) {
        let revivers =
            [Flaw::UpdateRevives, Flaw::TouchRevives, Flaw::EndlessTouchRevives, Flaw::RenameRevives];
        if revivers.iter().any(|flaw| self.has(*flaw)) {
            self.ended.insert(key, row);
        }
    }
}
