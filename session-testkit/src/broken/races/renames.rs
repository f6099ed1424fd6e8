//! Renames that take more than one step.

use session_core::UnixTime;
use session_core::store::{Record, StoreError, StoreKey, Version, Written};

use super::{BrokenStore, Flaw, Table, long_pause};

/// What a rename was asked.
struct Rename<'a> {
    old: &'a StoreKey,
    new: &'a StoreKey,
    record: &'a Record,
    expected: Version,
    now: UnixTime,
}

impl Rename<'_> {
    fn run(&self, table: &mut Table) -> Result<Written, StoreError> {
        table.rename(self.old, self.new, self.record, self.expected, self.now)
    }
}

impl BrokenStore {
    pub(in crate::broken) async fn rename_in_steps(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        let rename = Rename { old, new, record, expected, now };
        match () {
            () if self.has(Flaw::ReadsThenRenames) => self.read_then_rename(&rename).await,
            () if self.has(Flaw::RenameCreatesFirst) => self.create_then_delete(&rename).await,
            () if self.has(Flaw::RenameDeletesFirst) => self.delete_then_create(&rename).await,
            () if self.has(Flaw::RenamesThenWrites) => self.rename_then_write(&rename).await,
            () if self.has(Flaw::RenameRacesDelete) => self.rename_in_any_case(&rename).await,
            () if self.has(Flaw::ListsInTwoSteps) => self.rename_then_relist(&rename).await,
            () if self.has(Flaw::RenameListsFirst) => self.relist_then_rename(&rename).await,
            () if self.has(Flaw::RenameMarksLater) => self.rename_then_mark(&rename).await,
            () if self.has(Flaw::RenameListsInFront) => self.rename_then_place(&rename).await,
            () => {
                let answer = rename.run(&mut self.table())?;
                if answer == Written::Done {
                    self.list_later(Flaw::RenameListsLater, new, record).await;
                }
                Ok(answer)
            }
        }
    }

    async fn read_then_rename(&self, rename: &Rename<'_>) -> Result<Written, StoreError> {
        let answer = self.foresee(|table| rename.run(table)).await?;
        let mut table = self.table();
        match table.record(rename.old) {
            Some(_) if answer == Written::Done => {
                table.move_row(rename.old, rename.new, rename.record, rename.now)
            }
            None if answer == Written::Done => table.keep(*rename.new, rename.record),
            Some(_) | None => {}
        }
        Ok(answer)
    }

    async fn create_then_delete(&self, rename: &Rename<'_>) -> Result<Written, StoreError> {
        let foreseen = rename.run(&mut self.table().clone())?;
        if foreseen != Written::Done {
            return Ok(foreseen);
        }
        self.table().keep(*rename.new, rename.record);
        long_pause().await;
        let mut table = self.table();
        table.move_row(rename.old, rename.new, rename.record, rename.now);
        Ok(foreseen)
    }

    async fn delete_then_create(&self, rename: &Rename<'_>) -> Result<Written, StoreError> {
        let before = {
            let mut table = self.table();
            let foreseen = rename.run(&mut table.clone())?;
            if foreseen != Written::Done {
                return Ok(foreseen);
            }
            table.remove(rename.old)
        };
        long_pause().await;
        let mut table = self.table();
        if let Some(before) = before {
            table.keep(*rename.old, &before);
        }
        rename.run(&mut table)
    }

    async fn rename_then_write(&self, rename: &Rename<'_>) -> Result<Written, StoreError> {
        {
            let mut table = self.table();
            let foreseen = rename.run(&mut table.clone())?;
            match table.record(rename.old) {
                Some(before) if foreseen == Written::Done => {
                    table.move_row(rename.old, rename.new, &before, rename.now);
                }
                Some(_) | None => return Ok(foreseen),
            }
        }
        long_pause().await;
        self.table().keep(*rename.new, rename.record);
        Ok(Written::Done)
    }

    async fn rename_in_any_case(&self, rename: &Rename<'_>) -> Result<Written, StoreError> {
        let foreseen = self.foresee(|table| rename.run(table)).await?;
        let mut table = self.table();
        let answer = rename.run(&mut table)?;
        if (&foreseen, &answer) == (&Written::Done, &Written::Gone) {
            table.keep(*rename.new, rename.record);
            return Ok(foreseen);
        }
        Ok(answer)
    }

    async fn rename_then_relist(&self, rename: &Rename<'_>) -> Result<Written, StoreError> {
        let before = {
            let mut table = self.table();
            let before = table.record(rename.old);
            let answer = rename.run(&mut table)?;
            match before {
                Some(before) if answer == Written::Done => {
                    table.list_also(rename.old, &before);
                    before
                }
                Some(_) | None => return Ok(answer),
            }
        };
        long_pause().await;
        self.table().unlist(rename.old, before.owner.as_ref());
        Ok(Written::Done)
    }

    async fn relist_then_rename(&self, rename: &Rename<'_>) -> Result<Written, StoreError> {
        {
            let mut table = self.table();
            let foreseen = rename.run(&mut table.clone())?;
            match table.record(rename.old) {
                Some(before) if foreseen == Written::Done => {
                    table.unlist(rename.old, before.owner.as_ref());
                    table.list_also(rename.new, rename.record);
                }
                Some(_) | None => return Ok(foreseen),
            }
        }
        long_pause().await;
        rename.run(&mut self.table())
    }

    async fn rename_then_mark(&self, rename: &Rename<'_>) -> Result<Written, StoreError> {
        let marker = {
            let mut table = self.table();
            let answer = rename.run(&mut table)?;
            match table.take_marker(rename.old) {
                Some(marker) if answer == Written::Done => marker,
                Some(_) | None => return Ok(answer),
            }
        };
        long_pause().await;
        self.table().put_marker(rename.old, marker);
        Ok(Written::Done)
    }

    async fn rename_then_place(&self, rename: &Rename<'_>) -> Result<Written, StoreError> {
        let place = {
            let mut table = self.table();
            let answer = rename.run(&mut table)?;
            if answer != Written::Done {
                return Ok(answer);
            }
            table.put_at(rename.new, 0)
        };
        long_pause().await;
        self.table().put_at(rename.new, place);
        Ok(Written::Done)
    }
}
