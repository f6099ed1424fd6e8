//! A table of a store, filled by SQL.

use std::ops::Range;
use std::time::Duration;

use session_core::UnixTime;
use session_core::store::{SessionStore, StoreKey};

use comparison::sessions::{NOW, key};

/// The rows of one statement that fills a table.
const CHUNK: u64 = 50_000;

/// The call timeout of the stores. 10,000 calls at once may take long on a busy machine.
pub(crate) const CALL_TIMEOUT: Duration = Duration::from_secs(60);

/// A table of its own, with the store and a pool for other statements.
pub(crate) trait Table: Sized {
    type Store: SessionStore + Clone + 'static;

    /// The database, as the output names it.
    const DATABASE: &str;

    async fn create(url: &str, name: &str) -> Self;

    fn store(&self) -> &Self::Store;

    /// Inserts the records of `sessions::record`, of version 0, with these keys and numbers. Each expires
    /// `apart` milliseconds after the one before it.
    async fn insert(&self, keys: Vec<StoreKey>, numbers: Range<u64>, expires: UnixTime, apart: u32);

    /// Makes the server look at what is in the table now.
    async fn analyze(&self);

    /// Makes the server write what it holds in memory to its files.
    async fn checkpoint(&self);

    async fn fill(&self, numbers: Range<u64>, expires: UnixTime, apart: u32) {
        for first in numbers.clone().step_by(CHUNK as usize) {
            let chunk = first..(first + CHUNK).min(numbers.end);
            self.insert(chunk.clone().map(key).collect(), chunk, expires, apart).await;
        }
        self.analyze().await;
    }

    /// Inserts records that are live at `NOW`.
    async fn fill_live(&self, numbers: Range<u64>) {
        self.fill(numbers, UnixTime::from_millis(NOW.as_millis() + 1_200_000), 0).await;
    }
}
