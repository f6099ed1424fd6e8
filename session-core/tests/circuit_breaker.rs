//! Tests of the circuit breaker around a store that fails on demand.
//!
//! All tests but one do not wait: with a pause of zero the next call is the trial, and with an endless one
//! there is no trial.
#![allow(clippy::unwrap_used, reason = "only tests call this")]

use std::error::Error as _;
use std::time::Duration;

use session_core::store::{
    CircuitBreaker, CircuitBreakerOptions, Created, Loaded, OwnerIndex, Record, SessionStore, StoreError,
    StoreErrorKind, StoreKey, TouchPatience, Touched, Version, Written,
};
use session_core::{MemoryStore, UnixTime};
use session_testkit::{BrokenStore, Calls, CountingStore, Fault, Faults, FaultyStore, Flaw, Op};
use tokio::time::timeout;

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
const KEY: StoreKey = StoreKey::from_bytes([7; StoreKey::BYTES]);
const OTHER: StoreKey = StoreKey::from_bytes([8; StoreKey::BYTES]);
const ALL: [Op; 9] =
    [Op::Load, Op::Create, Op::Update, Op::Rename, Op::Touch, Op::Delete, Op::List, Op::Revoke, Op::Purge];

type Store = CircuitBreaker<CountingStore<FaultyStore<MemoryStore>>>;

/// A store in a circuit breaker, and what reaches it.
struct Scene {
    store: Store,
    faults: Faults,
    calls: Calls,
}

fn record(bits: u64) -> Record {
    let record = Record::new(b"x".as_slice(), NOW, Version::from_bits(bits));
    Record { owner: Some("ada".into()), ..record }
}

impl Scene {
    async fn new(failure_threshold: u32, pause: Duration) -> Self {
        let faulty = FaultyStore::new(MemoryStore::new());
        let faults = faulty.faults();
        let counting = CountingStore::new(faulty);
        let calls = counting.calls();
        let mut options = CircuitBreakerOptions::default();
        (options.failure_threshold, options.pause) = (failure_threshold, pause);
        let store = CircuitBreaker::with_options(counting, options);
        assert_eq!(store.create(&KEY, &record(1), NOW).await.unwrap(), Created::Done);
        calls.take();
        Self { store, faults, calls }
    }

    /// Creates a scene whose circuit opens at the first failure and stays open.
    async fn of_one_failure() -> Self {
        Self::new(1, Duration::MAX).await
    }

    fn fail(&self, fault: Fault) {
        ALL.iter().for_each(|op| self.faults.set(*op, fault));
    }

    /// Makes a call of a kind.
    async fn call(&self, op: Op) -> Result<(), StoreError> {
        let (store, version) = (&self.store, Version::from_bits(1));
        match op {
            Op::Load => store.load(&KEY, NOW).await.map(drop),
            Op::Create => store.create(&OTHER, &record(2), NOW).await.map(drop),
            Op::Update => store.update(&KEY, &record(1), version, NOW).await.map(drop),
            Op::Rename => store.rename(&KEY, &OTHER, &record(2), version, NOW).await.map(drop),
            Op::Touch => store.touch(&KEY, None, NOW, TouchPatience::Full).await.map(drop),
            Op::Delete => store.delete(&KEY).await,
            Op::List => store.owner_index().unwrap().list(&"ada".into(), None, 9, NOW).await.map(drop),
            Op::Revoke => store.owner_index().unwrap().revoke(&"ada".into(), None).await.map(drop),
            Op::Purge | _ => store.expiry_purge().unwrap().purge(NOW, 9).await.map(drop),
        }
    }

    /// Makes a call of each kind, and returns those that reach the store.
    async fn reached(&self) -> Vec<Op> {
        self.calls.take();
        for op in ALL {
            let _ = self.call(op).await;
        }
        self.calls.take()
    }
}

#[tokio::test]
async fn reads_and_writes_have_a_circuit_each_and_what_ends_sessions_has_none() {
    let always = [Op::Delete, Op::Revoke, Op::Purge];
    for (failing, reached) in [
        (&[Op::Load][..], vec![Op::Create, Op::Update, Op::Rename, Op::Touch]),
        (&[Op::List], vec![Op::Create, Op::Update, Op::Rename, Op::Touch]),
        (&[Op::Create], vec![Op::Load, Op::List]),
        (&[Op::Update], vec![Op::Load, Op::List]),
        (&[Op::Rename], vec![Op::Load, Op::List]),
        (&[Op::Load, Op::Update], vec![]),
        (
            &[Op::Touch, Op::Delete, Op::Revoke, Op::Purge],
            ALL[..5].iter().copied().chain([Op::List]).collect(),
        ),
    ] {
        let scene = Scene::of_one_failure().await;
        for op in failing {
            scene.faults.set(*op, Fault::Fail);
            let _ = scene.call(*op).await.unwrap_err();
        }
        scene.faults.clear();
        let expected: Vec<_> =
            ALL.into_iter().filter(|op| reached.contains(op) || always.contains(op)).collect();
        assert_eq!(scene.reached().await, expected, "{failing:?}");
    }
}

