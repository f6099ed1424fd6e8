//! The SQL of a purge.
//!
//! The server keeps the index entries of deleted rows for as long as another transaction may see the rows,
//! such as that of a backup. A statement that reads the index from its start passes over all of them, and
//! would take longer with each batch. So a batch begins at the first row of the batch before it: all rows
//! with earlier dates are deleted.

use session_core::UnixTime;
use sqlx::{AssertSqlSafe, Row as _, SqlSafeStr as _};

use crate::failure::Failure;
use crate::mysql::query::{Queries, prepared};
use crate::purge_start::EARLIEST;

/// The rows of a batch: their first purge date, the date before which they expired, and how many they are at
/// most.
#[derive(Clone, Copy)]
struct Due {
    first: i64,
    before: i64,
    limit: u32,
}

/// The largest number of ids in a statement. The server may turn a list of 1000 values or more into a join,
/// which can read the whole table: `in_predicate_conversion_threshold`.
const MOST_IDS: usize = 500;

impl Queries {
    /// Deletes records and rename markers that expired before `before`, unless another call is writing them.
    ///
    /// A date can also become earlier. So a batch that is not full, with which a run of purges ends, looks at
    /// the whole index again.
    pub(crate) async fn purge(&self, before: UnixTime, limit: u32) -> Result<u64, Failure> {
        let before = before.as_millis();
        let mut start = self.purge_start.take();
        let mut purged = 0;
        loop {
            if let Some(first) = self.first_due(start, before).await? {
                let left = limit.saturating_sub(u32::try_from(purged).unwrap_or(limit));
                let due = Due { first, before, limit: left };
                self.reschedule_purge(due).await?;
                purged += self.delete_due(due).await?;
                if purged >= u64::from(limit) {
                    self.purge_start.set(first);
                    return Ok(purged);
                }
            }
            if start == EARLIEST {
                return Ok(purged);
            }
            start = EARLIEST;
        }
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
