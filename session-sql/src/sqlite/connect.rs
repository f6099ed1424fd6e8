//! The connections of a store: one that writes and several that read, or those of the application's pool.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteRow};
use sqlx::{ConnectOptions as _, Connection as _, Sqlite, SqlitePool};

use crate::deadline::LONGEST;
use crate::failure::Failure;
use crate::lender::{DriverConnector, Lease, Lender};
use crate::pool::{Connector, Limits, Pool};
use crate::retry::retry;
use crate::sqlite::error::{self, SqliteFailure};
use crate::sqlite::options::SqliteOptions;
use crate::sqlite::row::Bound;

/// The connections of a store: one that writes, and those that read. Clones share them.
#[derive(Clone)]
pub(crate) struct Connections {
    writer: Arc<Lender<File>>,
    /// `None` if the connections that write also read, as in memory, where there is only one, or in a pool of
    /// the application.
    readers: Option<Arc<Lender<File>>>,
}

impl Connections {
    /// Borrows the connections of the application's pool.
    pub(crate) fn borrowed(pool: SqlitePool) -> Self {
        Self { writer: Arc::new(Lender::Borrowed(pool)), readers: None }
    }

    /// Opens the database. A missing file is created, unless the URL's `mode` forbids it.
    ///
    /// All connections are opened here, so that none leads to another file if the file is replaced later.
    pub(crate) async fn open(url: &str, options: &SqliteOptions) -> Result<Self, Failure> {
        let location = Location::of(url);
        let busy_timeout = options.busy_timeout.min(options.call_timeout).min(LONGEST);
        let connect = url
            .parse::<SqliteConnectOptions>()?
            .busy_timeout(busy_timeout)
            .synchronous(options.synchronous.into());
        if location.is_of_one_connection {
            let only = File { connect, patience: busy_timeout };
            let connection = only.connect.connect().await?;
            return Ok(Self { writer: pool(vec![connection], only), readers: None });
        }
        // From now on, changes to the working directory lead no connection to another file.
        let path = absolute(connect.get_filename());
        let connect = connect.filename(path);
        let reading = File { connect: connect.clone().create_if_missing(false), patience: busy_timeout };
        let writing = connect.journal_mode(SqliteJournalMode::Wal);
        let writing = if location.has_mode { writing } else { writing.create_if_missing(true) };
        let writing = File { connect: writing, patience: busy_timeout };
        let writer = pool(vec![writing.open().await?], writing);
        let mut readers = Vec::new();
        for _ in 0..options.readers.max(1) {
            readers.push(reading.open().await?);
        }
        Ok(Self { writer, readers: Some(pool(readers, reading)) })
    }

    /// Returns the number of connections that read.
    pub(crate) fn readers(&self) -> u32 {
        self.readers.as_ref().unwrap_or(&self.writer).connections()
    }

    /// Returns the number of connections that write.
    pub(crate) fn writers(&self) -> u32 {
        self.writer.connections()
    }

    pub(crate) async fn lend_reader(&self) -> Result<Lease<File>, Failure> {
        self.readers.as_ref().unwrap_or(&self.writer).lend().await
    }

    pub(crate) async fn lend_writer(&self) -> Result<Lease<File>, Failure> {
        self.writer.lend().await
    }

    /// Runs a statement that reads.
    pub(crate) async fn read(&self, statement: Bound<'_>) -> Result<Vec<SqliteRow>, Failure> {
        let mut lease = self.lend_reader().await?;
        let rows = statement.fetch_all(lease.connection()).await;
        lease.end(rows)
    }

    /// Runs a statement that writes, and returns the number of rows that it changed.
    pub(crate) async fn write(&self, statement: Bound<'_>) -> Result<u64, Failure> {
        let mut lease = self.lend_writer().await?;
        let done = statement.execute(lease.connection()).await;
        Ok(lease.end(done)?.rows_affected())
    }

    /// Closes the connections that read, and then the one that writes.
    pub(crate) async fn close(&self) {
        if let Some(readers) = &self.readers {
            readers.close().await;
        }
        self.writer.close().await;
    }
}

