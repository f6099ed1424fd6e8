//! A write-ahead log on a small disk.

use std::path::Path;

use crate::disk::Disk;
use crate::error::Error;
use crate::instance::Instance;

/// Moves the log of the data in the first folder to the second one.
const MOVE: &str = r#"mv "$0/pg_wal" "$1" && ln -s "$1" "$0/pg_wal""#;

/// Moves the log of new data to the disk, in files of one megabyte, and without those that `initdb` has left
/// for later, since they would be space on a full disk.
pub(super) fn move_log(
    instance: &mut Instance,
    data: &Path,
    disk: &Disk,
    pg_resetwal: &Path,
) -> Result<(), Error> {
    let mut command = disk.command(&instance.folder, Path::new("sh"));
    instance.run(command.args(["-c", MOVE]).arg(data).arg(disk.path().join("log")))?;
    let mut command = disk.command(&instance.folder, pg_resetwal);
    instance.run(command.arg("--wal-segsize=1").arg(data))
}
