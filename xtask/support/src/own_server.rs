//! Servers that a test may stop and kill, because no other test uses them meanwhile.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use session_core::store::async_trait;
use session_testkit::Outage;
use test_servers::{Error, Mariadb, Postgres, Redis};

/// A private server that can be ended and started again.
pub trait Server: Sized + Send + 'static {
    /// Starts a server.
    fn start() -> Result<Self, Error>;

    /// Returns the URL of the server.
    fn url(&self) -> String;

    /// Ends the server as `kill -9` does.
    fn kill(&mut self) -> Result<(), Error>;

    /// Ends the server in good order, without waiting for its clients.
    fn stop(&mut self) -> Result<(), Error>;

    /// Starts the server again.
    fn start_again(&mut self) -> Result<(), Error>;

    /// Returns the servers that no test uses at the moment. They run.
    fn free() -> &'static Mutex<Vec<Self>>;
}

macro_rules! server {
    ($server:ident) => {
        impl Server for $server {
            fn start() -> Result<Self, Error> {
                $server::start()
            }

            fn url(&self) -> String {
                $server::url(self)
            }

            fn kill(&mut self) -> Result<(), Error> {
                $server::kill(self)
            }

            fn stop(&mut self) -> Result<(), Error> {
                $server::stop(self)
            }

            fn start_again(&mut self) -> Result<(), Error> {
                $server::start_again(self)
            }

            fn free() -> &'static Mutex<Vec<Self>> {
                static FREE: Mutex<Vec<$server>> = Mutex::new(Vec::new());
                &FREE
            }
        }
    };
}

server!(Mariadb);
server!(Postgres);
server!(Redis);

/// A server for one test.
#[derive(Debug)]
pub struct OwnServer<S: Server>(Mutex<State<S>>);

#[derive(Debug)]
struct State<S> {
    server: Option<S>,
    is_running: bool,
}

impl<S: Server> OwnServer<S> {
    /// Takes a server that no test uses, or starts one.
    pub fn take() -> Self {
        let free = lock(S::free()).pop();
        let server = free.unwrap_or_else(|| S::start().expect("a private server can be started"));
        Self(Mutex::new(State { server: Some(server), is_running: true }))
    }

    /// Returns the URL of the server.
    pub fn url(&self) -> String {
        self.with(|server| server.url())
    }

    /// Ends the server as `kill -9` does.
    pub fn kill(&self) {
        self.with(|server| server.kill().expect("the server is running"));
        lock(&self.0).is_running = false;
    }

    /// Ends the server in good order, without waiting for its clients.
    pub fn stop(&self) {
        self.with(|server| server.stop().expect("the server is running"));
        lock(&self.0).is_running = false;
    }

    /// Starts the server again.
    pub fn start_again(&self) {
        self.with(|server| server.start_again().expect("the server can be started again"));
        lock(&self.0).is_running = true;
    }

    /// Does something with the server.
    pub fn with<T>(&self, act: impl FnOnce(&mut S) -> T) -> T {
        act(lock(&self.0).server.as_mut().expect("the server is there until this is dropped"))
    }
}

impl<S: Server> Drop for OwnServer<S> {
    /// Leaves the server to the next test, unless this test has left it stopped.
    fn drop(&mut self) {
        let mut state = lock(&self.0);
        if state.is_running {
            lock(S::free()).extend(state.server.take());
        }
    }
}

impl OwnServer<Redis> {
    /// Stops the server's process, so that it stands still until it is continued.
    pub fn pause(&self) {
        self.with(|server| server.pause().expect("the server is running"));
    }

    /// Continues the server's process.
    pub fn resume(&self) {
        self.with(|server| server.resume().expect("the server is running"));
    }

    /// Runs a command on the server.
    pub fn command(&self, words: &[&str]) -> String {
        self.with(|server| server.command(words).expect("the server carries out the command"))
    }

    /// Returns the number of connections, except the one that asks.
    pub fn connections(&self) -> usize {
        self.command(&["client", "list"]).lines().filter(|line| line.contains("id=")).count() - 1
    }
}

/// An outage: the server is ended in a way of the test's choice, and started again.
#[derive(Debug)]
pub struct Down<S: Server> {
    /// The server.
    pub server: Arc<OwnServer<S>>,
    /// The way to end it.
    pub end: fn(&OwnServer<S>),
}

#[async_trait]
impl<S: Server> Outage for Down<S> {
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
