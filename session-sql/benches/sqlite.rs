//! `SqliteStore` compared with the same statements on the driver, and with tower-sessions-sqlx-store.
//!
//! `cargo bench --package session-sql --bench sqlite`, and after `--` the rows to measure, such as `load`.
#![allow(clippy::unwrap_used, reason = "a benchmark that fails may panic")]
#![allow(clippy::print_stdout, reason = "it exists to print the figures")]

mod compare;

use std::hint::black_box;
use std::time::Duration;

use comparison::engine::{self, Comparison, Contender, Effort};
use comparison::sessions::{Keeper, NOW, SESSIONS, Sessions};
use session_core::UnixTime;
use session_core::store::{Record, StoreKey, Version};
use session_sql::{SqliteOptions, SqliteStore};
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Row as _, Sqlite, SqlitePool, query};
use tempfile::TempDir;
use tokio::runtime::Runtime;

const EFFORT: Effort = Effort { rounds: 15, slice: Duration::from_millis(80) };
/// The contenders, in the order of `contenders`, whose throughput is divided.
const RATIOS: [(usize, usize); 5] = [(0, 4), (0, 2), (1, 4), (2, 4), (5, 4)];

fn main() {
    let Some(is_selected) = engine::selection() else { return };
    println!("{}", engine::load_average());
    let (runtime, folder) = (Runtime::new().unwrap(), tempfile::tempdir().unwrap());
    let mut comparison = Comparison::new(contenders(&runtime, &folder), RATIOS.to_vec(), EFFORT);
    for (work, tasks) in compare::WORKS.into_iter().flat_map(|work| [1, 8, 64].map(|tasks| (work, tasks))) {
        if is_selected(&work.to_string()) {
            comparison.measure(&work.to_string(), work, tasks);
        }
    }
    comparison.print("SQLite");
    println!("\n{}", engine::load_average());
}

fn contenders(runtime: &Runtime, folder: &TempDir) -> Vec<Box<dyn Contender>> {
    let url = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    let program = compare::rival();
    let mut unshared = SqliteOptions::default();
    unshared.batch_size = 1;
    let (store, unshared, bare, bare_10) = runtime.block_on(async {
        (
            Sessions::fill(store(&url("store.db"), SqliteOptions::default()).await, true, SESSIONS).await,
            Sessions::fill(store(&url("unshared.db"), unshared).await, true, SESSIONS).await,
            Sessions::fill(Bare::connect(&url("bare.db"), Some(4)).await, true, SESSIONS).await,
            Sessions::fill(Bare::connect(&url("bare_10.db"), None).await, true, SESSIONS).await,
        )
    });
    vec![
        store.contender("store", runtime.handle(), None),
        unshared.contender("store, nothing shared", runtime.handle(), None),
        bare.contender("bare", runtime.handle(), None),
        bare_10.contender("bare, one pool of 10", runtime.handle(), None),
        Box::new(program.start("rival", [&url("rival.db")[..], "tested"])),
        Box::new(program.start("rival, untested", [&url("untested.db")[..], "untested"])),
    ]
}

async fn store(url: &str, options: SqliteOptions) -> SqliteStore {
    let store = SqliteStore::connect_with(url, options).await.unwrap();
    store.migrate().await.unwrap();
    store
}

/// The driver without the store.
struct Bare {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl Bare {
    /// Opens one connection that writes and others that read, or else one pool of 10 connections for both.
    async fn connect(url: &str, readers: Option<u32>) -> Self {
        store(url, SqliteOptions::default()).await;
        let connect: SqliteConnectOptions = url.parse().unwrap();
        let connect = connect
            .busy_timeout(Duration::from_secs(5))
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal);
        let pool = SqlitePoolOptions::new().test_before_acquire(false).idle_timeout(None).max_lifetime(None);
        let open = async |count| pool.clone().max_connections(count).connect_with(connect.clone()).await;
        match readers {
            Some(count) => Self { writer: open(1).await.unwrap(), readers: open(count).await.unwrap() },
            None => {
                let writer = open(10).await.unwrap();
                Self { readers: writer.clone(), writer }
            }
        }
    }
}

impl Keeper for Bare {
    async fn load(&self, key: StoreKey) {
        let text = "select
                case when s.moved_to is null then s.data end, s.creation_date, s.modification_date,
                s.expires, s.idle_timeout, coalesce(s.owner, t.owner), s.label, s.version
            from cwsession s
            left join cwsession t
            on t.id = s.moved_to
            and (t.expires is null or t.expires > ?2)
            where s.key = ?1
            and (s.expires is null or s.expires > ?2)
            and (s.moved_to is null or t.id is not null)";
        let statement = query(text).bind(key.as_bytes().as_slice()).bind(NOW.as_millis());
        let row = statement.fetch_optional(&self.readers).await.unwrap().unwrap();
        black_box((row.get::<Vec<u8>, _>(0), row.get::<i64, _>(1), row.get::<i64, _>(2)));
        black_box((
            row.get::<Option<i64>, _>(3),
            row.get::<Option<i64>, _>(4),
            row.get::<Option<String>, _>(5),
        ));
        black_box((row.get::<Option<String>, _>(6), row.get::<i64, _>(7)));
    }

    async fn create(&self, key: StoreKey, record: Record) {
        let text = "insert into cwsession (
                key, data, creation_date, modification_date, expires, idle_timeout, owner, label, version,
                purge_date
            )
            values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?5)
            on conflict (key) do nothing";
        let statement = bind(text, &key, &record);
        assert_eq!(statement.execute(&self.writer).await.unwrap().rows_affected(), 1);
    }

    async fn update(&self, key: StoreKey, record: Record, expected: Version) {
        let text = "update cwsession
            set data = ?2,
                creation_date = ?3,
                modification_date = ?4,
                expires = ?5,
                idle_timeout = ?6,
                owner = ?7,
                label = ?8,
                version = ?9
            where key = ?1
            and version = ?10
            and moved_to is null
            and (expires is null or expires > ?11)";
        let statement =
            bind(text, &key, &record).bind(expected.to_bits().cast_signed()).bind(NOW.as_millis());
        assert_eq!(statement.execute(&self.writer).await.unwrap().rows_affected(), 1);
    }

    async fn touch(&self, key: StoreKey, expires: UnixTime) {
        let text = "update cwsession
            set expires = max(expires, ?2),
                modification_date = max(modification_date, ?3)
            where key = ?1
            and moved_to is null
            and (expires is null or expires > ?3)";
        let statement =
            query(text).bind(key.as_bytes().as_slice()).bind(expires.as_millis()).bind(NOW.as_millis());
        assert_eq!(statement.execute(&self.writer).await.unwrap().rows_affected(), 1);
    }
}

fn bind<'q>(
    text: &'static str,
    key: &StoreKey,
    record: &Record,
) -> sqlx::query::Query<'q, Sqlite, SqliteArguments> {
    query(text)
        .bind(key.as_bytes().to_vec())
        .bind(record.payload.to_vec())
        .bind(record.created.as_millis())
        .bind(record.last_used.as_millis())
        .bind(record.expires.map(UnixTime::as_millis))
        .bind(record.timeout.map(|timeout| timeout.as_secs().cast_signed()))
        .bind(record.owner.as_ref().map(|owner| owner.as_str().to_owned()))
        .bind(record.label.as_deref().map(str::to_owned))
        .bind(record.version.to_bits().cast_signed())
}
