//! The connections: one that writes, and several that read.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions};

use crate::deadline::LONGEST;
use crate::failure::Failure;
use crate::retry::retry;
use crate::sqlite::error::{self, SqliteFailure};
use crate::sqlite::options::SqliteOptions;

/// The pools of a store.
pub(crate) struct Pools {
    pub(crate) writer: SqlitePool,
    pub(crate) readers: SqlitePool,
}

/// Opens the database. A missing file is created, unless the URL's `mode` forbids it.
pub(crate) async fn open(url: &str, options: &SqliteOptions) -> Result<Pools, Failure> {
    let location = Location::of(url);
    let call_timeout = options.call_timeout.min(LONGEST);
    let busy_timeout = options.busy_timeout.min(call_timeout);
    let connect = url
        .parse::<SqliteConnectOptions>()?
        .busy_timeout(busy_timeout)
        .synchronous(options.synchronous.into());
    // A connection to a file does not go stale, so connections are not tested before use, and never replaced.
    let pool = SqlitePoolOptions::new()
        .test_before_acquire(false)
        .idle_timeout(None)
        .max_lifetime(None)
        .acquire_timeout(call_timeout);
    if location.is_of_one_connection {
        let only = pool.min_connections(1).max_connections(1).connect_with(connect).await?;
        return Ok(Pools { writer: only.clone(), readers: only });
    }
    // From now on, changes to the working directory lead no connection to another file. For the same reason
    // all connections are opened here.
    let path = absolute(connect.get_filename());
    let connect = connect.filename(path);
    let reading = connect.clone().create_if_missing(false);
    let writing = connect.journal_mode(SqliteJournalMode::Wal);
    let writing = if location.has_mode { writing } else { writing.create_if_missing(true) };
    let readers = options.readers.max(1);
    Ok(Pools {
        writer: open_file(pool.clone().max_connections(1), &writing, busy_timeout).await?,
        readers: open_file(pool.min_connections(readers).max_connections(readers), &reading, busy_timeout)
            .await?,
    })
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

/// Opens the file, and waits for as long as `patience` while it is busy. Another process may be changing it
/// to WAL mode as well.
async fn open_file(
    pool: SqlitePoolOptions,
    connect: &SqliteConnectOptions,
    patience: Duration,
) -> Result<SqlitePool, Failure> {
    let opened = retry(patience, error::is_busy, || pool.clone().connect_with(connect.clone())).await;
    opened.map_err(|error| open_failure(connect.get_filename(), error).into())
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

    async fn opened(options: &SqliteOptions) -> (TempDir, Pools) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("sessions.db").display());
        let pools = open(&url, options).await.unwrap();
        (folder, pools)
    }

    async fn pragma(pool: &SqlitePool, text: &'static str) -> i64 {
        query_scalar(text).fetch_one(pool).await.unwrap()
    }

    #[tokio::test]
    async fn the_option_synchronous_reaches_the_connection() {
        for (synchronous, expected) in [(Synchronous::Normal, 1), (Synchronous::Full, 2)] {
            let options = SqliteOptions { synchronous, ..SqliteOptions::default() };
            let (_folder, pools) = opened(&options).await;
            assert_eq!(pragma(&pools.writer, "pragma synchronous").await, expected);
        }
        assert_eq!(SqliteOptions::default().synchronous, Synchronous::Normal);
    }

    #[tokio::test]
    async fn reader_and_writer_are_in_wal_mode() {
        let (_folder, pools) = opened(&SqliteOptions::default()).await;
        for pool in [&pools.writer, &pools.readers] {
            let mode: String = query_scalar("pragma journal_mode").fetch_one(pool).await.unwrap();
            assert_eq!(mode, "wal");
        }
    }

    #[tokio::test]
    async fn a_statement_waits_no_longer_than_the_call_it_is_for() {
        let mut options = SqliteOptions::default();
        for (call_timeout, expected) in [(1, 1_000), (60, 5_000)] {
            options.call_timeout = Duration::from_secs(call_timeout);
            let (_folder, pools) = opened(&options).await;
            assert_eq!(pragma(&pools.writer, "pragma busy_timeout").await, expected);
            assert_eq!(pragma(&pools.readers, "pragma busy_timeout").await, expected);
        }
    }

    #[tokio::test]
    async fn no_statement_waits_longer_than_a_day() {
        let options = SqliteOptions {
            call_timeout: Duration::MAX,
            busy_timeout: Duration::MAX,
            ..SqliteOptions::default()
        };
        let (_folder, pools) = opened(&options).await;
        assert_eq!(pragma(&pools.writer, "pragma busy_timeout").await, 86_400_000);
    }

    #[tokio::test]
    async fn one_connection_writes_and_four_read() {
        let (_folder, pools) = opened(&SqliteOptions::default()).await;
        assert_eq!(pools.writer.options().get_max_connections(), 1);
        assert_eq!(pools.readers.options().get_max_connections(), 4);
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
