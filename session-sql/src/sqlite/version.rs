//! The releases of SQLite that are safe to use.

use sqlx::query_scalar;
use sqlx::sqlite::SqliteConnection;

use crate::failure::Failure;
use crate::sqlite::error::SqliteFailure;

/// Returns the release of the SQLite of this program.
pub(crate) async fn read(connection: &mut SqliteConnection) -> Result<String, Failure> {
    Ok(query_scalar("select sqlite_version()").fetch_one(connection).await?)
}

/// Fails if this release of SQLite can lose commits.
pub(crate) fn check(version: String) -> Result<(), Failure> {
    if is_safe(&version) { Ok(()) } else { Err(SqliteFailure::Unsafe(version).into()) }
}

/// Tells whether a release keeps all commits in WAL mode.
///
/// Up to 3.51.2 a checkpoint that resets the log while another connection begins to write can lose that
/// connection's commit. The corrections of 3.50.7 and 3.44.6 are for those two branches alone: see
/// <https://sqlite.org/wal.html#walresetbug>.
fn is_safe(version: &str) -> bool {
    let mut numbers = version.split('.').map(|number| number.parse::<u32>().ok());
    let mut next = || numbers.next().flatten();
    match (next(), next(), next().unwrap_or(0)) {
        (Some(3), Some(44), patch) => patch >= 6,
        (Some(3), Some(50), patch) => patch >= 7,
        (Some(3), Some(51), patch) => patch >= 3,
        (Some(major), Some(minor), _) => (major, minor) >= (3, 52),
        (_, None, _) | (None, _, _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_releases_that_keep_every_commit_are_safe() {
        for version in ["3.51.3", "3.51.10", "3.52.0", "3.50.7", "3.50.12", "3.44.6", "4.0.0", "3.60"] {
            assert!(is_safe(version), "{version}");
        }
        for version in [
            "3.51.2", "3.51.0", "3.51", "3.50.6", "3.50.0", "3.49.9", "3.44.5", "3.45.7", "3.40.1", "3.7.0",
            "2.8.17", "", "3", "x.y.z",
        ] {
            assert!(!is_safe(version), "{version}");
        }
    }

    #[test]
    fn a_release_that_can_lose_commits_is_refused_by_its_number() {
        assert!(check("3.51.3".to_owned()).is_ok());
        let failure = check("3.51.2".to_owned()).unwrap_err().to_string();
        assert!(failure.starts_with("SQLite 3.51.2 can lose commits"), "{failure}");
    }
}
