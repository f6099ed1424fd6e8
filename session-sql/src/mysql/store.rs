//! The calls of the store: the steps of each, without SQL.

use session_core::store::after_miss::{self, AfterCreate};
use session_core::store::{
    Created, ListCursor, Loaded, OwnedPage, OwnerIndex, PurgeExpired, Record, SessionStore, SizeLimits,
    StoreError, StoreKey, TouchPatience, Touched, Version, Written, async_trait,
};
use session_core::{Owner, UnixTime};

use crate::mysql::{MySqlStore, error, options};
use crate::page;

#[async_trait]
impl SessionStore for MySqlStore {
    fn name(&self) -> &'static str {
        error::STORE
    }

    fn size_limits(&self) -> SizeLimits {
        options::SIZE_LIMITS
    }

    async fn load(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, StoreError> {
        self.call(self.queries().load(key, now)).await
    }

    async fn create(&self, key: &StoreKey, record: &Record, now: UnixTime) -> Result<Created, StoreError> {
        let queries = self.queries();
        let create = async {
            loop {
                if queries.insert(key, record).await? {
                    return Ok(Created::Done);
                }
                let found = queries.find(key).await?;
                match after_miss::create(found.as_ref(), record.version, now) {
                    AfterCreate::Done => return Ok(Created::Done),
                    AfterCreate::Taken => return Ok(Created::Taken),
                    AfterCreate::Retry => queries.remove_expired(key, now).await?,
                }
            }
        };
        self.call(create).await
    }

    async fn update(
        &self,
        key: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        let queries = self.queries();
        let update = async {
            if queries.update(key, record, expected, now).await? {
                return Ok(Written::Done);
            }
            let found = queries.find(key).await?;
            Ok(after_miss::update(found, record.version, expected, now))
        };
        self.call(update).await
    }

    async fn rename(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        let queries = self.queries();
        let rename = async {
            if queries.rename(old, new, record, expected, now).await? {
                return Ok(Written::Done);
            }
            let (at_old, at_new) = queries.find_both(old, new).await?;
            Ok(after_miss::rename(at_old, at_new.as_ref(), record.version, expected, now)?)
        };
        self.call(rename).await
    }

    async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
        patience: TouchPatience,
    ) -> Result<Touched, StoreError> {
        let touch = self.queries().touch(key, expires, now, patience);
        let is_touched = self.call_within(self.timeouts().of_touch(patience), touch).await?;
        Ok(if is_touched { Touched::Done } else { Touched::Gone })
    }

    async fn delete(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.call(self.queries().delete(key)).await
    }

    fn owner_index(&self) -> Option<&dyn OwnerIndex> {
        Some(self)
    }

    fn expiry_purge(&self) -> Option<&dyn PurgeExpired> {
        Some(self)
    }
}

#[async_trait]
impl OwnerIndex for MySqlStore {
    async fn list(
        &self,
        owner: &Owner,
        after: Option<&ListCursor>,
        limit: u32,
        now: UnixTime,
    ) -> Result<OwnedPage, StoreError> {
        let list = async {
            let after = page::first_id(after)?;
            let read = self.queries().list(owner, after, page::read_limit(limit), now).await?;
            Ok(page::page(read, limit))
        };
        self.call(list).await
    }

    async fn revoke(&self, owner: &Owner, except: Option<&StoreKey>) -> Result<u64, StoreError> {
        self.call(self.queries().revoke(owner, except)).await
    }
}

#[async_trait]
impl PurgeExpired for MySqlStore {
    async fn purge(&self, before: UnixTime, limit: u32) -> Result<u64, StoreError> {
        self.call(self.queries().purge(before, limit)).await
    }
}
