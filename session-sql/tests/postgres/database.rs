//! A schema of its own for each test, in the database that the tests share.

use std::thread;

use session_sql::{PostgresOptions, PostgresStore};
use sqlx::postgres::{PgConnection, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, PgPool};
use url::Url;

/// Locks the table of sessions until it is unlocked, or the connection is dropped.
pub(crate) const LOCK_TABLE: &str = "begin; lock table cwsession";
pub(crate) const UNLOCK_TABLE: &str = "rollback";

/// A schema that is dropped with this value.
pub(crate) struct Schema {
    url: String,
    name: String,
}

impl Schema {
    /// Names a schema in the database that the tests share. The first migration creates it.
    pub(crate) fn new() -> Self {
        Self::at(test_servers::postgres_url())
    }

    /// Names a schema in the database of `url`.
    pub(crate) fn at(url: String) -> Self {
        Self { url, name: format!("test_{}", rand::random::<u64>()) }
    }

    /// Makes this the schema of the same name in another database.
    pub(crate) fn moved_to(mut self, url: String) -> Self {
        self.url = url;
        self
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Returns default options for a table in this schema.
    pub(crate) fn options(&self) -> PostgresOptions {
        let mut options = PostgresOptions::default();
        options.schema = Some(self.name.parse().unwrap());
        options
    }

    /// Connects a store that has its own connections, and creates its table.
    pub(crate) async fn store(&self) -> PostgresStore {
        self.store_at(&self.url).await
    }

    /// Connects a store whose connections have these settings, as the server's command line takes them.
    pub(crate) async fn store_with_settings(&self, settings: &str) -> PostgresStore {
        let mut url: Url = self.url.parse().unwrap();
        url.set_query(Some(&format!("options={settings}")));
        self.store_at(url.as_str()).await
    }

    async fn store_at(&self, url: &str) -> PostgresStore {
        let store = PostgresStore::connect_with(url, self.options()).await.unwrap();
        store.migrate().await.unwrap();
        store
    }

    /// Creates a role that may connect and has these options. Returns its name, and the URL with it.
    pub(crate) async fn create_role(&self, options: &str) -> (String, String) {
        let role = self.name.replace("test_", "role_");
        self.sql(&format!("create role {role} login password 'secret' {options}")).await;
        let mut url: Url = self.url.parse().unwrap();
        url.set_username(&role).unwrap();
        url.set_password(Some("secret")).unwrap();
        (role, url.into())
    }

    /// Opens a pool that belongs to the test.
    pub(crate) async fn pool(&self, connections: u32) -> PgPool {
        PgPoolOptions::new().max_connections(connections).connect(&self.url).await.unwrap()
    }

    /// Opens a connection that belongs to the test, whose tables are those of the schema.
    pub(crate) async fn connection(&self) -> PgConnection {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        execute(&mut connection, &format!("set search_path to \"{}\"", self.name)).await;
        connection
    }

    /// Runs a statement on a connection of the test, without the store.
    pub(crate) async fn sql(&self, statement: &str) {
        execute(&mut self.connection().await, statement).await;
    }

    pub(crate) async fn count(&self, table: &str) -> i64 {
        self.number(&format!("select count(*) from {table}")).await
    }

    /// Runs a statement that returns a number, on a connection of the test.
    pub(crate) async fn number(&self, statement: &str) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(statement)).fetch_one(&mut self.connection().await).await.unwrap()
    }

    /// Returns a table of the connections that have last run a statement on the schema.
    pub(crate) fn connections(&self) -> String {
        let columns = "pid::bigint as id, wait_event_type";
        format!("(select {columns} from pg_stat_activity where query like '%{}%') as them", self.name)
    }

    /// Returns a table of those that wait for a lock.
    pub(crate) fn waiting(&self) -> String {
        format!("{} where wait_event_type = 'Lock'", self.connections())
    }
}

pub(crate) async fn execute(connection: &mut PgConnection, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await.unwrap();
}

impl Drop for Schema {
    /// Drops the schema, on a thread of its own, because a value is dropped where nothing can be awaited.
    fn drop(&mut self) {
        let (url, name) = (self.url.clone(), self.name.clone());
        let drop_schema = async move {
            let mut connection = PgConnection::connect(&url).await?;
            let statement = format!("set lock_timeout = '5s'; drop schema if exists \"{name}\" cascade");
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
            connection.close().await
        };
        let dropped = thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime can be built").block_on(drop_schema)
        });
        // A server that was stopped by the test keeps the schema until the server is removed.
        let _ = dropped.join().expect("the thread does not panic");
    }
}
