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
//! fewer statements run at once, because fewer and larger ones cost less.
//!
//! A caller that is dropped while it waits takes its call with it. If its statement runs already, the
//! statement goes on.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use session_core::store::StoreKey;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::yield_now;

use crate::deadline::within;
use crate::failure::Failure;

/// The largest number of calls in a statement: more are hardly faster, and make each of them wait longer.
pub(crate) const LARGEST_BATCH: u32 = 64;

/// The number of bytes of records from which on no further call is added to a statement.
const LARGEST_BYTES: usize = 1 << 20;

/// A statement for several calls of one kind.
pub(crate) trait Batch: Send + Sync + 'static {
    type Call: Send + Sync + 'static;
    type Outcome: Send + 'static;
    type Lease: Send;

    /// Lends the connection for a statement.
    fn lend(&self) -> impl Future<Output = Result<Self::Lease, Failure>> + Send;

    /// Runs one statement for the calls, and returns the outcome of each, in their order.
    fn run(
        &self,
        lease: Self::Lease,
        calls: &[Self::Call],
    ) -> impl Future<Output = Result<Vec<Self::Outcome>, Failure>> + Send;

    /// Returns the failure of each call of a statement that failed. If nothing was done, returns `None`, and
    /// each call is made alone: then only the one at fault fails.
    fn failure_of_all(failure: Failure) -> Option<Failure>;

    /// Returns the key that only one call of a statement may have.
    fn only_key(_: &Self::Call) -> Option<&StoreKey> {
        None
    }

    /// Returns the number of bytes that a call adds to a statement.
    fn bytes(_: &Self::Call) -> usize {
        0
    }
}

/// The limits of the batches of one kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchLimits {
    /// The largest number of statements at once, at least 1.
    pub(crate) statements: usize,
    /// The largest number of calls in a statement. With 1, no calls share one.
    pub(crate) calls: usize,
    /// The longest time for a statement.
    pub(crate) timeout: Duration,
}

/// The calls of one kind.
pub(crate) struct Batcher<B: Batch>(Arc<Inner<B>>);

struct Inner<B: Batch> {
    batch: B,
    limits: BatchLimits,
    state: Mutex<State<B>>,
}

struct State<B: Batch> {
    waiting: VecDeque<Waiting<B>>,
    /// The number of statements that run, and of the calls that they are for.
    statements: usize,
    calls: usize,
    /// The largest number of calls of late, waiting or in a statement. It goes down slowly, because many
    /// callers that are answered at once will make their next calls at once.
    peak: usize,
    /// Set while a loop begins statements. It looks again after each, so no other loop is needed.
    is_beginning: bool,
}

/// A call that waits to be made with others.
struct Waiting<B: Batch> {
    call: B::Call,
    reply: oneshot::Sender<Reply<B::Outcome>>,
    /// The runtime of the caller, which makes the call.
    runtime: Handle,
}

/// The reply to a call that has waited.
enum Reply<T> {
    Done(T),
    /// Nothing was done, so the caller makes its call alone.
    Alone,
    Failed(Arc<Failure>),
}

/// A statement that runs. When it ends, the next one is begun.
struct Statement<B: Batch> {
    inner: Arc<Inner<B>>,
    calls: usize,
}

impl<B: Batch> Batcher<B> {
    pub(crate) fn new(batch: B, limits: BatchLimits) -> Self {
        let state = Mutex::new(State {
            waiting: VecDeque::new(),
            statements: 0,
            calls: 0,
            peak: 0,
            is_beginning: false,
        });
        Self(Arc::new(Inner { batch, limits, state }))
    }

    /// Makes a call: by awaiting `alone`, or together with others.
    pub(crate) async fn call(
        &self,
        call: impl FnOnce() -> B::Call,
        alone: impl Future<Output = Result<B::Outcome, Failure>>,
    ) -> Result<B::Outcome, Failure> {
        if let Some(_statement) = self.0.enter() {
            return alone.await;
        }
        match self.0.wait(call()).await {
            Ok(Reply::Done(outcome)) => Ok(outcome),
            Ok(Reply::Alone) => alone.await,
            Ok(Reply::Failed(failure)) => Err(Failure::OfBatch(failure)),
            // The task was dropped, because the runtime of another caller was shut down.
            Err(_) => Err(Failure::Closed),
        }
    }
}

