//! The file that holds the database.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sqlx::sqlite::SqliteConnection;
use sqlx::{Row as _, query};

use crate::failure::Failure;
use crate::sqlite::error::SqliteFailure;

/// The shortest time between two looks at the file, each of which costs a call of the operating system.
const INTERVAL: Duration = Duration::from_millis(100);

/// The file that holds the database, which is looked at from time to time.
///
/// A file can be deleted or replaced while connections hold it open, for example when a backup is restored
/// under a running service. SQLite would go on to write into the file that no longer has a name, and those
/// sessions would be lost when the process ends. A file that is overwritten in place is not noticed.
pub(crate) struct DatabaseFile {
    path: PathBuf,
    id: FileId,
    found: Instant,
    /// The time of the last look, in milliseconds since `found`.
    looked: AtomicU64,
    is_in_place: AtomicBool,
}

impl DatabaseFile {
    /// Finds the file of the connection's database. Returns `None` if the database is not in a file that has
    /// a name.
    pub(crate) async fn of(connection: &mut SqliteConnection) -> Result<Option<Self>, Failure> {
        // The row of the database `main` is always the first.
        let row = query("pragma database_list").fetch_one(connection).await?;
        match row.try_get::<Option<&str>, _>("file")? {
            Some("") | None => Ok(None),
            Some(path) => Self::at(PathBuf::from(path)).map(Some),
        }
    }

    fn at(path: PathBuf) -> Result<Self, Failure> {
        let Ok(id) = file_id(&path) else { return Err(SqliteFailure::FileReplaced { path }.into()) };
        let (looked, is_in_place) = (AtomicU64::new(0), AtomicBool::new(true));
        Ok(Self { path, id, found: Instant::now(), looked, is_in_place })
    }

    /// Fails if the file was deleted or replaced.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        self.check_at(self.found.elapsed())
    }

    /// Looks at the file if the last look is long enough ago.
    fn check_at(&self, since_found: Duration) -> Result<(), Failure> {
        let millis = since_found.as_millis() as u64;
        if millis.saturating_sub(self.looked.load(Ordering::Relaxed)) >= INTERVAL.as_millis() as u64 {
            self.looked.store(millis, Ordering::Relaxed);
            if let Some(is_in_place) = self.recognise(file_id(&self.path)) {
                self.is_in_place.store(is_in_place, Ordering::Relaxed);
            }
        }
        if self.is_in_place.load(Ordering::Relaxed) {
            Ok(())
        } else {
            Err(SqliteFailure::FileReplaced { path: self.path.clone() }.into())
        }
    }

    /// Tells whether the file that was found is still this one. Returns `None` if that is unknown, because
    /// the process has lost the right to look at a file that it holds open.
    fn recognise(&self, found: io::Result<FileId>) -> Option<bool> {
        match found {
            Ok(id) => Some(id == self.id),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => None,
            Err(_) => Some(false),
        }
    }
}

/// The numbers of the device and the file, which no other file has as long as this one is open.
#[cfg(unix)]
type FileId = (u64, u64);

#[cfg(unix)]
fn file_id(path: &Path) -> io::Result<FileId> {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(path).map(|file| (file.dev(), file.ino()))
}

/// The time at which the file was created. Where files have no numbers, a file that is open cannot be
/// replaced.
#[cfg(not(unix))]
type FileId = std::time::SystemTime;

#[cfg(not(unix))]
fn file_id(path: &Path) -> io::Result<FileId> {
    fs::metadata(path).and_then(|file| file.created())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_deleted_or_replaced_is_noticed_at_the_next_look() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sessions.db");
        let _open = fs::File::create_new(&path).unwrap();
        let file = DatabaseFile::at(path.clone()).unwrap();
        let at = |millis| file.check_at(Duration::from_millis(millis));
        assert!(at(0).is_ok() && at(100).is_ok());
        fs::remove_file(&path).unwrap();
        assert!(at(199).is_ok(), "it is not time to look yet");
        let failure = at(200).unwrap_err().to_string();
        assert!(failure.contains("sessions.db was deleted or replaced"), "{failure}");
        assert!(at(201).is_err(), "the failure lasts between two looks");
        fs::write(&path, "another file").unwrap();
        assert!(at(300).is_err());
        assert!(DatabaseFile::at(folder.path().join("none")).is_err());
    }

    #[test]
    fn a_file_whose_folder_was_replaced_by_a_file_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        let _open = fs::File::create_new(data.join("sessions.db")).unwrap();
        let file = DatabaseFile::at(data.join("sessions.db")).unwrap();
        fs::rename(&data, folder.path().join("moved")).unwrap();
        fs::write(&data, "a file").unwrap();
        assert!(file.check_at(Duration::from_millis(100)).is_err());
    }

    #[test]
    fn a_file_that_may_not_be_looked_at_counts_as_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("sessions.db"), "").unwrap();
        let file = DatabaseFile::at(folder.path().join("sessions.db")).unwrap();
        assert_eq!(file.recognise(Err(io::ErrorKind::PermissionDenied.into())), None);
        assert_eq!(file.recognise(Err(io::ErrorKind::NotFound.into())), Some(false));
        assert_eq!(file.recognise(file_id(folder.path())), Some(false));
        assert_eq!(file.recognise(Ok(file.id)), Some(true));
    }
}
