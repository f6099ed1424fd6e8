//! Tests of whole exchanges on a store in memory, without a framework: races, losses and outages.

#![allow(clippy::unwrap_used, reason = "a test may panic if an expectation fails")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use session_core::adapter::{Effects, Exchange};
use session_core::store::{
    Created, Loaded, OwnerIndex, PurgeExpired, Record, SessionStore, SizeLimits, StoreError, StoreErrorKind,
    StoreKey, TouchPatience, Touched, Version, Written, async_trait,
};
use session_core::{Error, MemoryStore, Owner, Session, SessionFactory, SessionOptions, UnixTime};
use session_testkit::ManualClock;
use session_testkit::{CountingStore, Fault, FaultyStore, Op};

const START: UnixTime = UnixTime::from_secs(1_700_000_000);

fn options() -> SessionOptions {
    SessionOptions::new("a secret of more than thirty-two bytes")
}

fn factory(store: impl SessionStore) -> (SessionFactory, ManualClock) {
    let (factory, clock) = factory_without_spawner(store);
    (factory.with_spawner(|rest| drop(tokio::spawn(rest))), clock)
}

fn factory_without_spawner(store: impl SessionStore) -> (SessionFactory, ManualClock) {
    let clock = ManualClock::at(START);
    (SessionFactory::with_clock(options(), store, clock.clone()).unwrap(), clock)
}

async fn finish(exchange: &Exchange) -> Result<Effects, Error> {
    exchange.finish(200).await
}

/// Returns the cookie that the browser sends back.
fn cookie(effects: &Effects) -> Option<String> {
    effects.set_cookie.as_deref().and_then(|text| text.split(';').next()).map(str::to_owned)
}

fn begin(factory: &SessionFactory, cookie: &str) -> Exchange {
    factory.begin([cookie.as_bytes()])
}

/// Stores a session with one value and returns its cookie.
async fn stored(factory: &SessionFactory) -> String {
    let exchange = factory.begin([]);
    exchange.session().await.unwrap().insert("a", 1).unwrap();
    cookie(&finish(&exchange).await.unwrap()).unwrap()
}

async fn is_stored(factory: &SessionFactory, cookie: &str) -> bool {
    !begin(factory, cookie).session().await.unwrap().is_new()
}

