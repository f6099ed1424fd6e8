//! A purge of 500,000 expired sessions beside 64 tasks that load live ones.

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
/// The batches of the purge task, and its pauses.
const BATCH: u32 = 1000;
const PAUSE: Duration = Duration::from_millis(10);

pub(crate) fn run<T: Table>(runtime: &Runtime, url: &str) {
    runtime.block_on(async {
        let table = T::create(url, "purged").await;
        table.fill(LIVE..LIVE + EXPIRED, UnixTime::from_millis(NOW.as_millis() - 86_400_000)).await;
        table.fill_live(0..LIVE).await;
        let sessions = Sessions::of(table.store().clone(), true, LIVE);
        sessions.carry(LOADS, None).await;
        let mut alone = Vec::new();
        for _ in 0..20 {
            alone.push(sessions.carry(LOADS, None).await);
        }
        let purge = tokio::spawn(purge(table.store().clone()));
        let mut beside = Vec::new();
        while !purge.is_finished() {
            beside.push(sessions.carry(LOADS, None).await);
        }
        let (purged, elapsed) = purge.await.unwrap();
        println!(
            "\n{}, a purge of {purged} sessions, {:.1} s, beside 64 tasks that load\n",
            T::DATABASE,
            elapsed.as_secs_f64()
        );
        print("without the purge", &alone);
        print("beside the purge", &beside);
    });
}

/// Purges as the purge task does, and returns how many sessions that removed, and the time.
async fn purge(store: impl SessionStore) -> (u64, Duration) {
    let (begun, mut purged) = (Instant::now(), 0);
    let purge = store.expiry_purge().expect("the store purges");
    while let removed @ 1.. = purge.purge(NOW, BATCH).await.unwrap() {
        purged += removed;
        tokio::time::sleep(PAUSE).await;
    }
    assert_eq!(purged, EXPIRED);
    (purged, begun.elapsed())
}

fn print(name: &str, slices: &[Slice]) {
    let rate = median(slices.iter().map(|slice| slice.calls as f64 / slice.elapsed.as_secs_f64()));
    let p99 = || slices.iter().map(|slice| slice.p99.as_secs_f64() * 1e3);
    let worst = p99().fold(0.0, f64::max);
    println!("{name}: {rate:.0} loads/s, p99 {:.2} ms (median), {worst:.2} ms (worst slice)", median(p99()));
}
