//! Calls of one kind that share a statement.
//!
//! ```text
//!                 no more calls than connections
//! call ─▶ Batcher ──────────────────────────────▶ its own statement, on the caller's task
//!            │ more
//!            ▼
//!         waiting ─▶ a task lends a connection, takes the calls that wait by then,
//!                    runs ONE statement, and gives each caller its own outcome
//! ```
//!
//! No call waits for company: batches grow only as fast as calls have to wait. The more calls there are, the
//! fewer statements run at once, because fewer and larger ones cost less. A statement that takes long is not
//! counted, so that those that wait for a lock or a connection keep no other calls back.
//!
//! A caller that is dropped while it waits takes its call with it. If its statement runs already, the
//! statement goes on.

mod call;
mod kind;
mod queue;
#[cfg(any(feature = "mysql", feature = "sqlite"))]
mod sizes;

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Notify, oneshot};
use tokio::task::yield_now;
use tokio::time::timeout;

use crate::deadline::within;
use crate::failure::Failure;
use queue::{Reply, State, Waiting};

pub(crate) use call::{Call, Load, Update};
pub(crate) use kind::Batch;
pub(crate) use queue::BatchLimits;
#[cfg(any(feature = "mysql", feature = "sqlite"))]
pub(crate) use sizes::Sizes;

/// The number of bytes of records from which on no further call is added to a statement. The last one that is
/// added may be as large as a record can be.
pub(crate) const LARGEST_BYTES: usize = 1 << 20;

/// The time after which a statement, with the wait for its connection, is slow.
const SLOW: Duration = Duration::from_millis(50);

/// The calls of one kind.
pub(crate) struct Batcher<B: Batch>(Arc<Inner<B>>);

struct Inner<B: Batch> {
    batch: B,
    limits: BatchLimits,
    state: Mutex<State<B>>,
    /// Notified when no statement runs and no call waits.
    is_idle: Notify,
}

/// The way in which a call is made.
enum Entry<B: Batch> {
    /// Alone. The statement is not counted if the store is closing, or if another call with its key waits.
    Alone(Option<Statement<B>>),
    Waits(oneshot::Receiver<Reply<B::Outcome>>),
}

/// A statement that runs. When it ends, the next one is begun.
struct Statement<B: Batch> {
    inner: Arc<Inner<B>>,
    calls: usize,
}

/// The calls of a statement, and where their replies go.
struct Taken<B: Batch> {
    calls: Vec<B::Call>,
    replies: Vec<oneshot::Sender<Reply<B::Outcome>>>,
}

impl<B: Batch> Batcher<B> {
    pub(crate) fn new(batch: B, limits: BatchLimits) -> Self {
        let (state, is_idle) = (Mutex::new(State::new()), Notify::new());
        Self(Arc::new(Inner { batch, limits, state, is_idle }))
    }

    /// Makes a call: by awaiting `alone`, or together with others.
    pub(crate) async fn call(
        &self,
        call: impl FnOnce() -> B::Call,
        alone: impl Future<Output = Result<B::Outcome, Failure>>,
    ) -> Result<B::Outcome, Failure> {
        let reply = match self.0.enter(call) {
            Entry::Alone(_statement) => return alone.await,
            Entry::Waits(reply) => reply.await,
        };
        match reply {
            Ok(Reply::Done(outcome)) => Ok(outcome),
            Ok(Reply::Alone) => alone.await,
            Ok(Reply::Failed(failure)) => Err(Failure::OfBatch(failure)),
            // The runtime of another caller was shut down, and its tasks were dropped.
            Err(_) => match B::failure_of_all(Failure::Ended) {
                Some(failure) => Err(failure),
                None => alone.await,
            },
        }
    }

    /// Waits until all calls that were begun are done. Calls that come later are made alone.
    pub(crate) async fn close(&self) {
        self.0.state().is_closing = true;
        loop {
            let is_idle = self.0.is_idle.notified();
            let mut is_idle = pin!(is_idle);
            is_idle.as_mut().enable();
            if self.0.state().is_idle() {
                return;
            }
            is_idle.await;
        }
    }
}

impl<B: Batch> Inner<B> {
    /// Decides how a call is made.
    fn enter(self: &Arc<Self>, call: impl FnOnce() -> B::Call) -> Entry<B> {
        if self.limits.calls <= 1 {
            return Entry::Alone(None);
        }
        let mut state = self.state();
        if state.is_closing {
            return Entry::Alone(None);
        }
        if state.peak.max(state.all_calls() + 1) <= self.limits.statements {
            return Entry::Alone(Some(self.begin(&mut state)));
        }
        let call = call();
        if call.only_key().is_some_and(|key| !state.keys.insert(key)) {
            return Entry::Alone(None);
        }
        let (reply, receiver) = oneshot::channel();
        state.push(Waiting { call, reply, runtime: Handle::current() });
        drop(state);
        self.begin_next();
        Entry::Waits(receiver)
    }

