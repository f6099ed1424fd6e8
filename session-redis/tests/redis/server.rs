//! Servers that a test may stop and kill, because no other test uses them meanwhile.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use session_core::store::async_trait;
use session_testkit::Outage;
use test_servers::Redis;

/// The servers that no test uses at the moment. They run.
static FREE: Mutex<Vec<Redis>> = Mutex::new(Vec::new());

/// A server for one test.
pub(crate) struct OwnServer(Mutex<State>);

struct State {
    server: Option<Redis>,
    is_running: bool,
}

impl OwnServer {
    pub(crate) fn take() -> Self {
        let free = lock(&FREE).pop();
        let server = free.unwrap_or_else(|| Redis::start().expect("a private server can be started"));
        Self(Mutex::new(State { server: Some(server), is_running: true }))
    }

    pub(crate) fn url(&self) -> String {
        self.with(|server| server.url())
    }

    /// Ends the server as `kill -9` does.
    pub(crate) fn kill(&self) {
        self.with(|server| server.kill().expect("the server is running"));
        lock(&self.0).is_running = false;
    }

    /// Ends the server in good order.
    pub(crate) fn stop(&self) {
        self.with(|server| server.stop().expect("the server is running"));
        lock(&self.0).is_running = false;
    }

    pub(crate) fn start_again(&self) {
        self.with(|server| server.start_again().expect("the server can be started again"));
        lock(&self.0).is_running = true;
    }

    /// Stops the server's process, so that it stands still until it is continued.
    pub(crate) fn pause(&self) {
        self.with(|server| server.pause().expect("the server is running"));
    }

    pub(crate) fn resume(&self) {
        self.with(|server| server.resume().expect("the server is running"));
    }

    /// Runs a command on the server.
    pub(crate) fn command(&self, words: &[&str]) -> String {
        self.with(|server| server.command(words).expect("the server carries out the command"))
    }

    /// Returns the number of connections, except the one that asks.
    pub(crate) fn connections(&self) -> usize {
        self.command(&["client", "list"]).lines().filter(|line| line.contains("id=")).count() - 1
    }

    fn with<T>(&self, act: impl FnOnce(&mut Redis) -> T) -> T {
        act(lock(&self.0).server.as_mut().expect("the server is there until this is dropped"))
    }
}

impl Drop for OwnServer {
    /// Leaves the server to the next test, unless this test has left it stopped.
    fn drop(&mut self) {
        let mut state = lock(&self.0);
        if state.is_running {
            lock(&FREE).extend(state.server.take());
        }
    }
}

/// An outage: the server is ended in a way of the test's choice, and started again.
pub(crate) struct Down {
    pub(crate) server: Arc<OwnServer>,
    pub(crate) end: fn(&OwnServer),
}

#[async_trait]
impl Outage for Down {
    async fn begin(&self) {
        (self.end)(&self.server);
    }

    async fn end(&self) {
        self.server.start_again();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
