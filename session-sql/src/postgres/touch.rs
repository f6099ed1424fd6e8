//! The SQL of a touch, which may be one that waits briefly.

use session_core::UnixTime;
use session_core::store::{StoreKey, TouchPatience};

use crate::failure::Failure;
use crate::postgres::query::Queries;
use crate::postgres::row::bytes;

impl Queries {
    /// A null expiry means never, the latest of all, but `greatest` of any value and null is the value. A row
    /// is locked once it has met all conditions, so the last one limits the wait for the lock; its setting
    /// ends with the transaction. In a sub-select it would take much longer. `$1` key, `$2` expiry, `$3` now,
    /// `$4` milliseconds of a lock wait.
    const TOUCH: &str = r#"
update {schema}"{table}"
set expires = case when expires is null or $2::bigint is null then null else greatest(expires, $2) end,
    modification_date = greatest(modification_date, $3),
    purge_date = case
        when purge_date >= $3 then purge_date
        when expires is null or $2 is null then null
        else greatest(expires, $2)
    end
where key = $1
and moved_to is null
and (expires is null or expires > $3)
and set_config('lock_timeout', $4::bigint::text, true) is not null"#;

    /// Makes the transaction of this statement, and no other, not wait for the disk.
    const RELAXED: &str = r"
returning set_config('synchronous_commit', 'off', true)";

    pub(crate) fn touch_text(is_durable: bool) -> String {
        Self::TOUCH.to_owned() + if is_durable { "" } else { Self::RELAXED }
    }

    /// Moves a live record's expiry and its time of use.
    pub(crate) async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
        patience: TouchPatience,
    ) -> Result<bool, Failure> {
        let expires = expires.map(UnixTime::as_millis);
        // Zero would mean no limit.
        let lock_wait = self.timeouts.lock_wait_of_touch(patience).as_millis().max(1) as i64;
        let touch = || {
            let touch = self.bound(&self.touch).bind(bytes(key)).bind(expires);
            touch.bind(now.as_millis()).bind(lock_wait)
        };
        self.connections.write(touch).await.map(|rows| rows > 0)
    }
}