    /// Counts a statement for one call.
    fn begin(self: &Arc<Self>, state: &mut State<B>) -> Statement<B> {
        state.statements += 1;
        state.calls += 1;
        Statement { inner: Arc::clone(self), calls: 1 }
    }

    /// Begins statements while calls wait and not too many run.
    fn begin_next(self: &Arc<Self>) {
        let mut state = self.state();
        if state.is_beginning {
            return;
        }
        while state.has_room(self.limits)
            && let Some(first) = state.next()
        {
            let statement = self.begin(&mut state);
            state.is_beginning = true;
            drop(state);
            // A runtime that is shut down drops the task at once, which counts the statement out again.
            first.runtime.clone().spawn(statement.run(first));
            state = self.state();
            state.is_beginning = false;
        }
        if state.is_idle() {
            self.is_idle.notify_waiters();
        }
    }

    fn state(&self) -> MutexGuard<'_, State<B>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<B: Batch> Statement<B> {
    /// Makes the first call, together with those that wait when the connection is there.
    async fn run(mut self, first: Waiting<B>) {
        // Callers that were answered at the same time can add their next calls.
        yield_now().await;
        let inner = Arc::clone(&self.inner);
        let mut taken = Taken { calls: vec![first.call], replies: vec![first.reply] };
        let work = within(inner.limits.timeout, async {
            let lease = inner.batch.lend().await?;
            self.take(&mut taken);
            if taken.calls.is_empty() {
                // The caller has gone while there was no connection.
                return Ok(Vec::new());
            }
            inner.batch.run(lease, &taken.calls).await
        });
        let outcomes = patiently(&inner, work).await;
        // The next statement begins before the callers continue.
        drop(self);
        taken.reply(outcomes);
    }

    /// Takes the calls that wait, up to the limits, and leaves the first one out if its caller has gone.
    fn take(&mut self, taken: &mut Taken<B>) {
        let mut state = self.inner.state();
        if taken.replies[0].is_closed() {
            (taken.calls, taken.replies) = (Vec::new(), Vec::new());
        }
        // No two calls that wait have the same key, but one of them can have the first one's.
        let first_key = taken.calls.first().and_then(Call::only_key);
        let mut bytes = taken.calls.first().map_or(0, Call::bytes);
        while taken.calls.len() < self.inner.limits.calls
            && bytes < LARGEST_BYTES
            && let Some(next) = state.next()
        {
            if first_key.is_some() && next.call.only_key() == first_key {
                let _ = next.reply.send(Reply::Alone);
                continue;
            }
            bytes += next.call.bytes();
            taken.calls.push(next.call);
            taken.replies.push(next.reply);
        }
        state.calls = state.calls + taken.calls.len() - self.calls;
        self.calls = taken.calls.len();
    }
}

/// Awaits the work of a statement. Once it is slow, others are begun as if it did not run.
async fn patiently<B: Batch, T>(inner: &Arc<Inner<B>>, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    if let Ok(done) = timeout(SLOW, work.as_mut()).await {
        return done;
    }
    let _slow = Slow::new(inner);
    work.await
}

/// A slow statement.
struct Slow<'i, B: Batch>(&'i Arc<Inner<B>>);

impl<'i, B: Batch> Slow<'i, B> {
    fn new(inner: &'i Arc<Inner<B>>) -> Self {
        inner.state().slow += 1;
        inner.begin_next();
        Self(inner)
    }
}

impl<B: Batch> Drop for Slow<'_, B> {
    fn drop(&mut self) {
        self.0.state().slow -= 1;
    }
}

impl<B: Batch> Drop for Statement<B> {
    fn drop(&mut self) {
        let mut state = self.inner.state();
        state.statements -= 1;
        state.calls -= self.calls;
        state.peak = state.all_calls().max(state.peak - state.peak.div_ceil(8));
        drop(state);
        self.inner.begin_next();
    }
}

impl<B: Batch> Taken<B> {
    /// Gives each caller its outcome. Callers that have gone are left out.
    fn reply(self, outcomes: Result<Vec<Option<B::Outcome>>, Failure>) {
        match outcomes {
            Ok(outcomes) => {
                for (reply, outcome) in self.replies.into_iter().zip(outcomes) {
                    let _ = reply.send(outcome.map_or(Reply::Alone, Reply::Done));
                }
            }
            Err(failure) => {
                let failure = B::failure_of_all(failure).map(Arc::new);
                for reply in self.replies {
                    let _ = reply.send(failure.clone().map_or(Reply::Alone, Reply::Failed));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
