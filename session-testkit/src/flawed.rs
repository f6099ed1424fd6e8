//! Stores with one small slip each, for proving that it is noticed.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use session_core::{
    Created, Loaded, MemoryStore, OwnedSession, Owner, OwnerIndex, PurgeExpired, Record, SessionStore,
    StoreError, StoreKey, Touched, UnixTime, Version, Written, async_trait,
};
use tokio::task::yield_now;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slip {
    /// An update of what is gone makes it anew.
    RevivesOnUpdate,
    /// A rename makes the new key and leaves the old one.
    KeepsRenamedKey,
    /// A rename ends the old key, and a moment later makes the new one.
    RenamesInTwoSteps,
    /// A renamed key is not known to have moved.
    ForgetsMoves,
    /// Deleting a key that has moved does nothing.
    DeletesNoMovedKey,
    /// An update compares, and a moment later writes whatever is there by then.
    ComparesTooEarly,
    /// A load remembers what it found, for this handle.
    RemembersLoads,
    /// A touch sets the deadline, also to an earlier one.
    ShortensOnTouch,
    /// A rename keeps the owner as it was.
    RenamesWithoutOwner,
    /// A touch is not noted.
    IgnoresTouch,
    /// What has expired is still there.
    IgnoresDeadlines,
    /// A revocation ends the excepted session too.
    RevokesExcepted,
}

#[derive(Debug)]
pub(crate) struct Flawed {
    inner: MemoryStore,
    slip: Slip,
    remembered: Mutex<HashMap<StoreKey, Record>>,
}

impl Flawed {
    pub(crate) fn new(inner: MemoryStore, slip: Slip) -> Self {
        Self { inner, slip, remembered: Mutex::default() }
    }

    /// The record as the store keeps it.
    fn kept(&self, record: &Record) -> Record {
        let expires = record.expires.filter(|_| self.slip != Slip::IgnoresDeadlines);
        Record { expires, ..record.clone() }
    }

    /// Writes over whatever is there.
    async fn overwrite(&self, key: &StoreKey, record: &Record, now: UnixTime) -> Result<Written, StoreError> {
        match self.inner.load(key, now).await? {
            Loaded::Found(found) => self.inner.update(key, record, found.version, now).await,
            Loaded::Moved { .. } | Loaded::Absent => Ok(Written::Gone),
        }
    }
}

#[async_trait]
impl SessionStore for Flawed {
    fn name(&self) -> &'static str {
        "flawed"
    }

    async fn load(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, StoreError> {
        if self.slip == Slip::RemembersLoads {
            let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(record) = remembered.get(key) {
                return Ok(Loaded::Found(record.clone()));
            }
        }
        let loaded = self.inner.load(key, now).await?;
        if let Loaded::Found(record) = &loaded {
            let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
            remembered.insert(*key, record.clone());
        }
        let is_moved = matches!(loaded, Loaded::Moved { .. });
        Ok(if is_moved && self.slip == Slip::ForgetsMoves { Loaded::Absent } else { loaded })
    }

    async fn create(&self, key: &StoreKey, record: &Record, now: UnixTime) -> Result<Created, StoreError> {
        self.inner.create(key, &self.kept(record), now).await
    }

    async fn update(
        &self,
        key: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        if self.slip == Slip::ComparesTooEarly
            && let Loaded::Found(found) = self.inner.load(key, now).await?
            && found.version == expected
        {
            yield_now().await;
            return self.overwrite(key, record, now).await;
        }
        let written = self.inner.update(key, &self.kept(record), expected, now).await?;
        if written == Written::Gone && self.slip == Slip::RevivesOnUpdate {
            self.inner.create(key, record, now).await?;
            return Ok(Written::Done);
        }
        Ok(written)
    }

    async fn rename(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        let found = match self.inner.load(old, now).await? {
            Loaded::Found(found) if found.version == expected => Some(found),
            Loaded::Found(_) | Loaded::Moved { .. } | Loaded::Absent => None,
        };
        match (self.slip, found) {
            (Slip::KeepsRenamedKey, Some(_)) => {
                self.inner.create(new, record, now).await?;
                Ok(Written::Done)
            }
            (Slip::RenamesInTwoSteps, Some(_)) => {
                self.inner.delete(old).await?;
                yield_now().await;
                self.inner.create(new, record, now).await?;
                Ok(Written::Done)
            }
            (Slip::RenamesWithoutOwner, Some(found)) => {
                let record = Record { owner: found.owner, ..record.clone() };
                self.inner.rename(old, new, &record, expected, now).await
            }
            _ => self.inner.rename(old, new, &self.kept(record), expected, now).await,
        }
    }

    async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
    ) -> Result<Touched, StoreError> {
        match (self.slip, self.inner.load(key, now).await?) {
            (Slip::IgnoresTouch, Loaded::Found(_)) => Ok(Touched::Done),
            (Slip::ShortensOnTouch, Loaded::Found(found)) => {
                let touched = Record { expires, used: now, ..found.clone() };
                self.inner.delete(key).await?;
                self.inner.create(key, &touched, now).await?;
                Ok(Touched::Done)
            }
            _ => self.inner.touch(key, expires, now).await,
        }
    }

    async fn delete(&self, key: &StoreKey) -> Result<(), StoreError> {
        if self.slip == Slip::DeletesNoMovedKey
            && let Loaded::Moved { .. } = self.inner.load(key, UnixTime::from_secs(0)).await?
        {
            return Ok(());
        }
        self.inner.delete(key).await
    }

    fn owners(&self) -> Option<&dyn OwnerIndex> {
        if self.slip == Slip::RevokesExcepted { Some(self) } else { self.inner.owners() }
    }

    fn purge(&self) -> Option<&dyn PurgeExpired> {
        SessionStore::purge(&self.inner)
    }
}

#[async_trait]
impl OwnerIndex for Flawed {
    async fn list(&self, owner: &Owner, now: UnixTime) -> Result<Vec<OwnedSession>, StoreError> {
        self.inner.list(owner, now).await
    }

    async fn revoke(&self, owner: &Owner, _: Option<&StoreKey>) -> Result<u64, StoreError> {
        self.inner.revoke(owner, None).await
    }
}
