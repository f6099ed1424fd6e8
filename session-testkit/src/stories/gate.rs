//! A place where one side of a race waits until the story lets it on.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Longer than any request takes on a slow machine. A story that fails is better than one that hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Whoever comes here says so and waits. Clones are the same gate; who came first goes on first.
#[derive(Clone, Debug)]
pub struct Gate {
    arrivals: Arc<Semaphore>,
    passes: Arc<Semaphore>,
}

impl Gate {
    /// A gate that is shut, with nobody there.
    #[must_use]
    pub fn new() -> Self {
        Self { arrivals: Arc::new(Semaphore::new(0)), passes: Arc::new(Semaphore::new(0)) }
    }

    /// Comes to the gate, and waits for it to be opened; panics if nobody does.
    pub async fn pass(&self) {
        let mut pass = pin!(self.passes.acquire());
        // Who is said to have come stands in the queue already, or one that comes later might go on first.
        let at_once = poll_fn(|context| Poll::Ready(pass.as_mut().poll(context))).await;
        self.arrivals.add_permits(1);
        let passed = match at_once {
            Poll::Ready(passed) => passed,
            Poll::Pending => timeout(PATIENCE, pass).await.expect("nobody opened the gate"),
        };
        passed.expect("a gate is never closed for good").forget();
    }

    /// Waits for one to come; panics if none does.
    pub async fn arrived(&self) {
        let arrival = timeout(PATIENCE, self.arrivals.acquire()).await;
        arrival.expect("nobody came to the gate").expect("a gate is never closed for good").forget();
    }

    /// Lets one on.
    pub fn open(&self) {
        self.passes.add_permits(1);
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}
