//! How a session gets another key, and what its old keys tell.

use std::time::Duration;

use session_core::UnixTime;
use session_core::store::{RENAME_MARKER_LIFETIME, Record, StoreError, StoreKey, Version, Written};

use super::{Beyond, Flaw, Moved, Row, TWO_WEEKS, Table, failure, later};

const RENAME: Beyond = Beyond {
    expired: Flaw::RenamesTheExpired,
    ended: Flaw::RenameRevives,
    moved: Flaw::RenameFollowsTheMoved,
};
const TOO_SHORT: Duration = Duration::from_secs(30);
const MINUTE: Duration = Duration::from_secs(60);

impl Table {
    pub(in crate::broken) fn rename(
        &mut self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        if let Some(answer) = self.answer_at_new(new, record) {
            return answer;
        }
        let Some((at, row)) = self.find(old, now, &RENAME).and_then(|at| Some((at, self.rows.get(&at)?)))
        else {
            let is_late = self.moved.get(old).is_some_and(|moved| moved.to == *new);
            if self.has(Flaw::RenameCreates) || is_late && self.has(Flaw::RenameReplayRevives) {
                self.keep(*new, record);
                return Ok(Written::Done);
            }
            let conflict = self.expired(old, expected, Flaw::RenameConflictsWithTheExpired);
            return Ok(conflict.unwrap_or(Written::Gone));
        };
        let conflict = self.compare(&at, row, record, expected).map(|conflict| self.shortened(conflict));
        if let Some(conflict) = conflict.filter(|_| !self.has(Flaw::RenameIgnoresVersions)) {
            if self.has(Flaw::RefusedRenameLists) {
                self.list_also(new, record);
            }
            return Ok(conflict);
        }
        self.move_row(&at, new, record, now);
        Ok(Written::Done)
    }

    /// The conflict that a rename shows.
    fn shortened(&self, conflict: Written) -> Written {
        match conflict {
            Written::Conflict(record) if self.has(Flaw::RenameConflictHidesLabels) => {
                Written::Conflict(Record { label: None, timeout: None, ..record })
            }
            Written::Conflict(_) | Written::Done | Written::Gone => conflict,
        }
    }

    /// What a rename is answered because of what has its new key already.
    fn answer_at_new(&mut self, new: &StoreKey, record: &Record) -> Option<Result<Written, StoreError>> {
        let row = self.rows.get(new);
        let is_own = row.is_some_and(|row| row.record.version == record.version);
        if is_own && !self.has(Flaw::RenameFailsItsReplay) {
            self.keep_replay(new, record, Flaw::RenameUndoesTouches);
            return Some(Ok(Written::Done));
        }
        if self.is_replay(new, record) && self.has(Flaw::AppliesLateRenames) {
            self.keep(*new, record);
            return Some(Ok(Written::Done));
        }
        let is_taken = row.is_some() || self.moved.contains_key(new) && !self.has(Flaw::RenameTakesMovedKeys);
        (is_taken && !self.has(Flaw::RenameReplaces)).then(|| Err(failure("the new key is taken")))
    }

    /// Puts the record under the new key, and a note about it under the old one.
    pub(in crate::broken) fn move_row(
        &mut self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        now: UnixTime,
    ) {
        let Some(before) = self.rows.remove(old) else { return };
        let until = self.known_until(now, &before.record, record);
        self.note_move(old, new, until);
        if self.has(Flaw::OldKeysComeBack) {
            self.ended.insert(*old, before.clone());
        }
        let owner = before.record.owner.as_ref();
        if !self.has(Flaw::ListsTheRenamedTwice) {
            self.unlist(old, owner);
        }
        if self.has(Flaw::RenameKeepsNeither) {
            return;
        }
        let renamed = self.renamed(&before, record);
        if let Some(place) = self.places.get(old).copied() {
            self.places.insert(*new, place);
        }
        self.keep(*new, &renamed);
        if let Some(row) = self.rows.get_mut(new).filter(|_| self.flaw == Some(Flaw::PurgeForgetsRenames)) {
            row.swept = before.swept;
        }
        if self.has(Flaw::RenameUnlists) {
            self.list_until(new, &renamed, before.record.expires);
        }
        if self.has(Flaw::ListMissesRenames) && owner != renamed.owner.as_ref() {
            self.unlist(new, renamed.owner.as_ref());
        }
        if self.has(Flaw::RenameKeepsBoth) {
            self.rows.insert(*old, before);
        }
    }

    /// Every earlier key of the session leads to the new one, in one step.
    fn note_move(&mut self, old: &StoreKey, new: &StoreKey, until: UnixTime) {
        if self.has(Flaw::ForgetsOlderKeys) {
            self.moved.retain(|_, moved| moved.to != *old);
        }
        for moved in self.moved.values_mut().filter(|moved| moved.to == *old) {
            moved.to = *new;
            moved.steps += 1;
        }
        self.moved.remove(new);
        if self.has(Flaw::KnowsThreeOldKeys) {
            self.moved.retain(|_, moved| moved.to != *new || moved.steps <= 3);
        }
        let marker = Moved { to: *new, until, steps: 1 };
        if self.has(Flaw::FirstMarkerStays) {
            self.moved.entry(*old).or_insert(marker);
        } else if !self.has(Flaw::ForgetsMovedKeys) {
            self.moved.insert(*old, marker);
        }
    }

    /// Until when an old key is known to have moved.
    fn known_until(&self, now: UnixTime, before: &Record, after: &Record) -> UnixTime {
        let minute = now
            + match () {
                () if self.has(Flaw::ForgetsMovedKeysTooSoon) => TOO_SHORT,
                () if self.has(Flaw::ForgetsMovedKeysAtTheMinute) => MINUTE,
                () if self.has(Flaw::KnowsMovedKeysForEver) => TWO_WEEKS,
                () => RENAME_MARKER_LIFETIME,
            };
        match (before.expires, after.expires) {
            (Some(expires), _) if self.has(Flaw::MovedEndsWithTheOld) => minute.min(expires),
            (_, Some(expires)) if self.has(Flaw::MovedEndsWithTheNew) => minute.min(expires),
            (_, _) => minute,
        }
    }

    /// The record that a rename makes of this row.
    fn renamed(&self, Row { record: before, .. }: &Row, record: &Record) -> Record {
        let mut after = record.clone();
        if self.has(Flaw::RenamesLoseTheOwner) {
            after.owner = None;
        }
        if self.has(Flaw::RenameCannotTakeFieldsAway) {
            after.label = after.label.or_else(|| before.label.clone());
            after.timeout = after.timeout.or(before.timeout);
        }
        if self.has(Flaw::RenameLeavesTheDeadline) {
            after.expires = before.expires;
        }
        if self.has(Flaw::RenameNeverShortens) {
            after.expires = later(before.expires, record.expires);
        }
        if self.has(Flaw::RenameKeepsLaterTimes) {
            after.created = before.created.max(record.created);
            after.last_used = before.last_used.max(record.last_used);
        }
        after
    }

    /// Takes the rename marker of a key away.
    pub(in crate::broken) fn take_marker(&mut self, key: &StoreKey) -> Option<Moved> {
        self.moved.remove(key)
    }

    pub(in crate::broken) fn put_marker(&mut self, key: &StoreKey, marker: Moved) {
        self.moved.insert(*key, marker);
    }
}
