//! The options of a PostgreSQL store.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use session_core::store::SizeLimits;

use crate::credentials::CredentialSource;
use crate::deadline::Timeouts;
use crate::name::{SchemaName, TableName};

/// Returns the sizes that the store holds. PostgreSQL's own limit is 1 GiB, for a value and for a message.
/// The text of a statement has two digits for each byte, and the server keeps several copies of it.
pub(crate) const fn size_limits(statements: Statements) -> SizeLimits {
    let payload = match statements {
        Statements::Prepared => 256 << 20,
        Statements::Text => 64 << 20,
    };
    SizeLimits { payload, owner: 1 << 20, label: 1 << 20 }
}

/// The ways to send statements to the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Statements {
    /// Each statement is prepared once per connection, and its values are sent beside it.
    ///
    /// When a store opens its first connection, it looks for a pooler in transaction mode, with a second
    /// connection that it closes again. If the pooler loses prepared statements, the store fails with an
    /// error that names the remedy. If the pooler follows them, as pgbouncer 1.21 or later does with
    /// `max_prepared_statements` above 0, the store works, but sets neither the isolation level nor a
    /// `statement_timeout`, because the settings would be those of other clients too.
    #[default]
    Prepared,
    /// Each statement is sent as one text that contains its values, and the connection keeps no state between
    /// two statements.
    ///
    /// This is for a pooler in transaction mode that does not follow prepared statements, such as pgbouncer
    /// before 1.21. What it costs:
    ///
    /// * Calls are slower: the server parses and plans each statement anew. The rate of loads was 0.3 to 0.4
    ///   of that of prepared statements, and the rate of updates and touches 0.5 to 0.8.
    /// * A payload can have up to 64 MiB.
    /// * The store sets neither the isolation level nor a `statement_timeout`, because other clients use the
    ///   same connections to the server. The default isolation level of the role must be READ COMMITTED,
    ///   which the store checks when it is opened and at its first call.
    /// * The text contains store keys, owners and payloads. The store never logs it, and no error shows it.
    ///   But the server's log has the text of statements that fail, unless `log_min_error_statement` is
    ///   `panic` for the role, and of slow ones if `log_min_duration_statement` is set. A pool of the
    ///   application logs its statements at debug level, and slow ones as warnings: call
    ///   [`disable_statement_logging`](sqlx::ConnectOptions::disable_statement_logging) on its options.
    ///
    /// A statement cache of size 0 in the driver is not a remedy: statements have names with it, too.
    Text,
}

/// The options of a [`PostgresStore`](crate::PostgresStore).
///
/// ```
/// use session_sql::PostgresOptions;
/// use std::time::Duration;
///
/// let mut options = PostgresOptions::default();
/// options.schema = Some("web".parse()?);
/// options.connections = 16;
/// assert_eq!(options.table.as_str(), "cwsession");
/// assert_eq!(options.call_timeout, Duration::from_secs(5));
/// # Ok::<(), session_sql::BadName>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct PostgresOptions {
    /// The table that the sessions are kept in. Default: `cwsession`.
    ///
    /// Stores with different tables do not see each other's sessions, even in the same database.
    pub table: TableName,
    /// The schema of the table. Default: `None`, which means the first schema of the connection's
    /// `search_path`, usually `public`.
    pub schema: Option<SchemaName>,
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
    /// in the URL cannot be used. Default: none.
    ///
    /// They share the call timeout: with one further host, each has half of it to reply. All of them have the
    /// database, the credentials and the TLS settings of the URL or the pool. A standby is not used. The URL
    /// must name a host, not a Unix socket.
    pub further_hosts: Vec<(String, u16)>,
    /// The source of the user and the password of new connections, in place of those in the URL. Default:
    /// `None`.
    pub credentials: Option<Arc<dyn CredentialSource>>,
    /// The way to send statements. Default: [`Statements::Prepared`].
    ///
    /// [`Statements::Text`] is for poolers in transaction mode that lose prepared statements.
    pub statements: Statements,
    /// Makes each touch wait for the disk. Default: `false`.
    ///
    /// A touch only prolongs a session. Without the wait, a crash of the server may undo the touches of the
    /// last fraction of a second, so a session may expire a little earlier. All other writes always wait, if
    /// the server's `synchronous_commit` is `on`.
    pub durable_touches: bool,
    /// The longest time that a store call may take, at most 24 hours. Default: 5 s.
    ///
    /// A call that takes longer fails with
    /// [`StoreErrorKind::Unavailable`](session_core::store::StoreErrorKind::Unavailable). The store's own
    /// connections have it as their `statement_timeout`, so that the server does not continue for long with
    /// the statement of a call that has failed. Behind a pooler that shares connections, and with
    /// [`Statements::Text`], they do not: set a `statement_timeout` for the role.
    pub call_timeout: Duration,
    /// The longest time that a touch may wait, for example for a lock, while more than half of the session's
    /// idle timeout is left. Default: 250 ms. It is limited to `call_timeout`, which applies from then on.
    ///
    /// A touch prolongs a session that was only read. If it fails, the request succeeds without a new cookie,
    /// and the next request tries again.
    ///
    /// The server ends the statement of such a touch with a `lock_timeout` of four fifths of this time.
    pub touch_timeout: Duration,
}

impl PostgresOptions {
    pub(crate) fn timeouts(&self) -> Timeouts {
        Timeouts::new(self.call_timeout, self.touch_timeout)
    }
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            table: TableName::default(),
            schema: None,
            connections: 8,
            batch_size: 64,
            idle_timeout: Duration::from_secs(600),
            max_lifetime: Duration::from_secs(1800),
            further_hosts: Vec::new(),
            credentials: None,
            statements: Statements::default(),
            durable_touches: false,
            call_timeout: Duration::from_secs(5),
            touch_timeout: Duration::from_millis(250),
        }
    }
}

impl fmt::Debug for PostgresOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresOptions")
            .field("table", &self.table)
            .field("schema", &self.schema)
            .field("connections", &self.connections)
            .field("batch_size", &self.batch_size)
            .field("idle_timeout", &self.idle_timeout)
            .field("max_lifetime", &self.max_lifetime)
            .field("further_hosts", &self.further_hosts)
            .field("statements", &self.statements)
            .field("durable_touches", &self.durable_touches)
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
        let shown = format!("{:?}", PostgresOptions::default());
        assert!(
            shown.starts_with("PostgresOptions { table: TableName(cwsession), schema: None, connections: 8")
        );
        assert!(shown.ends_with("touch_timeout: 250ms, .. }"), "{shown}");
    }
}