async fn count_up(factory: &SessionFactory, cookie: &str) -> Result<Effects, Error> {
    let exchange = begin(factory, cookie);
    exchange.session().await?.update("n", |n: Option<u32>| n.unwrap_or(0) + 1)?;
    finish(&exchange).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_tasks_that_count_up_25_times_each_make_200() {
    let (factory, _) = factory(MemoryStore::new());
    let cookie = stored(&factory).await;
    let mut tasks = Vec::new();
    for _ in 0..8 {
        let (factory, cookie) = (factory.clone(), cookie.clone());
        tasks.push(tokio::spawn(async move {
            for _ in 0..25 {
                let _ = count_up(&factory, &cookie).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let session = begin(&factory, &cookie).session().await.unwrap();
    assert_eq!(session.get::<u32>("n").unwrap(), Some(200));
    assert_eq!(session.get::<u32>("a").unwrap(), Some(1));
}

#[tokio::test]
async fn a_version_conflict_costs_one_more_call_and_both_changes_stay() {
    let store = CountingStore::new(MemoryStore::new());
    let calls = store.calls();
    let (factory, _) = factory(store);
    let cookie = stored(&factory).await;
    let (one, other) = (begin(&factory, &cookie), begin(&factory, &cookie));
    one.session().await.unwrap().insert("one", true).unwrap();
    other.session().await.unwrap().insert("other", true).unwrap();
    calls.take();
    let _ = finish(&one).await.unwrap();
    assert_eq!(calls.take(), [Op::Update]);
    let _ = finish(&other).await.unwrap();
    assert_eq!(calls.take(), [Op::Update, Op::Update]);
    let session = begin(&factory, &cookie).session().await.unwrap();
    assert_eq!(session.len(), 3);
}

#[tokio::test]
async fn a_replay_that_does_not_fit_the_newer_value_is_an_error_and_changes_nothing() {
    let (factory, _) = factory(MemoryStore::new());
    let cookie = stored(&factory).await;
    let (one, other) = (begin(&factory, &cookie), begin(&factory, &cookie));
    one.session().await.unwrap().insert("a", "no number").unwrap();
    other.session().await.unwrap().update("a", |a: Option<u32>| a.unwrap_or(0) + 1).unwrap();
    let _ = finish(&one).await.unwrap();
    let error = finish(&other).await.unwrap_err();
    assert!(matches!(&error, Error::Value(error) if error.name() == "a"), "{error}");
    let session = begin(&factory, &cookie).session().await.unwrap();
    assert_eq!(session.get::<String>("a").unwrap().as_deref(), Some("no number"));
}

/// A store in which another writer always comes first, and takes a second each time.
#[derive(Debug)]
struct Contested {
    inner: MemoryStore,
    clock: ManualClock,
    lost: Arc<AtomicUsize>,
}

#[async_trait]
impl SessionStore for Contested {
    fn name(&self) -> &'static str {
        "contested"
    }

    fn size_limits(&self) -> SizeLimits {
        SizeLimits::UNLIMITED
    }

    async fn load(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, StoreError> {
        self.inner.load(key, now).await
    }

    async fn create(&self, key: &StoreKey, record: &Record, now: UnixTime) -> Result<Created, StoreError> {
        self.inner.create(key, record, now).await
    }

    async fn update(
        &self,
        key: &StoreKey,
        _: &Record,
        _: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        self.clock.advance(Duration::from_secs(1));
        let lost = self.lost.fetch_add(1, Ordering::SeqCst);
        match self.inner.load(key, now).await? {
            Loaded::Found(mut record) => {
                record.version = Version::from_bits(lost as u64);
                Ok(Written::Conflict(record))
            }
            Loaded::Moved { .. } | Loaded::Absent => Ok(Written::Gone),
        }
    }

    async fn rename(
        &self,
        old: &StoreKey,
        _: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        self.update(old, record, expected, now).await
    }

    async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
        patience: TouchPatience,
    ) -> Result<Touched, StoreError> {
        self.inner.touch(key, expires, now, patience).await
    }

    async fn delete(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.inner.delete(key).await
    }

    fn owner_index(&self) -> Option<&dyn OwnerIndex> {
        None
    }

    fn expiry_purge(&self) -> Option<&dyn PurgeExpired> {
        None
    }
}

fn contested() -> (SessionFactory, MemoryStore, Arc<AtomicUsize>) {
    let (inner, clock, lost) = (MemoryStore::new(), ManualClock::at(START), Arc::new(AtomicUsize::new(0)));
    let store = Contested { inner: inner.clone(), clock: clock.clone(), lost: Arc::clone(&lost) };
    (SessionFactory::with_clock(options(), store, clock).unwrap(), inner, lost)
}

#[tokio::test]
async fn a_request_that_has_conflicts_for_all_of_conflict_timeout_fails_as_contended() {
    let (factory, _, lost) = contested();
    let cookie = stored(&factory).await;
    assert!(matches!(count_up(&factory, &cookie).await, Err(Error::Contended)));
    assert_eq!(lost.load(Ordering::SeqCst), 5);
    assert!(is_stored(&factory, &cookie).await);
}

#[tokio::test]
async fn a_sign_out_never_fails_as_contended_even_with_data_after_it() {
    let (factory, store, _) = contested();
    let old = stored(&factory).await;
    let exchange = begin(&factory, &old);
    let session = exchange.session().await.unwrap();
    session.invalidate().unwrap();
    session.flash("signed out").unwrap();
    let new = cookie(&finish(&exchange).await.unwrap()).unwrap();
    assert!(!is_stored(&factory, &old).await);
    let session = begin(&factory, &new).session().await.unwrap();
    assert_eq!(session.peek_flash::<String>("").unwrap(), ["signed out"]);
    assert_eq!((session.len(), store.len()), (1, 1));
}

#[tokio::test]
async fn a_store_without_an_owner_index_says_so() {
    let (factory, _, _) = contested();
    let exchange = factory.begin([]);
    exchange.session().await.unwrap().sign_in("alice").unwrap();
    let error = exchange.devices().await.unwrap().list(100).await.unwrap_err();
    let Error::Store(error) = error else { panic!("{error}") };
    assert_eq!(
        (error.store, error.source.unwrap().to_string().as_str()),
        ("contested", "it keeps no index by owner")
    );
}

#[tokio::test]
async fn a_slow_writer_does_not_bring_an_ended_session_back() {
    let store = MemoryStore::new();
    let (factory, _) = factory(store.clone());
    let cookie = stored(&factory).await;
    let slow = begin(&factory, &cookie);
    slow.session().await.unwrap().insert("late", true).unwrap();
    let sign_out = begin(&factory, &cookie);
    sign_out.unloaded().invalidate().unwrap();
    assert!(finish(&sign_out).await.unwrap().set_cookie.unwrap().contains("Max-Age=0"));
    assert_eq!(finish(&slow).await.unwrap().set_cookie, None);
    assert!(store.is_empty());
}

#[tokio::test]
async fn a_sign_out_ends_a_session_that_a_parallel_request_has_just_renewed() {
    for loaded in [true, false] {
        let store = MemoryStore::new();
        let (factory, _) = factory(store.clone());
        let old = stored(&factory).await;
        let sign_out = begin(&factory, &old);
        if loaded {
            sign_out.session().await.unwrap().invalidate().unwrap();
        } else {
            sign_out.unloaded().invalidate().unwrap();
        }
        let renewal = begin(&factory, &old);
        renewal.session().await.unwrap().renew().unwrap();
        let new = cookie(&finish(&renewal).await.unwrap()).unwrap();
        let _ = finish(&sign_out).await.unwrap();
        assert!(!is_stored(&factory, &old).await);
        assert!(!is_stored(&factory, &new).await);
        assert!(store.is_empty());
    }
}

#[tokio::test]
async fn with_the_cookie_before_a_renewal_a_session_is_empty_and_nothing_is_written_or_sent() {
    let store = MemoryStore::new();
    let (factory, _) = factory(store.clone());
    let old = stored(&factory).await;
    let renewal = begin(&factory, &old);
    renewal.session().await.unwrap().renew().unwrap();
    let _ = finish(&renewal).await.unwrap();
    let late = begin(&factory, &old);
    let session = late.session().await.unwrap();
    assert!(session.is_new() && session.is_empty());
    session.insert("late", true).unwrap();
    assert_eq!(finish(&late).await.unwrap().set_cookie, None);
    assert_eq!(store.len(), 1);
}

#[tokio::test]
async fn a_sign_out_with_the_cookie_before_a_renewal_ends_the_session_and_data_after_it_begins_another() {
    let store = MemoryStore::new();
    let (factory, _) = factory(store.clone());
    let old = stored(&factory).await;
    let renewal = begin(&factory, &old);
    renewal.session().await.unwrap().renew().unwrap();
    let renewed = cookie(&finish(&renewal).await.unwrap()).unwrap();
    let late = begin(&factory, &old);
    let session = late.session().await.unwrap();
    session.invalidate().unwrap();
    session.flash("signed out").unwrap();
    let new = cookie(&finish(&late).await.unwrap()).unwrap();
    assert!(!is_stored(&factory, &renewed).await);
    let session = begin(&factory, &new).session().await.unwrap();
    assert_eq!(session.pop_flash::<String>("").unwrap(), ["signed out"]);
    assert_eq!((session.len(), store.len()), (0, 1));
}

#[tokio::test]
async fn a_sign_in_sent_twice_at_once_is_done_once_and_that_of_another_user_is_not_lost() {
    for second in ["alice", "bob"] {
        let store = MemoryStore::new();
        let (factory, _) = factory(store.clone());
        let anonymous = stored(&factory).await;
        let (one, other) = (begin(&factory, &anonymous), begin(&factory, &anonymous));
        one.session().await.unwrap().sign_in("alice").unwrap();
        other.session().await.unwrap().sign_in(second).unwrap();
        let first_cookie = cookie(&finish(&one).await.unwrap()).unwrap();
        let second_cookie = cookie(&finish(&other).await.unwrap());
        assert_eq!(
            begin(&factory, &first_cookie).session().await.unwrap().owner(),
            Some(Owner::from("alice"))
        );
        assert_eq!(second_cookie.is_some(), second == "bob");
        if let Some(cookie) = second_cookie {
            let session = begin(&factory, &cookie).session().await.unwrap();
            assert_eq!((session.owner(), session.len()), (Some(Owner::from("bob")), 0));
        }
        assert_eq!(store.len(), if second == "bob" { 2 } else { 1 });
        assert!(!is_stored(&factory, &anonymous).await);
    }
}

#[tokio::test]
async fn a_sign_in_on_a_session_that_was_ended_begins_one_with_nothing_older() {
    let (factory, _) = factory(MemoryStore::new());
    let cookie_before = stored(&factory).await;
    let sign_in = begin(&factory, &cookie_before);
    let session = sign_in.session().await.unwrap();
    session.sign_in("alice").unwrap();
    session.insert("b", 2).unwrap();
    let sign_out = begin(&factory, &cookie_before);
    sign_out.unloaded().invalidate().unwrap();
    let _ = finish(&sign_out).await.unwrap();
    let cookie = cookie(&finish(&sign_in).await.unwrap()).unwrap();
    let session = begin(&factory, &cookie).session().await.unwrap();
    assert_eq!(session.owner(), Some(Owner::from("alice")));
    assert_eq!(session.entries().keys().collect::<Vec<_>>(), ["b"]);
}

#[tokio::test]
async fn a_save_is_completed_when_nobody_waits_for_it() {
    let store = MemoryStore::new();
    let (factory, _) = factory(store.clone());
    let exchange = factory.begin([]);
    exchange.session().await.unwrap().insert("a", 1).unwrap();
    drop(exchange.finish(200));
    let saved = async {
        while store.is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), saved).await.expect("the save goes on");
}

#[tokio::test]
async fn a_rejection_begins_and_renews_no_session_and_ends_one() {
    let store = CountingStore::new(MemoryStore::new());
    let calls = store.calls();
    let (factory, _) = factory(store);
    let cookie = stored(&factory).await;
    let rejected = async |cookie: &str, act: fn(&Session) -> Result<(), Error>| {
        let exchange = begin(&factory, cookie);
        act(&exchange.session().await.unwrap()).unwrap();
        calls.take();
        let effects = exchange.reject().await.unwrap();
        assert_eq!(effects.set_cookie, None);
        assert!(matches!(exchange.reject().await, Err(Error::Finished)));
        calls.take()
    };
    assert_eq!(rejected("", |session| session.insert("b", 1)).await, []);
    assert_eq!(rejected(&cookie, |session| session.insert("b", 1)).await, [Op::Update]);
    assert_eq!(rejected(&cookie, |session| session.sign_in("alice")).await, []);
    let end_and_go_on = |session: &Session| session.invalidate().and_then(|()| session.insert("b", 2));
    assert_eq!(rejected(&cookie, end_and_go_on).await, [Op::Delete]);
    assert!(!is_stored(&factory, &cookie).await);
}

#[tokio::test]
async fn an_exchange_that_is_never_finished_writes_nothing() {
    let store = MemoryStore::new();
    let (factory, _) = factory(store.clone());
    let exchange = factory.begin([]);
    exchange.session().await.unwrap().sign_in("alice").unwrap();
    drop(exchange);
    tokio::task::yield_now().await;
    assert!(store.is_empty());
}

#[tokio::test]
async fn a_change_after_the_response_has_begun_is_refused_and_reads_go_on() {
    let (factory, _) = factory(MemoryStore::new());
    let cookie = stored(&factory).await;
    let exchange = begin(&factory, &cookie);
    let (session, unloaded) = (exchange.session().await.unwrap(), exchange.unloaded());
    let _ = finish(&exchange).await.unwrap();
    assert!(matches!(session.insert("b", 1), Err(Error::Finished)));
    assert!(matches!(session.remove::<u32>("a"), Err(Error::Finished)));
    assert!(matches!(session.update("a", |n: Option<u32>| n.unwrap_or(0)), Err(Error::Finished)));
    assert!(matches!(session.clear(), Err(Error::Finished)));
    assert!(matches!(session.flash("x"), Err(Error::Finished)));
    assert!(matches!(session.pop_flash::<String>(""), Err(Error::Finished)));
    assert!(matches!(session.sign_in("x"), Err(Error::Finished)));
    assert!(matches!(session.renew(), Err(Error::Finished)));
    assert!(matches!(session.invalidate(), Err(Error::Finished)));
    assert!(matches!(session.set_label("x"), Err(Error::Finished)));
    assert!(matches!(session.set_timeout(Duration::from_secs(1)), Err(Error::Finished)));
    assert!(matches!(session.new_csrf_token(), Err(Error::Finished)));
    assert!(matches!(unloaded.invalidate(), Err(Error::Finished)));
    assert_eq!(session.get::<u32>("a").unwrap(), Some(1));
}

#[tokio::test]
async fn an_outage_is_an_error_and_nothing_is_sent_or_lost() {
    let store = FaultyStore::new(MemoryStore::new());
    let faults = store.faults();
    let (factory, clock) = factory(store);
    let cookie = stored(&factory).await;

    faults.set(Op::Load, Fault::Fail);
    let exchange = begin(&factory, &cookie);
    assert!(matches!(exchange.session().await, Err(Error::Store(_))));
    assert_eq!(finish(&exchange).await.unwrap_err().status(), 503);

    faults.clear();
    faults.set(Op::Update, Fault::LoseAnswer);
    assert!(
        matches!(count_up(&factory, &cookie).await, Err(Error::Store(error)) if error.kind == StoreErrorKind::Unavailable)
    );

    faults.clear();
    faults.set(Op::Touch, Fault::Fail);
    clock.advance(Duration::from_secs(121));
    let exchange = begin(&factory, &cookie);
    assert_eq!(exchange.session().await.unwrap().get::<u32>("a").unwrap(), Some(1));
    assert_eq!(finish(&exchange).await.unwrap().set_cookie, None);

    faults.clear();
    assert!(is_stored(&factory, &cookie).await);
}

/// A store that reports the first new keys as taken.
#[derive(Debug)]
struct Crowded {
    inner: MemoryStore,
    refusals: usize,
    asked: Mutex<Vec<StoreKey>>,
}

#[async_trait]
impl SessionStore for Crowded {
    fn name(&self) -> &'static str {
        "crowded"
    }

    fn size_limits(&self) -> SizeLimits {
        SizeLimits::UNLIMITED
    }

    async fn load(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, StoreError> {
        self.inner.load(key, now).await
    }

    async fn create(&self, key: &StoreKey, record: &Record, now: UnixTime) -> Result<Created, StoreError> {
        let refused = {
            let mut asked = self.asked.lock().unwrap();
            assert!(!asked.contains(key), "a key that was taken is tried again");
            asked.push(*key);
            asked.len() <= self.refusals
        };
        if refused { Ok(Created::Taken) } else { self.inner.create(key, record, now).await }
    }

    async fn update(
        &self,
        key: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        self.inner.update(key, record, expected, now).await
    }

    async fn rename(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        self.inner.rename(old, new, record, expected, now).await
    }

    async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
        patience: TouchPatience,
    ) -> Result<Touched, StoreError> {
        self.inner.touch(key, expires, now, patience).await
    }

    async fn delete(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.inner.delete(key).await
    }

    fn owner_index(&self) -> Option<&dyn OwnerIndex> {
        self.inner.owner_index()
    }

    fn expiry_purge(&self) -> Option<&dyn PurgeExpired> {
        self.inner.expiry_purge()
    }
}

#[tokio::test]
async fn an_id_that_is_taken_is_replaced_by_another_five_times_at_most() {
    for (refusals, stands) in [(1, true), (4, true), (5, false)] {
        let store = Crowded { inner: MemoryStore::new(), refusals, asked: Mutex::default() };
        let (factory, _) = factory(store);
        let exchange = factory.begin([]);
        exchange.session().await.unwrap().insert("a", 1).unwrap();
        match finish(&exchange).await {
            Ok(effects) => {
                assert!(stands);
                assert!(is_stored(&factory, &cookie(&effects).unwrap()).await);
            }
            Err(error) => assert!(!stands && matches!(error, Error::Store(_)), "{error}"),
        }
    }
}

#[tokio::test]
async fn two_factories_of_one_secret_and_store_do_not_accept_each_others_cookies() {
    let store = MemoryStore::new();
    let (one, _) = factory(store.clone());
    let mut options = options();
    options.cookie_name = "other".to_owned();
    let clock = ManualClock::at(START);
    let other = SessionFactory::with_clock(options, store, clock).unwrap();
    let cookie = stored(&one).await;
    assert!(is_stored(&one, &cookie).await);
    assert!(!is_stored(&other, &cookie.replace("session=", "other=")).await);
}

#[tokio::test]
async fn an_update_that_calls_the_session_does_not_hang() {
    let (factory, _) = factory(MemoryStore::new());
    let exchange = factory.begin([]);
    let session = exchange.session().await.unwrap();
    session.insert("step", 2).unwrap();
    let other = session.clone();
    let step = move |n: Option<u32>| n.unwrap_or(0) + other.get::<u32>("step").unwrap().unwrap_or(1);
    assert_eq!(session.update("n", step).unwrap(), 2);
    let _ = finish(&exchange).await.unwrap();
}

#[tokio::test]
async fn an_update_that_calls_the_session_does_not_hang_when_it_is_replayed() {
    let (factory, _) = factory(MemoryStore::new());
    let cookie = stored(&factory).await;
    let (one, other) = (begin(&factory, &cookie), begin(&factory, &cookie));
    let session = one.session().await.unwrap();
    let inner = session.clone();
    let step = move |n: Option<u32>| n.unwrap_or(0) + inner.get::<u32>("a").unwrap().unwrap_or(0);
    session.update("n", step).unwrap();
    other.session().await.unwrap().insert("b", 2).unwrap();
    let _ = finish(&other).await.unwrap();
    let _ = tokio::time::timeout(Duration::from_secs(10), finish(&one)).await.unwrap().unwrap();
    let session = begin(&factory, &cookie).session().await.unwrap();
    assert_eq!(session.get::<u32>("n").unwrap(), Some(1));
}

#[tokio::test]
async fn an_update_that_captured_its_session_does_not_leak_it() {
    let (factory, _) = factory(MemoryStore::new());
    let captured = Arc::new(());
    let exchange = factory.begin([]);
    let session = exchange.session().await.unwrap();
    let (inner, witness) = (session.clone(), Arc::clone(&captured));
    let step =
        move |n: Option<u32>| n.unwrap_or(0) + u32::from(inner.is_new()) + Arc::strong_count(&witness) as u32;
    session.update("n", step).unwrap();
    drop(session);
    drop(exchange);
    assert_eq!(Arc::strong_count(&captured), 1);
}

#[test]
fn a_panic_while_an_update_holds_the_session_ends_and_does_not_wait_for_itself() {
    let (done, ended) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let request = async {
            let (factory, _) = factory(MemoryStore::new());
            let exchange = factory.begin([]);
            let session = exchange.session().await.unwrap();
            let captured = session.clone();
            session.update("n", move |n: Option<u32>| n.unwrap_or(0) + captured.len() as u32).unwrap();
            drop(session);
            // The exchange is the last that knows the session, and goes while the thread unwinds.
            let _exchange = exchange;
            panic!("the handler fails");
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| runtime.block_on(request)));
        done.send(caught.is_err()).unwrap();
    });
    assert_eq!(ended.recv_timeout(Duration::from_secs(20)), Ok(true));
}

