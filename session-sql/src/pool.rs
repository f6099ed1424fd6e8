//! The connections that a store holds itself.
//!
//! The driver's own pool tests each connection when it is given back, which costs a round trip to the server
//! for each call. Here a connection is tested only if it was not used for a while, or if its last call was
//! dropped halfway.

#[cfg(feature = "mysql")]
use std::collections::HashSet;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout};

use crate::failure::Failure;
use crate::trace;

/// The shortest time between two looks for connections that are not used.
const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

/// The work on connections that differs between databases.
pub(crate) trait Connector: Send + Sync + 'static {
    type Connection: Send + 'static;

    /// Opens a connection.
    fn open(&self) -> impl Future<Output = Result<Self::Connection, Failure>> + Send;

    /// Waits for a reply of the server. What a dropped call has left unread is read first.
    fn test(&self, connection: &mut Self::Connection) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Tells whether a failure means that the connection, and all that were opened before it, are of no use
    /// any more.
    fn is_lost(failure: &Failure) -> bool;

    /// Tells the server that the connection ends.
    fn close(&self, connection: Self::Connection) -> impl Future<Output = ()> + Send;
}

/// The limits of a pool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// The largest number of connections, at least 1.
    pub(crate) connections: u32,
    /// The longest time for the test of a connection whose call was dropped, which begins with waiting for
    /// the end of that call's statement.
    pub(crate) patience: Duration,
    /// The time without use after which a connection is tested before it is used.
    pub(crate) fresh: Duration,
    /// The longest time for that test. It is a part of a call's time, of which the rest is for a new
    /// connection.
    pub(crate) test_timeout: Duration,
    /// The time without use after which a connection is closed.
    pub(crate) idle_timeout: Duration,
    /// The age from which on a connection is not used again.
    pub(crate) max_lifetime: Duration,
}

/// Connections, of which each is lent to one call at a time. Callers are served in the order of their
/// arrival.
pub(crate) struct Pool<C: Connector>(Arc<PoolInner<C>>);

struct PoolInner<C: Connector> {
    connector: C,
    limits: Limits,
    permits: Arc<Semaphore>,
    idle: Mutex<Idle<C::Connection>>,
}

/// The connections that no call uses, the last used one at the end.
struct Idle<T> {
    /// The number of times at which all connections were given up.
    generation: u64,
    connections: Vec<(Held<T>, Instant)>,
}

struct Held<T> {
    connection: T,
    opened: Instant,
    generation: u64,
    /// The statements that were prepared on it, by their addresses.
    #[cfg(feature = "mysql")]
    prepared: HashSet<usize>,
}

impl<T> Held<T> {
    fn new(connection: T, generation: u64) -> Self {
        Self {
            connection,
            opened: Instant::now(),
            generation,
            #[cfg(feature = "mysql")]
            prepared: HashSet::new(),
        }
    }
}

/// A connection that is lent to a call.
///
/// If the call is dropped, the connection is tested by a task before another call gets it, or discarded.
pub(crate) struct Lent<C: Connector> {
    inner: Arc<PoolInner<C>>,
    held: Option<Held<C::Connection>>,
    permit: Option<OwnedSemaphorePermit>,
    is_discarded: bool,
}

impl<C: Connector> Pool<C> {
    /// Creates a pool that has these connections already. A task closes the connections that are not used.
    pub(crate) fn with(connections: Vec<C::Connection>, connector: C, limits: Limits) -> Self {
        let now = Instant::now();
        let held = |connection| (Held::new(connection, 0), now);
        let connections = connections.into_iter().map(held).collect();
        let inner = Arc::new(PoolInner {
            connector,
            limits,
            permits: Arc::new(Semaphore::new(limits.connections as usize)),
            idle: Mutex::new(Idle { generation: 0, connections }),
        });
        if limits.idle_timeout < Duration::MAX {
            tokio::spawn(close_unused(Arc::downgrade(&inner), limits.idle_timeout));
        }
        Self(inner)
    }

    /// Lends a connection: one that is not in use, or a new one. Waits if all are in use.
    pub(crate) async fn lend(&self) -> Result<Lent<C>, Failure> {
        let inner = &self.0;
        let permit = Arc::clone(&inner.permits).acquire_owned().await.map_err(|_| Failure::Closed)?;
        while let Some((mut held, unused_for)) = inner.take() {
            let test_timeout = inner.limits.test_timeout;
            if unused_for < inner.limits.fresh || inner.is_alive(&mut held.connection, test_timeout).await {
                return Ok(inner.lent(held, permit));
            }
            inner.give_up(held.generation);
        }
        let generation = inner.idle().generation;
        // Boxed, because this is rare, and the size of each call's future would include it.
        let connection = Box::pin(inner.connector.open()).await?;
        Ok(inner.lent(Held::new(connection, generation), permit))
    }

    pub(crate) fn limits(&self) -> Limits {
        self.0.limits
    }

