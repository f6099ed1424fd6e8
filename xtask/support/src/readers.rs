//! Tasks that load one session all the time, and notice when a load is stale.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use session_core::store::{Loaded, SessionStore, StoreErrorKind};
use tokio::task::JoinHandle;

use crate::records::{NOW, key, text};

const TASKS: u64 = 8;

/// The pause after a load that failed. The next one opens a connection, which costs both sides a lot.
const PAUSE: Duration = Duration::from_millis(50);

/// Tasks that load the session `key(1)` through one store.
#[derive(Debug)]
pub struct Readers {
    tasks: Vec<JoinHandle<Counts>>,
    flags: Arc<Flags>,
}

#[derive(Debug, Default)]
struct Flags {
    /// A load that begins from now on and finds the session is stale.
    is_forbidden: AtomicBool,
    is_over: AtomicBool,
}

/// The numbers of loads, by outcome.
#[derive(Debug, Default)]
pub struct Counts {
    /// The session was found.
    pub found: u64,
    /// The session was absent.
    pub absent: u64,
    /// Found, although that was forbidden.
    pub stale: u64,
    /// Failed, because the server was unavailable.
    pub refused: u64,
}

impl Readers {
    /// Starts the tasks.
    pub fn start(store: &(impl SessionStore + Clone + 'static)) -> Self {
        let flags = Arc::new(Flags::default());
        let task = |_| tokio::spawn(read(store.clone(), Arc::clone(&flags)));
        Self { tasks: (0..TASKS).map(task).collect(), flags }
    }

    /// Counts each load as stale that begins from now on and finds the session.
    pub fn forbid_the_session(&self) {
        self.flags.is_forbidden.store(true, Ordering::SeqCst);
    }

    /// Ends the tasks, and returns the sums of their counts.
    pub async fn end(self) -> Counts {
        self.flags.is_over.store(true, Ordering::SeqCst);
        let mut sum = Counts::default();
        for task in self.tasks {
            let counts = task.await.unwrap();
            sum.found += counts.found;
            sum.absent += counts.absent;
            sum.stale += counts.stale;
            sum.refused += counts.refused;
        }
        sum
    }
}

async fn read(store: impl SessionStore, flags: Arc<Flags>) -> Counts {
    let mut counts = Counts::default();
    while !flags.is_over.load(Ordering::SeqCst) {
        let is_forbidden = flags.is_forbidden.load(Ordering::SeqCst);
        match store.load(&key(1), NOW).await {
            Ok(Loaded::Found(_)) if is_forbidden => counts.stale += 1,
            Ok(Loaded::Found(_)) => counts.found += 1,
            Ok(_) => counts.absent += 1,
            Err(error) => {
                assert_eq!(error.kind, StoreErrorKind::Unavailable, "{}", text(&error));
                counts.refused += 1;
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    counts
}
