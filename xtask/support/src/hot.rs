//! Sessions that tasks with several stores change at the same time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use session_core::store::{Created, Loaded, Record, SessionStore, StoreKey, Version, Written};
use tokio::task::JoinHandle;

use crate::course::{random_key, random_key_like};
use crate::records::{NOW, record};

const SESSIONS: usize = 4;
const TASKS: usize = 12;
/// Every fifth write is a rename.
const RENAME: u32 = 5;
/// The number of times that a task looks for a session that is being renamed.
const LOOKS: usize = 50;

/// Some sessions, and the tasks that change them.
#[derive(Debug)]
pub struct HotSessions<S> {
    sessions: Arc<[Hot; SESSIONS]>,
    tasks: Vec<JoinHandle<Member<S>>>,
    is_over: Arc<AtomicBool>,
}

/// A session, by all keys that it may have. The last ones may never come to be its keys.
#[derive(Debug)]
struct Hot(Mutex<Vec<StoreKey>>);

/// A task, which counts its writes in a place of its own in the session's payload.
#[derive(Debug)]
struct Member<S> {
    number: usize,
    /// The stores that the task uses by turns: it writes through another store than it has read through.
    stores: [S; 2],
    turn: u32,
    /// The writes that are known to be done.
    done: u32,
    /// The version that a write expected whose outcome is unknown.
    pending: Option<Version>,
    /// The times at which writes were acknowledged.
    times: Vec<Instant>,
    figures: HotFigures,
}

/// The counts of the tasks.
#[derive(Debug, Default)]
pub struct HotFigures {
    /// The writes that were acknowledged.
    pub acknowledged: u64,
    /// The writes that were refused, because the session had changed.
    pub refused: u64,
    /// The writes whose call failed, and which may have taken effect.
    pub unknown: u64,
    /// The loads that did not show a write that had been acknowledged to the same task.
    pub stale: u64,
    /// The writes that were refused, and are there.
    pub refused_but_kept: u64,
    /// The acknowledged writes that are not there in the end.
    pub lost: u64,
    /// The longest time between two writes that were acknowledged on stores without a fault.
    pub stall: Duration,
}

impl<S: SessionStore + Clone + 'static> HotSessions<S> {
    /// Creates the sessions and starts the tasks. Each task uses two of the stores.
    pub async fn start(stores: &[S]) -> Self {
        let sessions = Arc::new([(); SESSIONS].map(|()| Hot(Mutex::new(vec![random_key()]))));
        for hot in sessions.iter() {
            let mut first = record(0);
            first.payload = vec![0; TASKS * 4].into();
            assert_eq!(stores[0].create(&hot.keys()[0], &first, NOW).await.unwrap(), Created::Done);
        }
        let is_over = Arc::new(AtomicBool::new(false));
        let start = |number: usize| {
            let stores = Member::<S>::uses(number, stores.len()).map(|place| stores[place].clone());
            let member = Member::new(number, stores);
            tokio::spawn(member.write(Arc::clone(&sessions), Arc::clone(&is_over)))
        };
        Self { tasks: (0..TASKS).map(start).collect(), sessions: Arc::clone(&sessions), is_over }
    }

    /// Ends the tasks, and compares what each store shows with what was acknowledged. `faulty` is the store
    /// to which the fault happened; those who used it do not count for the stall.
    pub async fn end(self, stores: &[S], faulty: Option<usize>) -> HotFigures {
        self.is_over.store(true, Ordering::Relaxed);
        let mut figures = HotFigures::default();
        let mut times = Vec::new();
        for task in self.tasks {
            let mut member = task.await.unwrap();
            let hot = &self.sessions[member.number % SESSIONS];
            for store in stores {
                let (_, found) = hot.load(store).await.expect("the session is there in the end");
                member.compare_in_the_end(&found);
            }
            figures.add(&member.figures);
            if !Member::<S>::uses(member.number, stores.len()).map(Some).contains(&faulty) {
                times.append(&mut member.times);
            }
        }
        times.sort_unstable();
        figures.stall = times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default();
        figures
    }
}

impl Hot {
    fn keys(&self) -> Vec<StoreKey> {
        self.0.lock().unwrap().clone()
    }

    /// Finds the session under one of its keys, or returns `None` if a call fails.
    async fn load(&self, store: &impl SessionStore) -> Option<(StoreKey, Record)> {
        for _ in 0..LOOKS {
            for key in self.keys().into_iter().rev() {
                if let Loaded::Found(found) = store.load(&key, NOW).await.ok()? {
                    self.forget_before(key);
                    return Some((key, found));
                }
            }
        }
        panic!("a session is nowhere");
    }

