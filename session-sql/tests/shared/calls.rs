//! The calls of a scene.

use session_core::UnixTime;
use session_core::store::{Created, Loaded, Record, SessionStore as _, Written};

use crate::scene::Scene;
use test_support::records::{NOW, key, version};

impl Scene {
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
