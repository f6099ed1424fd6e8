//! A driver that runs nothing.

use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::driver::contract::{Command, Driver, Reply};
use crate::error::Failure;
use crate::scripts::Script;

/// A driver that notes each run, and ends it when it is told to. It replies to each call with the name of
/// its session.
///
/// The session `refused` gets an error of its own, `lost` makes the whole run fail, and `forgotten` gets no
/// reply.
#[derive(Clone, Debug, Default)]
pub(super) struct Fake(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Has a permit for each run that may end.
    ends: Semaphore,
    noted: Mutex<Noted>,
}

#[derive(Debug, Default)]
struct Noted {
    runs: Vec<Vec<Bytes>>,
    at_once: usize,
    most_at_once: usize,
    last_until: Option<Instant>,
}

impl Default for Inner {
    fn default() -> Self {
        Self { ends: Semaphore::new(0), noted: Mutex::default() }
    }
}

impl Fake {
    pub(super) fn end_one(&self) {
        self.0.ends.add_permits(1);
    }

    /// Ends the runs that are under way, and all later ones at once.
    pub(super) fn end_all(&self) {
        self.0.ends.add_permits(1_000);
    }

    /// Returns the number of calls of each run.
    pub(super) fn sizes(&self) -> Vec<usize> {
        self.noted().runs.iter().map(Vec::len).collect()
    }

    /// Returns the sessions of each run.
    pub(super) fn sessions(&self) -> Vec<Vec<Bytes>> {
        self.noted().runs.clone()
    }

    pub(super) fn most_at_once(&self) -> usize {
        self.noted().most_at_once
    }

    pub(super) fn last_until(&self) -> Option<Instant> {
        self.noted().last_until
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.0.noted.lock().unwrap()
    }

    fn begin(&self, sessions: &[Bytes], until: Instant) -> UnderWay<'_> {
        let mut noted = self.noted();
        noted.runs.push(sessions.to_vec());
        noted.at_once += 1;
        noted.most_at_once = noted.most_at_once.max(noted.at_once);
        noted.last_until = Some(until);
        UnderWay(self)
    }
}

/// A run that counts until it ends or is dropped.
struct UnderWay<'f>(&'f Fake);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.noted().at_once -= 1;
    }
}

fn reply(session: &Bytes) -> Reply {
    Reply::Bytes(if session == "refused" { Bytes::from_static(b"EOOM") } else { session.clone() })
}

impl Driver for Fake {
    fn is_cluster(&self) -> bool {
        false
    }

    async fn get(&self, _: &Bytes, _: Instant) -> Result<Option<Bytes>, Failure> {
        Err(Failure::Closed)
    }

    async fn set_if_absent(&self, _: &Bytes, _: &Bytes, _: Option<i64>, _: Instant) -> Result<bool, Failure> {
        Err(Failure::Closed)
    }

    async fn command(&self, _: Command, _: &Bytes, _: &[Bytes], _: Instant) -> Result<Reply, Failure> {
        Err(Failure::Closed)
    }

    async fn script(
        &self,
        _: &'static Script,
        keys: &[Bytes],
        _: &[Bytes],
        until: Instant,
    ) -> Result<Reply, Failure> {
        let _under_way = self.begin(keys, until);
        self.0.ends.acquire().await.expect("it is not closed").forget();
        if keys.iter().any(|session| session == "lost") {
            return Err(Failure::Late);
        }
        Ok(Reply::Many(keys.iter().filter(|session| *session != "forgotten").map(reply).collect()))
    }

    async fn info(&self, _: Instant) -> Result<Bytes, Failure> {
        Err(Failure::Closed)
    }

    async fn ping(&self, _: Instant) -> Result<(), Failure> {
        Ok(())
    }

    async fn close(&self) {}
}
