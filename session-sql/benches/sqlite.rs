//! `SqliteStore` against the same statements run directly on the driver, with one task and with 64 at once.
#![allow(missing_docs, reason = "criterion's macros make functions without documentation")]
#![allow(clippy::unwrap_used, reason = "a benchmark that fails may panic")]

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use session_core::store::{Created, Loaded, Record, SessionStore, StoreKey, Touched, Version, Written};
use session_core::{Owner, UnixTime};
use session_sql::SqliteStore;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Row as _, SqlitePool, query};
use tempfile::TempDir;
use tokio::runtime::Runtime;

const SESSIONS: u64 = 10_000;
const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
const TASKS: [u64; 2] = [1, 64];

/// A way to keep sessions, with a database file of its own.
trait Keeper: Send + Sync + 'static {
    fn load(&self, key: StoreKey) -> impl Future<Output = ()> + Send;
    fn create(&self, key: StoreKey, record: Record) -> impl Future<Output = ()> + Send;
    fn update(&self, key: StoreKey, record: Record, expected: Version) -> impl Future<Output = ()> + Send;
    fn touch(&self, key: StoreKey, expires: UnixTime) -> impl Future<Output = ()> + Send;
}

impl Keeper for SqliteStore {
    async fn load(&self, key: StoreKey) {
        let loaded = SessionStore::load(self, &key, NOW).await.unwrap();
        assert!(matches!(black_box(loaded), Loaded::Found(_)));
    }

    async fn create(&self, key: StoreKey, record: Record) {
        let created = SessionStore::create(self, &key, &record, NOW).await.unwrap();
        assert_eq!(created, Created::Done);
    }

    async fn update(&self, key: StoreKey, record: Record, expected: Version) {
        let written = SessionStore::update(self, &key, &record, expected, NOW).await.unwrap();
        assert_eq!(written, Written::Done);
    }

    async fn touch(&self, key: StoreKey, expires: UnixTime) {
        let touched = SessionStore::touch(self, &key, Some(expires), NOW).await.unwrap();
        assert_eq!(touched, Touched::Done);
    }
}

/// The driver without the store.
struct Bare {
    writer: SqlitePool,
    readers: SqlitePool,
}

impl Bare {
    async fn connect(url: &str) -> Self {
        let connect: SqliteConnectOptions = url.parse().unwrap();
        let connect = connect
            .busy_timeout(Duration::from_secs(5))
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal);
        let pool = SqlitePoolOptions::new().test_before_acquire(false).idle_timeout(None).max_lifetime(None);
        Self {
            writer: pool.clone().max_connections(1).connect_with(connect.clone()).await.unwrap(),
            readers: pool.max_connections(4).connect_with(connect).await.unwrap(),
        }
    }
}

impl Keeper for Bare {
    async fn load(&self, key: StoreKey) {
        let text = "select
                s.data, s.creation_date, s.modification_date, s.expires, s.idle_timeout, coalesce(s.owner, t.owner),
                s.label, s.version, s.moved_to
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
        black_box((row.get::<Option<String>, _>(6), row.get::<i64, _>(7), row.get::<Option<i64>, _>(8)));
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
) -> sqlx::query::Query<'q, sqlx::Sqlite, sqlx::sqlite::SqliteArguments> {
    query(text)
        .bind(key.as_bytes().to_vec())
        .bind(record.payload.to_vec())
        .bind(record.created.as_millis())
        .bind(record.last_used.as_millis())
        .bind(record.expires.map(UnixTime::as_millis))
        .bind(record.timeout.map(|timeout| timeout.as_secs() as i64))
        .bind(record.owner.as_ref().map(|owner| owner.as_str().to_owned()))
        .bind(record.label.as_deref().map(str::to_owned))
        .bind(record.version.to_bits().cast_signed())
}

