//! The place that a store's connections come from: its own pool, or the application's.

use sqlx::Database;
use sqlx::pool::PoolConnection;

use crate::failure::Failure;
use crate::pool::{Connector, Lent, Pool};

/// A connector for the connections of the driver.
pub(crate) trait DriverConnector:
    Connector<Connection = <Self::Database as Database>::Connection>
{
    type Database: Database;

    /// Tells whether a failure means that the connection, and all that were opened before it, are of no use
    /// any more.
    fn is_lost(failure: &Failure) -> bool;
}

/// The place that connections come from.
pub(crate) enum Lender<C: DriverConnector> {
    Own(Pool<C>),
    Borrowed(sqlx::Pool<C::Database>),
}

/// A connection that is lent to a call.
pub(crate) enum Lease<C: DriverConnector> {
    Own(Lent<C>),
    Borrowed(PoolConnection<C::Database>),
}

impl<C: DriverConnector> Lender<C> {
    pub(crate) async fn lend(&self) -> Result<Lease<C>, Failure> {
        Ok(match self {
            Self::Own(pool) => Lease::Own(pool.lend().await?),
            Self::Borrowed(pool) => Lease::Borrowed(pool.acquire().await?),
        })
    }

    /// Closes all connections, after the calls that use them have ended.
    pub(crate) async fn close(&self) {
        match self {
            Self::Own(pool) => pool.close().await,
            Self::Borrowed(pool) => pool.close().await,
        }
    }
}

impl<C: DriverConnector> Lease<C> {
    pub(crate) fn connection(&mut self) -> &mut C::Connection {
        match self {
            Self::Own(lent) => lent.connection(),
            Self::Borrowed(connection) => connection,
        }
    }

    /// Ends the loan with the outcome of a statement. If the connection is lost, all that are open now are
    /// given up.
    pub(crate) fn end<T, E: Into<Failure>>(self, outcome: Result<T, E>) -> Result<T, Failure> {
        let outcome = outcome.map_err(Into::into);
        match self {
            Self::Own(lent) if outcome.as_ref().is_err_and(C::is_lost) => lent.give_up(),
            Self::Own(lent) => lent.give_back(),
            Self::Borrowed(_) => {}
        }
        outcome
    }
}