#[tokio::test]
async fn a_call_that_is_refused_is_unavailable_and_says_why() {
    let scene = Scene::of_one_failure().await;
    scene.fail(Fault::Fail);
    let _ = scene.store.load(&KEY, NOW).await.unwrap_err();
    let error = scene.store.load(&KEY, NOW).await.unwrap_err();
    assert_eq!((error.store, error.kind), ("memory", StoreErrorKind::Unavailable));
    assert!(error.source().unwrap().to_string().starts_with("the circuit breaker is open"));
    assert!(!format!("{error:?} {:?}", scene.store).contains("7, 7"), "no key is shown");
}

#[tokio::test]
async fn the_circuit_opens_after_failures_in_a_row_and_clones_share_it() {
    let scene = Scene::new(3, Duration::MAX).await;
    for _ in 0..9 {
        scene.faults.set_nth(Op::Load, 1, Fault::Fail);
        assert!(scene.call(Op::Load).await.is_err());
        assert!(scene.call(Op::Load).await.is_ok(), "one failure alone opens nothing");
    }
    scene.fail(Fault::Fail);
    for store in [&scene.store, &scene.store.clone(), &scene.store] {
        assert!(store.load(&KEY, NOW).await.is_err());
    }
    scene.faults.clear();
    assert!(scene.store.clone().load(&KEY, NOW).await.is_err());
}

#[tokio::test]
async fn an_error_of_another_kind_counts_as_a_reply() {
    let scene = Scene::of_one_failure().await;
    assert_eq!(scene.store.create(&OTHER, &record(2), NOW).await.unwrap(), Created::Done);
    // The new key is taken.
    let taken = scene.store.rename(&KEY, &OTHER, &record(3), Version::from_bits(1), NOW).await.unwrap_err();
    assert_eq!(taken.kind, StoreErrorKind::Other);
    assert_eq!(
        scene.store.update(&KEY, &record(2), Version::from_bits(1), NOW).await.unwrap(),
        Written::Done
    );
}

#[tokio::test]
async fn a_trial_that_has_a_reply_closes_the_circuit() {
    let scene = Scene::new(1, Duration::ZERO).await;
    scene.fail(Fault::Fail);
    for _ in 0..3 {
        assert!(scene.call(Op::Load).await.is_err());
    }
    assert_eq!(scene.calls.take().len(), 3, "each was a trial");
    scene.faults.clear();
    assert!(scene.call(Op::Load).await.is_ok());
    assert!(matches!(scene.store.load(&KEY, NOW).await.unwrap(), Loaded::Found(_)));
}

#[tokio::test]
async fn a_touch_can_be_the_trial() {
    let scene = Scene::new(1, Duration::ZERO).await;
    scene.fail(Fault::Fail);
    assert!(scene.call(Op::Update).await.is_err());
    scene.faults.clear();
    assert_eq!(scene.store.touch(&KEY, None, NOW, TouchPatience::Brief).await.unwrap(), Touched::Done);
    scene.fail(Fault::Stall);
    // The circuit is closed, so both are made at once.
    for op in [Op::Touch, Op::Update] {
        let _ = timeout(Duration::ZERO, scene.call(op)).await.unwrap_err();
    }
    assert_eq!(scene.calls.take().len(), 4);
}

#[tokio::test]
async fn a_trial_whose_caller_goes_away_is_followed_by_another_one() {
    let scene = Scene::new(1, Duration::ZERO).await;
    scene.fail(Fault::Fail);
    assert!(scene.call(Op::Load).await.is_err());
    scene.fail(Fault::Stall);
    for _ in 0..3 {
        let trial = scene.call(Op::Load);
        let mut trial = std::pin::pin!(trial);
        assert!(timeout(Duration::ZERO, trial.as_mut()).await.is_err());
        assert!(scene.call(Op::Load).await.is_err(), "one trial at a time");
    }
    assert_eq!(scene.calls.take().len(), 4);
    scene.faults.clear();
    assert!(scene.call(Op::Load).await.is_ok());
}

#[tokio::test]
async fn a_touch_that_is_unavailable_as_the_trial_does_not_keep_the_circuit_open() {
    let pause = Duration::from_millis(100);
    let scene = Scene::new(1, pause).await;
    scene.fail(Fault::Fail);
    assert!(scene.call(Op::Update).await.is_err());
    // The circuit measures real time, so this is the one test that waits.
    tokio::time::sleep(pause).await;
    assert!(scene.call(Op::Touch).await.is_err());
    scene.faults.clear();
    assert!(scene.call(Op::Update).await.is_ok(), "the next call is the trial");
}

#[tokio::test]
async fn the_index_of_a_circuit_breaker_around_a_store_without_one_is_an_error() {
    let store = CircuitBreaker::new(BrokenStore::with(Flaw::HidesItsIndex));
    let error = OwnerIndex::list(&store, &"ada".into(), None, 9, NOW).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Other);
}