/// Returns the key with this number. Its bytes are spread like those of a hash.
fn key(number: u64) -> StoreKey {
    let mut bytes = [0; StoreKey::BYTES];
    for (chunk, at) in bytes.chunks_mut(8).zip(0..) {
        let mut word = (number * 5 + at + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        chunk.copy_from_slice(&(word ^ (word >> 31)).to_be_bytes()[..chunk.len()]);
    }
    StoreKey::from_bytes(bytes)
}

fn record(version: u64, payload: &Arc<[u8]>) -> Record {
    let mut record = Record::new(Arc::clone(payload), NOW, Version::from_bits(version));
    record.expires = Some(UnixTime::from_millis(NOW.as_millis() + 1_200_000 + version as i64));
    record.owner = Some(Owner::from("ada"));
    record
}

#[derive(Clone, Copy)]
enum Work {
    Load,
    Create,
    Update,
    Touch,
}

/// A keeper with its sessions, and their present versions.
struct Stage<K> {
    keeper: K,
    payload: Arc<[u8]>,
    versions: Vec<AtomicU64>,
    created: AtomicU64,
    turns: AtomicU64,
}

impl<K: Keeper> Stage<K> {
    async fn set(keeper: K) -> Arc<Self> {
        let payload: Arc<[u8]> = Arc::from([b'x'; 400]);
        for number in 0..SESSIONS {
            keeper.create(key(number), record(0, &payload)).await;
        }
        let versions = (0..SESSIONS).map(|_| AtomicU64::new(0)).collect();
        let (created, turns) = (AtomicU64::new(SESSIONS), AtomicU64::new(0));
        Arc::new(Self { keeper, payload, versions, created, turns })
    }

    async fn work(&self, work: Work) {
        let turn = self.turns.fetch_add(1, Ordering::Relaxed);
        // Successive turns use distant rows of the table, and no two tasks use the same session at once.
        let number = (turn * 7_919) % SESSIONS;
        match work {
            Work::Load => self.keeper.load(key(number)).await,
            Work::Create => {
                let number = self.created.fetch_add(1, Ordering::Relaxed);
                self.keeper.create(key(number), record(0, &self.payload)).await;
            }
            Work::Update => {
                let version = self.versions[number as usize].fetch_add(1, Ordering::Relaxed);
                let next = record(version + 1, &self.payload);
                self.keeper.update(key(number), next, Version::from_bits(version)).await;
            }
            Work::Touch => {
                let expires = UnixTime::from_millis(NOW.as_millis() + 1_300_000 + turn as i64);
                self.keeper.touch(key(number), expires).await;
            }
        }
    }

    async fn works(self: Arc<Self>, work: Work, tasks: u64, times: u64) -> Duration {
        let begun = Instant::now();
        let tasks: Vec<_> = (0..tasks)
            .map(|task| {
                let (stage, times) = (Arc::clone(&self), times / tasks + u64::from(task < times % tasks));
                tokio::spawn(async move {
                    for _ in 0..times {
                        stage.work(work).await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        begun.elapsed()
    }
}

fn compare(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (store, bare) = runtime.block_on(stages(&folder));
    let works =
        [("load", Work::Load), ("update", Work::Update), ("create", Work::Create), ("touch", Work::Touch)];
    for (name, work) in works {
        for tasks in TASKS {
            let mut group = criterion.benchmark_group(format!("{name}, {tasks} tasks"));
            group.throughput(Throughput::Elements(1));
            // The two alternate, in two rounds, because the speed of a machine varies over time.
            for round in [1, 2] {
                group.bench_function(format!("bare sqlx, round {round}"), |bencher| {
                    let run = |times| runtime.block_on(Arc::clone(&bare).works(work, tasks, times));
                    bencher.iter_custom(run);
                });
                group.bench_function(format!("SqliteStore, round {round}"), |bencher| {
                    let run = |times| runtime.block_on(Arc::clone(&store).works(work, tasks, times));
                    bencher.iter_custom(run);
                });
            }
            group.finish();
        }
    }
}

async fn stages(folder: &TempDir) -> (Arc<Stage<SqliteStore>>, Arc<Stage<Bare>>) {
    let url = |name| format!("sqlite:{}", folder.path().join(name).display());
    let store = SqliteStore::connect(&url("store.db")).await.unwrap();
    store.migrate().await.unwrap();
    SqliteStore::connect(&url("bare.db")).await.unwrap().migrate().await.unwrap();
    let bare = Bare::connect(&url("bare.db")).await;
    (Stage::set(store).await, Stage::set(bare).await)
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    targets = compare
}
criterion_main!(benches);