    /// Notes that the session may come to have this key.
    fn expect(&self, key: StoreKey) {
        self.0.lock().unwrap().push(key);
    }

    /// Notes that the session has this key, so that no rename from an earlier one can succeed any more.
    fn forget_before(&self, key: StoreKey) {
        let mut keys = self.0.lock().unwrap();
        if let Some(place) = keys.iter().position(|known| *known == key) {
            keys.drain(..place);
        }
    }

    /// Notes that the session will never have this key.
    fn forget(&self, key: StoreKey) {
        self.0.lock().unwrap().retain(|known| *known != key);
    }
}

impl<S: SessionStore + Clone> Member<S> {
    /// Returns the places of the two stores that a task uses.
    const fn uses(number: usize, stores: usize) -> [usize; 2] {
        [number % stores, (number + 1) % stores]
    }

    fn new(number: usize, stores: [S; 2]) -> Self {
        Self {
            number,
            stores,
            turn: 0,
            done: 0,
            pending: None,
            times: Vec::new(),
            figures: HotFigures::default(),
        }
    }

    async fn write(mut self, sessions: Arc<[Hot; SESSIONS]>, is_over: Arc<AtomicBool>) -> Self {
        let hot = &sessions[self.number % SESSIONS];
        while !is_over.load(Ordering::Relaxed) {
            self.turn += 1;
            self.write_once(hot).await;
        }
        self
    }

    async fn write_once(&mut self, hot: &Hot) {
        let [reads, writes] = [0, 1].map(|place| self.stores[(self.turn as usize + place) % 2].clone());
        let Some((key, found)) = hot.load(&reads).await else { return };
        if !self.compare(&found) {
            return;
        }
        let next = self.next(&found);
        let outcome = if self.turn.is_multiple_of(RENAME) {
            let new = random_key_like(&key);
            hot.expect(new);
            let outcome = writes.rename(&key, &new, &next, found.version, NOW).await;
            if matches!(outcome, Ok(Written::Conflict(_) | Written::Gone)) {
                hot.forget(new);
            }
            outcome
        } else {
            writes.update(&key, &next, found.version, NOW).await
        };
        match outcome {
            Ok(Written::Done) => {
                self.done += 1;
                self.figures.acknowledged += 1;
                self.times.push(Instant::now());
            }
            Ok(_) => self.figures.refused += 1,
            Err(_) => (self.pending, self.figures.unknown) = (Some(found.version), self.figures.unknown + 1),
        }
    }

    /// Compares a record with the writes of this task. Returns false if the record is stale.
    fn compare(&mut self, found: &Record) -> bool {
        let is_stale = self.missing(found) > 0;
        if is_stale {
            self.figures.stale += 1;
        } else {
            self.resolve(found);
        }
        !is_stale
    }

    fn compare_in_the_end(&mut self, found: &Record) {
        let missing = self.missing(found);
        if missing > 0 {
            self.figures.lost += u64::from(missing);
        } else {
            self.resolve(found);
        }
    }

    /// Returns the number of known writes that a record does not have.
    fn missing(&self, found: &Record) -> u32 {
        self.done.saturating_sub(count(found, self.number))
    }

    /// Notes what a record that has all known writes tells of the others.
    fn resolve(&mut self, found: &Record) {
        let there = count(found, self.number);
        let is_known = there == self.done;
        if !is_known && self.pending.is_none() || there > self.done + 1 {
            self.figures.refused_but_kept += 1;
        }
        // A write whose version has been replaced has taken effect by now, or never will.
        if !is_known || self.pending.is_some_and(|expected| expected != found.version) {
            self.pending = None;
        }
        self.done = there;
    }

    /// Returns the record with one more write of this task.
    fn next(&self, found: &Record) -> Record {
        let mut payload = found.payload.to_vec();
        payload[place(self.number)].copy_from_slice(&(self.done + 1).to_be_bytes());
        Record { payload: payload.into(), version: Version::from_bits(rand::random()), ..found.clone() }
    }
}

impl HotFigures {
    fn add(&mut self, other: &Self) {
        self.acknowledged += other.acknowledged;
        self.refused += other.refused;
        self.unknown += other.unknown;
        self.stale += other.stale;
        self.refused_but_kept += other.refused_but_kept;
        self.lost += other.lost;
    }
}

/// Returns the place of a task's count in the payload.
fn place(number: usize) -> std::ops::Range<usize> {
    number * 4..(number + 1) * 4
}

fn count(record: &Record, number: usize) -> u32 {
    u32::from_be_bytes(record.payload[place(number)].try_into().unwrap())
}
