//! A client, with what is known of its connection.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fred::clients::Client;
use fred::interfaces::ClientLike as _;
use fred::types::ConnectHandle;
use tokio::time::Instant;

use crate::driver::said::failure;
use crate::driver::settings::{self, SILENT};
use crate::driver::watch::Watch;
use crate::error::Failure;

/// A client. When this is dropped, its connection is closed, if the client is the store's own.
#[derive(Debug)]
pub(super) struct Connection {
    pub(super) client: Client,
    pub(super) watch: Watch,
    task: Option<Task>,
    begun: Instant,
    /// The time of the first command since the last reply, in milliseconds since the beginning, or 0 if
    /// there is none.
    asked: AtomicU64,
}

/// The task that runs a client. When this is dropped, the task ends.
#[derive(Debug, Default)]
struct Task(Option<ConnectHandle>);

impl Drop for Task {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

impl Connection {
    /// Connects a client of the store's own.
    pub(super) async fn open(url: &str, call_timeout: Duration) -> Result<Self, Failure> {
        let client = settings::client(url, call_timeout)?;
        let watch = Watch::of(&client);
        let mut task = Task::default();
        let begin = async { task.0 = Some(client.connect()) };
        // In this order, the outcome is waited for before it can come.
        let (outcome, ()) = tokio::join!(biased; client.wait_for_connect(), begin);
        outcome.map_err(|error| failure(&error))?;
        Ok(Self::new(client, watch, Some(task)))
    }

    /// Uses a client of the application's.
    pub(super) fn of(client: Client) -> Self {
        let watch = Watch::of(&client);
        Self::new(client, watch, None)
    }

    fn new(client: Client, watch: Watch, task: Option<Task>) -> Self {
        Self { client, watch, task, begun: Instant::now(), asked: AtomicU64::new(0) }
    }

    /// Notes that a command is sent.
    pub(super) fn ask(&self) {
        if self.asked.load(Ordering::Relaxed) == 0 {
            let now = self.begun.elapsed().as_millis() as u64;
            self.asked.store(now.max(1), Ordering::Relaxed);
        }
    }

    /// Notes that there was a reply.
    pub(super) fn reply(&self) {
        self.asked.store(0, Ordering::Relaxed);
    }

    /// Tells whether commands have been sent for a while without any reply. The driver's own limit begins
    /// anew with each command that is written. A call whose caller goes away is noted until the next reply.
    pub(super) fn is_silent(&self) -> bool {
        let asked = Duration::from_millis(self.asked.load(Ordering::Relaxed));
        !asked.is_zero() && self.begun.elapsed().saturating_sub(asked) >= SILENT
    }

    /// Returns the failure of a command that is not sent, because there is no connection.
    pub(super) fn not_connected(&self) -> Failure {
        Failure::NotConnected(
            self.watch
                .last_problem()
                .unwrap_or_else(|| "it is not open yet, or `init()` of the client was not called".into()),
        )
    }

    /// Adds to a failure what is known of the connection.
    pub(super) fn explained(&self, failure: Failure) -> Failure {
        match (failure, self.watch.last_problem()) {
            (Failure::NotConnected(_), Some(problem)) => Failure::NotConnected(problem),
            (Failure::Late, Some(problem)) => Failure::LateAfter(problem),
            (failure, _) => failure,
        }
    }

    /// Ends the client, if it is the store's own. Its commands under way fail.
    pub(super) fn abort(&self) {
        if let Some(Task(Some(task))) = &self.task {
            task.abort();
        }
    }

    /// Closes the connection, if the client is the store's own.
    pub(super) async fn close(&self) {
        if self.task.is_some() {
            // The connection is closed even if the server cannot be told.
            let _ = self.client.quit().await;
        }
    }
}
