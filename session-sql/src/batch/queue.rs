//! The calls that wait, and the counts of the statements that run.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use session_core::store::StoreKey;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use crate::batch::kind::Batch;
use crate::failure::Failure;

/// The number of waiting calls from which on those without a caller are looked for.
pub(super) const FEW: usize = 64;

/// The limits of the batches of one kind.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BatchLimits {
    /// The largest number of statements at once, at least 1.
    pub(crate) statements: usize,
    /// The largest number of calls in a statement. With 1, no calls share one.
    pub(crate) calls: usize,
    /// The longest time for a statement, with the wait for its connection.
    pub(crate) timeout: Duration,
}

/// The queue of a kind of calls.
pub(super) struct State<B: Batch> {
    pub(super) waiting: VecDeque<Waiting<B>>,
    /// The keys of the waiting calls of which a statement may have only one.
    pub(super) keys: HashSet<StoreKey>,
    /// The length of the queue at which calls without a caller are removed from it.
    pub(super) sweep_at: usize,
    /// The number of statements that run, of those that are slow, and of the calls that they are for.
    pub(super) statements: usize,
    pub(super) slow: usize,
    pub(super) calls: usize,
    /// The largest number of calls of late, waiting or in a statement. It goes down slowly, because many
    /// callers that are answered at once will make their next calls at once.
    pub(super) peak: usize,
    /// Set while a loop begins statements. It looks again after each, so no other loop is needed.
    pub(super) is_beginning: bool,
    pub(super) is_closing: bool,
}

/// The reply to a call that has waited.
pub(super) enum Reply<T> {
    Done(T),
    /// Nothing was done, so the caller makes its call alone.
    Alone,
    Failed(Arc<Failure>),
}

/// A call that waits to be made with others.
pub(super) struct Waiting<B: Batch> {
    pub(super) call: B::Call,
    pub(super) reply: oneshot::Sender<Reply<B::Outcome>>,
    /// The runtime of the caller, which makes the call.
    pub(super) runtime: Handle,
}

impl BatchLimits {
    /// Returns how many statements run at once for this number of calls.
    ///
    /// While no call has to wait, each has its own. From then on fewer run, down to two: one that the server
    /// works on, and one that is on its way.
    pub(super) fn statements_for(self, calls: usize) -> usize {
        let fewest = self.statements.min(2);
        (self.statements * self.statements / calls.max(1)).clamp(fewest, self.statements)
    }
}

impl<B: Batch> State<B> {
    pub(super) fn new() -> Self {
        Self {
            waiting: VecDeque::new(),
            keys: HashSet::new(),
            sweep_at: FEW,
            statements: 0,
            slow: 0,
            calls: 0,
            peak: 0,
            is_beginning: false,
            is_closing: false,
        }
    }

    pub(super) fn all_calls(&self) -> usize {
        self.calls + self.waiting.len()
    }

    pub(super) fn is_idle(&self) -> bool {
        self.statements == 0 && self.waiting.is_empty()
    }

    pub(super) fn has_room(&self, limits: BatchLimits) -> bool {
        let fast = self.statements - self.slow;
        fast < limits.statements_for(self.peak) && self.statements < limits.statements
    }

    /// Adds a call to the queue.
    pub(super) fn push(&mut self, waiting: Waiting<B>) {
        self.waiting.push_back(waiting);
        self.peak = self.peak.max(self.all_calls());
        if self.waiting.len() >= self.sweep_at {
            let keys = &mut self.keys;
            self.waiting.retain(|waiting| {
                let is_gone = waiting.reply.is_closed();
                if is_gone && let Some(key) = B::only_key(&waiting.call) {
                    keys.remove(&key);
                }
                !is_gone
            });
            self.sweep_at = FEW.max(self.waiting.len() * 2);
        }
    }

    /// Returns the next call whose caller still waits for it.
    pub(super) fn next(&mut self) -> Option<Waiting<B>> {
        loop {
            let next = self.waiting.pop_front()?;
            if let Some(key) = B::only_key(&next.call) {
                self.keys.remove(&key);
            }
            if !next.reply.is_closed() {
                return Some(next);
            }
        }
    }
}
