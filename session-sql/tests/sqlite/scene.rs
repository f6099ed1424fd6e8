//! A database file for a test, with two stores on it.

use std::time::Duration;

use session_sql::{SqliteOptions, SqliteStore};
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection};
use tempfile::TempDir;

pub(crate) use test_support::records::{
    NOW, after, expired, expiring, key, owned, owners, record, text, version,
};

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

    /// Creates a scene whose store has one connection that reads, and one that writes.
    pub(crate) async fn of_one_connection(batch_size: u32) -> Self {
        let mut options = SqliteOptions::default();
        (options.readers, options.batch_size) = (1, batch_size);
        Self::with(options).await
    }

    pub(crate) async fn of_one_connection_and_table(name: &str) -> Self {
        let mut options = SqliteOptions::default();
        (options.readers, options.table) = (1, name.parse().unwrap());
        Self::with(options).await
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

/// Returns options with a short call timeout, so that a failing call does not slow the test down.
pub(crate) fn impatient() -> SqliteOptions {
    let mut options = SqliteOptions::default();
    options.call_timeout = Duration::from_millis(300);
    options
}
