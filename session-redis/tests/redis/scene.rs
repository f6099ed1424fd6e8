//! Two stores with the same keys, for a test.

use std::ops::Deref;

use session_core::UnixTime;
use session_core::store::{Created, Loaded, Record, SessionStore as _, StoreKey};
use session_redis::RedisStore;
use sha2::{Digest as _, Sha256};
pub(crate) use test_support::records::{NOW, after, expiring, owned, owners, record, text, version};

use crate::prefix::Prefix;
use crate::raw::Raw;

/// Two stores that share no connection, and a connection without a store.
pub(crate) struct Scene {
    pub(crate) store: RedisStore,
    pub(crate) other: RedisStore,
    pub(crate) raw: Raw,
    prefix: Prefix,
}

impl Scene {
    /// Creates a scene on the server for all tests.
    pub(crate) async fn new() -> Self {
        Self::at(test_servers::redis_url()).await
    }

    pub(crate) async fn at(url: String) -> Self {
        let prefix = Prefix::at(url);
        let (store, other) = (prefix.store().await, prefix.store().await);
        Self { store, other, raw: Raw::connect(prefix.url()).await, prefix }
    }

    /// Creates a scene on the server for all tests, with this record under `key(1)`.
    pub(crate) async fn with_record(record: &Record) -> Self {
        let scene = Self::new().await;
        scene.create(1, record).await;
        scene
    }

    pub(crate) async fn create(&self, number: u8, record: &Record) {
        assert_eq!(self.store.create(&key(number), record, NOW).await.unwrap(), Created::Done);
    }

    /// Loads through the other store.
    pub(crate) async fn load(&self, number: u8, now: UnixTime) -> Loaded {
        self.other.load(&key(number), now).await.unwrap()
    }

    /// Returns the server's name of a session's key.
    pub(crate) fn name(&self, key: &StoreKey) -> Vec<u8> {
        let [one, two] = key.placement();
        let prefix = self.prefix.options().prefix;
        [format!("{prefix}{{{one:02x}{two:02x}}}").as_bytes(), &key.as_bytes()[2..]].concat()
    }

    /// Returns the server's name of an owner's index.
    pub(crate) fn index(&self, owner: &str) -> Vec<u8> {
        let prefix = self.prefix.options().prefix;
        [format!("{prefix}o:").as_bytes(), &Sha256::digest(owner.as_bytes())[..8]].concat()
    }

    /// Returns the keys of the sessions that an owner's list shows.
    pub(crate) async fn listed(&self, owner: &str) -> Vec<StoreKey> {
        let page = owners(&self.other).list(&owner.into(), None, 1_000, NOW).await.unwrap();
        assert_eq!(page.next, None);
        let mut keys: Vec<_> = page.sessions.into_iter().map(|session| session.key).collect();
        keys.sort_unstable_by_key(|key| *key.as_bytes());
        keys
    }
}

/// Returns a key, always the same for a number. All of them have the same placement, as the keys of one
/// session have.
pub(crate) const fn key(number: u8) -> StoreKey {
    let mut bytes = [number; StoreKey::BYTES];
    (bytes[0], bytes[1]) = (0xA9, 0xAA);
    StoreKey::from_bytes(bytes)
}

impl Deref for Scene {
    type Target = Prefix;

    fn deref(&self) -> &Prefix {
        &self.prefix
    }
}
