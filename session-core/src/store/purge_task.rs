//! The task that purges expired sessions at intervals.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rand::RngExt as _;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep};

use crate::store::contract::{PurgeExpired, SessionStore};
use crate::store::error::StoreError;
use crate::time::{Clock, UnixTime};
use crate::trace;

/// Sessions that expired less than this ago are kept, because the clocks of machines differ.
const GRACE: Duration = Duration::from_secs(3600);
/// The limit of one batch, which a database removes in 5 to 30 ms.
const BATCH: u32 = 1000;
/// The shortest pause between two batches, in which other connections can write.
const PAUSE: Duration = Duration::from_millis(10);
/// The shortest interval between two runs.
const SHORTEST: Duration = Duration::from_secs(1);
/// The longest interval between two runs.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 3600);
/// The random fraction of each interval, so that machines that were started together do not purge together.
const JITTER: f64 = 0.15;

/// A background task that purges expired sessions until it is dropped.
///
/// Each run removes the sessions that expired more than an hour ago, in batches of 1000. After each full
/// batch it pauses for as long as that batch took, and for at least 10 ms, so that a slow database has time
/// for other calls. The first run begins after a random part of `every`. Later runs are `every` apart, plus
/// or minus a random part of up to 15 %. An `every` of less than 1 second counts as 1 second, and one of more
/// than 365 days as 365 days. A run that fails is counted, and the next one tries again.
///
/// ```
/// use session_core::MemoryStore;
/// use session_core::adapter::SystemClock;
/// use session_core::store::PurgeTask;
/// use std::{sync::Arc, time::Duration};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let store = Arc::new(MemoryStore::new());
/// let task = PurgeTask::spawn(store, Arc::new(SystemClock), Duration::from_secs(600));
/// assert_eq!((task.purged(), task.failures()), (0, 0));
/// # }
/// ```
#[must_use = "the task ends when this is dropped"]
pub struct PurgeTask {
    running: AbortHandle,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    purged: AtomicU64,
    failures: AtomicU64,
}

impl PurgeTask {
    /// Starts to purge `store`, by the time of `clock`.
    ///
    /// A store that has no [purge](SessionStore::expiry_purge), because its database expires sessions by
    /// itself, is left alone.
    ///
    /// # Panics
    ///
    /// Panics if called outside a Tokio runtime. If the runtime's time driver is not enabled, the task itself
    /// panics and purges nothing.
    pub fn spawn(store: Arc<dyn SessionStore>, clock: Arc<dyn Clock>, every: Duration) -> Self {
        let counts = Arc::new(Counts::default());
        let running = tokio::spawn(runs(store, clock, every.clamp(SHORTEST, LONGEST), Arc::clone(&counts)))
            .abort_handle();
        Self { running, counts }
    }

    /// Returns the number of records and rename markers that the task has removed, without those of batches
    /// that failed.
    #[must_use]
    pub fn purged(&self) -> u64 {
        self.counts.purged.load(Ordering::Relaxed)
    }

    /// Returns the number of runs that failed.
    ///
    /// If it keeps growing, look for the cause. Expired sessions are absent even if they are not purged.
    #[must_use]
    pub fn failures(&self) -> u64 {
        self.counts.failures.load(Ordering::Relaxed)
    }
}

impl Drop for PurgeTask {
    // A statement that is running is one transaction, so it takes effect as a whole or not at all.
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl fmt::Debug for PurgeTask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PurgeTask")
            .field("purged", &self.purged())
            .field("failures", &self.failures())
            .finish_non_exhaustive()
    }
}

async fn runs(store: Arc<dyn SessionStore>, clock: Arc<dyn Clock>, every: Duration, counts: Arc<Counts>) {
    let Some(expired) = store.expiry_purge() else { return };
    sleep(between(Duration::ZERO, every)).await;
    loop {
        let before = before(clock.now());
        match run(expired, before, &counts).await {
            Ok(purged) => trace::counted("purged", purged),
            Err(error) => {
                counts.failures.fetch_add(1, Ordering::Relaxed);
                trace::failure("purge failed", &error);
            }
        }
        sleep(between(every.mul_f64(1.0 - JITTER), every.mul_f64(1.0 + JITTER))).await;
    }
}

/// Purges one batch after another until a batch is not full, and returns the total.
async fn run(expired: &dyn PurgeExpired, before: UnixTime, counts: &Counts) -> Result<u64, StoreError> {
    let mut sum = 0;
    loop {
        let begun = Instant::now();
        let purged = expired.purge(before, BATCH).await?;
        counts.purged.fetch_add(purged, Ordering::Relaxed);
        sum += purged;
        if purged < u64::from(BATCH) {
            return Ok(sum);
        }
        sleep(begun.elapsed().max(PAUSE)).await;
    }
}

fn between(least: Duration, most: Duration) -> Duration {
    rand::rng().random_range(least..=most)
}

fn before(now: UnixTime) -> UnixTime {
    let grace = i64::try_from(GRACE.as_millis()).expect("an hour in milliseconds fits into an i64");
    UnixTime::from_millis(now.as_millis().saturating_sub(grace))
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use std::sync::Mutex;

    /// A store that returns these numbers for its batches, the last one first, each after this time.
    struct Scripted(Mutex<Vec<u64>>, Duration);

    #[async_trait]
    impl PurgeExpired for Scripted {
        async fn purge(&self, _: UnixTime, _: u32) -> Result<u64, StoreError> {
            sleep(self.1).await;
            Ok(self.0.lock().unwrap().pop().unwrap())
        }
    }

    /// Runs batches that take this long, and returns what they removed and the time of the run.
    async fn purged(batches: &[u64], each: Duration) -> (u64, Duration) {
        let store = Scripted(Mutex::new(batches.to_vec()), each);
        let begun = Instant::now();
        let purged = run(&store, UnixTime::from_secs(0), &Counts::default()).await.unwrap();
        (purged, begun.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_returns_the_sum_of_its_batches() {
        assert_eq!(purged(&[999, 1000, 1500], Duration::ZERO).await.0, 3499);
    }

    #[tokio::test(start_paused = true)]
    async fn the_pause_after_a_batch_is_as_long_as_the_batch_and_at_least_10_ms() {
        for (each, whole) in [(0, 20), (4, 32), (10, 50), (30, 150)] {
            let (_, time) = purged(&[1, 1000, 1000], Duration::from_millis(each)).await;
            assert_eq!(time, Duration::from_millis(whole), "{each}");
        }
    }
}
