//! Tasks that write until their server fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use session_core::store::{SessionStore, StoreErrorKind};
use tokio::task::JoinHandle;

use crate::course::Course;
use crate::records::text;

const TASKS: u64 = 64;

/// Tasks that write through one store.
#[derive(Debug)]
pub struct Writers {
    tasks: Vec<JoinHandle<Vec<Course>>>,
    is_over: Arc<AtomicBool>,
}

impl Writers {
    /// Starts the tasks.
    pub fn start(store: &(impl SessionStore + Clone + 'static)) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let task = |_| tokio::spawn(write(store.clone(), Arc::clone(&is_over)));
        Self { tasks: (0..TASKS).map(task).collect(), is_over }
    }

    /// Ends the tasks, each at the end of a session or at its first failure, and returns all sessions.
    pub async fn end(self) -> Vec<Course> {
        self.is_over.store(true, Ordering::Relaxed);
        self.failed().await
    }

    /// Waits until a call of each task has failed, and returns all sessions.
    pub async fn failed(self) -> Vec<Course> {
        let mut courses = Vec::new();
        for task in self.tasks {
            courses.extend(task.await.unwrap());
        }
        courses
    }
}

/// Writes until a call fails. Every fourth session is deleted in the end.
async fn write(store: impl SessionStore, is_over: Arc<AtomicBool>) -> Vec<Course> {
    let mut courses = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        let mut course = Course::new();
        let last = if courses.len() % 4 == 3 { 4 } else { 3 };
        let outcome = course.run(&store, last).await;
        courses.push(course);
        if let Err(error) = outcome {
            let is_expected = matches!(error.kind, StoreErrorKind::Unavailable | StoreErrorKind::Full);
            assert!(is_expected, "{}", text(&error));
            break;
        }
    }
    courses
}
