//! The place that a store's connections come from: its own pool, or the application's.

use sqlx::Database;
#[cfg(feature = "mysql")]
use sqlx::SqlStr;
use sqlx::pool::PoolConnection;

use crate::failure::Failure;
use crate::pool::{Connector, Lent, Pool};

/// A connector for the connections of the driver.
pub(crate) trait DriverConnector:
    Connector<Connection = <Self::Database as Database>::Connection>
{
    type Database: Database;
}

/// The place that connections come from.
pub(crate) enum Lender<C: DriverConnector> {
    Own(Pool<C>),
    Borrowed(sqlx::Pool<C::Database>),
}

/// A connection that is lent to a call.
pub(crate) enum Lease<C: DriverConnector> {
    Own(Lent<C>),
    Borrowed(Borrowed<C::Database>),
}

/// A connection of the application's pool.
pub(crate) struct Borrowed<DB: Database> {
    connection: PoolConnection<DB>,
    is_discarded: bool,
}

impl<DB: Database> Drop for Borrowed<DB> {
    fn drop(&mut self) {
        if self.is_discarded {
            self.connection.close_on_drop();
        }
    }
}

impl<C: DriverConnector> Lender<C> {
    pub(crate) async fn lend(&self) -> Result<Lease<C>, Failure> {
        Ok(match self {
            Self::Own(pool) => Lease::Own(pool.lend().await?),
            Self::Borrowed(pool) => {
                let connection = Box::pin(pool.acquire()).await?;
                Lease::Borrowed(Borrowed { connection, is_discarded: false })
            }
        })
    }

    /// Returns the largest number of connections.
    pub(crate) fn connections(&self) -> u32 {
        match self {
            Self::Own(pool) => pool.limits().connections,
            Self::Borrowed(pool) => pool.options().get_max_connections(),
        }
    }

    /// Closes the store's own connections, after the calls that use them have ended. A pool of the
    /// application stays open.
    pub(crate) async fn close(&self) {
        if let Self::Own(pool) = self {
            pool.close().await;
        }
    }
}

impl<C: DriverConnector> Lease<C> {
    pub(crate) fn connection(&mut self) -> &mut C::Connection {
        match self {
            Self::Own(lent) => lent.connection(),
            Self::Borrowed(borrowed) => &mut borrowed.connection,
        }
    }

    /// Discards the connection if the call is dropped or fails, because it can be left in a transaction.
    #[cfg(any(feature = "mysql", feature = "postgres"))]
    pub(crate) fn discard_on_drop(&mut self) {
        match self {
            Self::Own(lent) => lent.discard_on_drop(),
            Self::Borrowed(borrowed) => borrowed.is_discarded = true,
        }
    }

    /// Discards the connection if the call is dropped, unless it has prepared the statement before. Returns
    /// whether it was not to be discarded already.
    #[cfg(feature = "mysql")]
    pub(crate) fn guard(&mut self, statement: &SqlStr) -> bool {
        let (is_prepared, is_discarded) = match self {
            Self::Own(lent) => (lent.prepared().contains(&address(statement)), lent.is_discarded()),
            Self::Borrowed(borrowed) => (false, borrowed.is_discarded),
        };
        let is_guarded = !is_prepared && !is_discarded;
        if is_guarded {
            self.discard_on_drop();
        }
        is_guarded
    }

    /// Notes that the connection has prepared a statement.
    #[cfg(feature = "mysql")]
    pub(crate) fn note_prepared(&mut self, statement: &SqlStr) {
        if let Self::Own(lent) = self {
            lent.prepared().insert(address(statement));
        }
    }

    /// Tells whether the connection is one of the application's pool.
    #[cfg(feature = "mysql")]
    pub(crate) const fn is_borrowed(&self) -> bool {
        matches!(self, Self::Borrowed(_))
    }

    /// Keeps the connection after all, because it is in good order.
    #[cfg(feature = "mysql")]
    pub(crate) fn keep(&mut self) {
        match self {
            Self::Own(lent) => lent.keep(),
            Self::Borrowed(borrowed) => borrowed.is_discarded = false,
        }
    }

    /// Ends the loan with the outcome of a statement. If the connection is lost, so are all that were opened
    /// before it.
    pub(crate) fn end<T, E: Into<Failure>>(self, outcome: Result<T, E>) -> Result<T, Failure> {
        let outcome = outcome.map_err(Into::into);
        let is_lost = outcome.as_ref().is_err_and(C::is_lost);
        match self {
            Self::Own(lent) if is_lost => lent.give_up(),
            Self::Own(lent) if outcome.is_err() && lent.is_discarded() => drop(lent),
            Self::Own(lent) => lent.give_back(),
            Self::Borrowed(mut borrowed) => {
                borrowed.is_discarded = is_lost || outcome.is_err() && borrowed.is_discarded;
            }
        }
        outcome
    }
}

/// Returns what tells a statement from the others of a store, which keeps it.
#[cfg(feature = "mysql")]
fn address(statement: &SqlStr) -> usize {
    statement.as_str().as_ptr().addr()
}
