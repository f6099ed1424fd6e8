//! The broken store that is sound, against the store in memory.

#![allow(clippy::unwrap_used, reason = "what a test expects may end it")]

use std::time::Duration;

use session_core::store::{
    Loaded, OwnerIndex, PurgeExpired, Record, SessionStore, StoreErrorKind, StoreKey, TouchPatience, Version,
};
use session_core::{MemoryStore, Owner, UnixTime};
use session_testkit::{BrokenStore, Outage as _, Restart as _};

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
const STEPS: u64 = 400;

/// Numbers that look random, and are the same for the same seed.
struct Numbers {
    state: u64,
    /// How many keys have been used.
    keys: u8,
}

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.state >> 33) % bound
    }

    /// One of the latest keys.
    fn key(&mut self) -> StoreKey {
        StoreKey::from_bytes([self.keys.wrapping_sub(self.below(6) as u8); StoreKey::BYTES])
    }

    /// A key that was not used before: whether one is free again after its session's end, the contract leaves open.
    fn fresh_key(&mut self) -> StoreKey {
        self.keys = self.keys.wrapping_add(1);
        StoreKey::from_bytes([self.keys; StoreKey::BYTES])
    }

    fn version(&mut self) -> Version {
        Version::from_bits(self.below(8))
    }

    fn deadline(&mut self) -> Option<UnixTime> {
        (self.below(5) > 0).then(|| NOW + Duration::from_secs(self.below(400)))
    }

    fn owner(&mut self) -> Option<Owner> {
        ["anna", "Anna", "ann"].get(self.below(4) as usize).copied().map(Owner::from)
    }

    fn record(&mut self, now: UnixTime) -> Record {
        let mut record = Record::new([self.below(256) as u8].as_slice(), now, self.version());
        (record.expires, record.owner) = (self.deadline(), self.owner());
        record
    }
}

/// What one call is answered, in words.
async fn step(
    store: &(impl SessionStore + OwnerIndex + PurgeExpired),
    numbers: &mut Numbers,
    now: UnixTime,
) -> String {
    let (key, record, version) = (numbers.key(), numbers.record(now), numbers.version());
    let owner = record.owner.clone().unwrap_or_else(|| "anna".into());
    match numbers.below(10) {
        0 | 1 => {
            let is_free = store.load(&key, now).await.unwrap() == Loaded::Absent;
            let key = if is_free { numbers.fresh_key() } else { key };
            format!("create {:?}", store.create(&key, &record, now).await.unwrap())
        }
        2 | 3 => format!("update {:?}", store.update(&key, &record, version, now).await.unwrap()),
        4 => {
            let new = numbers.fresh_key();
            format!("rename {:?}", store.rename(&key, &new, &record, version, now).await.unwrap())
        }
        5 => {
            format!("touch {:?}", store.touch(&key, record.expires, now, TouchPatience::Full).await.unwrap())
        }
        6 => format!("delete {:?}", store.delete(&key).await.unwrap()),
        7 => {
            let mut page = store.list(&owner, None, 100, now).await.unwrap();
            page.sessions.sort_by_key(|session| session.key);
            format!("list {page:?}")
        }
        8 => format!(
            "revoke {:?}",
            store.revoke(&owner, Some(&key).filter(|_| version.to_bits() > 3)).await.unwrap()
        ),
        _ => format!("load {:?}", store.load(&key, now).await.unwrap()),
    }
}

#[tokio::test]
async fn a_sound_store_answers_as_the_memory_store_does() {
    for seed in 0..200 {
        let (sound, memory) = (BrokenStore::sound(), MemoryStore::new());
        let (mut here, mut there) = (Numbers { state: seed, keys: 0 }, Numbers { state: seed, keys: 0 });
        for n in 0..STEPS {
            let now = NOW + Duration::from_secs(n);
            let (got, expected) = (step(&sound, &mut here, now).await, step(&memory, &mut there, now).await);
            assert_eq!(got, expected, "seed {seed}, call {n}");
        }
    }
}

#[tokio::test]
async fn an_outage_is_unavailable_and_loses_nothing() {
    let store = BrokenStore::sound();
    let (key, record) =
        (StoreKey::from_bytes([1; StoreKey::BYTES]), Record::new([1].as_slice(), NOW, Version::from_bits(1)));
    let _ = store.create(&key, &record, NOW).await.unwrap();
    let before = store.load(&key, NOW).await.unwrap();
    store.begin().await;
    assert_eq!(store.load(&key, NOW).await.unwrap_err().kind, StoreErrorKind::Unavailable);
    store.end().await;
    assert_eq!(store.load(&key, NOW).await.unwrap(), before);
    assert_eq!(store.restart().await.unwrap().load(&key, NOW).await.unwrap(), before);
}
