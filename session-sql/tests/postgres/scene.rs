//! A table for a test, with two stores on it.

use std::ops::Deref;
use std::time::Duration;

use session_sql::{PostgresOptions, PostgresStore};

use crate::database::Schema;
pub(crate) use test_support::records::{
    NOW, after, expired, expiring, key, owned, owners, record, text, version,
};

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

    /// Creates a scene whose store has one connection.
    pub(crate) async fn of_one_connection(batch_size: u32) -> Self {
        let change = |options: &mut PostgresOptions| {
            (options.connections, options.batch_size) = (1, batch_size);
        };
        Self::with(change).await
    }

    pub(crate) async fn of_one_connection_and_table(name: &str) -> Self {
        let table = name.parse().unwrap();
        Self::with(|options| (options.connections, options.table) = (1, table)).await
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
}

impl Deref for Scene {
    type Target = Schema;

    fn deref(&self) -> &Schema {
        &self.schema
    }
}

/// Shortens the call timeout, so that a failing call does not slow the test down.
pub(crate) fn impatient(options: &mut PostgresOptions) {
    options.call_timeout = Duration::from_millis(1_000);
}
