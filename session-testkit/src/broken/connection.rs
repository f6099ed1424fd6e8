//! The way from a handle to its table: a pool of connections, which may be cut.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use session_core::store::{StoreError, StoreErrorKind};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::NAME;
use super::flaw::Flaw;
use super::pause::pause;

/// How many calls can be under way at once.
const CONNECTIONS: usize = 8;

/// The connections of all handles.
pub(super) struct Pool {
    flaw: Option<Flaw>,
    free: Semaphore,
    /// How many were never given back.
    lost: AtomicUsize,
    is_cut: AtomicBool,
}

/// One connection, for the time of a call.
pub(super) struct Connection<'a> {
    pool: &'a Pool,
    held: Vec<SemaphorePermit<'a>>,
    is_of_a_list: bool,
}

impl Pool {
    pub(super) fn new(flaw: Option<Flaw>) -> Self {
        Self {
            flaw,
            free: Semaphore::const_new(CONNECTIONS),
            lost: AtomicUsize::new(0),
            is_cut: AtomicBool::new(false),
        }
    }

    pub(super) fn cut(&self, is_cut: bool) {
        self.is_cut.store(is_cut, Ordering::SeqCst);
    }

    /// A connection for a statement that is given `statement`; `seen` is set when a handle has seen an outage.
    pub(super) async fn connect(
        &self,
        seen: &AtomicBool,
        statement: &[u8],
    ) -> Result<Connection<'_>, StoreError> {
        pause().await;
        let is_stuck = self.has(Flaw::StaysDownAfterAnOutage) && seen.load(Ordering::SeqCst);
        if self.is_cut.load(Ordering::SeqCst) || is_stuck {
            seen.store(true, Ordering::SeqCst);
            return Err(self.cannot_connect(statement).await);
        }
        if self.lost.load(Ordering::SeqCst) >= CONNECTIONS {
            return Err(
                StoreError::new(NAME, StoreErrorKind::Unavailable).with_source("no connection is free")
            );
        }
        let mut held = vec![self.permit().await];
        if self.has(Flaw::TakesTwoConnections) {
            pause().await;
            held.push(self.permit().await);
        }
        Ok(Connection { pool: self, held, is_of_a_list: false })
    }

    async fn permit(&self) -> SemaphorePermit<'_> {
        self.free.acquire().await.expect("the pool is never closed")
    }

    async fn cannot_connect(&self, statement: &[u8]) -> StoreError {
        if self.has(Flaw::HangsInOutages) {
            std::future::pending::<()>().await;
        }
        let error = StoreError::new(NAME, StoreErrorKind::Unavailable);
        if self.has(Flaw::ErrorsTellTheRecord) {
            return error.with_source(format!("cannot send {}", String::from_utf8_lossy(statement)));
        }
        error.with_source("cannot connect")
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }
}

impl Connection<'_> {
    pub(super) fn of_a_list(self) -> Self {
        let mut connection = self;
        connection.is_of_a_list = true;
        connection
    }

    /// Waits for the answer, and gives the connection back.
    pub(super) async fn close(mut self) {
        pause().await;
        self.held.clear();
    }
}

impl Drop for Connection<'_> {
    /// A call that was dropped gives its connection back too, but for two flaws.
    fn drop(&mut self) {
        let is_leaked = self.pool.has(Flaw::LeaksConnections)
            || self.is_of_a_list && self.pool.has(Flaw::LeaksConnectionsOfLists);
        if is_leaked {
            self.pool.lost.fetch_add(self.held.len(), Ordering::SeqCst);
            self.held.drain(..).for_each(SemaphorePermit::forget);
        }
    }
}
