//! A temporary folder that goes with its owner.

use std::ffi::OsStr;
use std::fs;
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt as _;
#[cfg(unix)]
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::account::Account;
use crate::error::Error;

/// The script that ends the folder's process and removes the folder.
const WATCHDOG: &str = include_str!("watchdog.sh");

/// Writes its process ID into a file and becomes another program, unless the folder has been removed.
const RECORD: &str = r#"echo $$ >"$0" && exec "$@""#;

/// A temporary folder with one process in it.
///
/// A small shell script, the watchdog, waits for the end of this process. It then ends the process in the
/// folder, and removes the folder.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    account: Account,
    watchdog: Child,
}

impl Folder {
    /// Makes a folder that belongs to the account. The watchdog will end the process by `signal`.
    pub(crate) fn new(account: Account, signal: &str) -> Result<Self, Error> {
        let failed = || Error::machine("make a folder for a server");
        let folder = tempfile::Builder::new().prefix("test-server-").tempdir().map_err(failed())?;
        account.give(folder.path()).map_err(failed())?;
        let mut command = own_group("sh");
        command.args(["-c", WATCHDOG, "watchdog"]).arg(folder.path()).arg(signal);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let watchdog = command.spawn().map_err(Error::machine("run `sh`"))?;
        Ok(Self { path: folder.keep(), account, watchdog })
    }

    /// Returns the path of the folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the path of a file in the folder.
    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Makes a folder in it that belongs to the folder's account.
    pub(crate) fn make(&self, name: &str) -> Result<PathBuf, Error> {
        let path = self.join(name);
        let made = fs::create_dir(&path).and_then(|()| self.account.give(&path));
        made.map_err(Error::machine("make a folder for a server")).map(|()| path)
    }

    /// Writes a file that belongs to the folder's account, and that no other may read.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf, Error> {
        let path = self.join(name);
        let written = fs::write(&path, text)
            .and_then(|()| fs::set_permissions(&path, fs::Permissions::from_mode(0o600)))
            .and_then(|()| self.account.give(&path));
        written.map_err(Error::machine("write a file for a server")).map(|()| path)
    }

    /// Returns a command that runs a program in the folder, under its account.
    ///
    /// The watchdog knows of the program from its beginning.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = own_group("sh");
        command.args(["-c", RECORD]).arg(self.process_file()).arg(program);
        self.at_home(command)
    }

    /// Returns a command that runs a program in the folder, under its account, beside the one that the
    /// watchdog knows of. It must end by itself.
    pub(crate) fn tool(&self, program: &Path) -> Command {
        self.at_home(own_group(program))
    }

    fn at_home(&self, mut command: Command) -> Command {
        command.current_dir(&self.path);
        self.account.apply(&mut command);
        command
    }

    /// Notes that the program has ended, so that the watchdog never signals another process of the same ID.
    pub(crate) fn forget_process(&self) {
        // It fails only if the program has not come to write the file.
        let _ = fs::remove_file(self.process_file());
    }

    fn process_file(&self) -> PathBuf {
        self.join("process")
    }
}

impl Drop for Folder {
    /// Waits until the watchdog has removed the folder.
    fn drop(&mut self) {
        // This first closes the pipe. It fails only if somebody else has waited for the watchdog.
        let _ = self.watchdog.wait();
    }
}

/// Returns a command in a process group of its own: Ctrl-C in a terminal interrupts only our group.
fn own_group(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    #[cfg(unix)]
    command.process_group(0);
    command
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use crate::processes;
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;
    use std::thread;
    use std::time::Duration;

    /// Runs a script in a folder, drops the folder as soon as the script has begun, and returns how it ended.
    fn ended(script: &str) -> ExitStatus {
        let folder = Folder::new(Account::Own, "TERM").unwrap();
        let mut process = folder.command(Path::new("sh")).args(["-c", script]).spawn().unwrap();
        while !folder.join("begun").exists() {
            thread::sleep(Duration::from_millis(10));
        }
        let waiting = thread::spawn(move || process.wait().unwrap());
        drop(folder);
        waiting.join().unwrap()
    }

    #[test]
    fn a_process_ends_with_its_folder() {
        assert_eq!(ended("echo >begun; exec sleep 600").signal(), Some(15));
    }

    #[test]
    fn a_process_that_does_not_end_is_killed() {
        assert_eq!(ended("trap '' TERM; echo >begun; exec sleep 600").signal(), Some(9));
    }

    #[test]
    fn a_folder_goes_even_if_the_watchdog_was_asked_to_end() {
        let folder = Folder::new(Account::Own, "TERM").unwrap();
        let path = folder.path().to_owned();
        // It needs a moment to begin.
        thread::sleep(Duration::from_millis(500));
        for signal in ["HUP", "INT", "QUIT", "TERM"] {
            processes::signal(signal, &[folder.watchdog.id()]).unwrap();
        }
        drop(folder);
        assert!(!path.exists() && !path.with_extension("ended").exists());
    }

    #[test]
    fn no_process_starts_in_a_folder_that_is_gone() {
        let folder = Folder::new(Account::Own, "TERM").unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let mut command = folder.command(Path::new("touch"));
        command.arg(elsewhere.path().join("file")).current_dir(elsewhere.path()).stderr(Stdio::null());
        drop(folder);
        assert!(!command.status().unwrap().success());
        assert!(!elsewhere.path().join("file").exists());
    }
}
