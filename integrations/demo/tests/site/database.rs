//! Databases on the servers that the tests share, each for one test.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};
use std::thread;

use session_sql::sqlx::{self, AssertSqlSafe, Connection as _, MySqlConnection, PgConnection};
use test_servers::Redis;
use tokio::runtime::Builder;
use url::Url;

/// Creates an empty database of PostgreSQL, and returns its URL.
pub(crate) fn postgres() -> String {
    database(&test_servers::postgres_url())
}

/// Creates an empty database of MariaDB, and returns its URL.
pub(crate) fn mysql() -> String {
    database(&test_servers::mysql_url())
}

/// Returns the URL of an empty database of Redis.
pub(crate) fn redis() -> String {
    static SERVER: OnceLock<Redis> = OnceLock::new();
    static NEXT: AtomicU16 = AtomicU16::new(0);
    // The server of other tests has too few databases, and none that is surely empty.
    let server = SERVER.get_or_init(|| Redis::start_with(&[("databases", "256")]).unwrap());
    format!("{}/{}", server.url(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn database(server: &str) -> String {
    let name = format!("demo_{:016x}", rand::random::<u64>());
    execute(server, &format!("create database {name}"));
    changed(server, |url| url.set_path(&name))
}

/// Returns a URL, changed by `change`.
pub(crate) fn changed(url: &str, change: impl FnOnce(&mut Url)) -> String {
    let mut url: Url = url.parse().unwrap();
    change(&mut url);
    url.into()
}

/// Runs statements, on a thread of its own, because the caller may be a task, which may not wait for another
/// runtime.
pub(crate) fn execute(url: &str, statements: &str) {
    let run = || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let statements = sqlx::raw_sql(AssertSqlSafe(statements));
        runtime.block_on(async {
            if url.starts_with("mysql:") {
                statements.execute(&mut MySqlConnection::connect(url).await.unwrap()).await.unwrap();
            } else {
                statements.execute(&mut PgConnection::connect(url).await.unwrap()).await.unwrap();
            }
        });
    };
    thread::scope(|scope| scope.spawn(run).join().unwrap());
}