    /// Closes all connections, after the calls that use them have ended.
    pub(crate) async fn close(&self) {
        let inner = &self.0;
        let Ok(all) = inner.permits.acquire_many(inner.limits.connections).await else { return };
        inner.permits.close();
        drop(all);
        let idle = mem::take(&mut inner.idle().connections);
        for (held, _) in idle {
            inner.connector.close(held.connection).await;
        }
    }
}

impl<C: Connector> Lent<C> {
    pub(crate) fn connection(&mut self) -> &mut C::Connection {
        &mut self.held.as_mut().expect("the connection is there until it is given back").connection
    }

    /// Discards the connection if it is not given back, for calls that can leave it in a transaction.
    #[cfg(any(test, feature = "mysql", feature = "postgres"))]
    pub(crate) fn discard_on_drop(&mut self) {
        self.is_discarded = true;
    }

    /// Returns the statements that were prepared on the connection.
    #[cfg(feature = "mysql")]
    pub(crate) fn prepared(&mut self) -> &mut HashSet<usize> {
        &mut self.held.as_mut().expect("the connection is there until it is given back").prepared
    }

    /// Keeps the connection after all.
    #[cfg(feature = "mysql")]
    pub(crate) fn keep(&mut self) {
        self.is_discarded = false;
    }

    pub(crate) const fn is_discarded(&self) -> bool {
        self.is_discarded
    }

    /// Gives the connection back, in good order.
    pub(crate) fn give_back(mut self) {
        if let Some(held) = self.held.take() {
            self.inner.put(held);
        }
    }

    /// Gives up this connection, and all others that are not newer.
    pub(crate) fn give_up(mut self) {
        if let Some(held) = self.held.take() {
            self.inner.give_up(held.generation);
        }
    }
}

impl<C: Connector> Drop for Lent<C> {
    fn drop(&mut self) {
        let (Some(mut held), Ok(runtime)) = (self.held.take(), Handle::try_current()) else { return };
        if self.is_discarded {
            return;
        }
        let (inner, permit) = (Arc::clone(&self.inner), self.permit.take());
        runtime.spawn(async move {
            if inner.is_alive(&mut held.connection, inner.limits.patience).await {
                inner.put(held);
            }
            // The permit is given back after the connection, so that there are never too many.
            drop(permit);
        });
    }
}

impl<C: Connector> PoolInner<C> {
    fn lent(self: &Arc<Self>, held: Held<C::Connection>, permit: OwnedSemaphorePermit) -> Lent<C> {
        Lent { inner: Arc::clone(self), held: Some(held), permit: Some(permit), is_discarded: false }
    }

    /// Takes the connection that was used last, with the time since then.
    fn take(&self) -> Option<(Held<C::Connection>, Duration)> {
        let mut idle = self.idle();
        while let Some((held, since)) = idle.connections.pop() {
            if held.opened.elapsed() < self.limits.max_lifetime {
                return Some((held, since.elapsed()));
            }
        }
        None
    }

    fn put(&self, held: Held<C::Connection>) {
        let mut idle = self.idle();
        if held.generation == idle.generation && !self.permits.is_closed() {
            idle.connections.push((held, Instant::now()));
        }
    }

    /// Gives up the connections of a generation, one of which is lost, unless that was done before.
    fn give_up(&self, generation: u64) {
        let mut idle = self.idle();
        if generation == idle.generation {
            trace::event("a connection to the database is lost, so all that were open are replaced");
            idle.generation += 1;
            idle.connections.clear();
        }
    }

    async fn is_alive(&self, connection: &mut C::Connection, longest: Duration) -> bool {
        let test = async {
            match self.connector.test(connection).await {
                // It can be the error of a dropped call's statement.
                Err(failure) if !C::is_lost(&failure) => self.connector.test(connection).await,
                tested => tested,
            }
        };
        matches!(timeout(longest, Box::pin(test)).await, Ok(Ok(())))
    }

    /// Removes the connections that were not used for the idle timeout.
    fn take_unused(&self) -> Vec<Held<C::Connection>> {
        let mut idle = self.idle();
        let is_unused = |(_, since): &(_, Instant)| since.elapsed() >= self.limits.idle_timeout;
        let unused = idle.connections.iter().take_while(|entry| is_unused(entry)).count();
        idle.connections.drain(..unused).map(|(held, _)| held).collect()
    }

    fn idle(&self) -> MutexGuard<'_, Idle<C::Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes the connections that are not used, until the pool is dropped.
async fn close_unused<C: Connector>(pool: Weak<PoolInner<C>>, idle_timeout: Duration) {
    loop {
        sleep((idle_timeout / 4).max(SHORTEST_PAUSE)).await;
        let Some(inner) = pool.upgrade() else { return };
        for held in inner.take_unused() {
            inner.connector.close(held.connection).await;
        }
    }
}

#[cfg(test)]
mod tests;
