//! A place where one side of a race waits until the test lets it on.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Longer than any request takes on a slow machine. A test that fails is better than one that hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// Whoever comes here says so and waits. Clones are the same gate; who came first goes on first.
#[derive(Clone, Debug)]
pub(crate) struct Gate {
    arrivals: Arc<Semaphore>,
    passes: Arc<Semaphore>,
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self { arrivals: Arc::new(Semaphore::new(0)), passes: Arc::new(Semaphore::new(0)) }
    }

    /// Comes to the gate, and waits for it to be opened; fails if nobody does.
    pub(crate) async fn pass(&self) {
        self.arrivals.add_permits(1);
        let pass = timeout(PATIENCE, self.passes.acquire()).await;
        pass.expect("nobody opened the gate").expect("a gate is never closed for good").forget();
    }

    /// Waits for one to come; fails if none does.
    pub(crate) async fn arrived(&self) {
        let arrival = timeout(PATIENCE, self.arrivals.acquire()).await;
        arrival.expect("nobody came to the gate").expect("a gate is never closed for good").forget();
    }

    /// Lets one on.
    pub(crate) fn open(&self) {
        self.passes.add_permits(1);
    }
}

/// Comes to a gate when it is dropped: a request that holds one has ended, or was given up.
#[derive(Debug)]
pub(crate) struct DropSignal(pub(crate) Gate);

impl Drop for DropSignal {
    fn drop(&mut self) {
        self.0.arrivals.add_permits(1);
    }
}
