//! Sessions in a MariaDB table that belongs to the test.

use std::sync::Arc;

use session_sql::sqlx::{AssertSqlSafe, Connection as _, MySqlConnection, query_scalar};
use session_sql::{MySqlOptions, MySqlStore};
use session_testkit::stories::Setup;
use tokio::sync::Mutex;

/// A table on the server that the tests share. It is kept until the server ends.
pub(crate) struct Database {
    table: String,
    connection: Mutex<MySqlConnection>,
}

impl Database {
    pub(crate) async fn new() -> Self {
        let connection = MySqlConnection::connect(&test_servers::mysql_url()).await;
        let connection = Mutex::new(connection.expect("the server is running"));
        Self { table: format!("axum_{:016x}", rand::random::<u64>()), connection }
    }

    /// Makes the setup of a site on the database.
    pub(crate) async fn setup(&self) -> Setup {
        let mut options = MySqlOptions::default();
        options.table = self.table.parse().expect("the name is an identifier");
        let store = MySqlStore::connect_with(&test_servers::mysql_url(), options).await;
        let store = store.expect("the server is running");
        store.migrate().await.expect("the table is new");
        let mut setup = Setup::new();
        setup.store = Some(Arc::new(store));
        setup
    }

    /// Returns the number of sessions in the table.
    pub(crate) async fn rows(&self) -> i64 {
        // The other rows are rename markers.
        let sessions = format!("select count(*) from {} where moved_to is null", self.table);
        let mut connection = self.connection.lock().await;
        query_scalar(AssertSqlSafe(sessions)).fetch_one(&mut *connection).await.expect("the table exists")
    }
}
