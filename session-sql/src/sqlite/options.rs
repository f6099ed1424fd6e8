//! The options of a SQLite store.

use std::time::Duration;

use session_core::store::SizeLimits;
use sqlx::sqlite::SqliteSynchronous;

use crate::deadline::Timeouts;
use crate::name::TableName;

/// The sizes that the store holds. SQLite's own limit is a row of 1,000,000,000 bytes.
pub(crate) const SIZE_LIMITS: SizeLimits = SizeLimits { payload: 512 << 20, owner: 1 << 20, label: 1 << 20 };

/// The options of a [`SqliteStore`](crate::SqliteStore).
///
/// ```
/// use session_sql::{SqliteOptions, Synchronous};
/// use std::time::Duration;
///
/// let mut options = SqliteOptions::default();
/// options.synchronous = Synchronous::Full;
/// options.readers = 8;
/// assert_eq!(options.table.as_str(), "cwsession");
/// assert_eq!(options.call_timeout, Duration::from_secs(5));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SqliteOptions {
    /// The table that the sessions are kept in. Default: `cwsession`.
    ///
    /// Stores with different tables do not see each other's sessions, even in the same database.
    pub table: TableName,
    /// The number of connections that read, at least 1. Default: 4.
    ///
    /// One more connection writes, because SQLite has one writer at a time.
    pub readers: u32,
    /// The largest number of calls that share a statement, at most 64. Default: 32. With 1, each call has its
    /// own.
    ///
    /// Loads share statements, and so do updates, but only when there are more calls than connections. A call
    /// that finds a connection free has its own.
    pub batch_size: u32,
    /// The times at which SQLite waits for the disk. Default: [`Synchronous::Normal`].
    pub synchronous: Synchronous,
    /// The longest time that a statement waits for a writer in another process. Default: 5 s.
    ///
    /// It is limited to `call_timeout`, because the call has failed by then.
    pub busy_timeout: Duration,
    /// The longest time that a store call may take, at most 24 hours. Default: 5 s.
    ///
    /// A call that takes longer fails with
    /// [`StoreErrorKind::Unavailable`](session_core::store::StoreErrorKind::Unavailable).
    pub call_timeout: Duration,
    /// The longest time that a touch may wait, for example for a lock, while more than half of the session's
    /// idle timeout is left. Default: 250 ms. It is limited to `call_timeout`, which applies from then on.
    ///
    /// A touch prolongs a session that was only read. If it fails, the request succeeds without a new cookie,
    /// and the next request tries again.
    ///
    /// SQLite cannot be told to stop waiting, so the touch may still take effect when the lock is free. Until
    /// then it keeps the connection that writes, which could do nothing else anyway.
    pub touch_timeout: Duration,
}

impl SqliteOptions {
    pub(crate) fn timeouts(&self) -> Timeouts {
        Timeouts::new(self.call_timeout, self.touch_timeout)
    }
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            table: TableName::default(),
            readers: 4,
            batch_size: 32,
            synchronous: Synchronous::Normal,
            busy_timeout: Duration::from_secs(5),
            call_timeout: Duration::from_secs(5),
            touch_timeout: Duration::from_millis(250),
        }
    }
}

/// The times at which SQLite waits for the disk.
///
/// A crash of the process loses nothing with either value, and neither value can damage the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Synchronous {
    /// SQLite waits for the disk at checkpoints.
    ///
    /// A power cut or a crash of the operating system may undo the last writes. A visitor who had just signed
    /// in then has to sign in again, and one who had just signed out may be signed in again.
    #[default]
    Normal,
    /// SQLite waits for the disk at every write.
    ///
    /// A write that succeeded is never undone, but each write costs a flush of the disk.
    Full,
}

impl From<Synchronous> for SqliteSynchronous {
    fn from(synchronous: Synchronous) -> Self {
        match synchronous {
            Synchronous::Normal => Self::Normal,
            Synchronous::Full => Self::Full,
        }
    }
}
