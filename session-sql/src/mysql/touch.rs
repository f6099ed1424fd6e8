//! The SQL of a touch, which may be one that waits briefly.

use session_core::UnixTime;
use session_core::store::{StoreKey, TouchPatience};

use crate::deadline::Timeouts;
use crate::failure::Failure;
use crate::mysql::query::{Queries, prepared};
use crate::mysql::row::bytes;

impl Queries {
    /// A null expiry means never, the latest of all, and `greatest` of any value and null is null. Now,
    /// expiry, expiry, now, key, now.
    pub(crate) const TOUCH: &str = r"
update `{table}`
set purge_date = case when purge_date >= ? then purge_date else greatest(expires, ?) end,
    expires = greatest(expires, ?),
    modification_date = greatest(modification_date, ?)
where `key` = ?
and moved_to is null
and (expires is null or expires > ?)";

    /// Returns the statement of a brief touch, which the server ends before the caller goes away. What is in
    /// `/*M! … */` is for MariaDB, and a comment for MySQL.
    pub(crate) fn touch_briefly(timeouts: Timeouts) -> String {
        // In seconds. Zero would mean no limit.
        let longest = timeouts.lock_wait_of_touch(TouchPatience::Brief).as_secs_f64().max(0.001);
        format!("/*M! set statement max_statement_time = {longest:.3} for */{}", Self::TOUCH)
    }

    /// Moves a live record's expiry and its time of use.
    pub(crate) async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
        patience: TouchPatience,
    ) -> Result<bool, Failure> {
        let (expires, now) = (expires.map(UnixTime::as_millis), now.as_millis());
        let text = match patience {
            TouchPatience::Brief => &self.touch_briefly,
            TouchPatience::Full => &self.touch,
        };
        let touch = || {
            let touch = prepared(text).bind(now).bind(expires).bind(expires).bind(now);
            touch.bind(bytes(key)).bind(now)
        };
        self.connections.write(touch).await.map(|rows| rows > 0)
    }
}
