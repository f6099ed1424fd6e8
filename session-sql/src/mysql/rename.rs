//! The rename, which is a transaction.

use session_core::UnixTime;
use session_core::store::{RENAME_MARKER_LIFETIME, Record, StoreKey, Version};
use sqlx::Row as _;

use crate::deadline::LONGEST;
use crate::failure::Failure;
use crate::lender::Lease;
use crate::mysql::connect::Servers;
use crate::mysql::error::{self, MySqlFailure};
use crate::mysql::query::{Queries, bind_set, prepared, unless_taken};
use crate::mysql::row::{self, bytes};
use crate::mysql::transaction::Transaction;
use crate::retry::retry;

impl Queries {
    /// Expiry, now, expiry, record, new key, old key, expected version, now.
    pub(super) const RENAME: &str = r"
update `{table}`
set purge_date = case
        when ? < purge_date or purge_date < ? or purge_date is null then ?
        else purge_date
    end,
    data = ?,
    creation_date = ?,
    modification_date = ?,
    expires = ?,
    idle_timeout = ?,
    owner = ?,
    label = ?,
    version = ?,
    `key` = ?
where `key` = ?
and version = ?
and moved_to is null
and (expires is null or expires > ?)";

    /// Old key, expiry of the rename marker, the same again, the session's id.
    pub(super) const INSERT_MARKER: &str = r"
insert into `{table}` (
    `key`, data, creation_date, modification_date, expires, version, purge_date, moved_to
)
values (?, x'', 0, 0, ?, 0, ?, ?)";

    /// Replaces a live record of the expected version by one under a new key, and leaves a rename marker,
    /// unless the new key is in use.
    pub(crate) async fn rename(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<bool, Failure> {
        let rename = async || {
            let mut transaction = Transaction::begin(self.connections.lend().await?).await?;
            let renamed = self.rename_in(transaction.lease(), old, new, record, expected, now).await;
            transaction.end(renamed).await
        };
        unless_taken(retry(LONGEST, error::is_rolled_back, rename).await)
    }

    async fn rename_in(
        &self,
        lease: &mut Lease<Servers>,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<u64, Failure> {
        let rename = bind_set(prepared(&self.rename), record, now).bind(bytes(new)).bind(bytes(old));
        let rename = rename.bind(row::version(expected)).bind(now.as_millis());
        let renamed = rename.execute(lease).await?;
        if renamed.rows_affected() > 0 {
            let found = prepared(&self.find_id).bind(bytes(new)).fetch_all(lease).await?;
            // In a cluster, a statement that reads does not always fail in a transaction that was overruled.
            let id: i64 = found.first().ok_or(MySqlFailure::Overruled)?.try_get(0)?;
            let until = (now + RENAME_MARKER_LIFETIME).as_millis();
            let insert = prepared(&self.insert_marker).bind(bytes(old)).bind(until).bind(until);
            insert.bind(id).execute(lease).await?;
        }
        Ok(renamed.rows_affected())
    }
}
