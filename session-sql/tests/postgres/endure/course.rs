//! The steps of a session, and their comparison with the session that is found after a fault.

use session_core::store::{Created, Loaded, Record, SessionStore as _, StoreError, StoreKey, Written};
use session_sql::PostgresStore;

use crate::scene::{NOW, record, version};

/// A session of a task, and the steps of it that were acknowledged.
pub(crate) struct Course {
    /// The keys before and after the rename.
    keys: [StoreKey; 2],
    /// 1: created. 2: updated. 3: renamed. 4: deleted.
    acknowledged: u8,
    /// The next step was asked for, and its outcome is unknown.
    is_unknown: bool,
}

/// The counts of one round.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    pub(crate) acknowledged: u64,
    pub(crate) unknown: u64,
    pub(crate) unknown_but_done: u64,
    pub(crate) lost: u64,
    pub(crate) neither: u64,
}

impl Course {
    pub(crate) fn new() -> Self {
        let keys = [(); 2].map(|()| StoreKey::from_bytes([(); StoreKey::BYTES].map(|()| rand::random())));
        Self { keys, acknowledged: 0, is_unknown: false }
    }

    /// Makes the steps one by one, until one fails.
    pub(crate) async fn run(&mut self, store: &PostgresStore, last: u8) -> Result<(), StoreError> {
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
            [Loaded::Absent, Loaded::Absent] if self.may_be_deleted() => Some(4),
            [Loaded::Absent, Loaded::Absent] => Some(0),
            _ => None,
        }
    }

    const fn may_be_deleted(&self) -> bool {
        self.acknowledged + self.is_unknown as u8 >= 4
    }
}

impl Figures {
    /// Compares the sessions in the store with what was acknowledged.
    pub(crate) async fn of(courses: &[Course], store: &PostgresStore) -> Self {
        let mut figures = Self::default();
        for course in courses {
            figures.add(course, course.found(store).await);
        }
        figures
    }

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
