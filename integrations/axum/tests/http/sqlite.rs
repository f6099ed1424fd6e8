//! Sessions in a SQLite file of the test's own.

use std::sync::Arc;

use session_sql::SqliteStore;
use session_sql::sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use session_sql::sqlx::{Row as _, query};
use session_testkit::stories::Setup;
use tempfile::TempDir;

/// A database in a folder that goes with it.
pub(crate) struct Database {
    folder: TempDir,
}

impl Database {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("there is room for a folder") }
    }

    /// A site on the database.
    pub(crate) async fn setup(&self) -> Setup {
        let url = format!("sqlite:{}", self.folder.path().join("sessions.db").display());
        let store = SqliteStore::connect(&url).await.expect("the folder can be written to");
        store.migrate().await.expect("the database is new");
        let mut setup = Setup::new();
        setup.store = Some(Arc::new(store));
        setup
    }

    /// How many sessions the table has.
    pub(crate) async fn rows(&self) -> i64 {
        let file = SqliteConnectOptions::new().filename(self.folder.path().join("sessions.db"));
        let pool = SqlitePool::connect_with(file).await.expect("the file is there");
        let row = query("select count(*) from cwsession").fetch_one(&pool).await.expect("the table is there");
        pool.close().await;
        row.get(0)
    }
}
