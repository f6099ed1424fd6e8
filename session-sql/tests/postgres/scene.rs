//! A table for a test, with two stores on it, and records to store.

use std::error::Error as StdError;
use std::ops::Deref;
use std::time::Duration;

use session_core::store::{
    Created, Loaded, OwnerIndex, PurgeExpired, Record, SessionStore, StoreKey, Version, Written,
};
use session_core::{Owner, UnixTime};
use session_sql::{PostgresOptions, PostgresStore};

use crate::database::Schema;

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

/// A schema with the tables in it, and two stores that share no connection.
pub(crate) struct Scene {
    pub(crate) store: PostgresStore,
    pub(crate) other: PostgresStore,
    pub(crate) schema: Schema,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// Creates a scene whose options are changed by `change`.
    pub(crate) async fn with(change: impl FnOnce(&mut PostgresOptions)) -> Self {
        let schema = Schema::new();
        let mut options = schema.options();
        change(&mut options);
        let store = PostgresStore::connect_with(schema.url(), options.clone()).await.unwrap();
        store.migrate().await.unwrap();
        let other = PostgresStore::connect_with(schema.url(), options).await.unwrap();
        Self { store, other, schema }
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
}

impl Deref for Scene {
    type Target = Schema;

    fn deref(&self) -> &Schema {
        &self.schema
    }
}

pub(crate) fn owners(store: &PostgresStore) -> &dyn OwnerIndex {
    store.owner_index().unwrap()
}

pub(crate) fn expired(store: &PostgresStore) -> &dyn PurgeExpired {
    store.expiry_purge().unwrap()
}

/// Shortens the call timeout, so that a failing call does not slow the test down.
pub(crate) fn impatient(options: &mut PostgresOptions) {
    options.call_timeout = Duration::from_millis(1_000);
}

/// Returns the text of the error and all its causes, as a log would show them.
pub(crate) fn text(error: &(dyn StdError + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |error| (*error).source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
