//! Tests of requests on a store whose writes take time and come one after another.

#![allow(clippy::unwrap_used, reason = "a test may panic if an expectation fails")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use session_core::adapter::Effects;
use session_core::store::{
    Created, Loaded, OwnerIndex, PurgeExpired, Record, SessionStore, SizeLimits, StoreError, StoreKey,
    TouchPatience, Touched, Version, Written, async_trait,
};
use session_core::{MemoryStore, SessionFactory, SessionOptions, UnixTime};
use session_testkit::ManualClock;

/// The time that a write takes.
const WRITE: Duration = Duration::from_millis(10);
const ROUNDS: usize = 20;

/// A store that writes one record at a time, as SQLite does; the other writers wait in a queue.
#[derive(Debug, Default)]
struct OneWriter {
    inner: MemoryStore,
    writer: tokio::sync::Mutex<()>,
    lost: Arc<AtomicUsize>,
}

#[async_trait]
impl SessionStore for OneWriter {
    fn name(&self) -> &'static str {
        "one writer"
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
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        let _writer = self.writer.lock().await;
        tokio::time::sleep(WRITE).await;
        let written = self.inner.update(key, record, expected, now).await?;
        self.lost.fetch_add(usize::from(matches!(written, Written::Conflict(_))), Ordering::Relaxed);
        Ok(written)
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
        let _writer = self.writer.lock().await;
        tokio::time::sleep(WRITE).await;
        self.inner.delete(key).await
    }

    fn owner_index(&self) -> Option<&dyn OwnerIndex> {
        None
    }

    fn expiry_purge(&self) -> Option<&dyn PurgeExpired> {
        None
    }
}

/// Makes a request that counts up, and returns its effects.
async fn count(sessions: &SessionFactory, cookie: Option<&str>) -> Effects {
    let exchange = sessions.begin(cookie.map(str::as_bytes));
    exchange.session().await.unwrap().update("n", |n: Option<u32>| n.unwrap_or(0) + 1).unwrap();
    exchange.finish(200).await.unwrap()
}

fn factory(store: OneWriter) -> SessionFactory {
    let options = SessionOptions::new("a secret of more than thirty-two bytes");
    let clock = ManualClock::at(UnixTime::from_secs(1_700_000_000));
    let sessions = SessionFactory::with_clock(options, store, clock).unwrap();
    sessions.with_spawner(|rest| drop(tokio::spawn(rest)))
}

#[tokio::test(start_paused = true)]
async fn a_process_that_stops_can_wait_for_the_saves_of_clients_that_are_gone() {
    let store = OneWriter::default();
    let (inner, sessions) = (store.inner.clone(), factory(store));
    sessions.wait_for_saves().await;
    let cookie = count(&sessions, None).await.set_cookie.unwrap();
    let exchange = sessions.begin([cookie.split(';').next().unwrap().as_bytes()]);
    exchange.session().await.unwrap().invalidate().unwrap();
    drop(exchange.finish(303));
    assert_eq!(inner.len(), 1, "it has not been written yet");
    sessions.wait_for_saves().await;
    assert_eq!(inner.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn of_two_clients_that_never_pause_neither_is_always_first() {
    let store = OneWriter::default();
    let lost = Arc::clone(&store.lost);
    let sessions = factory(store);
    let cookie = count(&sessions, None).await.set_cookie.unwrap();
    let cookie = cookie.split(';').next().unwrap();

    let responses = [AtomicUsize::new(0), AtomicUsize::new(0)];
    let client = async |own: usize, other: usize| {
        for _ in 0..ROUNDS {
            let _ = count(&sessions, Some(cookie)).await;
            let own = responses[own].fetch_add(1, Ordering::Relaxed) + 1;
            let other = responses[other].load(Ordering::Relaxed);
            assert!(
                own <= other + 3 || other == ROUNDS,
                "one client has had {own} responses, the other {other}"
            );
        }
    };
    tokio::join!(client(0, 1), client(1, 0));

    let lost = lost.load(Ordering::Relaxed);
    assert!(
        (1..=4 * ROUNDS).contains(&lost),
        "each request has one or two version conflicts: {lost} in {}",
        2 * ROUNDS
    );
    let session = sessions.begin([cookie.as_bytes()]).session().await.unwrap();
    assert_eq!(session.get::<usize>("n").unwrap(), Some(2 * ROUNDS + 1));
}
