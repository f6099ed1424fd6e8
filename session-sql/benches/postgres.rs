//! `PostgresStore` compared with the same statements on the driver, and with tower-sessions-sqlx-store.
//!
//! `cargo bench --package session-sql --all-features --bench postgres`, and after `--` the rows to measure,
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
use session_sql::{PostgresOptions, PostgresStore, Statements};
use sqlx::postgres::{PgArguments, PgPoolOptions};
use sqlx::{PgPool, Row as _, query};
use tokio::runtime::Runtime;

const EFFORT: Effort = Effort { rounds: 15, slice: Duration::from_millis(80) };
/// The contenders, in the order of `contenders`, whose throughput is divided.
const RATIOS: [(usize, usize); 7] = [(0, 4), (0, 3), (1, 4), (2, 4), (3, 4), (5, 4), (6, 0)];
const NOT_DURABLE: &str = "update, not durable";

fn main() {
    let Some(is_selected) = engine::selection() else { return };
    println!("{}", engine::load_average());
    let (runtime, server) = (Runtime::new().unwrap(), server::postgres("512MB"));
    let mut comparison = Comparison::new(contenders(&runtime, &server.url()), RATIOS.to_vec(), EFFORT);
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
    comparison.print("PostgreSQL");
    println!("\n{}", engine::load_average());
}

fn contenders(runtime: &Runtime, url: &str) -> Vec<Box<dyn Contender>> {
    let program = compare::rival();
    let (store, few, unshared, bare, text) = runtime.block_on(async {
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
            Sessions::fill(store(url, statements_as_text).await, true, SESSIONS).await,
        )
    });
    vec![
        store.contender("store", runtime.handle(), None),
        few.contender("store, 2 connections", runtime.handle(), None),
        unshared.contender("store, nothing shared", runtime.handle(), None),
        bare.contender("bare", runtime.handle(), None),
        Box::new(program.start("rival", [url, "tested"])),
        Box::new(program.start("rival, untested", [url, "untested"])),
        text.contender("store, as text", runtime.handle(), None),
    ]
}

fn few_connections(options: &mut PostgresOptions) {
    options.table = "few".parse().unwrap();
    options.connections = 2;
}

fn nothing_shared(options: &mut PostgresOptions) {
    options.table = "unshared".parse().unwrap();
    options.batch_size = 1;
}

fn statements_as_text(options: &mut PostgresOptions) {
    options.table = "as_text".parse().unwrap();
    options.statements = Statements::Text;
}

async fn store(url: &str, change: impl FnOnce(&mut PostgresOptions)) -> PostgresStore {
    let mut options = PostgresOptions::default();
    change(&mut options);
    let store = PostgresStore::connect_with(url, options).await.unwrap();
    store.migrate().await.unwrap();
    store
}

/// Makes the commits of all connections not wait for the disk, also of those that are open.
async fn do_not_wait_for_the_disk(url: &str) {
    let pool = PgPool::connect(url).await.unwrap();
    query("alter system set synchronous_commit = off").execute(&pool).await.unwrap();
    query("select pg_reload_conf()").execute(&pool).await.unwrap();
    pool.close().await;
    tokio::time::sleep(Duration::from_secs(1)).await;
}

/// The driver without the store.
struct Bare(PgPool);

impl Bare {
    async fn connect(url: &str) -> Self {
        store(url, |options| options.table = "bare".parse().unwrap()).await;
        let pool = PgPoolOptions::new().max_connections(10).test_before_acquire(false);
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
            and (t.expires is null or t.expires > $2)
            where s.key = $1
            and (s.expires is null or s.expires > $2)
            and (s.moved_to is null or t.id is not null)";
        let statement = query(text).bind(key.as_bytes().as_slice()).bind(NOW.as_millis());
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
                key, data, creation_date, modification_date, expires, idle_timeout, owner, label, version,
                purge_date
            )
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $5)
            on conflict (key) do nothing";
        let statement = bind(text, &key, &record);
        assert_eq!(statement.execute(&self.0).await.unwrap().rows_affected(), 1);
    }

    async fn update(&self, key: StoreKey, record: Record, expected: Version) {
        let text = "update bare
            set data = $2,
                creation_date = $3,
                modification_date = $4,
                expires = $5,
                idle_timeout = $6,
                owner = $7,
                label = $8,
                version = $9,
                purge_date = case
                    when $5 < purge_date or purge_date < $11 or purge_date is null then $5
                    else purge_date
                end
            where key = $1
            and version = $10
            and moved_to is null
            and (expires is null or expires > $11)";
        let statement =
            bind(text, &key, &record).bind(expected.to_bits().cast_signed()).bind(NOW.as_millis());
        assert_eq!(statement.execute(&self.0).await.unwrap().rows_affected(), 1);
    }

    async fn touch(&self, key: StoreKey, expires: UnixTime) {
        let text = "update bare
            set expires = case
                    when expires is null or $2::bigint is null then null
                    else greatest(expires, $2)
                end,
                modification_date = greatest(modification_date, $3),
                purge_date = case
                    when purge_date >= $3 then purge_date
                    when expires is null or $2 is null then null
                    else greatest(expires, $2)
                end
            where key = $1
            and moved_to is null
            and (expires is null or expires > $3)
            returning set_config('synchronous_commit', 'off', true)";
        let statement =
            query(text).bind(key.as_bytes().as_slice()).bind(expires.as_millis()).bind(NOW.as_millis());
        assert_eq!(statement.execute(&self.0).await.unwrap().rows_affected(), 1);
    }
}

fn bind<'q>(
    text: &'static str,
    key: &'q StoreKey,
    record: &'q Record,
) -> sqlx::query::Query<'q, sqlx::Postgres, PgArguments> {
    query(text)
        .bind(key.as_bytes().as_slice())
        .bind(&*record.payload)
        .bind(record.created.as_millis())
        .bind(record.last_used.as_millis())
        .bind(record.expires.map(UnixTime::as_millis))
        .bind(record.timeout.map(|timeout| timeout.as_secs().cast_signed()))
        .bind(record.owner.as_ref().map(|owner| owner.as_str().as_bytes()))
        .bind(record.label.as_deref().map(str::as_bytes))
        .bind(record.version.to_bits().cast_signed())
}
