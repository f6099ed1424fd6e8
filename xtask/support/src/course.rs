//! The steps of a session, and their comparison with the session that is found after a fault.

use std::future::ready;
use std::time::{Duration, Instant};

use futures_util::{StreamExt as _, stream};
use session_core::store::{
    Created, Loaded, Record, SessionStore, StoreError, StoreErrorKind, StoreKey, Written,
};

use crate::records::{NOW, record, version};

/// The number of sessions that are looked at at once.
const AT_ONCE: usize = 64;

/// A session of a task, and the steps of it that were acknowledged.
#[derive(Debug)]
pub struct Course {
    /// The keys before and after the rename.
    keys: [StoreKey; 2],
    /// 1: created. 2: updated. 3: renamed. 4: deleted.
    acknowledged: u8,
    /// The outcome of the next step did not follow from those before, because one of them was lost.
    is_contradicted: bool,
    /// The failure of the next step.
    failure: Option<StoreErrorKind>,
    /// The time of the step that took longest.
    longest: Duration,
}

/// The counts of one round.
#[derive(Debug, Default)]
pub struct Figures {
    /// The acknowledged writes.
    pub acknowledged: u64,
    /// The writes whose call failed, and which may have taken effect.
    pub unknown: u64,
    /// Those of them whose call failed because the disk was full.
    pub full: u64,
    /// Those of them that have taken effect.
    pub unknown_but_done: u64,
    /// Those of them that have taken effect, although the disk was full.
    pub full_but_done: u64,
    /// The acknowledged writes that are not there.
    pub lost: u64,
    /// The sessions in a state that no write leads to.
    pub neither: u64,
    /// The time of the call that took longest.
    pub longest: Duration,
}

impl Course {
    pub(crate) fn new() -> Self {
        let first = random_key();
        let keys = [first, random_key_like(&first)];
        Self { keys, acknowledged: 0, is_contradicted: false, failure: None, longest: Duration::ZERO }
    }

    /// Makes the steps one by one, until one fails.
    pub(crate) async fn run(&mut self, store: &impl SessionStore, last: u8) -> Result<(), StoreError> {
        for step in 1..=last {
            let begun = Instant::now();
            let outcome = self.make(step, store).await;
            self.longest = self.longest.max(begun.elapsed());
            match outcome {
                Ok(true) => self.acknowledged = step,
                Ok(false) => {
                    self.is_contradicted = true;
                    break;
                }
                Err(error) => {
                    self.failure = Some(error.kind);
                    return Err(error);
                }
            }
        }
        Ok(())
    }

    /// Makes a step. Tells whether its outcome is the one that follows from the steps before.
    async fn make(&self, step: u8, store: &impl SessionStore) -> Result<bool, StoreError> {
        let ([old, new], next) = (self.keys, record(step.into()));
        match step {
            1 => Ok(store.create(&old, &next, NOW).await? == Created::Done),
            2 => Ok(store.update(&old, &next, version(1), NOW).await? == Written::Done),
            3 => Ok(store.rename(&old, &new, &next, version(2), NOW).await? == Written::Done),
            _ => store.delete(&new).await.map(|()| true),
        }
    }

    /// Returns the last step that took effect, or `None` if the session is in a state that no step leads to.
    async fn found(&self, store: &impl SessionStore) -> Option<u8> {
        let [old, new] = self.keys;
        let is_of = |found: &Record, step: u8| *found == record(step.into());
        match [store.load(&old, NOW).await.unwrap(), store.load(&new, NOW).await.unwrap()] {
            [Loaded::Found(found), Loaded::Absent] if is_of(&found, 1) => Some(1),
            [Loaded::Found(found), Loaded::Absent] if is_of(&found, 2) => Some(2),
            [Loaded::Moved { .. }, Loaded::Found(found)] if is_of(&found, 3) => Some(3),
            [Loaded::Absent, Loaded::Absent] if self.may_be_deleted() => Some(4),
            [Loaded::Absent, Loaded::Absent] => Some(0),
            _ => None,
        }
    }

    /// Tells whether the session may be absent because it was deleted.
    fn may_be_deleted(&self) -> bool {
        self.acknowledged + u8::from(self.is_unknown()) >= 4
    }

    /// Tells whether the next step may have taken effect.
    const fn is_unknown(&self) -> bool {
        self.failure.is_some()
    }
}

impl Figures {
    /// Compares the sessions in the store with what was acknowledged.
    pub async fn of(courses: &[Course], store: &impl SessionStore) -> Self {
        let found = stream::iter(courses).map(async |course| (course, course.found(store).await));
        let add = |mut figures: Self, (course, found)| {
            figures.add(course, found);
            ready(figures)
        };
        found.buffer_unordered(AT_ONCE).fold(Self::default(), add).await
    }

    fn add(&mut self, course: &Course, found: Option<u8>) {
        self.acknowledged += u64::from(course.acknowledged);
        self.unknown += u64::from(course.is_unknown());
        self.longest = self.longest.max(course.longest);
        let is_full = u64::from(course.failure == Some(StoreErrorKind::Full));
        self.full += is_full;
        match found {
            _ if course.is_contradicted => self.lost += 1,
            Some(found) if found == course.acknowledged => {}
            Some(found) if course.is_unknown() && found == course.acknowledged + 1 => {
                self.unknown_but_done += 1;
                self.full_but_done += is_full;
            }
            Some(found) if found < course.acknowledged => self.lost += u64::from(course.acknowledged - found),
            _ => self.neither += 1,
        }
    }
}

/// Returns a key that nobody else has.
pub fn random_key() -> StoreKey {
    StoreKey::from_bytes([(); StoreKey::BYTES].map(|()| rand::random()))
}

/// Returns a key that nobody else has, with the placement of another one, as a renamed session gets it.
pub fn random_key_like(other: &StoreKey) -> StoreKey {
    let mut bytes = *random_key().as_bytes();
    bytes[..2].copy_from_slice(&other.placement());
    StoreKey::from_bytes(bytes)
}
