//! A small disk in memory, which a test can fill.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::error::Error;
use crate::folder::Folder;

/// The folder of the disk in the server's folder.
const NAME: &str = "disk";

/// The size of the disk, as `mount` takes it. The files of a new MariaDB server take three quarters of it.
const SIZE: &str = "size=64m,mode=700";

/// Mounts the disk and keeps it until the end of standard input.
const HOLD: &str = r#"mount -t tmpfs -o "$1" disk "$0" && echo ready && exec cat"#;

/// Writes a file until the disk is full.
const FILL: &str = r#"cat /dev/zero >"$0/ballast"; test -s "$0/ballast""#;

const CLEAR: &str = r#"rm "$0/ballast""#;

/// The part of a server's data that is on a small disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDisk {
    /// The tables of a tablespace that the test makes in [`Postgres::disk`](crate::Postgres::disk).
    Tables,
    /// The write-ahead log.
    Log,
}

/// A disk that only the programs see that are started on it: it is mounted in a namespace of their own, where
/// an ordinary user may do that.
#[derive(Debug)]
pub(crate) struct Disk {
    path: PathBuf,
    /// The process that keeps the namespace. It ends with this process, because it reads from it.
    holder: Child,
}

impl Disk {
    /// Mounts a disk in a folder.
    pub(crate) fn mount(folder: &Folder) -> Result<Self, Error> {
        let path = folder.make(NAME)?;
        let mut command = folder.tool(Path::new("unshare"));
        command.args(["--user", "--map-root-user", "--mount", "sh", "-c", HOLD]).arg(&path).arg(SIZE);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let holder = command.spawn().map_err(Error::machine("run `unshare`"))?;
        let mut disk = Self { path, holder };
        if disk.is_ready() { Ok(disk) } else { Err(disk.refusal()) }
    }

    /// Returns the path of a folder on the disk, as the programs on it see it.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns a command that runs a program of a folder's on the disk.
    ///
    /// The program has a user ID that is not root's, since PostgreSQL refuses to run as root.
    pub(crate) fn command(&self, folder: &Folder, program: &Path) -> Command {
        let mut command = folder.command(Path::new("nsenter"));
        self.enter(&mut command);
        command.args(["unshare", "--user", "--map-user=1000", "--map-group=1000", "--"]).arg(program);
        command
    }

    /// Fills the disk.
    pub(crate) fn fill(&self, folder: &Folder) -> Result<(), Error> {
        self.run(folder, FILL, "fill a disk")
    }

    /// Removes what [`fill`](Self::fill) has written.
    pub(crate) fn clear(&self, folder: &Folder) -> Result<(), Error> {
        self.run(folder, CLEAR, "clear a disk")
    }

    fn run(&self, folder: &Folder, script: &str, action: &'static str) -> Result<(), Error> {
        let mut command = folder.tool(Path::new("nsenter"));
        self.enter(&mut command).args(["sh", "-c", script]).arg(&self.path);
        let status = command.stdin(Stdio::null()).stderr(Stdio::null()).status();
        let done = status.and_then(|status| status.success().then_some(()).ok_or_else(|| failed(status)));
        done.map_err(Error::machine(action))
    }

    /// Adds to a command that runs `nsenter` the words after which a program follows. It is root's there.
    fn enter<'a>(&self, nsenter: &'a mut Command) -> &'a mut Command {
        let target = self.holder.id().to_string();
        nsenter.args(["--preserve-credentials", "--user", "--mount", "--target", &target, "--"])
    }

    /// Waits until the disk is mounted, or the holder has ended.
    fn is_ready(&mut self) -> bool {
        let mut line = String::new();
        let output = self.holder.stdout.take().map(BufReader::new);
        output.is_some_and(|mut output| output.read_line(&mut line).is_ok()) && line == "ready\n"
    }

    fn refusal(&mut self) -> Error {
        let mut reason = String::new();
        // Without a reason the error is still clear.
        let _ = self.holder.stderr.take().map(|mut output| output.read_to_string(&mut reason));
        Error::NoDisk { reason: reason.trim().to_owned() }
    }
}

impl Drop for Disk {
    /// Ends the holder. The disk goes when the last program on it has ended.
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        // It fails only if somebody else has waited for the holder.
        let _ = self.holder.wait();
    }
}

fn failed(status: std::process::ExitStatus) -> std::io::Error {
    std::io::Error::other(status.to_string())
}