/// Returns a pool of connections to a file, which do not go stale: they are neither tested before use nor
/// replaced.
fn pool(connections: Vec<SqliteConnection>, file: File) -> Arc<Lender<File>> {
    let limits = Limits {
        connections: connections.len() as u32,
        patience: LONGEST,
        fresh: Duration::MAX,
        test_timeout: LONGEST,
        idle_timeout: Duration::MAX,
        max_lifetime: Duration::MAX,
    };
    Arc::new(Lender::Own(Pool::with(connections, file, limits)))
}

/// The file of a database, or the memory.
pub(crate) struct File {
    connect: SqliteConnectOptions,
    /// The time for which a busy file is waited for. Another process may be changing it to WAL mode as well.
    patience: Duration,
}

impl Connector for File {
    type Connection = SqliteConnection;

    async fn open(&self) -> Result<SqliteConnection, Failure> {
        let opened = retry(self.patience, error::is_busy, || self.connect.connect()).await;
        opened.map_err(|error| open_failure(self.connect.get_filename(), error).into())
    }

    async fn test(&self, connection: &mut SqliteConnection) -> Result<(), Failure> {
        Ok(connection.ping().await?)
    }

    fn is_lost(failure: &Failure) -> bool {
        error::is_lost(failure)
    }

    async fn close(&self, connection: SqliteConnection) {
        // The connection is closed even if its last transaction cannot be ended in good order.
        let _ = connection.close().await;
    }
}

impl DriverConnector for File {
    type Database = Sqlite;
}

/// Makes the path independent of the working directory. A URI of SQLite's own, such as `file:sessions.db`, is
/// left as it is.
fn absolute(path: &Path) -> PathBuf {
    let is_uri = path.to_str().is_some_and(|path| path.starts_with("file:"));
    let absolute = if is_uri { None } else { std::path::absolute(path).ok() };
    absolute.unwrap_or_else(|| path.to_owned())
}

/// The parts of the URL that the driver parses but does not expose.
struct Location {
    /// The database is in memory, or a file without a name, so its data belong to one connection and are lost
    /// with it.
    is_of_one_connection: bool,
    /// The URL has a `mode`, which says how to open the database.
    has_mode: bool,
}

impl Location {
    fn of(url: &str) -> Self {
        let url = url.trim_start_matches("sqlite://").trim_start_matches("sqlite:");
        let (name, parameters) = url.split_once('?').unwrap_or((url, ""));
        let mode = parameters.split('&').find_map(|parameter| parameter.strip_prefix("mode="));
        Self {
            is_of_one_connection: name.is_empty() || name == ":memory:" || mode == Some("memory"),
            has_mode: mode.is_some(),
        }
    }
}

