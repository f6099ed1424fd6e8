//! The connection in use, which is replaced when it is of no use any more.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::Duration;

use fred::clients::Client;
use fred::interfaces::ClientLike as _;
use tokio::time::{Instant, sleep, timeout};

use crate::driver::connection::Connection;
use crate::error::Failure;
use crate::trace;

/// The pause between two tries to replace a connection.
const PAUSE: Duration = Duration::from_millis(500);

/// The connection in use. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Current(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    connection: RwLock<Arc<Connection>>,
    /// The address of the store's own client.
    own: Option<Address>,
    is_replaced_now: AtomicBool,
    is_closed: AtomicBool,
}

struct Address {
    url: String,
    call_timeout: Duration,
}

impl std::fmt::Debug for Address {
    /// Shows nothing, because the URL has a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Address").finish_non_exhaustive()
    }
}

impl Current {
    /// Connects a client of the store's own.
    pub(super) async fn open(url: &str, call_timeout: Duration) -> Result<Self, Failure> {
        let connection = Connection::open(url, call_timeout).await?;
        Ok(Self::new(connection, Some(Address { url: url.to_owned(), call_timeout })))
    }

    /// Uses a client of the application's, which is never replaced.
    pub(super) fn of(client: Client) -> Self {
        Self::new(Connection::of(client), None)
    }

    fn new(connection: Connection, own: Option<Address>) -> Self {
        let [is_replaced_now, is_closed] = [(); 2].map(|()| AtomicBool::new(false));
        Self(Arc::new(Inner {
            connection: RwLock::new(Arc::new(connection)),
            own,
            is_replaced_now,
            is_closed,
        }))
    }

    pub(super) fn get(&self) -> Arc<Connection> {
        Arc::clone(&self.0.connection.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) async fn close(&self) {
        self.0.is_closed.store(true, Ordering::SeqCst);
        self.get().close().await;
    }

    /// Begins to replace a connection by a new one to a primary, unless that is done already, or the client
    /// is the application's.
    pub(super) fn replace(&self, old: &Arc<Connection>) {
        let is_current = Arc::ptr_eq(old, &self.get());
        if self.0.own.is_some() && is_current && !self.0.is_replaced_now.swap(true, Ordering::SeqCst) {
            trace::event("the connection to the server is of no use, and is replaced");
            tokio::spawn(replace(Replacement(Arc::downgrade(&self.0))));
        }
    }
}

/// The replacement of a connection. When this is dropped, another one may begin.
struct Replacement(Weak<Inner>);

impl Drop for Replacement {
    fn drop(&mut self) {
        if let Some(inner) = self.0.upgrade() {
            inner.is_replaced_now.store(false, Ordering::SeqCst);
        }
    }
}

/// Opens a connection and puts it in the place of the present one. Tries it until that works or the store is
/// closed.
async fn replace(replacement: Replacement) {
    let current = &replacement.0;
    loop {
        // The address is copied, so that the store can be dropped meanwhile.
        let Some((url, call_timeout)) = current
            .upgrade()
            .filter(|inner| !inner.is_closed())
            .and_then(|inner| inner.own.as_ref().map(|own| (own.url.clone(), own.call_timeout)))
        else {
            return;
        };
        let opened = timeout(call_timeout.max(PAUSE), open(&url, call_timeout)).await;
        let Some(inner) = current.upgrade() else { return };
        if let Ok(Ok(connection)) = opened {
            inner.put(connection);
            return;
        }
        drop(inner);
        sleep(PAUSE).await;
    }
}

/// Opens a connection to a primary.
async fn open(url: &str, call_timeout: Duration) -> Result<Connection, Failure> {
    let connection = Connection::open(url, call_timeout).await?;
    // If it cannot be asked, it is taken for a primary, and the first command asks again.
    let is_replica = connection.is_replica(Instant::now() + call_timeout).await.unwrap_or(false);
    if is_replica && !connection.client.is_clustered() { Err(Failure::Replica) } else { Ok(connection) }
}

impl Inner {
    fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::SeqCst)
    }

    /// Puts a connection in the place of the present one, unless the store is closed.
    fn put(&self, connection: Connection) {
        let mut current = self.connection.write().unwrap_or_else(PoisonError::into_inner);
        // Under the lock, so that `close` finds the one that is put.
        if !self.is_closed() {
            std::mem::replace(&mut *current, Arc::new(connection)).abort();
        }
    }
}
