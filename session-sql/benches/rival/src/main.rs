//! The stores of tower-sessions, as a program that makes calls when it is told to.
//!
//! `rival URL CONNECTIONS [PROCESS]` fills a table, prints `ready`, and then answers each order on standard
//! input by a slice on standard output (`slice.rs` has the formats of both). CONNECTIONS is `tested` for the
//! driver's default, or `untested` for a pool that does not test a connection before each call. PROCESS is
//! the server's, if its processor time is to be measured.

#[path = "../../../../xtask/comparison/src/processor.rs"]
mod processor;
#[path = "../../../../xtask/comparison/src/slice.rs"]
mod slice;

use std::collections::HashMap;
use std::error::Error;
use std::io::{BufRead as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use slice::{Order, Slice, Work};
use tokio::runtime::Runtime;
use tower_sessions_core::SessionStore;
use tower_sessions_core::session::{Id, Record};
use tower_sessions_sqlx_store::sqlx::mysql::MySqlPoolOptions;
use tower_sessions_sqlx_store::sqlx::postgres::PgPoolOptions;
use tower_sessions_sqlx_store::sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use tower_sessions_sqlx_store::{MySqlStore, PostgresStore, SqliteStore};

const SESSIONS: u64 = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (url, connections, server) = match arguments.as_slice() {
        [url, connections] => (url, connections, None),
        [url, connections, server] => (url, connections, Some(server.parse()?)),
        _ => return Err("usage: rival URL tested|untested [PROCESS]".into()),
    };
    let is_tested = connections == "tested";
    let runtime = Runtime::new()?;
    if url.starts_with("sqlite:") {
        let sessions = Sessions::new(runtime.block_on(sqlite(url, is_tested))?);
        serve(&runtime, &Arc::new(sessions), server)
    } else if url.starts_with("mysql:") {
        let sessions = Sessions::new(runtime.block_on(mysql(url, connections, is_tested))?);
        serve(&runtime, &Arc::new(sessions), server)
    } else {
        let sessions = Sessions::new(runtime.block_on(postgres(url, connections, is_tested))?);
        serve(&runtime, &Arc::new(sessions), server)
    }
}

async fn sqlite(url: &str, is_tested: bool) -> Result<SqliteStore, Box<dyn Error>> {
    let file = url
        .parse::<SqliteConnectOptions>()?
        .create_if_missing(true)
        .busy_timeout(Duration::from_secs(5))
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal);
    let store =
        SqliteStore::new(SqlitePoolOptions::new().test_before_acquire(is_tested).connect_with(file).await?);
    store.migrate().await?;
    Ok(store)
}

async fn postgres(url: &str, table: &str, is_tested: bool) -> Result<PostgresStore, Box<dyn Error>> {
    let pool = PgPoolOptions::new().test_before_acquire(is_tested).connect(url).await?;
    let store = PostgresStore::new(pool).with_table_name(table)?;
    store.migrate().await?;
    Ok(store)
}

async fn mysql(url: &str, table: &str, is_tested: bool) -> Result<MySqlStore, Box<dyn Error>> {
    let pool = MySqlPoolOptions::new().test_before_acquire(is_tested).connect(url).await?;
    let store = MySqlStore::new(pool).with_table_name(table)?;
    store.migrate().await?;
    Ok(store)
}

/// Fills the table and carries out orders until there are no more.
fn serve<S: SessionStore>(
    runtime: &Runtime,
    sessions: &Arc<Sessions<S>>,
    server: Option<u32>,
) -> Result<(), Box<dyn Error>> {
    runtime.block_on(sessions.fill());
    let (input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    writeln!(output, "ready")?;
    for line in input.lines() {
        let order: Order = line?.parse()?;
        let sessions = Arc::clone(sessions);
        let call = move || {
            let sessions = Arc::clone(&sessions);
            async move { sessions.call(order.work).await }
        };
        writeln!(output, "{}", runtime.block_on(Slice::run(order, server, call)))?;
    }
    Ok(())
}

/// A store with its sessions.
struct Sessions<S> {
    store: S,
    created: AtomicU64,
    turns: AtomicU64,
}

impl<S: SessionStore> Sessions<S> {
    fn new(store: S) -> Self {
        Self { store, created: AtomicU64::new(0), turns: AtomicU64::new(0) }
    }

    async fn fill(self: &Arc<Self>) {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..64 {
            let sessions = Arc::clone(self);
            tasks.spawn(async move {
                while sessions.created.load(Ordering::Relaxed) < SESSIONS {
                    sessions.call(Work::Create).await;
                }
            });
        }
        tasks.join_all().await;
    }

    /// Makes one call. There is no other way to prolong a session than to save it.
    async fn call(&self, work: Work) {
        let turn = self.turns.fetch_add(1, Ordering::Relaxed);
        let number = (turn * 7_919) % SESSIONS;
        let done = match work {
            Work::Load => self.store.load(&id(number)).await.map(|record| assert!(record.is_some())),
            Work::Update | Work::Touch => self.store.save(&record(number, turn)).await,
            Work::Create => {
                let number = self.created.fetch_add(1, Ordering::Relaxed);
                self.store.create(&mut record(number, 0)).await
            }
            Work::Rename | Work::Delete => unimplemented!("it is not compared"),
        };
        done.expect("the store makes the call");
    }
}

/// Returns the ID with this number. Its bits are spread like those of a random one.
fn id(number: u64) -> Id {
    let mix = |word: u64| {
        let word = word.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (word ^ (word >> 31)).wrapping_mul(0xBF58_476D_1CE4_E5B9)
    };
    Id(i128::from(mix(number + 1)) << 64 | i128::from(mix(number + 1_000_000_007)))
}

/// Returns a record of about 400 bytes.
fn record(number: u64, turn: u64) -> Record {
    let value = |name: &str| (name.to_owned(), serde_json::Value::from("x".repeat(86)));
    let mut data: HashMap<_, _> = ["name", "mail", "theme", "cart"].map(value).into();
    data.insert("count".to_owned(), turn.into());
    let seconds = time::Duration::seconds(86_400 + turn.cast_signed() % 1_000);
    Record { id: id(number), data, expiry_date: time::OffsetDateTime::now_utc() + seconds }
}
