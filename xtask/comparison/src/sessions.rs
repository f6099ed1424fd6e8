//! The sessions of a contender that runs in this process.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use session_core::store::{
    Created, Loaded, Record, SessionStore, StoreKey, TouchPatience, Touched, Version, Written,
};
use session_core::{Owner, UnixTime};
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use crate::engine::Contender;
use crate::slice::{Order, Slice, Work};

/// The present time of all calls.
pub const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
/// The number of sessions of each contender of a comparison.
pub const SESSIONS: u64 = 10_000;
/// The payload of each session.
pub const PAYLOAD: [u8; 400] = [b'x'; 400];
/// The number of sessions that a slice of deletions may delete.
const SPARE: u64 = 20_000;
/// The number of the first session that is renamed.
const RENAMED: u64 = 1 << 40;

/// A way to keep sessions. Each call panics unless it does what it is for.
pub trait Keeper: Send + Sync + 'static {
    /// Loads a session.
    fn load(&self, key: StoreKey) -> impl Future<Output = ()> + Send;
    /// Creates a session.
    fn create(&self, key: StoreKey, record: Record) -> impl Future<Output = ()> + Send;
    /// Updates a session.
    fn update(&self, key: StoreKey, record: Record, expected: Version) -> impl Future<Output = ()> + Send;
    /// Touches a session.
    fn touch(&self, key: StoreKey, expires: UnixTime) -> impl Future<Output = ()> + Send;

    /// Renames a session. A keeper whose renames are not measured does not need this.
    fn rename(
        &self,
        _old: StoreKey,
        _new: StoreKey,
        _record: Record,
        _expected: Version,
    ) -> impl Future<Output = ()> + Send {
        async { unimplemented!("renames of this keeper are not measured") }
    }

    /// Deletes a session. A keeper whose deletions are not measured does not need this.
    fn delete(&self, _key: StoreKey) -> impl Future<Output = ()> + Send {
        async { unimplemented!("deletions of this keeper are not measured") }
    }
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
        let touched = SessionStore::touch(self, &key, Some(expires), NOW, TouchPatience::Full).await.unwrap();
        assert_eq!(touched, Touched::Done);
    }

    async fn rename(&self, old: StoreKey, new: StoreKey, record: Record, expected: Version) {
        let written = SessionStore::rename(self, &old, &new, &record, expected, NOW).await.unwrap();
        assert_eq!(written, Written::Done);
    }

    async fn delete(&self, key: StoreKey) {
        SessionStore::delete(self, &key).await.unwrap();
    }
}

/// A keeper with its sessions, and their present versions.
#[derive(Debug)]
pub struct Sessions<K> {
    keeper: K,
    payload: Arc<[u8]>,
    is_owned: bool,
    versions: Vec<AtomicU64>,
    /// The versions of the sessions that are renamed, which their keys have, too.
    renames: Vec<AtomicU64>,
    created: AtomicU64,
    deleted: AtomicU64,
    turns: AtomicU64,
}

impl<K: Keeper> Sessions<K> {
    /// Takes a keeper that has a number of sessions already, of version 0, with owners or without.
    pub fn of(keeper: K, is_owned: bool, count: u64) -> Arc<Self> {
        let versions = || (0..count).map(|_| AtomicU64::new(0)).collect();
        let [created, deleted, turns] = [count, count, 0].map(AtomicU64::new);
        let (versions, renames) = (versions(), versions());
        Arc::new(Self {
            keeper,
            payload: PAYLOAD.into(),
            is_owned,
            versions,
            renames,
            created,
            deleted,
            turns,
        })
    }

    /// Creates a number of sessions, with owners or without.
    pub async fn fill(keeper: K, is_owned: bool, count: u64) -> Arc<Self> {
        let sessions = Self::of(keeper, is_owned, count);
        sessions.many(0..count, 0).await;
        sessions
    }

    /// Creates sessions, with owners or without, and those that are renamed.
    pub async fn fill_with_renamed(keeper: K, is_owned: bool) -> Arc<Self> {
        let sessions = Self::fill(keeper, is_owned, SESSIONS).await;
        sessions.many(0..SESSIONS, RENAMED).await;
        sessions
    }

