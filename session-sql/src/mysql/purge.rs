//! The SQL of a purge.

use session_core::UnixTime;
use sqlx::{AssertSqlSafe, Row as _, SqlSafeStr as _};

use crate::failure::Failure;
use crate::mysql::query::{Queries, prepared};
use crate::purge::{Due, Purged};

/// The largest number of ids in a statement. The server may turn a list of 1000 values or more into a join,
/// which can read the whole table: `in_predicate_conversion_threshold`.
const MOST_IDS: usize = 500;

impl Queries {
    /// Deletes records and rename markers that expired before `before`, unless another call is writing them.
    pub(crate) async fn purge(&self, before: UnixTime, limit: u32) -> Result<u64, Failure> {
        let batch = |start, limit| self.purge_from(start, before.as_millis(), limit);
        self.purge_start.purge(limit, batch).await
    }

    async fn purge_from(&self, start: i64, before: i64, limit: i64) -> Result<Option<Purged>, Failure> {
        let Some(first) = self.first_due(start, before).await? else { return Ok(None) };
        let due = Due { first, before, limit };
        self.reschedule_purge(due).await?;
        Ok(Some(Purged { first, deleted: self.delete_due(due).await? }))
    }

    /// Start, before.
    pub(crate) const FIRST_DUE: &str = r"
select purge_date
from `{table}` force index (by_purge_date)
where purge_date >= ?
and purge_date < ?
order by purge_date
limit 1";

    /// Returns the first purge date from `start` on, if it is before `before`.
    async fn first_due(&self, start: i64, before: i64) -> Result<Option<i64>, Failure> {
        let first_due = || prepared(&self.first_due).bind(start).bind(before);
        let rows = self.connections.read(first_due).await?;
        Ok(rows.first().map(|row| row.try_get(0)).transpose()?)
    }

    /// The limit is the number of rows that are looked at: among many that have expired, a limit for those
    /// that are still live would let each batch look at all of them. First, before, limit, before.
    pub(crate) const FIND_PROLONGED: &str = r"
select id
from (
    select id, expires
    from `{table}` force index (by_purge_date)
    where purge_date >= ?
    and purge_date < ?
    order by purge_date
    limit ?
) s
where expires is null
or expires >= ?";

    /// Sets a new purge date for rows whose expiry has moved past the old one.
    ///
    /// They are found by a statement of its own, because a sub-select would lock all that it looks at.
    async fn reschedule_purge(&self, Due { first, before, limit }: Due) -> Result<(), Failure> {
        let find = || prepared(&self.find_prolonged).bind(first).bind(before).bind(limit).bind(before);
        let ids: Result<Vec<i64>, _> =
            self.connections.read(find).await?.iter().map(|row| row.try_get(0)).collect();
        for ids in ids?.chunks(MOST_IDS) {
            let table = &self.table;
            let ids = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
            let reschedule = AssertSqlSafe(format!(
                "update `{table}` set purge_date = expires where id in ({ids}) and (expires is null or expires >= {before})"
            ));
            self.connections.write_text(&reschedule.into_sql_str()).await?;
        }
        Ok(())
    }

    /// Rows that are locked are left out. Without the inner statement, the server may look at each row of a
    /// small table, and wait for the lock of a live session. First, before, before, limit.
    pub(crate) const PURGE: &str = r"
delete s
from (
    select id
    from `{table}` force index (by_purge_date)
    where purge_date >= ?
    and purge_date < ?
    and expires < ?
    order by purge_date
    limit ?
    for update skip locked
) g
straight_join `{table}` s
on s.id = g.id";

    async fn delete_due(&self, Due { first, before, limit }: Due) -> Result<u64, Failure> {
        let purge = || prepared(&self.purge).bind(first).bind(before).bind(before).bind(limit);
        self.connections.write(purge).await
    }
}
