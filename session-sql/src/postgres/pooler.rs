//! Poolers in transaction mode, which give each transaction any of their connections to the server.

use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Row as _, query_scalar, raw_sql};

use crate::failure::Failure;

/// Returns the number of the server's process that runs it.
const PROCESS: &str = "select pg_backend_pid()";

/// The number of comparisons. Among other clients, a single look may find each of them where it was.
const ROUNDS: usize = 4;

/// Tells whether a pooler shares the server's connections between these two. Fails if it loses prepared
/// statements.
///
/// Without other clients, a pooler gives the second connection what the first one has just used. There the
/// driver's name for the first statement of a connection exists already, unless the pooler follows the names.
/// Among other clients, the first connection is likely to find its next statement elsewhere.
pub(crate) async fn is_shared(one: &mut PgConnection, two: &mut PgConnection) -> Result<bool, Failure> {
    for _ in 0..ROUNDS {
        let first = prepared(one).await?;
        let mut transaction = two.begin().await?;
        let held: i32 = raw_sql(PROCESS).fetch_one(&mut *transaction).await?.try_get(0)?;
        let again = if held == first { prepared(&mut transaction).await } else { Ok(held) };
        // A pooler closes its connection to the server if a client leaves it within a transaction.
        transaction.rollback().await?;
        again?;
        if held == first || prepared(one).await? != first {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn prepared(connection: &mut PgConnection) -> Result<i32, Failure> {
    Ok(query_scalar(PROCESS).fetch_one(connection).await?)
}