/// Makes the failure of a file that could not be opened.
///
/// SQLite only says that it cannot open the file, so the operating system is asked for the cause.
fn open_failure(path: &Path, error: sqlx::Error) -> SqliteFailure {
    let kind = error::kind(&error);
    let path = PathBuf::from(path);
    if error::is_cant_open(&error)
        && let Err(cause) = OpenOptions::new().read(true).write(true).open(&path)
    {
        return SqliteFailure::Open { path, kind, source: cause.into() };
    }
    SqliteFailure::Open { path, kind, source: error.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::options::Synchronous;
    use sqlx::query_scalar;
    use tempfile::TempDir;

    /// Opens a database, and returns its connections: the one that writes, and one that reads.
    async fn opened(options: &SqliteOptions) -> (TempDir, [Lease<File>; 2]) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("sessions.db").display());
        let connections = Connections::open(&url, options).await.unwrap();
        let leases = [connections.lend_writer().await.unwrap(), connections.lend_reader().await.unwrap()];
        (folder, leases)
    }

    async fn pragma(lease: &mut Lease<File>, text: &'static str) -> i64 {
        query_scalar(text).fetch_one(lease.connection()).await.unwrap()
    }

    #[tokio::test]
    async fn the_option_synchronous_reaches_the_connection() {
        for (synchronous, expected) in [(Synchronous::Normal, 1), (Synchronous::Full, 2)] {
            let options = SqliteOptions { synchronous, ..SqliteOptions::default() };
            let (_folder, [mut writer, _]) = opened(&options).await;
            assert_eq!(pragma(&mut writer, "pragma synchronous").await, expected);
        }
        assert_eq!(SqliteOptions::default().synchronous, Synchronous::Normal);
    }

    #[tokio::test]
    async fn reader_and_writer_are_in_wal_mode() {
        let (_folder, leases) = opened(&SqliteOptions::default()).await;
        for mut lease in leases {
            let mode: String =
                query_scalar("pragma journal_mode").fetch_one(lease.connection()).await.unwrap();
            assert_eq!(mode, "wal");
        }
    }

    #[tokio::test]
    async fn a_statement_waits_no_longer_than_the_call_it_is_for() {
        let mut options = SqliteOptions::default();
        for (call_timeout, expected) in [(1, 1_000), (60, 5_000)] {
            options.call_timeout = Duration::from_secs(call_timeout);
            let (_folder, leases) = opened(&options).await;
            for mut lease in leases {
                assert_eq!(pragma(&mut lease, "pragma busy_timeout").await, expected);
            }
        }
    }

    #[tokio::test]
    async fn no_statement_waits_longer_than_a_day() {
        let options = SqliteOptions {
            call_timeout: Duration::MAX,
            busy_timeout: Duration::MAX,
            ..SqliteOptions::default()
        };
        let (_folder, [mut writer, _]) = opened(&options).await;
        assert_eq!(pragma(&mut writer, "pragma busy_timeout").await, 86_400_000);
    }

    #[tokio::test]
    async fn one_connection_writes_and_four_read() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("sessions.db").display());
        let connections = Connections::open(&url, &SqliteOptions::default()).await.unwrap();
        let mut readers = Vec::new();
        for _ in 0..4 {
            readers.push(connections.lend_reader().await.unwrap());
        }
        let _writer = connections.lend_writer().await.unwrap();
        let soon = Duration::from_millis(20);
        assert!(tokio::time::timeout(soon, connections.lend_reader()).await.is_err(), "a fifth");
        assert!(tokio::time::timeout(soon, connections.lend_writer()).await.is_err(), "a second");
    }

    #[test]
    fn the_operating_system_is_asked_only_why_a_file_cannot_be_opened() {
        let failure = open_failure(Path::new("/missing/sessions.db"), sqlx::Error::PoolTimedOut);
        let SqliteFailure::Open { source, .. } = failure else { panic!("expected SqliteFailure::Open") };
        assert_eq!(source.to_string(), sqlx::Error::PoolTimedOut.to_string());
    }

    #[test]
    fn a_path_becomes_absolute_and_a_uri_stays_as_it_is() {
        let here = std::env::current_dir().unwrap();
        assert_eq!(absolute(Path::new("a/b.db")), here.join("a/b.db"));
        assert_eq!(absolute(Path::new("/a/b.db")), Path::new("/a/b.db"));
        assert_eq!(absolute(Path::new("file:b.db?mode=rwc")), Path::new("file:b.db?mode=rwc"));
    }

    #[test]
    fn a_database_in_memory_has_one_connection() {
        for url in [
            "sqlite::memory:",
            "sqlite://:memory:",
            "sqlite://a?mode=memory",
            "sqlite:a?cache=shared&mode=memory",
            "sqlite:",
        ] {
            assert!(Location::of(url).is_of_one_connection, "{url}");
        }
        for url in ["sqlite:a.db", "sqlite:///a.db?mode=rw", "sqlite://memory", "a.db"] {
            assert!(!Location::of(url).is_of_one_connection, "{url}");
        }
    }

    #[test]
    fn a_mode_is_found_at_any_position_in_the_url() {
        assert!(Location::of("sqlite:a.db?mode=rw").has_mode);
        assert!(Location::of("sqlite:a.db?cache=private&mode=rwc").has_mode);
        assert!(!Location::of("sqlite:a.db?cache=private").has_mode);
        assert!(!Location::of("sqlite:mode=rw").has_mode);
    }
}
