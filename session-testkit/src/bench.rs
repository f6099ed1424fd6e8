//! A benchmark for any store, so that an author can compare his with ours.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, Throughput};
use session_core::adapter::{Clock as _, SystemClock};
use session_core::store::{
    Created, Loaded, Record, SessionStore, StoreKey, TouchPatience, Touched, Version, Written,
};
use session_core::{Owner, UnixTime};
use tokio::runtime::Runtime;

use crate::harness::{Fresh, Harness};
use crate::suite::runtime;

/// Sessions that are there from the beginning. Each task has some of its own.
const SESSIONS: u64 = 1_024;
const TASKS: [u64; 2] = [1, 64];
const PAYLOAD: usize = 400;
const LIFE: Duration = Duration::from_secs(86_400);

/// Adds a group to `criterion`, called as the store is: `load`, `create`, `update`, `rename` and `touch`, each by one task and by 64 at
/// once, on sessions of 400 bytes. The figures are calls in a second, of all tasks together.
///
/// Two stores are compared by measuring both in one program: the machine's other business then meets both.
///
/// ```no_run
/// use criterion::Criterion;
/// use session_core::MemoryStore;
///
/// let mut criterion = Criterion::default();
/// session_testkit::bench::store(&mut criterion, MemoryStore::new);
/// criterion.final_summary();
/// ```
///
/// # Panics
///
/// If the harness has no store to give, or the store fails.
pub fn store(criterion: &mut Criterion, harness: impl Harness) {
    let runtime = runtime();
    let fresh = runtime.block_on(harness.fresh()).expect("the harness gives a store");
    let table = Arc::new(Table::new(&fresh));
    runtime.block_on(table.fill());
    let mut group = criterion.benchmark_group(table.store.name());
    group.throughput(Throughput::Elements(1));
    for call in Call::ALL {
        for tasks in TASKS {
            let id = BenchmarkId::new(call.name(), format!("{tasks} at once"));
            group.bench_function(id, |bencher| {
                bencher.iter_custom(|calls| measured(&runtime, &table, call, tasks, calls));
            });
        }
    }
    group.finish();
    drop(fresh);
}

#[derive(Clone, Copy)]
enum Call {
    Load,
    Create,
    Update,
    Rename,
    Touch,
}

impl Call {
    const ALL: [Self; 5] = [Self::Load, Self::Create, Self::Update, Self::Rename, Self::Touch];

    const fn name(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Create => "create",
            Self::Update => "update",
            Self::Rename => "rename",
            Self::Touch => "touch",
        }
    }
}

/// What the calls need, and what they leave for the next ones.
struct Table {
    store: Arc<dyn SessionStore>,
    now: UnixTime,
    /// The next key and the next version that nobody has had.
    next: AtomicU64,
}

/// A session as the task that has it knows it.
struct Held {
    key: StoreKey,
    version: Version,
}

impl Table {
    fn new(fresh: &Fresh) -> Self {
        Self { store: Arc::clone(&fresh.store), now: SystemClock.now(), next: AtomicU64::new(SESSIONS) }
    }

    async fn fill(&self) {
        for number in 0..SESSIONS {
            self.create(number).await;
        }
    }

    async fn create(&self, number: u64) {
        let created = self.store.create(&key(number), &self.record(number), self.now).await;
        assert_eq!(created.expect("the store keeps a record"), Created::Done);
    }

    fn record(&self, version: u64) -> Record {
        let record = Record::new(vec![b'x'; PAYLOAD], self.now, Version::from_bits(version));
        Record { expires: Some(self.now + LIFE), owner: Some(Owner::from(version % SESSIONS)), ..record }
    }

    fn draw(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Makes so many calls of a kind, one after another.
    async fn make(&self, call: Call, calls: u64, task: u64) {
        let mut held = match call {
            Call::Update | Call::Rename => Some(self.take().await),
            Call::Load | Call::Create | Call::Touch => None,
        };
        for n in 0..calls {
            let place = (task.wrapping_mul(7_919) + n.wrapping_mul(31)) % SESSIONS;
            match (call, &mut held) {
                (Call::Create, _) => self.create(self.draw()).await,
                (Call::Touch, _) => self.touch(&key(place), n).await,
                (Call::Update, Some(held)) => self.update(held).await,
                (Call::Rename, Some(held)) => self.rename(held).await,
                (Call::Load, _) | (Call::Update | Call::Rename, None) => self.load(&key(place)).await,
            }
        }
    }

    /// A session that no other task has.
    async fn take(&self) -> Held {
        let number = self.draw();
        self.create(number).await;
        Held { key: key(number), version: Version::from_bits(number) }
    }

    async fn load(&self, key: &StoreKey) {
        let loaded = self.store.load(key, self.now).await.expect("the store finds a record");
        assert!(matches!(loaded, Loaded::Found(_)));
    }

    async fn touch(&self, key: &StoreKey, n: u64) {
        let expires = self.now + LIFE + Duration::from_millis(n);
        let touched = self.store.touch(key, Some(expires), self.now, TouchPatience::Full).await;
        assert_eq!(touched.expect("the store touches a record"), Touched::Done);
    }

    async fn update(&self, held: &mut Held) {
        let record = self.record(self.draw());
        let written = self.store.update(&held.key, &record, held.version, self.now).await;
        assert_eq!(written.expect("the store writes a record"), Written::Done);
        held.version = record.version;
    }

    async fn rename(&self, held: &mut Held) {
        let number = self.draw();
        let (new, record) = (key(number), self.record(number));
        let written = self.store.rename(&held.key, &new, &record, held.version, self.now).await;
        assert_eq!(written.expect("the store renames a record"), Written::Done);
        *held = Held { key: new, version: record.version };
    }
}

/// The key of a number. All have one placement, as the keys of one session have; the rest is spread as a hash is.
fn key(number: u64) -> StoreKey {
    let mut bytes = [0; StoreKey::BYTES];
    for (place, chunk) in bytes[2..].chunks_mut(8).enumerate() {
        let spread = (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(place as u32 * 13);
        chunk.copy_from_slice(&spread.to_be_bytes());
    }
    StoreKey::from_bytes(bytes)
}

/// How long so many calls take when so many tasks share them.
fn measured(runtime: &Runtime, table: &Arc<Table>, call: Call, tasks: u64, calls: u64) -> Duration {
    runtime.block_on(async {
        let began = Instant::now();
        let running: Vec<_> = (0..tasks)
            .map(|task| {
                let table = Arc::clone(table);
                let share = calls / tasks + u64::from(task < calls % tasks);
                tokio::spawn(async move { table.make(call, share, task).await })
            })
            .collect();
        for task in running {
            task.await.expect("a call of the store does not fail");
        }
        began.elapsed()
    })
}
