//! Writes while the server is killed. `cargo xtask endure` runs many rounds of this and prints the figures.

use std::env;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use session_core::store::{
    Created, Loaded, Record, SessionStore as _, StoreError, StoreErrorKind, StoreKey, Written,
};
use session_sql::PostgresStore;

use crate::database::Schema;
use crate::scene::{NOW, record, text, version};
use crate::server::OwnServer;

const TASKS: u64 = 64;

/// The time for which the tasks write before the server is killed.
const WRITING: Duration = Duration::from_millis(1_000);

/// A session of a task, and the steps of it that were acknowledged.
struct Course {
    /// The keys before and after the rename.
    keys: [StoreKey; 2],
    /// 1: created. 2: updated. 3: renamed. 4: deleted.
    acknowledged: u8,
    /// The next step was asked for, and its outcome is unknown.
    is_unknown: bool,
}

/// The counts of one round.
#[derive(Debug, Default)]
struct Figures {
    acknowledged: u64,
    unknown: u64,
    unknown_but_done: u64,
    lost: u64,
    neither: u64,
}

impl Course {
    fn new() -> Self {
        let keys = [(); 2].map(|()| StoreKey::from_bytes([(); StoreKey::BYTES].map(|()| rand::random())));
        Self { keys, acknowledged: 0, is_unknown: false }
    }

    /// Makes the steps one by one, until one fails.
    async fn run(&mut self, store: &PostgresStore, last: u8) -> Result<(), StoreError> {
        let [old, new] = self.keys;
        self.is_unknown = true;
        for step in 1..=last {
            let next = record(step.into());
            match step {
                1 => assert_eq!(store.create(&old, &next, NOW).await?, Created::Done),
                2 => assert_eq!(store.update(&old, &next, version(1), NOW).await?, Written::Done),
                3 => assert_eq!(store.rename(&old, &new, &next, version(2), NOW).await?, Written::Done),
                _ => store.delete(&new).await?,
            }
            self.acknowledged = step;
        }
        self.is_unknown = false;
        Ok(())
    }

    /// Returns the last step that took effect, or `None` if the session is in a state that no step leads to.
    async fn found(&self, store: &PostgresStore) -> Option<u8> {
        let [old, new] = self.keys;
        let is_of = |found: &Record, step: u8| *found == record(step.into());
        match [store.load(&old, NOW).await.unwrap(), store.load(&new, NOW).await.unwrap()] {
            [Loaded::Found(found), Loaded::Absent] if is_of(&found, 1) => Some(1),
            [Loaded::Found(found), Loaded::Absent] if is_of(&found, 2) => Some(2),
            [Loaded::Moved { .. }, Loaded::Found(found)] if is_of(&found, 3) => Some(3),
            [Loaded::Absent, Loaded::Absent] if self.acknowledged >= 3 => Some(4),
            [Loaded::Absent, Loaded::Absent] => Some(0),
            _ => None,
        }
    }
}

impl Figures {
    fn add(&mut self, course: &Course, found: Option<u8>) {
        self.acknowledged += u64::from(course.acknowledged);
        self.unknown += u64::from(course.is_unknown);
        match found {
            Some(found) if found == course.acknowledged => {}
            Some(found) if course.is_unknown && found == course.acknowledged + 1 => {
                self.unknown_but_done += 1
            }
            Some(found) if found < course.acknowledged => self.lost += 1,
            _ => self.neither += 1,
        }
    }
}

/// Writes until the server is gone. Every fourth session is deleted in the end.
async fn write(store: PostgresStore, is_over: Arc<AtomicBool>) -> Vec<Course> {
    let mut courses = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        let mut course = Course::new();
        let last = if courses.len() % 4 == 3 { 4 } else { 3 };
        let outcome = course.run(&store, last).await;
        courses.push(course);
        if let Err(error) = outcome {
            assert_eq!(error.kind, StoreErrorKind::Unavailable, "{}", text(&error));
            break;
        }
    }
    courses
}

/// Kills the server under load, and compares what is there afterwards with what was acknowledged.
async fn round(server: &OwnServer, settings: &str) -> Figures {
    let schema = Schema::at(server.url());
    let url = format!("{}?options={settings}", schema.url());
    let store = PostgresStore::connect_with(&url, schema.options()).await.unwrap();
    store.migrate().await.unwrap();
    let is_over = Arc::new(AtomicBool::new(false));
    let tasks: Vec<_> =
        (0..TASKS).map(|_| tokio::spawn(write(store.clone(), Arc::clone(&is_over)))).collect();
    tokio::time::sleep(WRITING).await;
    tokio::task::block_in_place(|| server.kill());
    is_over.store(true, Ordering::Relaxed);
    let mut courses = Vec::new();
    for task in tasks {
        courses.extend(task.await.unwrap());
    }
    tokio::task::block_in_place(|| server.start_again());
    let mut figures = Figures::default();
    for course in &courses {
        figures.add(course, course.found(&store).await);
    }
    figures
}

fn rounds() -> u32 {
    env::var("SESSION_ENDURE_ROUNDS").map_or(1, |rounds| rounds.parse().expect("a number of rounds"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_no_acknowledged_write() {
    let server = OwnServer::take();
    for number in 1..=rounds() {
        let figures = round(&server, "").await;
        println!("kill {number}: {figures:?}");
        assert!(figures.acknowledged > 1_000, "{figures:?}");
        assert_eq!((figures.lost, figures.neither), (0, 0), "{figures:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_without_synchronous_commit_leaves_no_half_write() {
    let server = OwnServer::take();
    for number in 1..=rounds() {
        let figures = round(&server, "-csynchronous_commit%3Doff").await;
        println!("kill {number}, synchronous_commit = off: {figures:?}");
        assert_eq!(figures.neither, 0, "{figures:?}");
    }
}