    /// Creates the sessions with these numbers, counted from `first`.
    async fn many(self: &Arc<Self>, numbers: std::ops::Range<u64>, first: u64) {
        let mut tasks = JoinSet::new();
        for task in 0..64 {
            let (sessions, numbers) = (Arc::clone(self), numbers.clone());
            tasks.spawn(async move {
                for number in numbers.skip(task).step_by(64) {
                    sessions.create(first + number).await;
                }
            });
        }
        tasks.join_all().await;
    }

    /// Makes one call. Successive turns use distant sessions, and no two tasks use the same one at once.
    pub async fn call(&self, work: Work) {
        let turn = next(&self.turns);
        let number = (turn * 7_919) % self.versions.len() as u64;
        match work {
            Work::Load => self.keeper.load(key(number)).await,
            Work::Create => self.create(next(&self.created)).await,
            Work::Update => {
                let version = next(&self.versions[number as usize]);
                let next = self.record(number, version + 1);
                self.keeper.update(key(number), next, Version::from_bits(version)).await;
            }
            Work::Touch => {
                let expires = UnixTime::from_millis(NOW.as_millis() + 1_300_000 + turn.cast_signed());
                self.keeper.touch(key(number), expires).await;
            }
            Work::Rename => {
                let version = next(&self.renames[number as usize]);
                let next = self.record(number, version + 1);
                let [old, new] = [version, version + 1].map(|version| renamed(number, version));
                self.keeper.rename(old, new, next, Version::from_bits(version)).await;
            }
            Work::Delete => self.keeper.delete(key(next(&self.deleted))).await,
        }
    }

    async fn create(&self, number: u64) {
        self.keeper.create(key(number), self.record(number, 0)).await;
    }

    fn record(&self, number: u64, version: u64) -> Record {
        record(number, version, &self.payload, self.is_owned)
    }

    /// Carries out an order. `server` is the process of the server, if its processor time is to be measured.
    pub async fn carry(self: &Arc<Self>, order: Order, server: Option<u32>) -> Slice {
        if matches!(order.work, Work::Delete) {
            let until = self.deleted.load(Ordering::Relaxed) + SPARE;
            self.many(self.created.fetch_max(until, Ordering::Relaxed)..until, 0).await;
        }
        let sessions = Arc::clone(self);
        let call = move || {
            let sessions = Arc::clone(&sessions);
            async move { sessions.call(order.work).await }
        };
        Slice::run(order, server, call).await
    }

    /// Enters a comparison. `server` is the process of the server, if its processor time is to be measured.
    pub fn contender(
        self: Arc<Self>,
        name: &'static str,
        runtime: &Handle,
        server: Option<u32>,
    ) -> Box<dyn Contender> {
        Box::new(InProcess { name, sessions: self, runtime: runtime.clone(), server })
    }
}

struct InProcess<K> {
    name: &'static str,
    sessions: Arc<Sessions<K>>,
    runtime: Handle,
    server: Option<u32>,
}

impl<K: Keeper> Contender for InProcess<K> {
    fn name(&self) -> &str {
        self.name
    }

    fn carry(&mut self, order: Order) -> Slice {
        self.runtime.block_on(self.sessions.carry(order, self.server))
    }
}

fn next(number: &AtomicU64) -> u64 {
    number.fetch_add(1, Ordering::Relaxed)
}

/// Returns the key with this number. Its bytes are spread like those of a hash.
pub fn key(number: u64) -> StoreKey {
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
pub fn record(number: u64, version: u64, payload: &Arc<[u8]>, is_owned: bool) -> Record {
    let mut record = Record::new(Arc::clone(payload), NOW, Version::from_bits(version));
    record.expires = Some(UnixTime::from_millis(NOW.as_millis() + 1_200_000 + version.cast_signed()));
    record.owner = is_owned.then(|| Owner::from(number / 2));
    record
}

/// Returns the key of a session that was renamed a number of times. All have one placement.
fn renamed(number: u64, times: u64) -> StoreKey {
    let mut bytes = *key(RENAMED + number + times * SESSIONS).as_bytes();
    bytes[..2].copy_from_slice(&key(RENAMED + number).placement());
    StoreKey::from_bytes(bytes)
}
