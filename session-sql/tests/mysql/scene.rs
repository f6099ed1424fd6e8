//! A table for a test, with two stores on it.

use std::ops::Deref;
use std::time::Duration;

use session_sql::{MySqlOptions, MySqlStore};

use crate::database::Database;
pub(crate) use test_support::records::{
    NOW, after, expired, expiring, key, owned, owners, record, text, version,
};

/// A database with the tables in it, and two stores that share no connection.
pub(crate) struct Scene {
    pub(crate) store: MySqlStore,
    pub(crate) other: MySqlStore,
    pub(crate) database: Database,
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// Creates a scene whose store has one connection.
    pub(crate) async fn of_one_connection(batch_size: u32) -> Self {
        let change = |options: &mut MySqlOptions| {
            (options.connections, options.batch_size) = (1, batch_size);
        };
        Self::with(change).await
    }

    pub(crate) async fn of_one_connection_and_table(name: &str) -> Self {
        let table = name.parse().unwrap();
        Self::with(|options| (options.connections, options.table) = (1, table)).await
    }

    /// Creates a scene whose options are changed by `change`.
    pub(crate) async fn with(change: impl FnOnce(&mut MySqlOptions)) -> Self {
        let database = Database::new();
        let mut options = database.options();
        change(&mut options);
        let store = MySqlStore::connect_with(&database.url(), options.clone()).await.unwrap();
        store.migrate().await.unwrap();
        let other = MySqlStore::connect_with(&database.url(), options).await.unwrap();
        Self { store, other, database }
    }
}

impl Deref for Scene {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.database
    }
}

/// Shortens the call timeout, so that a failing call does not slow the test down.
pub(crate) fn impatient(options: &mut MySqlOptions) {
    options.call_timeout = Duration::from_millis(1_000);
}
