//! The background task, on a scripted store and a paused clock.
#![allow(clippy::unwrap_used, reason = "only tests call this")]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use session_core::UnixTime;
use session_core::store::{
    Created, Loaded, OwnerIndex, PurgeExpired, PurgeTask, Record, SessionStore, SizeLimits, StoreError,
    StoreErrorKind, StoreKey, TouchPatience, Touched, Version, Written, async_trait,
};
use session_testkit::ManualClock;
use tokio::time::{Instant, sleep};

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
const EVERY: Duration = Duration::from_secs(600);
/// The time by which the first run has begun, wherever in its interval it falls.
const FIRST: Duration = Duration::from_secs(601);

/// A store that returns the scripted result for each purge, and then zero. `None` stands for a failure.
///
/// It records the time and the arguments of each call.
#[derive(Debug, Default)]
struct Scripted {
    answers: Mutex<VecDeque<Option<u64>>>,
    asked: Mutex<Vec<(Instant, UnixTime, u32)>>,
}

impl Scripted {
    fn answering(answers: impl IntoIterator<Item = Option<u64>>) -> Arc<Self> {
        Arc::new(Self { answers: Mutex::new(answers.into_iter().collect()), ..Self::default() })
    }

    fn times(&self) -> Vec<Instant> {
        self.asked.lock().unwrap().iter().map(|asked| asked.0).collect()
    }
}

#[async_trait]
impl PurgeExpired for Scripted {
    async fn purge(&self, before: UnixTime, limit: u32) -> Result<u64, StoreError> {
        self.asked.lock().unwrap().push((Instant::now(), before, limit));
        let answer = self.answers.lock().unwrap().pop_front().unwrap_or(Some(0));
        answer.ok_or(StoreError::new("scripted", StoreErrorKind::Unavailable))
    }
}

#[async_trait]
impl SessionStore for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn size_limits(&self) -> SizeLimits {
        SizeLimits::UNLIMITED
    }

    async fn load(&self, _: &StoreKey, _: UnixTime) -> Result<Loaded, StoreError> {
        unreachable!("the task only purges")
    }

    async fn create(&self, _: &StoreKey, _: &Record, _: UnixTime) -> Result<Created, StoreError> {
        unreachable!("the task only purges")
    }

    async fn update(&self, _: &StoreKey, _: &Record, _: Version, _: UnixTime) -> Result<Written, StoreError> {
        unreachable!("the task only purges")
    }

    async fn rename(
        &self,
        _: &StoreKey,
        _: &StoreKey,
        _: &Record,
        _: Version,
        _: UnixTime,
    ) -> Result<Written, StoreError> {
        unreachable!("the task only purges")
    }

    async fn touch(
        &self,
        _: &StoreKey,
        _: Option<UnixTime>,
        _: UnixTime,
        _: TouchPatience,
    ) -> Result<Touched, StoreError> {
        unreachable!("the task only purges")
    }

    async fn delete(&self, _: &StoreKey) -> Result<(), StoreError> {
        unreachable!("the task only purges")
    }

    fn owner_index(&self) -> Option<&dyn OwnerIndex> {
        None
    }

    fn expiry_purge(&self) -> Option<&dyn PurgeExpired> {
        Some(self)
    }
}

fn spawn(store: &Arc<Scripted>) -> PurgeTask {
    PurgeTask::spawn(Arc::clone(store) as Arc<dyn SessionStore>, Arc::new(ManualClock::at(NOW)), EVERY)
}

#[tokio::test(start_paused = true)]
async fn a_run_leaves_an_hour_of_grace_and_works_in_batches_of_a_thousand() {
    let store = Scripted::answering([]);
    let _task = spawn(&store);
    sleep(FIRST).await;
    let asked = store.asked.lock().unwrap();
    assert_eq!((asked[0].1, asked[0].2), (UnixTime::from_secs(1_700_000_000 - 3600), 1000));
}

#[tokio::test(start_paused = true)]
async fn full_batches_are_followed_by_another_at_once() {
    let store = Scripted::answering([Some(1000), Some(1500), Some(999)]);
    let task = spawn(&store);
    sleep(FIRST).await;
    let times = store.times();
    assert!(times[2] - times[0] < Duration::from_secs(1));
    assert!(times.get(3).is_none_or(|next| *next - times[2] > EVERY / 2), "the third batch was not full");
    assert_eq!((task.purged(), task.failures()), (3499, 0));
}

#[tokio::test(start_paused = true)]
async fn runs_are_about_an_interval_apart() {
    let store = Scripted::answering([]);
    let begun = Instant::now();
    let _task = spawn(&store);
    sleep(EVERY * 100).await;
    let times = store.times();
    assert!(times[0] - begun <= FIRST);
    let gaps: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps.len() > 80, "{}", gaps.len());
    assert!(gaps.iter().all(|gap| (EVERY.mul_f64(0.84)..EVERY.mul_f64(1.16)).contains(gap)), "{gaps:?}");
    let (least, most) = (gaps.iter().min().unwrap(), gaps.iter().max().unwrap());
    assert!(*most - *least > EVERY / 10, "the gaps vary too little: {least:?} to {most:?}");
}

#[tokio::test(start_paused = true)]
async fn tasks_that_start_together_do_not_run_together() {
    let stores: Vec<_> = (0..20).map(|_| Scripted::answering([])).collect();
    let tasks: Vec<_> = stores.iter().map(spawn).collect();
    sleep(FIRST).await;
    let first: Vec<_> = stores.iter().map(|store| store.times()[0]).collect();
    let spread = *first.iter().max().unwrap() - *first.iter().min().unwrap();
    assert!(spread > EVERY / 4, "{spread:?}");
    drop(tasks);
}

#[tokio::test(start_paused = true)]
async fn a_run_that_fails_is_counted_and_the_next_one_tries_again() {
    let store = Scripted::answering([None, Some(1000), None, Some(7)]);
    let task = spawn(&store);
    sleep(EVERY * 5).await;
    assert_eq!((task.purged(), task.failures()), (1007, 2));
    assert!(store.times().len() >= 4);
}

#[tokio::test(start_paused = true)]
async fn the_task_ends_when_it_is_dropped() {
    let store = Scripted::answering([]);
    let task = spawn(&store);
    sleep(EVERY * 3).await;
    let asked = store.times().len();
    assert!(asked > 0);
    drop(task);
    sleep(EVERY * 10).await;
    assert_eq!(store.times().len(), asked);
    assert_eq!(Arc::strong_count(&store), 1, "the task keeps nothing alive");
}

#[tokio::test(start_paused = true)]
async fn an_interval_of_zero_is_raised_to_a_second() {
    let store = Scripted::answering([]);
    let clock = Arc::new(ManualClock::at(UnixTime::from_millis(i64::MIN)));
    let _task = PurgeTask::spawn(Arc::clone(&store) as Arc<dyn SessionStore>, clock, Duration::ZERO);
    sleep(Duration::from_secs(20)).await;
    let runs = store.times().len();
    assert!((15..=25).contains(&runs), "{runs}");
}

#[tokio::test(start_paused = true)]
async fn an_interval_of_the_longest_duration_does_not_panic() {
    let store = Scripted::answering([]);
    let clock = Arc::new(ManualClock::at(NOW));
    let task = PurgeTask::spawn(Arc::clone(&store) as Arc<dyn SessionStore>, clock, Duration::MAX);
    sleep(Duration::from_secs(400 * 24 * 3600)).await;
    assert!((1..=2).contains(&store.times().len()), "the task runs about once a year");
    assert_eq!(format!("{task:?}"), "PurgeTask { purged: 0, failures: 0, .. }");
}
