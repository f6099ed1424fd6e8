//! The memory of the process with 10,000 calls at once, read from /proc, so this runs on Linux only.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use session_core::store::{SessionStore as _, Version};
use session_sql::PostgresStore;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use super::postgres::PostgresTable;
use super::table::Table as _;
use comparison::sessions::{NOW, PAYLOAD, SESSIONS, Sessions, key, record};
use comparison::slice::{Order, Work};

const CALLS: u64 = SESSIONS;
/// More than calls, so that no two calls in flight are for the same session.
const SESSIONS_OF_CALLS: u64 = 10 * CALLS;
/// The calls of each task, one after the other.
const TURNS: u64 = 5;

/// Measures the tasks alone.
pub(crate) fn wait(runtime: &Runtime, _: &str) {
    measure("tasks that only wait", || {
        runtime.block_on(all(|| tokio::time::sleep(Duration::from_millis(200))));
    });
}

pub(crate) fn load(runtime: &Runtime, url: &str) {
    calls(runtime, url, Work::Load);
}

pub(crate) fn update(runtime: &Runtime, url: &str) {
    calls(runtime, url, Work::Update);
}

fn calls(runtime: &Runtime, url: &str, work: Work) {
    let sessions = runtime.block_on(async {
        let table = PostgresTable::create(url, "sessions").await;
        table.fill_live(0..SESSIONS_OF_CALLS).await;
        table.pool.close().await;
        print_size(&table.store, work);
        Sessions::of(table.store, true, SESSIONS_OF_CALLS)
    });
    runtime.block_on(sessions.carry(Order { work, tasks: 64, time: Duration::from_millis(500) }, None));
    measure(&format!("calls, {work}"), || {
        runtime.block_on(all(|| {
            let sessions = Arc::clone(&sessions);
            async move {
                for _ in 0..TURNS {
                    sessions.call(work).await;
                }
            }
        }));
    });
}

/// Prints the size of a call that has not begun, which is part of what it takes while it runs.
fn print_size(store: &PostgresStore, work: Work) {
    let (key, record) = (key(0), record(0, 1, &PAYLOAD.into(), true));
    let size = match work {
        Work::Load => size_of_val(&*store.load(&key, NOW)),
        Work::Update => size_of_val(&*store.update(&key, &record, Version::from_bits(0), NOW)),
        Work::Create | Work::Touch | Work::Rename | Work::Delete => {
            unreachable!("no part measures a {work}")
        }
    };
    println!("\nthe future of one {work}: {size} bytes");
}

/// Runs tasks, as many as there are calls at once.
async fn all<C: Future<Output = ()> + Send + 'static>(call: impl Fn() -> C) {
    let mut tasks = JoinSet::new();
    for _ in 0..CALLS {
        tasks.spawn(call());
    }
    tasks.join_all().await;
}

/// Prints by how much the resident set grows at most while `run` runs.
fn measure(name: &str, run: impl FnOnce()) {
    let before = resident();
    let is_done = AtomicBool::new(false);
    let most = thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut most = before;
            while !is_done.load(Ordering::Relaxed) {
                most = most.max(resident());
                thread::sleep(Duration::from_millis(1));
            }
            most
        });
        run();
        is_done.store(true, Ordering::Relaxed);
        watch.join().unwrap()
    });
    let bytes = most - before;
    println!(
        "{CALLS} {name}: {:.1} MiB more, {} bytes for each",
        bytes as f64 / f64::from(1 << 20),
        bytes / CALLS
    );
}

fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("/proc is there on Linux");
    let line =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("the status has a line VmRSS");
    let kib: u64 = line.trim().trim_end_matches(" kB").trim().parse().expect("VmRSS is a number");
    kib * 1024
}
