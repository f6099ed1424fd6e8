//! `MySqlStore` on MariaDB, compared with the same statements on the driver, and with
//! tower-sessions-sqlx-store.
//!
//! `cargo bench --package session-sql --all-features --bench mysql`, and after `--` the rows to measure,
//! such as `load`.
#![allow(clippy::unwrap_used, reason = "a benchmark that fails may panic")]
#![allow(clippy::print_stdout, reason = "it exists to print the figures")]

mod compare;

use std::hint::black_box;
use std::time::Duration;

use compare::server;
use comparison::engine::{self, Comparison, Contender, Effort};
use comparison::sessions::{Keeper, NOW, SESSIONS, Sessions};
use comparison::slice::Work;
use session_core::UnixTime;
use session_core::store::{Record, StoreKey, Version};
use session_sql::{MySqlOptions, MySqlStore};
use sqlx::mysql::{MySqlArguments, MySqlPoolOptions};
use sqlx::{MySqlPool, Row as _, query};
use tokio::runtime::Runtime;

const EFFORT: Effort = Effort { rounds: 15, slice: Duration::from_millis(80) };
/// The contenders, in the order of `contenders`, whose throughput is divided.
const RATIOS: [(usize, usize); 6] = [(0, 4), (0, 3), (1, 4), (2, 4), (3, 4), (5, 4)];
const NOT_DURABLE: &str = "update, not durable";

fn main() {
    let Some(is_selected) = engine::selection() else { return };
    println!("{}", engine::load_average());
    let (runtime, server) = (Runtime::new().unwrap(), server::mariadb("512M"));
    let contenders = contenders(&runtime, &server.url(), server.process());
    let mut comparison = Comparison::new(contenders, RATIOS.to_vec(), EFFORT);
    let mut measure = |name: &str, work: Work| {
        for tasks in [1, 8, 64].into_iter().filter(|_| is_selected(name)) {
            comparison.measure(name, work, tasks);
        }
    };
    for work in compare::WORKS {
        measure(&work.to_string(), work);
    }
    runtime.block_on(do_not_wait_for_the_disk(&server.url()));
    measure(NOT_DURABLE, Work::Update);
    comparison.print("MariaDB");
    println!("\n{}", engine::load_average());
}

fn contenders(runtime: &Runtime, url: &str, process: Option<u32>) -> Vec<Box<dyn Contender>> {
    let program = compare::rival();
    let rival = |connections: &str| {
        [url.to_owned(), connections.to_owned(), process.expect("the server runs").to_string()]
    };
    let (store, few, unshared, bare) = runtime.block_on(async {
        (
            Sessions::fill(
                store(url, |options| options.table = "store".parse().unwrap()).await,
                true,
                SESSIONS,
            )
            .await,
            Sessions::fill(store(url, few_connections).await, true, SESSIONS).await,
            Sessions::fill(store(url, nothing_shared).await, true, SESSIONS).await,
            Sessions::fill(Bare::connect(url).await, true, SESSIONS).await,
        )
    });
    vec![
        store.contender("store", runtime.handle(), process),
        few.contender("store, 2 connections", runtime.handle(), process),
        unshared.contender("store, nothing shared", runtime.handle(), process),
        bare.contender("bare", runtime.handle(), process),
        Box::new(program.start("rival", rival("tested"))),
        Box::new(program.start("rival, untested", rival("untested"))),
    ]
}

fn few_connections(options: &mut MySqlOptions) {
    options.table = "few".parse().unwrap();
    options.connections = 2;
}

fn nothing_shared(options: &mut MySqlOptions) {
    options.table = "unshared".parse().unwrap();
    options.batch_size = 1;
}

async fn store(url: &str, change: impl FnOnce(&mut MySqlOptions)) -> MySqlStore {
    let mut options = MySqlOptions::default();
    change(&mut options);
    let store = MySqlStore::connect_with(url, options).await.unwrap();
    store.migrate().await.unwrap();
    store
}

/// Makes the commits not wait for the disk.
async fn do_not_wait_for_the_disk(url: &str) {
    let pool = MySqlPool::connect(url).await.unwrap();
    query("set global innodb_flush_log_at_trx_commit = 0").execute(&pool).await.unwrap();
}