impl<B: Batch> Inner<B> {
    /// Returns the statement of a call that need not wait.
    fn enter(self: &Arc<Self>) -> Option<Statement<B>> {
        let mut state = self.state();
        let is_alone =
            self.limits.calls <= 1 || state.peak.max(state.all_calls() + 1) <= self.limits.statements;
        is_alone.then(|| self.begin(&mut state))
    }

    /// Waits for the reply to a call.
    fn wait(self: &Arc<Self>, call: B::Call) -> oneshot::Receiver<Reply<B::Outcome>> {
        let (reply, receiver) = oneshot::channel();
        let mut state = self.state();
        state.waiting.push_back(Waiting { call, reply, runtime: Handle::current() });
        state.peak = state.peak.max(state.all_calls());
        drop(state);
        self.begin_next();
        receiver
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
        while state.statements < self.limits.statements_for(state.peak)
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
    }

    fn state(&self) -> MutexGuard<'_, State<B>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BatchLimits {
    /// Returns how many statements run at once for this number of calls.
    ///
    /// While no call has to wait, each has its own. From then on fewer run, down to two: one that the server
    /// works on, and one that is on its way.
    fn statements_for(self, calls: usize) -> usize {
        let fewest = self.statements.min(2);
        (self.statements * self.statements / calls.max(1)).clamp(fewest, self.statements)
    }
}

impl<B: Batch> State<B> {
    fn all_calls(&self) -> usize {
        self.calls + self.waiting.len()
    }

    /// Returns the next call whose caller still waits for it.
    fn next(&mut self) -> Option<Waiting<B>> {
        loop {
            let next = self.waiting.pop_front()?;
            if !next.reply.is_closed() {
                return Some(next);
            }
        }
    }

    /// Adds the next calls to a batch, up to this number. Calls that must not be in one statement with
    /// another stay, in their order.
    fn fill(&mut self, batch: &mut Vec<Waiting<B>>, calls: usize) {
        let mut bytes: usize = batch.iter().map(|waiting| B::bytes(&waiting.call)).sum();
        let mut keys: HashSet<StoreKey> =
            batch.iter().filter_map(|waiting| B::only_key(&waiting.call)).copied().collect();
        let mut stay = Vec::new();
        while batch.len() < calls && stay.len() < calls && bytes < LARGEST_BYTES {
            let Some(next) = self.next() else { break };
            if B::only_key(&next.call).is_some_and(|key| !keys.insert(*key)) {
                stay.push(next);
                continue;
            }
            bytes += B::bytes(&next.call);
            batch.push(next);
        }
        for waiting in stay.into_iter().rev() {
            self.waiting.push_front(waiting);
        }
    }
}

impl<B: Batch> Statement<B> {
    /// Makes the first call, together with those that wait when the connection is there.
    async fn run(mut self, first: Waiting<B>) {
        // Callers that were answered at the same time can add their next calls.
        yield_now().await;
        let lease = self.inner.batch.lend().await;
        let (calls, replies): (Vec<_>, Vec<_>) =
            self.take(first).into_iter().map(|waiting| (waiting.call, waiting.reply)).unzip();
        let run = async { self.inner.batch.run(lease?, &calls).await };
        let outcomes = within(self.inner.limits.timeout, run).await;
        // The next statement begins before the callers continue.
        drop(self);
        reply::<B>(replies, outcomes);
    }

    /// Takes the calls that wait, up to the limit.
    fn take(&mut self, first: Waiting<B>) -> Vec<Waiting<B>> {
        let mut batch = vec![first];
        let mut state = self.inner.state();
        state.fill(&mut batch, self.inner.limits.calls);
        state.calls += batch.len() - self.calls;
        self.calls = batch.len();
        batch
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

/// Gives each caller its outcome. Callers that have gone are left out.
fn reply<B: Batch>(
    replies: Vec<oneshot::Sender<Reply<B::Outcome>>>,
    outcomes: Result<Vec<B::Outcome>, Failure>,
) {
    match outcomes {
        Ok(outcomes) => {
            for (reply, outcome) in replies.into_iter().zip(outcomes) {
                let _ = reply.send(Reply::Done(outcome));
            }
        }
        Err(failure) => {
            let failure = B::failure_of_all(failure).map(Arc::new);
            for reply in replies {
                let _ = reply.send(failure.clone().map_or(Reply::Alone, Reply::Failed));
            }
        }
    }
}

#[cfg(test)]
mod tests;
