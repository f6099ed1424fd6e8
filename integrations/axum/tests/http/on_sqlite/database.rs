//! Sessions in a SQLite file that belongs to the test.

use std::sync::Arc;

use session_sql::SqliteStore;
use session_sql::sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use session_sql::sqlx::{Row as _, query};
use session_testkit::stories::Setup;
use tempfile::TempDir;

/// A database in a temporary folder, which is deleted together with it.
pub(crate) struct Database {
    folder: TempDir,
}

impl Database {
    pub(crate) async fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder can be created") }
    }

    /// Makes the setup of a site on the database.
    pub(crate) async fn setup(&self) -> Setup {
        let url = format!("sqlite:{}", self.folder.path().join("sessions.db").display());
        let store = SqliteStore::connect(&url).await.expect("the folder is writable");
        store.migrate().await.expect("the database is new");
        let mut setup = Setup::new();
        setup.store = Some(Arc::new(store));
        setup
    }

    /// Returns the number of sessions in the table.
    pub(crate) async fn rows(&self) -> i64 {
        let file = SqliteConnectOptions::new().filename(self.folder.path().join("sessions.db"));
        let pool = SqlitePool::connect_with(file).await.expect("the file exists");
        // The other rows are rename markers.
        let sessions = "select count(*) from cwsession where moved_to is null";
        let row = query(sessions).fetch_one(&pool).await.expect("the table exists");
        pool.close().await;
        row.get(0)
    }
}
