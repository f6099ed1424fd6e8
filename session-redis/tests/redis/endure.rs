//! Writes while servers fail. `cargo xtask endure` runs many rounds of this and prints the figures.

use std::env;
use std::time::Duration;

use session_redis::RedisStore;
use test_support::{Figures, HotFigures, HotSessions, Writers};

use crate::prefix::Prefix;

mod cluster;
mod full_memory;
mod kill;
mod one_server;
mod sentinel;
mod slot_move;

/// The time for which the tasks write before the fault, and after it.
const WRITING: Duration = Duration::from_millis(1_000);

fn rounds() -> u32 {
    env::var("SESSION_ENDURE_ROUNDS").map_or(1, |rounds| rounds.parse().expect("a number of rounds"))
}

/// Lets twelve tasks write the same sessions, and others sessions of their own, while the fault happens.
/// Compares what is there in the end with what was acknowledged.
async fn under_load(url: String, fault: impl AsyncFnOnce()) -> (Figures, HotFigures) {
    let prefix = Prefix::at(url);
    let stores = [prefix.store().await, prefix.store().await];
    let hot = HotSessions::start(&stores).await;
    let figures = own_sessions(&stores, fault).await;
    (figures, hot.end(&stores, None).await)
}

/// Lets 64 tasks write sessions of their own while the fault happens, and compares.
async fn own_sessions(stores: &[RedisStore; 2], fault: impl AsyncFnOnce()) -> Figures {
    let writers = Writers::start(&stores[0]);
    tokio::time::sleep(WRITING).await;
    fault().await;
    tokio::time::sleep(WRITING).await;
    let courses = writers.end().await;
    // The stores work again by themselves.
    let after = Writers::start(&stores[0]);
    tokio::time::sleep(WRITING).await;
    let after = Figures::of(&after.end().await, &stores[1]).await;
    assert!(after.acknowledged > 200, "{after:?}");
    assert_eq!((after.unknown, after.lost, after.neither), (0, 0, 0), "{after:?}");
    Figures::of(&courses, &stores[1]).await
}

/// Checks that no acknowledged write is lost, none was made that was refused, and no load was stale.
fn assert_nothing_lost((figures, hot): &(Figures, HotFigures)) {
    assert!(figures.acknowledged > 200 && hot.acknowledged > 100, "{figures:?}, {hot:?}");
    assert_eq!((figures.lost, figures.neither), (0, 0), "{figures:?}");
    assert_eq!((hot.stale, hot.refused_but_kept, hot.lost), (0, 0, 0), "{hot:?}");
}
