//! A database of its own for each test, on the server that the tests share.

use std::thread;

use session_sql::{MySqlOptions, MySqlStore};
use sqlx::mysql::{MySqlConnection, MySqlPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, MySqlPool};
use url::Url;

/// Locks the table of sessions until it is unlocked, or the connection is dropped.
pub(crate) const LOCK_TABLE: &str = "lock tables cwsession write";
pub(crate) const UNLOCK_TABLE: &str = "unlock tables";

/// A database that is dropped with this value.
pub(crate) struct Database {
    /// The URL of the server, with another database.
    server: String,
    name: String,
}

impl Database {
    /// Creates a database on the server that the tests share.
    pub(crate) fn new() -> Self {
        Self::at(test_servers::mysql_url())
    }

    /// Creates a database on the server of `url`.
    pub(crate) fn at(url: String) -> Self {
        let database = Self { server: url, name: format!("test_{}", rand::random::<u64>()) };
        database.run(format!("create database {}", database.name)).unwrap();
        database
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn url(&self) -> String {
        self.url_on(&self.server)
    }

    /// Returns the URL of the database on a server, such as another node of a cluster.
    pub(crate) fn url_on(&self, server: &str) -> String {
        let mut url: Url = server.parse().unwrap();
        url.set_path(&self.name);
        url.into()
    }

    /// Waits until another node of a cluster has the table. A connection cannot begin in a database that its
    /// node does not have yet.
    pub(crate) async fn wait_on(&self, server: &str) {
        let mut connection = MySqlConnection::connect(server).await.unwrap();
        let wait = format!("set session wsrep_sync_wait = 7; select count(*) from {}.cwsession", self.name);
        execute(&mut connection, &wait).await;
    }

    /// Returns default options for a table in this database.
    #[expect(clippy::unused_self, reason = "as a schema of PostgreSQL has it")]
    pub(crate) fn options(&self) -> MySqlOptions {
        MySqlOptions::default()
    }

    /// Connects a store that has its own connections, and creates its table.
    pub(crate) async fn store(&self) -> MySqlStore {
        let store = MySqlStore::connect_with(&self.url(), self.options()).await.unwrap();
        store.migrate().await.unwrap();
        store
    }

    /// Creates a user that may do this in the database. Returns the name, and the URL with it.
    pub(crate) async fn create_user(&self, rights: &str) -> (String, String) {
        let user = self.name.replace("test_", "user_");
        self.sql(&format!("create user {user}@'%' identified by 'secret'")).await;
        self.sql(&format!("grant {rights} on {}.* to {user}@'%'", self.name)).await;
        let mut url: Url = self.url().parse().unwrap();
        url.set_username(&user).unwrap();
        url.set_password(Some("secret")).unwrap();
        (user, url.into())
    }

    /// Opens a pool that belongs to the test, whose connections have the settings that the store needs.
    pub(crate) async fn pool(&self, connections: u32) -> MySqlPool {
        let settings = "set session transaction isolation level read committed; \
            set session innodb_lock_wait_timeout = 3, max_statement_time = 5";
        let pool =
            MySqlPoolOptions::new().max_connections(connections).after_connect(move |connection, _| {
                Box::pin(async move { connection.execute(sqlx::raw_sql(settings)).await.map(|_| ()) })
            });
        pool.connect(&self.url()).await.unwrap()
    }

    /// Opens a connection that belongs to the test.
    pub(crate) async fn connection(&self) -> MySqlConnection {
        MySqlConnection::connect(&self.url()).await.unwrap()
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

    /// Returns a table of the connections to the database.
    pub(crate) fn connections(&self) -> String {
        format!("(select id, state from information_schema.processlist where db = '{}') as them", self.name)
    }

    /// Returns a table of those that wait for a lock of a table.
    pub(crate) fn waiting(&self) -> String {
        format!("{} where state like 'Waiting%'", self.connections())
    }

    /// Runs a statement on a thread of its own, because a value is dropped where nothing can be awaited.
    fn run(&self, statement: String) -> Result<(), sqlx::Error> {
        let url = self.server.clone();
        let run = async move {
            let mut connection = MySqlConnection::connect(&url).await?;
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
            connection.close().await
        };
        let done = thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime can be built").block_on(run)
        });
        done.join().expect("the thread does not panic")
    }
}

pub(crate) async fn execute(connection: &mut MySqlConnection, statement: &str) {
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(connection).await.unwrap();
}

impl Drop for Database {
    fn drop(&mut self) {
        // A server that was stopped by the test keeps the database until the server is removed.
        let _ = self.run(format!("set session lock_wait_timeout = 5; drop database if exists {}", self.name));
    }
}
