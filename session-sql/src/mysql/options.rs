//! The options of a MariaDB or MySQL store.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use session_core::store::SizeLimits;

use crate::batch::LARGEST_BYTES;
use crate::credentials::CredentialSource;
use crate::deadline::Timeouts;
use crate::name::TableName;

/// The smallest `max_allowed_packet` that the store accepts. It is MariaDB's default.
pub(crate) const SMALLEST_PACKET: u64 = 16 << 20;

/// The sizes that the store holds.
pub(crate) const SIZE_LIMITS: SizeLimits = SizeLimits { payload: 12 << 20, owner: 1 << 20, label: 1 << 20 };

// A shared statement ends with a record of the largest size, and each of the others has some numbers besides.
const _: () = {
    let largest = SIZE_LIMITS.payload + SIZE_LIMITS.owner + SIZE_LIMITS.label;
    assert!((LARGEST_BYTES + largest + (64 << 10)) as u64 <= SMALLEST_PACKET);
};

/// The options of a [`MySqlStore`](crate::MySqlStore).
///
/// ```
/// use session_sql::MySqlOptions;
/// use std::time::Duration;
///
/// let mut options = MySqlOptions::default();
/// options.table = "web_sessions".parse()?;
/// options.connections = 16;
/// assert_eq!(options.call_timeout, Duration::from_secs(5));
/// # Ok::<(), session_sql::BadName>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct MySqlOptions {
    /// The table that the sessions are kept in. Default: `cwsession`.
    ///
    /// Stores with different tables do not see each other's sessions, even in the same database.
    pub table: TableName,
    /// The largest number of connections, at least 1. Default: 8.
    ///
    /// They are opened when they are needed.
    pub connections: u32,
    /// The largest number of calls that share a statement, at most 64. Default: 64. With 1, each call has its
    /// own.
    ///
    /// Loads share statements, and so do updates, but only when there are more calls than connections. A call
    /// that finds a connection free has its own.
    pub batch_size: u32,
    /// The time after which a connection that is not used is closed, at most 24 hours. Default: 10 min.
    pub idle_timeout: Duration,
    /// The age at which a connection is replaced, at most 24 hours. Default: 30 min.
    ///
    /// If a name comes to lead to another server, the service follows it within this time, or at once if the
    /// server before refuses a write or ends the connections.
    pub max_lifetime: Duration,
    /// Further servers of the same cluster, each with its host and port, which are tried in turn if the one
    /// in the URL cannot be used: the other nodes of a Galera cluster, or the server that takes its place.
    /// Default: none.
    ///
    /// They share the call timeout: with one further host, each has half of it to reply. All of them have the
    /// database, the credentials and the TLS settings of the URL or the pool. A server that is read-only is
    /// not used. The URL must name a host, not a Unix socket.
    pub further_hosts: Vec<(String, u16)>,
    /// The source of the user and the password of new connections, in place of those in the URL. Default:
    /// `None`.
    pub credentials: Option<Arc<dyn CredentialSource>>,
    /// The longest time that a store call may take, at most 24 hours. Default: 5 s.
    ///
    /// A call that takes longer fails with
    /// [`StoreErrorKind::Unavailable`](session_core::store::StoreErrorKind::Unavailable). A statement waits
    /// for a lock for at most three seconds, or the call timeout if it is shorter, but at least one second.
    /// On MariaDB the store's own connections have the call timeout as their `max_statement_time`, so that
    /// the server does not continue for long with the statement of a call that has failed.
    pub call_timeout: Duration,
    /// The longest time that a touch may wait, for example for a lock, while more than half of the session's
    /// idle timeout is left. Default: 250 ms. It is limited to `call_timeout`, which applies from then on.
    ///
    /// A touch prolongs a session that was only read. If it fails, the request succeeds without a new cookie,
    /// and the next request tries again.
    ///
    /// MariaDB ends the statement of such a touch after four fifths of this time. MySQL has no such limit for
    /// a write: there the statement keeps its connection until it gets the lock, or until its lock wait ends.
    pub touch_timeout: Duration,
}

impl MySqlOptions {
    pub(crate) fn timeouts(&self) -> Timeouts {
        Timeouts::new(self.call_timeout, self.touch_timeout)
    }
}

impl Default for MySqlOptions {
    fn default() -> Self {
        Self {
            table: TableName::default(),
            connections: 8,
            batch_size: 64,
            idle_timeout: Duration::from_secs(600),
            max_lifetime: Duration::from_secs(1800),
            further_hosts: Vec::new(),
            credentials: None,
            call_timeout: Duration::from_secs(5),
            touch_timeout: Duration::from_millis(250),
        }
    }
}

impl fmt::Debug for MySqlOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MySqlOptions")
            .field("table", &self.table)
            .field("connections", &self.connections)
            .field("batch_size", &self.batch_size)
            .field("idle_timeout", &self.idle_timeout)
            .field("max_lifetime", &self.max_lifetime)
            .field("further_hosts", &self.further_hosts)
            .field("call_timeout", &self.call_timeout)
            .field("touch_timeout", &self.touch_timeout)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_shown() {
        let shown = format!("{:?}", MySqlOptions::default());
        assert!(shown.starts_with("MySqlOptions { table: TableName(cwsession), connections: 8"));
        assert!(shown.ends_with("touch_timeout: 250ms, .. }"), "{shown}");
    }
}
