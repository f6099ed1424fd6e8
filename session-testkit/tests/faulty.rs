//! What a store that fails on demand does, fault by fault.
#![allow(clippy::unwrap_used, reason = "whoever calls this is a test")]

use std::time::Duration;

use session_core::store::{Created, Loaded, Record, SessionStore, StoreErrorKind, StoreKey, Version};
use session_core::{MemoryStore, UnixTime};
use session_testkit::{CountingStore, Fault, FaultyStore, Op};

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
const KEY: StoreKey = StoreKey::from_bytes([7; StoreKey::BYTES]);

fn record() -> Record {
    Record::new(b"x".as_slice(), NOW, Version::from_bits(1))
}

/// Whether the record is there after a create with this fault, and what the create was answered; `None` if it never was.
async fn create_with(fault: Fault) -> (bool, Option<Result<Created, StoreErrorKind>>) {
    let inner = MemoryStore::new();
    let store = FaultyStore::new(inner.clone());
    store.faults().set(Op::Create, fault);
    let record = record();
    let answer = tokio::time::timeout(Duration::from_secs(1), store.create(&KEY, &record, NOW)).await;
    let kept = inner.load(&KEY, NOW).await.unwrap() == Loaded::Found(record);
    (kept, answer.ok().map(|answer| answer.map_err(|error| error.kind)))
}

#[tokio::test(start_paused = true)]
async fn each_fault_does_what_it_says() {
    let unavailable = Some(Err(StoreErrorKind::Unavailable));
    assert_eq!(create_with(Fault::Fail).await, (false, unavailable));
    assert_eq!(create_with(Fault::Stall).await, (false, None));
    assert_eq!(create_with(Fault::LoseAnswer).await, (true, unavailable));
    assert_eq!(create_with(Fault::StallAnswer).await, (true, None));
    assert_eq!(create_with(Fault::Duplicate).await, (true, Some(Ok(Created::Done))));
}

#[tokio::test]
async fn a_duplicate_reaches_the_store_twice() {
    let counting = CountingStore::new(MemoryStore::new());
    let calls = counting.calls();
    let store = FaultyStore::new(counting);
    store.faults().set(Op::Create, Fault::Duplicate);
    let _ = store.create(&KEY, &record(), NOW).await.unwrap();
    assert_eq!(calls.take(), [Op::Create, Op::Create]);
}

async fn failures(store: &FaultyStore<MemoryStore>, calls: usize) -> Vec<usize> {
    let mut failed = Vec::new();
    for n in 1..=calls {
        if store.load(&KEY, NOW).await.is_err() {
            failed.push(n);
        }
    }
    failed
}

#[tokio::test]
async fn the_nth_call_fails_and_no_other_of_any_kind() {
    let store = FaultyStore::new(MemoryStore::new());
    store.faults().set_nth(Op::Load, 3, Fault::Fail);
    let _ = store.create(&KEY, &record(), NOW).await.unwrap();
    assert_eq!(failures(&store, 6).await, [3]);
}

#[tokio::test]
async fn a_share_of_the_calls_fails_and_the_seed_says_which() {
    let of_seed = async |seed| {
        let store = FaultyStore::new(MemoryStore::new());
        store.faults().set_share(Op::Load, 0.5, seed, Fault::Fail);
        failures(&store, 100).await
    };
    let first = of_seed(1).await;
    assert!((20..80).contains(&first.len()), "{}", first.len());
    assert_eq!(first, of_seed(1).await);
    assert_ne!(first, of_seed(2).await);
}

#[tokio::test]
async fn what_was_set_last_counts_until_it_is_cleared() {
    let store = FaultyStore::new(MemoryStore::new());
    store.faults().set(Op::Load, Fault::Fail);
    store.faults().set_nth(Op::Load, 2, Fault::Fail);
    assert_eq!(failures(&store, 3).await, [2]);
    store.faults().set(Op::Load, Fault::Fail);
    assert_eq!(failures(&store, 2).await, [1, 2]);
    store.faults().clear();
    assert_eq!(failures(&store, 2).await, [0_usize; 0]);
}
