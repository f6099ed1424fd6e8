//! A database file for a test, with two stores on it, and records to store.

use std::error::Error as StdError;
use std::time::Duration;

use session_core::store::{
    Created, Loaded, OwnerIndex, PurgeExpired, Record, SessionStore, StoreKey, Version, Written,
};
use session_core::{Owner, UnixTime};
use session_sql::{SqliteOptions, SqliteStore};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use tempfile::TempDir;

/// The present time in the tests.
pub(crate) const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

/// Returns the time `secs` seconds after [`NOW`].
pub(crate) fn after(secs: i64) -> UnixTime {
    UnixTime::from_millis(NOW.as_millis() + secs * 1_000)
}

pub(crate) fn key(number: u8) -> StoreKey {
    StoreKey::from_bytes([number; StoreKey::BYTES])
}

pub(crate) fn version(bits: u64) -> Version {
    Version::from_bits(bits)
}

/// Creates a record of this version that expires after twenty minutes.
pub(crate) fn record(bits: u64) -> Record {
    let mut record = Record::new(bits.to_string().into_bytes(), NOW, version(bits));
    record.expires = Some(after(1200));
    record
}

pub(crate) fn owned(bits: u64, owner: &str) -> Record {
    Record { owner: Some(Owner::from(owner)), ..record(bits) }
}

pub(crate) fn expiring(bits: u64, expires: UnixTime) -> Record {
    Record { expires: Some(expires), ..record(bits) }
}

/// A file with the tables in it, and two stores that share no connection.
pub(crate) struct Scene {
    pub(crate) folder: TempDir,
    pub(crate) store: SqliteStore,
    pub(crate) other: SqliteStore,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::with(SqliteOptions::default()).await
    }

    pub(crate) async fn with(options: SqliteOptions) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = url(&folder);
        let store = SqliteStore::connect_with(&url, options.clone()).await.unwrap();
        store.migrate().await.unwrap();
        let other = SqliteStore::connect_with(&url, options).await.unwrap();
        Self { folder, store, other }
    }

    /// Creates a scene with this record under `key(1)`.
    pub(crate) async fn with_record(record: &Record) -> Self {
        let scene = Self::new().await;
        scene.create(1, record).await;
        scene
    }

    pub(crate) async fn create(&self, number: u8, record: &Record) {
        assert_eq!(self.store.create(&key(number), record, NOW).await.unwrap(), Created::Done);
    }

    pub(crate) async fn rename(&self, old: u8, new: u8, record: &Record, expected: u64) {
        let renamed = self.store.rename(&key(old), &key(new), record, version(expected), NOW).await.unwrap();
        assert_eq!(renamed, Written::Done);
    }

    /// Loads through the other store.
    pub(crate) async fn load(&self, number: u8, now: UnixTime) -> Loaded {
        self.other.load(&key(number), now).await.unwrap()
    }

    /// Opens a connection that belongs to the test.
    pub(crate) async fn connection(&self) -> SqliteConnection {
        SqliteConnection::connect(&url(&self.folder)).await.unwrap()
    }

    /// Runs a statement on a connection of the test, without the store.
    pub(crate) async fn sql(&self, statement: &str) {
        sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut self.connection().await).await.unwrap();
    }

    pub(crate) async fn count(&self, table: &str) -> i64 {
        let statement = AssertSqlSafe(format!("select count(*) from {table}"));
        sqlx::query_scalar(statement).fetch_one(&mut self.connection().await).await.unwrap()
    }
}

pub(crate) fn url(folder: &TempDir) -> String {
    format!("sqlite:{}", folder.path().join("sessions.db").display())
}

pub(crate) fn owners(store: &SqliteStore) -> &dyn OwnerIndex {
    store.owner_index().unwrap()
}

pub(crate) fn expired(store: &SqliteStore) -> &dyn PurgeExpired {
    store.expiry_purge().unwrap()
}

/// Returns options with a short call timeout, so that a failing call does not slow the test down.
pub(crate) fn impatient() -> SqliteOptions {
    let mut options = SqliteOptions::default();
    options.call_timeout = Duration::from_millis(300);
    options
}

/// Returns the text of the error and all its causes, as a log would show them.
pub(crate) fn text(error: &(dyn StdError + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |error| (*error).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
