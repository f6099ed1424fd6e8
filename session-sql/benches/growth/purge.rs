//! A purge of 500,000 expired sessions beside 64 tasks that load live ones, and in its place a thread that
//! only computes.

use std::hint::spin_loop;
use std::thread;
use std::time::{Duration, Instant};

use session_core::UnixTime;
use session_core::store::SessionStore;
use tokio::runtime::Runtime;

use super::table::Table;
use comparison::engine::median;
use comparison::sessions::{NOW, Sessions};
use comparison::slice::{Order, Slice, Work};

const LIVE: u64 = 100_000;
const EXPIRED: u64 = 500_000;
const LOADS: Order = Order { work: Work::Load, tasks: 64, time: Duration::from_millis(250) };
/// The batches of the purge task, and its shortest pause.
const BATCH: u32 = 1000;
const PAUSE: Duration = Duration::from_millis(10);
/// The number of slices without the purge.
const SLICES: usize = 20;

pub(crate) fn run<T: Table>(runtime: &Runtime, url: &str) {
    runtime.block_on(async {
        let table = T::create(url, "purged").await;
        table.fill(LIVE..LIVE + EXPIRED, UnixTime::from_millis(NOW.as_millis() - 86_400_000), 1).await;
        table.fill_live(0..LIVE).await;
        let sessions = Sessions::of(table.store().clone(), true, LIVE);
        sessions.carry(LOADS, None).await;
        let mut alone = Vec::new();
        for _ in 0..SLICES {
            alone.push(sessions.carry(LOADS, None).await);
        }
        let purge = tokio::spawn(purge(table.store().clone()));
        let mut beside = Vec::new();
        while !purge.is_finished() {
            beside.push(sessions.carry(LOADS, None).await);
        }
        let (elapsed, batch) = purge.await.unwrap();
        let computing = thread::spawn(move || compute(batch, LOADS.time * SLICES as u32));
        let mut beside_computing = Vec::new();
        while !computing.is_finished() {
            beside_computing.push(sessions.carry(LOADS, None).await);
        }
        println!(
            "\n{}, a purge of {EXPIRED} sessions, {:.1} s, {:.1} ms for a batch, beside 64 tasks that load\n",
            T::DATABASE,
            elapsed.as_secs_f64(),
            batch.as_secs_f64() * 1e3
        );
        print("without the purge", &alone);
        print("beside the purge", &beside);
        print(
            "beside a thread that only computes, for as long as a batch and with its pauses",
            &beside_computing,
        );
    });
}

/// Purges as the purge task does, and returns the time of that and of a batch.
async fn purge(store: impl SessionStore) -> (Duration, Duration) {
    let (begun, mut purged, mut batches) = (Instant::now(), 0, Vec::new());
    let purge = store.expiry_purge().expect("the store purges");
    loop {
        let batch = Instant::now();
        let removed = purge.purge(NOW, BATCH).await.unwrap();
        if removed == 0 {
            break;
        }
        purged += removed;
        batches.push(batch.elapsed());
        tokio::time::sleep(pause(batch.elapsed())).await;
    }
    assert_eq!(purged, EXPIRED);
    let batch = median(batches.iter().map(Duration::as_secs_f64));
    (begun.elapsed(), Duration::from_secs_f64(batch))
}

/// Computes for `batch` at a time, with the pauses of a purge.
fn compute(batch: Duration, time: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < time {
        let begun = Instant::now();
        while begun.elapsed() < batch {
            spin_loop();
        }
        thread::sleep(pause(batch));
    }
}

fn pause(batch: Duration) -> Duration {
    batch.max(PAUSE)
}

fn print(name: &str, slices: &[Slice]) {
    let rate = median(slices.iter().map(|slice| slice.calls as f64 / slice.elapsed.as_secs_f64()));
    let p99 = || slices.iter().map(|slice| slice.p99.as_secs_f64() * 1e3);
    let worst = p99().fold(0.0, f64::max);
    println!("{name}: {rate:.0} loads/s, p99 {:.2} ms (median), {worst:.2} ms (worst slice)", median(p99()));
}
