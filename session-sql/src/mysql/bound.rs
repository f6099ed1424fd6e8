//! A statement with its values.

use sqlx::mysql::{MySqlArguments, MySqlQueryResult, MySqlRow};
use sqlx::query::Query;
use sqlx::{Encode, Executor as _, MySql, SqlStr, Type, query};

use crate::lender::{DriverConnector, Lease};

/// A statement with the values of its parameters.
///
/// The driver prepares a statement when a connection runs it for the first time. If the call is dropped in
/// the middle of that, the driver takes what is left of the reply for replies to later statements, and may
/// panic. So the connection of such a call is discarded. Later on, the driver reads the reply to its end,
/// unless the call was dropped between the two parts of a packet: the test of a connection notices that. The
/// connections of the application's pool have no such test, so those are discarded in any case.
pub(crate) struct Bound<'q> {
    query: Query<'q, MySql, MySqlArguments>,
    text: SqlStr,
}

impl<'q> Bound<'q> {
    /// Makes a statement of which no value is bound yet.
    pub(crate) fn new(text: &SqlStr) -> Self {
        Self { query: query(text.clone()), text: text.clone() }
    }

    /// Binds the value of the next parameter.
    pub(crate) fn bind<T>(self, value: T) -> Self
    where
        T: Encode<'q, MySql> + Type<MySql> + 'q,
    {
        Self { query: self.query.bind(value), ..self }
    }

    /// Runs the statement, and returns its rows.
    pub(crate) async fn fetch_all(
        self,
        lease: &mut Lease<impl DriverConnector<Database = MySql>>,
    ) -> Result<Vec<MySqlRow>, sqlx::Error> {
        let is_guarded = self.prepare(lease).await?;
        let rows = self.query.fetch_all(lease.connection()).await;
        if is_guarded {
            lease.keep();
        }
        rows
    }

    /// Runs the statement, and returns what it did.
    pub(crate) async fn execute(
        self,
        lease: &mut Lease<impl DriverConnector<Database = MySql>>,
    ) -> Result<MySqlQueryResult, sqlx::Error> {
        let is_guarded = self.prepare(lease).await?;
        let done = self.query.execute(lease.connection()).await;
        if is_guarded {
            lease.keep();
        }
        done
    }

    /// Prepares the statement, unless that was done before. Returns whether the caller has to end the guard:
    /// so it is on a connection of the application's pool, on which nothing is prepared here.
    async fn prepare(
        &self,
        lease: &mut Lease<impl DriverConnector<Database = MySql>>,
    ) -> Result<bool, sqlx::Error> {
        let is_guarded = lease.guard(&self.text);
        if !is_guarded || lease.is_borrowed() {
            return Ok(is_guarded);
        }
        let prepared = lease.connection().prepare(self.text.clone()).await;
        lease.keep();
        prepared?;
        lease.note_prepared(&self.text);
        Ok(false)
    }
}
