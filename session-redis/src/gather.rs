//! Calls that share a run of a script.
//!
//! On one server, a script for many sessions costs much less than a script for each. A call that finds fewer
//! than two runs under way makes its own, on its caller's task, so a lone call never waits. The others wait
//! in the order of their arrival. At the end of a run, those that wait by then make the next one.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use crate::driver::contract::{Driver, Reply};
use crate::error::Failure;
use crate::scripts::Script;

#[cfg(test)]
mod tests;

/// The largest number of runs at once.
const RUNS: usize = 2;
/// The largest number of calls in a run.
const CALLS: usize = 128;
/// The number of bytes from which on no further call is added to a run.
const BYTES: usize = 1 << 20;

/// The calls of one script.
pub(crate) struct Gather<D: Driver>(Arc<Inner<D>>);

struct Inner<D> {
    driver: D,
    script: &'static Script,
    /// The first argument of the script.
    indexes: Bytes,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    runs: usize,
    waiting: VecDeque<Waiting>,
}

/// A call: a session and its arguments.
pub(crate) struct Job {
    pub(crate) session: Bytes,
    pub(crate) arguments: Vec<Bytes>,
    pub(crate) until: Instant,
}

struct Waiting {
    job: Job,
    /// The runtime of the caller, which is there as long as it waits.
    runtime: Handle,
    reply: oneshot::Sender<Result<Reply, Failure>>,
}

/// A run, which is followed by the next one when it ends or is dropped.
struct Run<D: Driver>(Arc<Inner<D>>);

impl<D: Driver> Gather<D> {
    pub(crate) fn new(driver: D, script: &'static Script, indexes: Bytes) -> Self {
        Self(Arc::new(Inner { driver, script, indexes, state: Mutex::default() }))
    }

    /// Makes a call, alone or with others, and returns the reply to it.
    ///
    /// If the future is dropped while the call waits, it is not made.
    pub(crate) async fn call(&self, job: Job) -> Result<Reply, Failure> {
        let until = job.until;
        match self.join(job) {
            Joined::Run(run, job) => one(run.0.run(&[job], until).await),
            Joined::Waits(reply) => match timeout_at(until, reply).await {
                Ok(reply) => reply.map_err(|_| Failure::Ended)?,
                Err(_) => Err(Failure::Late),
            },
        }
    }

    /// Gives a call a run of its own, or lets it wait.
    fn join(&self, job: Job) -> Joined<D> {
        let mut state = self.0.state();
        if state.runs < RUNS {
            state.runs += 1;
            return Joined::Run(Run(Arc::clone(&self.0)), job);
        }
        let (reply, receiver) = oneshot::channel();
        state.waiting.push_back(Waiting { job, runtime: Handle::current(), reply });
        Joined::Waits(receiver)
    }

    /// Makes a call of its own, whatever is under way.
    pub(crate) async fn call_alone(&self, job: Job) -> Result<Reply, Failure> {
        let until = job.until;
        one(self.0.run(&[job], until).await)
    }
}

/// The place of a call: in a run of its own, or among those that wait.
enum Joined<D: Driver> {
    Run(Run<D>, Job),
    Waits(oneshot::Receiver<Result<Reply, Failure>>),
}

/// Returns the only reply.
fn one(replies: Result<Vec<Reply>, Failure>) -> Result<Reply, Failure> {
    replies?.pop().ok_or(Failure::BadReply)
}

impl<D: Driver> Inner<D> {
    async fn run(&self, jobs: &[Job], until: Instant) -> Result<Vec<Reply>, Failure> {
        let sessions: Vec<_> = jobs.iter().map(|job| job.session.clone()).collect();
        let arguments: Vec<_> =
            [&self.indexes].into_iter().chain(jobs.iter().flat_map(|job| &job.arguments)).cloned().collect();
        let replies = self.driver.script(self.script, &sessions, &arguments, until).await?.into_many()?;
        if replies.len() == jobs.len() { Ok(replies) } else { Err(Failure::BadReply) }
    }

    /// Takes the calls of the next run. Callers that have gone are left out.
    fn take(&self) -> Vec<Waiting> {
        let mut state = self.state();
        let (mut taken, mut bytes) = (Vec::new(), 0);
        while taken.len() < CALLS
            && bytes < BYTES
            && let Some(next) = state.waiting.pop_front()
        {
            if !next.reply.is_closed() {
                bytes += next.job.arguments.iter().map(Bytes::len).sum::<usize>();
                taken.push(next);
            }
        }
        if taken.is_empty() {
            state.runs -= 1;
        }
        taken
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<D: Driver> Drop for Run<D> {
    /// Begins the next run, on a task of its own, if calls wait.
    fn drop(&mut self) {
        let taken = self.0.take();
        if let Some(runtime) = taken.first().map(|first| first.runtime.clone()) {
            drop(runtime.spawn(Run(Arc::clone(&self.0)).go(taken)));
        }
    }
}

impl<D: Driver> Run<D> {
    async fn go(self, taken: Vec<Waiting>) {
        let (jobs, replies): (Vec<_>, Vec<_>) =
            taken.into_iter().map(|waiting| (waiting.job, waiting.reply)).unzip();
        let until = jobs.iter().map(|job| job.until).max().expect("a run has calls");
        let outcome = self.0.run(&jobs, until).await;
        // Nobody may be waiting for a reply any more.
        match outcome {
            Ok(all) => replies.into_iter().zip(all).for_each(|(to, reply)| drop(to.send(Ok(reply)))),
            Err(failure) => replies.into_iter().for_each(|to| drop(to.send(Err(failure.clone())))),
        }
    }
}
