//! Calls that take more than one step, with time for others in between.

mod lists;
mod renames;

use session_core::UnixTime;
use session_core::store::{Created, Record, StoreError, StoreKey, Touched, Version, Written};

use super::BrokenStore;
use super::flaw::Flaw;
use super::pause::long_pause;
use super::table::Table;

impl BrokenStore {
    /// What a call would be answered, if nobody came in between; then somebody may.
    async fn foresee<T>(&self, call: impl FnOnce(&mut Table) -> T + Send) -> T {
        let answer = call(&mut self.table().clone());
        long_pause().await;
        answer
    }

    pub(super) async fn create_in_steps(&self, key: &StoreKey, record: &Record, now: UnixTime) -> Created {
        if self.has(Flaw::ReadsThenCreates) {
            let answer = self.foresee(|table| table.create(key, record, now)).await;
            if answer == Created::Done {
                self.table().keep(*key, record);
            }
            return answer;
        }
        if self.has(Flaw::CreateSetsTheDeadlineLater) {
            let endless = Record { expires: None, ..record.clone() };
            let answer = self.table().create(key, &endless, now);
            long_pause().await;
            if answer == Created::Done {
                self.table().keep(*key, record);
            }
            return answer;
        }
        if self.has(Flaw::CreateLooksLater) && self.table().record(key).is_some() {
            long_pause().await;
            let mut table = self.table();
            return if table.record(key).is_none() { Created::Taken } else { table.create(key, record, now) };
        }
        let answer = self.table().create(key, record, now);
        if answer == Created::Done {
            self.list_later(Flaw::CreateListsLater, key, record).await;
        }
        answer
    }

