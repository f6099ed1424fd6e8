//! PostgreSQL databases for the tests, each its own.

use std::thread;

use session_sql::sqlx::{self, AssertSqlSafe, Connection as _, PgConnection};
use tokio::runtime::Builder;
use url::Url;

/// Creates an empty database on the server that the tests share, and returns its URL.
pub(crate) fn database() -> String {
    let name = format!("demo_{:016x}", rand::random::<u64>());
    execute(&test_servers::postgres_url(), &format!("create database {name}"));
    changed(|url| url.set_path(&name))
}

/// Returns the URL of the shared server, changed by `change`.
pub(crate) fn changed(change: impl FnOnce(&mut Url)) -> String {
    let mut url: Url = test_servers::postgres_url().parse().unwrap();
    change(&mut url);
    url.into()
}

/// Runs a statement, on a thread of its own, because the caller may be a task, which may not wait for another
/// runtime.
pub(crate) fn execute(url: &str, statement: &str) {
    let run = || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut connection = PgConnection::connect(url).await.unwrap();
            sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
        });
    };
    thread::scope(|scope| scope.spawn(run).join().unwrap());
}
