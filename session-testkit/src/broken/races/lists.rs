//! Owners' lists beside the records, in more than one step.

use session_core::Owner;
use session_core::store::{Record, StoreError, StoreKey};

use super::{BrokenStore, Flaw, Table, long_pause};

impl BrokenStore {
    pub(in crate::broken) async fn revoke_in_steps(
        &self,
        owner: &Owner,
        except: Option<&StoreKey>,
    ) -> Result<u64, StoreError> {
        match () {
            () if self.has(Flaw::RevokesOneByOne) || self.has(Flaw::RevokeRacesRename) => {
                self.read_then_revoke(owner, except).await
            }
            () if self.has(Flaw::RevokeRemovesTheList) => {
                let revoked = self.read_then_revoke(owner, except).await;
                self.table().remove_list(owner);
                revoked
            }
            () if self.has(Flaw::RevokeComparesVersions) => self.revoke_by_version(owner, except).await,
            () if self.has(Flaw::RevokeUnlistsFirst) => self.unlist_then_revoke(owner, except).await,
            () if self.has(Flaw::RevokeRacesTheExcepted) => self.follow_then_revoke(owner, except).await,
            () => self.table().revoke(owner, except),
        }
    }

    async fn read_then_revoke(&self, owner: &Owner, except: Option<&StoreKey>) -> Result<u64, StoreError> {
        let revoked = self.foresee(|table| table.to_revoke(owner, except)).await;
        for (owner, key) in &revoked {
            if self.has(Flaw::RevokesOneByOne) {
                long_pause().await;
            }
            self.table().revoke_one(owner, key);
        }
        Ok(revoked.len() as u64)
    }

    async fn unlist_then_revoke(&self, owner: &Owner, except: Option<&StoreKey>) -> Result<u64, StoreError> {
        let lines = {
            let mut table = self.table();
            let lines = table.to_revoke(owner, except);
            lines.iter().for_each(|(owner, key)| table.unlist(key, Some(owner)));
            lines
        };
        long_pause().await;
        let mut table = self.table();
        lines.iter().for_each(|(owner, key)| table.revoke_one(owner, key));
        Ok(lines.len() as u64)
    }

    async fn revoke_by_version(&self, owner: &Owner, except: Option<&StoreKey>) -> Result<u64, StoreError> {
        let version = |table: &Table, key: &StoreKey| table.record(key).map(|record| record.version);
        let read = |table: &mut Table| {
            let lines = table.to_revoke(owner, except).into_iter();
            lines.map(|line| (version(table, &line.1), line)).collect::<Vec<_>>()
        };
        let seen = self.foresee(read).await;
        let mut table = self.table();
        let same: Vec<_> =
            seen.into_iter().filter(|(then, line)| version(&table, &line.1) == *then).collect();
        for (_, (owner, key)) in &same {
            table.revoke_one(owner, key);
        }
        Ok(same.len() as u64)
    }

    async fn follow_then_revoke(&self, owner: &Owner, except: Option<&StoreKey>) -> Result<u64, StoreError> {
        let kept = self.foresee(|table| except.map(|key| table.became(key))).await;
        let mut table = self.table();
        let lines = table.to_revoke(owner, None);
        let revoked: Vec<_> = lines.into_iter().filter(|(_, key)| kept != Some(*key)).collect();
        for (owner, key) in &revoked {
            table.revoke_one(owner, key);
        }
        Ok(revoked.len() as u64)
    }

    /// Takes what was just written off its owner's list, and puts it there later, if this is the flaw.
    pub(super) async fn list_later(&self, flaw: Flaw, key: &StoreKey, record: &Record) {
        if !self.has(flaw) {
            return;
        }
        self.table().unlist(key, record.owner.as_ref());
        long_pause().await;
        let mut table = self.table();
        if let Some(kept) = table.record(key).filter(|kept| kept.version == record.version) {
            table.list_also(key, &kept);
        }
    }
}
