//! A transaction of several statements.
//!
//! Each statement is a message of its own. In a cluster, another node can overrule a transaction between two
//! of them; if they were one text, the server would run the rest of it by itself.

use sqlx::raw_sql;

use crate::failure::Failure;
use crate::lender::Lease;
use crate::mysql::connect::Servers;
use crate::mysql::error;

// Without these words, the setting `completion_type` could begin another transaction, or end the connection.
const COMMIT: &str = "commit and no chain no release";
const ROLLBACK: &str = "rollback and no chain no release";

/// A transaction on a connection. If it is dropped, the connection is closed, and the server rolls it back.
pub(crate) struct Transaction(Lease<Servers>);

impl Transaction {
    /// Begins a transaction on a connection.
    pub(crate) async fn begin(mut lease: Lease<Servers>) -> Result<Self, Failure> {
        lease.discard_on_drop();
        match raw_sql("start transaction").execute(lease.connection()).await {
            Ok(_) => Ok(Self(lease)),
            Err(error) => {
                let failure = Failure::Driver(error);
                if error::is_rolled_back(&failure) {
                    lease.keep();
                }
                lease.end(Err(failure))
            }
        }
    }

    pub(crate) fn lease(&mut self) -> &mut Lease<Servers> {
        &mut self.0
    }

    /// Commits if the statements had an outcome, and rolls back if one failed.
    pub(crate) async fn end<T>(mut self, outcome: Result<T, Failure>) -> Result<T, Failure> {
        let outcome = match outcome {
            Ok(outcome) => raw_sql(COMMIT).execute(self.0.connection()).await.map(|_| outcome),
            // Its locks would be held until the connection is used again.
            Err(failure) => {
                if !error::is_lost(&failure) && raw_sql(ROLLBACK).execute(self.0.connection()).await.is_ok() {
                    self.0.keep();
                }
                return self.0.end(Err(failure));
            }
        };
        let outcome = outcome.map_err(Failure::from).map_err(|failure| match failure {
            failure if error::is_rolled_back(&failure) => failure,
            failure => error::unknown_commit(failure),
        });
        self.0.end(outcome)
    }
}