#[test]
fn a_spawner_that_was_set_before_is_kept() {
    let spawned = Arc::new(AtomicUsize::new(0));
    let (first, second) = (Arc::clone(&spawned), Arc::clone(&spawned));
    let (factory, _) = factory_without_spawner(MemoryStore::new());
    let factory = factory
        .with_spawner(move |_| _ = first.fetch_add(1, Ordering::SeqCst))
        .with_spawner(move |_| _ = second.fetch_add(10, Ordering::SeqCst));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let exchange = factory.begin([]);
        exchange.session().await.unwrap().sign_in("alice").unwrap();
        drop(exchange.finish(200));
    });
    assert_eq!(spawned.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_exchange_is_finished_once() {
    let store = MemoryStore::new();
    let (factory, _) = factory(store.clone());
    let exchange = factory.begin([]);
    exchange.session().await.unwrap().sign_in("alice").unwrap();
    assert!(finish(&exchange).await.unwrap().set_cookie.is_some());
    assert!(matches!(finish(&exchange).await, Err(Error::Finished)));
    assert_eq!(store.len(), 1);
}

#[tokio::test]
async fn a_session_that_is_asked_for_after_the_response_can_be_read_and_not_changed() {
    let (factory, _) = factory(MemoryStore::new());
    let cookie = stored(&factory).await;
    let exchange = begin(&factory, &cookie);
    let _ = finish(&exchange).await.unwrap();
    let session = exchange.session().await.unwrap();
    assert_eq!(session.get::<u32>("a").unwrap(), Some(1));
    assert!(matches!(session.invalidate(), Err(Error::Finished)));
}

#[tokio::test]
async fn a_sign_in_whose_response_was_lost_can_be_sent_again_at_once() {
    let (factory, _) = factory(MemoryStore::new());
    let before = stored(&factory).await;
    for _ in 0..2 {
        let exchange = begin(&factory, &before);
        exchange.session().await.unwrap().sign_in("alice").unwrap();
        let cookie = cookie(&finish(&exchange).await.unwrap()).unwrap();
        assert_eq!(begin(&factory, &cookie).session().await.unwrap().owner(), Some(Owner::from("alice")));
    }
}

#[tokio::test]
async fn a_value_that_nests_too_deep_to_be_read_back_is_refused_at_once() {
    let store = MemoryStore::new();
    let (one, _) = factory(store.clone());
    let exchange = one.begin([]);
    let session = exchange.session().await.unwrap();
    let nested = |levels| (0..levels).fold(serde_json::json!(1), |inner, _| serde_json::json!([inner]));
    let refused = session.insert("deep", nested(121)).unwrap_err();
    assert!(refused.to_string().contains("nests deeper than 120 levels"), "{refused}");
    session.insert("deep", nested(120)).unwrap();
    session.flash(nested(120)).unwrap();
    let cookie = cookie(&finish(&exchange).await.unwrap()).unwrap();
    // The other factory stands for another process, which has not decoded the payload yet.
    let (other, _) = factory(store);
    assert_eq!(begin(&other, &cookie).session().await.unwrap().len(), 2);
}

#[tokio::test]
async fn debug_output_shows_no_cookie() {
    let (factory, _) = factory(MemoryStore::new());
    let exchange = factory.begin([]);
    exchange.session().await.unwrap().insert("a", 1).unwrap();
    let effects = finish(&exchange).await.unwrap();
    assert_eq!(format!("{effects:?}"), "Effects { sets_cookie: true, vary: true, notice: None }");
}
