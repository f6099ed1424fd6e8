//! The sessions of a contender that runs in this process.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use session_core::store::{Created, Loaded, Record, SessionStore, StoreKey, Touched, Version, Written};
use session_core::{Owner, UnixTime};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use super::engine::Contender;
use super::slice::{Order, Slice, Work};

pub(crate) const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
/// The number of sessions of each contender of a comparison.
pub(crate) const SESSIONS: u64 = 10_000;
pub(crate) const PAYLOAD: [u8; 400] = [b'x'; 400];

/// A way to keep sessions. Each call panics unless it does what it is for.
pub(crate) trait Keeper: Send + Sync + 'static {
    fn load(&self, key: StoreKey) -> impl Future<Output = ()> + Send;
    fn create(&self, key: StoreKey, record: Record) -> impl Future<Output = ()> + Send;
    fn update(&self, key: StoreKey, record: Record, expected: Version) -> impl Future<Output = ()> + Send;
    fn touch(&self, key: StoreKey, expires: UnixTime) -> impl Future<Output = ()> + Send;
}

impl<S: SessionStore> Keeper for S {
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

/// A keeper with its sessions, and their present versions.
pub(crate) struct Sessions<K> {
    keeper: K,
    payload: Arc<[u8]>,
    versions: Vec<AtomicU64>,
    created: AtomicU64,
    turns: AtomicU64,
}

impl<K: Keeper> Sessions<K> {
    /// Takes a keeper whose table has `sessions` sessions already, of version 0.
    pub(crate) fn of(keeper: K, sessions: u64) -> Arc<Self> {
        let versions = (0..sessions).map(|_| AtomicU64::new(0)).collect();
        let (created, turns) = (AtomicU64::new(sessions), AtomicU64::new(0));
        Arc::new(Self { keeper, payload: PAYLOAD.into(), versions, created, turns })
    }

    /// Fills the empty table of a keeper.
    pub(crate) async fn fill(keeper: K) -> Arc<Self> {
        let sessions = Self::of(keeper, SESSIONS);
        let (next, mut tasks) = (Arc::new(AtomicU64::new(0)), JoinSet::new());
        for _ in 0..64 {
            let (sessions, next) = (Arc::clone(&sessions), Arc::clone(&next));
            tasks.spawn(async move {
                while let number @ 0..SESSIONS = next.fetch_add(1, Ordering::Relaxed) {
                    sessions.create(number).await;
                }
            });
        }
        tasks.join_all().await;
        sessions
    }

    /// Makes one call. Successive turns use distant rows of the table, and no two tasks use the same session
    /// at once.
    pub(crate) async fn call(&self, work: Work) {
        let turn = self.turns.fetch_add(1, Ordering::Relaxed);
        let number = (turn * 7_919) % self.versions.len() as u64;
        match work {
            Work::Load => self.keeper.load(key(number)).await,
            Work::Create => self.create(self.created.fetch_add(1, Ordering::Relaxed)).await,
            Work::Update => {
                let version = self.versions[number as usize].fetch_add(1, Ordering::Relaxed);
                let next = record(number, version + 1, &self.payload);
                self.keeper.update(key(number), next, Version::from_bits(version)).await;
            }
            Work::Touch => {
                let expires = UnixTime::from_millis(NOW.as_millis() + 1_300_000 + turn.cast_signed());
                self.keeper.touch(key(number), expires).await;
            }
        }
    }

    async fn create(&self, number: u64) {
        self.keeper.create(key(number), record(number, 0, &self.payload)).await;
    }

    pub(crate) async fn carry(self: &Arc<Self>, order: Order) -> Slice {
        let sessions = Arc::clone(self);
        let call = move || {
            let sessions = Arc::clone(&sessions);
            async move { sessions.call(order.work).await }
        };
        Slice::run(order.tasks, order.time, call).await
    }

    /// Enters a comparison.
    pub(crate) fn contender(self: Arc<Self>, name: &'static str, runtime: &Handle) -> Box<dyn Contender> {
        Box::new(InProcess { name, sessions: self, runtime: runtime.clone() })
    }
}

struct InProcess<K> {
    name: &'static str,
    sessions: Arc<Sessions<K>>,
    runtime: Handle,
}

impl<K: Keeper> Contender for InProcess<K> {
    fn name(&self) -> &str {
        self.name
    }

    fn carry(&mut self, order: Order) -> Slice {
        self.runtime.block_on(self.sessions.carry(order))
    }
}

/// Returns the key with this number. Its bytes are spread like those of a hash.
pub(crate) fn key(number: u64) -> StoreKey {
    let mut bytes = [0; StoreKey::BYTES];
    for (chunk, at) in bytes.chunks_mut(8).zip(0..) {
        let mut word = (number * 5 + at + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        chunk.copy_from_slice(&(word ^ (word >> 31)).to_be_bytes()[..chunk.len()]);
    }
    StoreKey::from_bytes(bytes)
}

/// Returns the record of the session with this number. Each owner has two sessions.
pub(crate) fn record(number: u64, version: u64, payload: &Arc<[u8]>) -> Record {
    let mut record = Record::new(Arc::clone(payload), NOW, Version::from_bits(version));
    record.expires = Some(UnixTime::from_millis(NOW.as_millis() + 1_200_000 + version.cast_signed()));
    record.owner = Some(Owner::from(number / 2));
    record
}
