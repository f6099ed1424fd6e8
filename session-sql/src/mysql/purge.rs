//! The SQL of a purge.
//!
//! The rows are found by statements of their own, and changed by their ids. A statement that changes rows and
//! finds them itself looks at each entry of the index, also at those of rows that earlier batches have
//! deleted. The server keeps such entries for as long as another transaction may see the rows, for example
//! that of a backup. A statement that only reads passes them over at little cost.

use session_core::UnixTime;
use sqlx::{AssertSqlSafe, Row as _, SqlSafeStr as _, SqlStr};

use crate::failure::Failure;
use crate::mysql::bound::Bound;
use crate::mysql::query::{Queries, prepared};

/// The largest number of ids in a statement.
const MOST_IDS: usize = 1_000;

/// The number of rows that are found beyond the limit of a purge, in place of rows that others have locked.
const SPARE: u32 = 100;

impl Queries {
    /// The limit is the number of rows that are looked at: among many that have expired, a limit for those
    /// that are still live would let each batch look at all of them. Before, limit, before.
    pub(crate) const FIND_PROLONGED: &str = r"
select id
from (
    select id, expires
    from `{table}` force index (by_purge_date)
    where purge_date < ?
    order by purge_date
    limit ?
) s
where expires is null
or expires >= ?";

    /// Sets a new purge date for rows whose expiry has moved past the old one.
    pub(crate) async fn reschedule_purge(&self, before: UnixTime, limit: u32) -> Result<(), Failure> {
        let before = before.as_millis();
        let find = || prepared(&self.find_prolonged).bind(before).bind(limit).bind(before);
        for ids in self.ids(find).await?.chunks(MOST_IDS) {
            let (table, ids) = (&self.table, list(ids));
            let reschedule = AssertSqlSafe(format!(
                "update `{table}` set purge_date = expires where id in ({ids}) and (expires is null or expires >= {before})"
            ));
            self.connections.write_text(&reschedule.into_sql_str()).await?;
        }
        Ok(())
    }

    /// Before, before, limit.
    pub(crate) const FIND_EXPIRED: &str = r"
select id
from `{table}` force index (by_purge_date)
where purge_date < ?
and expires < ?
order by purge_date
limit ?";

    /// Deletes records and rename markers that expired before `before`, unless another call is writing them.
    pub(crate) async fn purge(&self, before: UnixTime, limit: u32) -> Result<u64, Failure> {
        let before = before.as_millis();
        let most = limit.saturating_add(SPARE);
        let ids = self.ids(|| prepared(&self.find_expired).bind(before).bind(before).bind(most)).await?;
        let (mut ids, mut purged) = (ids.as_slice(), 0);
        while !ids.is_empty() && purged < u64::from(limit) {
            let wanted = usize::try_from(u64::from(limit) - purged).unwrap_or(MOST_IDS);
            let (next, rest) = ids.split_at(wanted.min(MOST_IDS).min(ids.len()));
            purged += self.connections.write_text(&self.delete_expired(next, before)).await?;
            ids = rest;
        }
        Ok(purged)
    }

    /// Returns the statement that deletes those of the rows that have expired and that no other call has
    /// locked. MySQL may merge an inner statement into the outer one, which waits for locks; the limit
    /// prevents that.
    pub(crate) fn delete_expired(&self, ids: &[i64], before: i64) -> SqlStr {
        let (table, most, ids) = (&self.table, ids.len(), list(ids));
        let delete = AssertSqlSafe(format!(
            r"
delete s
from (
    select id
    from `{table}` force index (primary)
    where id in ({ids})
    and expires < {before}
    limit {most}
    for update skip locked
) g
straight_join `{table}` s
on s.id = g.id"
        ));
        delete.into_sql_str()
    }

    async fn ids<'q>(&self, find: impl Fn() -> Bound<'q>) -> Result<Vec<i64>, Failure> {
        Ok(self.connections.read(find).await?.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
    }
}

fn list(ids: &[i64]) -> String {
    ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ")
}