/// The driver without the store.
struct Bare(MySqlPool);

impl Bare {
    async fn connect(url: &str) -> Self {
        store(url, |options| options.table = "bare".parse().unwrap()).await;
        let pool = MySqlPoolOptions::new().max_connections(10).test_before_acquire(false);
        Self(pool.connect(url).await.unwrap())
    }
}

impl Keeper for Bare {
    async fn load(&self, key: StoreKey) {
        let text = "select
                case when s.moved_to is null then s.data end, s.creation_date, s.modification_date,
                s.expires, s.idle_timeout, coalesce(s.owner, t.owner), s.label, s.version
            from bare s
            left join bare t
            on t.id = s.moved_to
            and (t.expires is null or t.expires > ?)
            where s.`key` = ?
            and (s.expires is null or s.expires > ?)
            and (s.moved_to is null or t.id is not null)";
        let now = NOW.as_millis();
        let statement = query(text).bind(now).bind(key.as_bytes().as_slice()).bind(now);
        let row = statement.fetch_optional(&self.0).await.unwrap().unwrap();
        black_box((row.get::<Vec<u8>, _>(0), row.get::<i64, _>(1), row.get::<i64, _>(2)));
        black_box((
            row.get::<Option<i64>, _>(3),
            row.get::<Option<i64>, _>(4),
            row.get::<Option<Vec<u8>>, _>(5),
        ));
        black_box((row.get::<Option<Vec<u8>>, _>(6), row.get::<i64, _>(7)));
    }

    async fn create(&self, key: StoreKey, record: Record) {
        let text = "insert into bare (
                `key`, data, creation_date, modification_date, expires, idle_timeout, owner, label, version,
                purge_date
            )
            values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let statement = bind(query(text).bind(key.as_bytes().as_slice()), &record);
        let statement = statement.bind(record.expires.map(UnixTime::as_millis));
        assert_eq!(statement.execute(&self.0).await.unwrap().rows_affected(), 1);
    }

    async fn update(&self, key: StoreKey, record: Record, expected: Version) {
        let text = "update bare
            set purge_date = case
                    when ? < purge_date or purge_date < ? or purge_date is null then ?
                    else purge_date
                end,
                data = ?,
                creation_date = ?,
                modification_date = ?,
                expires = ?,
                idle_timeout = ?,
                owner = ?,
                label = ?,
                version = ?
            where `key` = ?
            and version = ?
            and moved_to is null
            and (expires is null or expires > ?)";
        let expires = record.expires.map(UnixTime::as_millis);
        let statement = bind(query(text).bind(expires).bind(NOW.as_millis()).bind(expires), &record);
        let statement = statement.bind(key.as_bytes().as_slice());
        let statement = statement.bind(expected.to_bits().cast_signed()).bind(NOW.as_millis());
        assert_eq!(statement.execute(&self.0).await.unwrap().rows_affected(), 1);
    }

    async fn touch(&self, key: StoreKey, expires: UnixTime) {
        let text = "update bare
            set purge_date = case when purge_date >= ? then purge_date else greatest(expires, ?) end,
                expires = greatest(expires, ?),
                modification_date = greatest(modification_date, ?)
            where `key` = ?
            and moved_to is null
            and (expires is null or expires > ?)";
        let (expires, now) = (expires.as_millis(), NOW.as_millis());
        let statement = query(text).bind(now).bind(expires).bind(expires).bind(now);
        let statement = statement.bind(key.as_bytes().as_slice()).bind(now);
        assert_eq!(statement.execute(&self.0).await.unwrap().rows_affected(), 1);
    }
}

type Bound<'q> = sqlx::query::Query<'q, sqlx::MySql, MySqlArguments>;

fn bind<'q>(statement: Bound<'q>, record: &'q Record) -> Bound<'q> {
    statement
        .bind(&*record.payload)
        .bind(record.created.as_millis())
        .bind(record.last_used.as_millis())
        .bind(record.expires.map(UnixTime::as_millis))
        .bind(record.timeout.map(|timeout| timeout.as_secs().cast_signed()))
        .bind(record.owner.as_ref().map(|owner| owner.as_str().as_bytes()))
        .bind(record.label.as_deref().map(str::as_bytes))
        .bind(record.version.to_bits().cast_signed())
}
