//! The test kit's benchmark for stores, on the store in memory and on the SQLite store.
#![allow(missing_docs, reason = "criterion's macros make functions without documentation")]

use criterion::{Criterion, criterion_group, criterion_main};
use session_core::MemoryStore;
use session_core::store::async_trait;
use session_sql::SqliteStore;
use session_testkit::{Fresh, Harness, HarnessError};

/// A database file in a temporary folder, which is deleted together with the store.
struct File;

#[async_trait]
impl Harness for File {
    async fn fresh(&self) -> Result<Fresh, HarnessError> {
        let folder = tempfile::tempdir()?;
        let url = format!("sqlite:{}", folder.path().join("sessions.db").display());
        let store = SqliteStore::connect(&url).await?;
        store.migrate().await?;
        Ok(Fresh::new(store).keeping(folder))
    }
}

fn stores(criterion: &mut Criterion) {
    session_testkit::bench::store(criterion, MemoryStore::new);
    session_testkit::bench::store(criterion, File);
}

criterion_group!(benches, stores);
criterion_main!(benches);
