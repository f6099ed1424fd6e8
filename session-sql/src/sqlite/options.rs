//! The options of a SQLite store.

use std::time::Duration;

use sqlx::sqlite::SqliteSynchronous;

use crate::table::TableName;

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
    /// The table that the sessions are kept in. Default: `cwsession`. Stores with different tables do not see each other's sessions,
    /// in one database too.
    pub table: TableName,
    /// How many connections read; at least one. Default: 4. There is one more that writes, since SQLite has one writer at a time.
    pub readers: u32,
    /// What a power cut may cost. Default: [`Synchronous::Normal`].
    pub synchronous: Synchronous,
    /// How long a statement waits for a writer in another process. Default: 5 s. Waiting longer than `call_timeout` would serve nobody,
    /// so it never does.
    pub busy_timeout: Duration,
    /// How long a call of the store may take. Default: 5 s. Then it has failed as unavailable.
    pub call_timeout: Duration,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            table: TableName::default(),
            readers: 4,
            synchronous: Synchronous::Normal,
            busy_timeout: Duration::from_secs(5),
            call_timeout: Duration::from_secs(5),
        }
    }
}

/// When SQLite waits for the disk. A crash of the process costs nothing in either case, and neither can damage the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Synchronous {
    /// At checkpoints. A power cut, or a crash of the operating system, may take the last writes back: who had just signed in signs
    /// in again, and who had just signed out may be signed in again.
    #[default]
    Normal,
    /// At every write. Nothing that was answered is taken back; each write costs a flush of the disk.
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
