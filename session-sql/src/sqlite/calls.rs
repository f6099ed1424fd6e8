//! The calls of the store.

use std::future::Future;
use std::time::Duration;

use session_core::store::after_miss::NewKeyTaken;
use session_core::store::{
    Created, ListCursor, Loaded, OwnedPage, RENAME_MARKER_LIFETIME, Record, StoreError, StoreKey, Touched,
    Version, Written,
};
use session_core::{Owner, UnixTime};
use sqlx::{SqlStr, query};
use tokio::time::timeout;

use crate::failure::Failure;
use crate::sqlite::connect::Pools;
use crate::sqlite::error;
use crate::sqlite::row::{self, Bound};
use crate::sqlite::statements::Statements;
use crate::table::TableName;

/// The part of a store that its clones share.
pub(crate) struct SqliteInner {
    pub(crate) pools: Pools,
    pub(crate) statements: Statements,
    pub(crate) table: TableName,
    pub(crate) call_timeout: Duration,
}

impl SqliteInner {
    pub(crate) async fn in_time<T>(
        &self,
        call: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, StoreError> {
        let outcome = timeout(self.call_timeout, call).await.unwrap_or(Err(Failure::Late(self.call_timeout)));
        outcome.map_err(|failure| error::store_error(failure, &self.table))
    }

    pub(crate) async fn load(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, Failure> {
        if let Some(record) = self.find(key, now).await? {
            return Ok(Loaded::Found(record));
        }
        let find_renamed = prepared(&self.statements.find_renamed).bind(bytes(key)).bind(now.as_millis());
        let Some(row) = find_renamed.fetch_optional(&self.pools.readers).await? else {
            return Ok(Loaded::Absent);
        };
        Ok(Loaded::Moved { owner: row::read_owner(&row, 0)? })
    }

    async fn find(&self, key: &StoreKey, now: UnixTime) -> Result<Option<Record>, Failure> {
        let load = prepared(&self.statements.load).bind(bytes(key)).bind(now.as_millis());
        let row = load.fetch_optional(&self.pools.readers).await?;
        row.map(|row| row::read_record(&row, 0, &self.table)).transpose()
    }

    pub(crate) async fn create(
        &self,
        key: &StoreKey,
        record: &Record,
        now: UnixTime,
    ) -> Result<Created, Failure> {
        loop {
            let create = row::bind(prepared(&self.statements.create), key, record).bind(now.as_millis());
            if self.write(create).await? > 0 {
                return Ok(Created::Done);
            }
            let find_existing =
                prepared(&self.statements.find_existing).bind(bytes(key)).bind(now.as_millis());
            match row::read_existing(&find_existing.fetch_one(&self.pools.readers).await?)? {
                (Some(version), _) if version == record.version => return Ok(Created::Done),
                (Some(_), _) | (None, true) => return Ok(Created::Taken),
                // The record that was in the way has ended since. Nothing was written, so try again.
                (None, false) => {}
            }
        }
    }

    pub(crate) async fn update(
        &self,
        key: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, Failure> {
        let update = row::bind(prepared(&self.statements.update), key, record);
        let update = update.bind(row::version(expected)).bind(now.as_millis());
        if self.write(update).await? > 0 {
            return Ok(Written::Done);
        }
        Ok(match self.find(key, now).await? {
            Some(found) if found.version == record.version => Written::Done,
            // The record had expired at the time of the write. A machine whose clock is behind has touched it
            // since.
            Some(found) if found.version == expected => Written::Gone,
            Some(found) => Written::Conflict(found),
            None => Written::Gone,
        })
    }

    pub(crate) async fn rename(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, Failure> {
        let rename = row::bind(prepared(&self.statements.rename), new, record)
            .bind(row::version(expected))
            .bind(now.as_millis())
            .bind(bytes(old))
            .bind((now + RENAME_MARKER_LIFETIME).as_millis());
        match self.write(rename).await {
            Ok(0) => self.not_renamed(old, new, record, expected, now).await,
            Err(Failure::Driver(error)) if error::is_taken(&error) => {
                self.not_renamed(old, new, record, expected, now).await
            }
            outcome => outcome.map(|_| Written::Done),
        }
    }

    /// Finds out why a rename changed no row.
    async fn not_renamed(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, Failure> {
        let load_both = prepared(&self.statements.load_both).bind(bytes(old)).bind(bytes(new));
        let (mut at_old, mut at_new) = (None, None);
        for row in load_both.fetch_all(&self.pools.readers).await? {
            let found = if row::read_key(&row, 0, &self.table)? == *new { &mut at_new } else { &mut at_old };
            *found = Some(row::read_record(&row, 1, &self.table)?);
        }
        if at_new.is_some_and(|found| found.version == record.version) {
            return Ok(Written::Done);
        }
        match at_old.filter(|found| found.is_live(now)) {
            Some(found) if found.version == expected => Err(NewKeyTaken.into()),
            Some(found) => Ok(Written::Conflict(found)),
            None => Ok(Written::Gone),
        }
    }

    pub(crate) async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
    ) -> Result<Touched, Failure> {
        let expires = expires.map(UnixTime::as_millis);
        let touch = prepared(&self.statements.touch).bind(bytes(key)).bind(expires).bind(now.as_millis());
        Ok(if self.write(touch).await? > 0 { Touched::Done } else { Touched::Gone })
    }

    pub(crate) async fn delete(&self, key: &StoreKey) -> Result<(), Failure> {
        self.write(prepared(&self.statements.delete).bind(bytes(key))).await?;
        Ok(())
    }

    pub(crate) async fn list(
        &self,
        owner: &Owner,
        after: Option<&ListCursor>,
        limit: u32,
        now: UnixTime,
    ) -> Result<OwnedPage, Failure> {
        let after = after.map_or(Ok(i64::MIN), |cursor| {
            cursor.as_bytes().try_into().map(i64::from_be_bytes).map_err(|_| Failure::BadCursor)
        })?;
        let limit = limit.max(1);
        let list = prepared(&self.statements.list).bind(owner.as_str().to_owned()).bind(now.as_millis());
        let rows = list.bind(after).bind(i64::from(limit) + 1).fetch_all(&self.pools.readers).await?;
        row::read_page(&rows, limit as usize, &self.table)
    }

    // SQLite has one writer at a time, so a concurrent rename runs entirely before or entirely after this
    // statement. If it runs before, the owner finds the row under its new key; if it runs after, it finds no
    // row.
    pub(crate) async fn revoke(&self, owner: &Owner, except: Option<&StoreKey>) -> Result<u64, Failure> {
        let revoke = prepared(&self.statements.revoke).bind(owner.as_str().to_owned());
        self.write(revoke.bind(except.map(bytes))).await
    }

    pub(crate) async fn purge(&self, before: UnixTime, limit: u32) -> Result<u64, Failure> {
        let batch = |statement| prepared(statement).bind(before.as_millis()).bind(limit);
        self.write(batch(&self.statements.reschedule_purge)).await?;
        let records = self.write(batch(&self.statements.purge)).await?;
        let moved = self.write(batch(&self.statements.purge_moved)).await?;
        Ok(records + moved)
    }

    /// Runs a statement that writes, and returns the number of rows that it changed.
    async fn write(&self, statement: Bound<'_>) -> Result<u64, Failure> {
        Ok(statement.execute(&self.pools.writer).await?.rows_affected())
    }
}

fn prepared(statement: &SqlStr) -> Bound<'static> {
    query(statement.clone())
}

fn bytes(key: &StoreKey) -> Vec<u8> {
    key.as_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::{SqliteOptions, SqliteStore};
    use session_core::store::SessionStore as _;
    use sqlx::SqlitePool;
    use sqlx::sqlite::SqlitePoolOptions;

    const NOW: UnixTime = UnixTime::from_secs(0);

    fn key(number: u8) -> StoreKey {
        StoreKey::from_bytes([number; StoreKey::BYTES])
    }

    fn version(bits: u64) -> Version {
        Version::from_bits(bits)
    }

    fn record(bits: u64) -> Record {
        Record::new([].as_slice(), NOW, version(bits))
    }

    async fn pool() -> SqlitePool {
        SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.unwrap()
    }

    /// Creates a store that writes to one database and reads from another.
    async fn store(writer: &SqlitePool, readers: &SqlitePool) -> SqliteStore {
        for pool in [writer, readers] {
            SqliteStore::from_pool(pool.clone()).migrate().await.unwrap();
        }
        let pools = Pools { writer: writer.clone(), readers: readers.clone() };
        SqliteStore::new(pools, SqliteOptions::default())
    }

    #[tokio::test]
    async fn a_write_that_succeeds_is_one_statement_and_reads_nothing() {
        let readers = pool().await;
        let store = store(&pool().await, &readers).await;
        readers.close().await;
        assert_eq!(store.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
        assert_eq!(store.update(&key(1), &record(2), version(1), NOW).await.unwrap(), Written::Done);
        let renamed = store.rename(&key(1), &key(2), &record(3), version(2), NOW).await.unwrap();
        assert_eq!(renamed, Written::Done);
        assert_eq!(store.touch(&key(2), None, NOW).await.unwrap(), Touched::Done);
        store.delete(&key(2)).await.unwrap();
        assert!(store.load(&key(2), NOW).await.is_err(), "a load needs a reader");
    }

    #[tokio::test]
    async fn a_record_that_appears_between_a_failed_update_and_the_read_after_it_is_not_a_conflict() {
        let (writer, readers) = (pool().await, pool().await);
        let store = store(&writer, &readers).await;
        let _ = SqliteStore::from_pool(readers).create(&key(1), &record(1), NOW).await.unwrap();
        assert_eq!(store.update(&key(1), &record(2), version(1), NOW).await.unwrap(), Written::Gone);
        let conflict = store.update(&key(1), &record(2), version(9), NOW).await.unwrap();
        assert_eq!(conflict, Written::Conflict(record(1)));
    }
}