    pub(super) async fn update_in_steps(
        &self,
        key: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Written {
        let update = |table: &mut Table| table.update(key, record, expected, now);
        match () {
            () if self.has(Flaw::ReadsThenUpdates) => self.read_then_update(key, record, update).await,
            () if self.has(Flaw::LocksPerHandle) => {
                let _turn = self.own.turn.lock().await;
                self.read_then_update(key, record, update).await
            }
            () if self.has(Flaw::UpdateRacesDelete) || self.has(Flaw::UpdateRacesRevoke) => {
                self.update_in_any_case(key, record, update).await
            }
            () if self.has(Flaw::TakesItsTwinForARival) => {
                let foreseen = self.foresee(update).await;
                let mut table = self.table();
                let twin = table.record(key).filter(|found| found.version == record.version);
                let twin = twin.filter(|_| foreseen == Written::Done && expected != record.version);
                twin.map_or_else(|| update(&mut table), Written::Conflict)
            }
            () if self.has(Flaw::AppliesUpdatesTwice) => {
                let answer = update(&mut self.table());
                long_pause().await;
                self.keep_again(key, record, &answer);
                answer
            }
            () if self.has(Flaw::WritesInHalves) => {
                self.update_after(key, update, |table, before| {
                    table.keep(*key, &Record { payload: record.payload.clone(), ..before });
                })
                .await
            }
            () if self.has(Flaw::UpdateClearsFirst) => {
                self.update_after(key, update, |table, _| drop(table.remove(key))).await
            }
            () => {
                let answer = update(&mut self.table());
                if answer == Written::Done {
                    self.list_later(Flaw::UpdateListsLater, key, record).await;
                }
                answer
            }
        }
    }

    /// An update that has seen its record writes it, though the session has ended since.
    async fn update_in_any_case(
        &self,
        key: &StoreKey,
        record: &Record,
        update: impl Fn(&mut Table) -> Written + Send + Sync,
    ) -> Written {
        let foreseen = self.foresee(&update).await;
        let mut table = self.table();
        let answer = update(&mut table);
        let is_revived = self.has(Flaw::UpdateRacesDelete) || table.was_revoked(key);
        if is_revived && (&foreseen, &answer) == (&Written::Done, &Written::Gone) {
            table.keep(*key, record);
            return Written::Done;
        }
        answer
    }

    async fn read_then_update(
        &self,
        key: &StoreKey,
        record: &Record,
        update: impl Fn(&mut Table) -> Written + Send,
    ) -> Written {
        let answer = self.foresee(update).await;
        self.keep_again(key, record, &answer);
        answer
    }

    /// Writes a record that was to be written, whatever has come in between but the session's end.
    fn keep_again(&self, key: &StoreKey, record: &Record, answer: &Written) {
        let mut table = self.table();
        if *answer == Written::Done && table.record(key).is_some() {
            table.keep(*key, record);
        }
    }

    /// An update whose first step leaves something that is neither the old record nor the new one.
    async fn update_after(
        &self,
        key: &StoreKey,
        update: impl Fn(&mut Table) -> Written + Send,
        first: impl FnOnce(&mut Table, Record) + Send,
    ) -> Written {
        let before = {
            let mut table = self.table();
            let before = table.record(key);
            if let Some(before) = before.clone().filter(|_| update(&mut table.clone()) == Written::Done) {
                first(&mut table, before);
            }
            before
        };
        long_pause().await;
        let mut table = self.table();
        if let Some(before) = before.filter(|_| self.has(Flaw::UpdateClearsFirst)) {
            table.keep(*key, &before);
        }
        update(&mut table)
    }

    pub(super) async fn touch_in_steps(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
    ) -> Touched {
        let touch = |table: &mut Table| table.touch(key, expires, now);
        if self.has(Flaw::TouchesInTwoSteps) {
            let used = self.table().record(key).map_or(now, |record| record.last_used);
            let answer = self.table().touch(key, expires, used);
            long_pause().await;
            return if answer == Touched::Done { touch(&mut self.table()) } else { answer };
        }
        let races = [Flaw::TouchRacesDelete, Flaw::TouchRacesRevoke, Flaw::TouchTakesWritesBack];
        if !races.iter().any(|flaw| self.has(*flaw)) {
            return touch(&mut self.table());
        }
        let foreseen = self
            .foresee(|table| (table.touch(key, expires, now) == Touched::Done).then(|| table.record(key)));
        let Some(touched) = foreseen.await.flatten() else { return Touched::Gone };
        let mut table = self.table();
        match table.record(key) {
            None if self.has(Flaw::TouchTakesWritesBack) => return Touched::Gone,
            None if self.has(Flaw::TouchRacesRevoke) && !table.was_revoked(key) => return Touched::Gone,
            Some(_) if !self.has(Flaw::TouchTakesWritesBack) => return touch(&mut table),
            Some(_) | None => table.keep(*key, &touched),
        }
        Touched::Done
    }

    pub(super) async fn delete_in_steps(&self, key: &StoreKey) -> Result<(), StoreError> {
        if self.has(Flaw::DeleteEmptiesFirst) {
            let before = self.table().record(key);
            if let Some(before) = before {
                self.table().keep(*key, &Record { payload: [].into(), ..before });
            }
            long_pause().await;
        }
        let at = self.table().became(key);
        if at != *key && self.has(Flaw::DeleteRacesRename) {
            long_pause().await;
            self.table().remove(&at);
            return Ok(());
        }
        self.table().delete(key)
    }

    pub(super) async fn purge_in_steps(&self, before: UnixTime, limit: u32) -> u64 {
        if !self.has(Flaw::PurgeRacesTouch) && !self.has(Flaw::PurgeRacesRename) {
            return self.table().purge(before, limit);
        }
        let over = self.foresee(|table| table.over(before, limit as usize)).await;
        let mut table = self.table();
        if self.has(Flaw::PurgeRacesTouch) {
            over.iter().for_each(|key| table.purge_one(key));
            return over.len() as u64;
        }
        let moved: Vec<StoreKey> = over.iter().map(|key| table.became(key)).collect();
        let ended = moved.iter().filter(|at| !over.contains(at)).filter_map(|at| table.remove(at)).count();
        ended as u64 + table.purge(before, limit)
    }
}
