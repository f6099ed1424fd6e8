//! Processes by their IDs: signals, and the children of a process.

use std::fs;
use std::io;
use std::process::{Command, Stdio};

/// A line of the kernel's about a process, as far as it is of use here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    /// A letter: `T` for a stopped process, `Z` for one that has ended and only waits to be noticed.
    pub(crate) state: char,
    /// The ID of its parent.
    parent: u32,
}

/// Sends a signal to processes. Those that have ended are left out.
pub(crate) fn signal(name: &str, processes: &[u32]) -> io::Result<()> {
    // Every shell has a `kill` of its own; the program of that name is not on every machine.
    let mut command = Command::new("sh");
    command.args(["-c", r#"kill -s "$0" "$@""#, name]).args(processes.iter().map(u32::to_string));
    command.stderr(Stdio::null()).status().map(|_| ())
}

/// Returns the IDs of a process's children.
pub(crate) fn children(parent: u32) -> io::Result<Vec<u32>> {
    let names = fs::read_dir("/proc")?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    Ok(names.filter(|process| status(*process).is_some_and(|status| status.parent == parent)).collect())
}

/// Checks whether a process runs.
pub(crate) fn runs(process: u32) -> bool {
    status(process).is_some_and(|status| status.state != 'Z')
}

/// Returns the name that a process shows: its command line, or the title that it has given itself.
pub(crate) fn name(process: u32) -> String {
    let line = fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&line).replace('\0', " ").trim_end().to_owned()
}

/// Returns the status of a process, or `None` if it is gone.
pub(crate) fn status(process: u32) -> Option<Status> {
    parse(&fs::read_to_string(format!("/proc/{process}/stat")).ok()?)
}

/// Reads `ID (name) state parent …`. The name may contain spaces and parentheses.
fn parse(line: &str) -> Option<Status> {
    let (_, rest) = line.rsplit_once(')')?;
    let mut words = rest.split_ascii_whitespace();
    Some(Status { state: words.next()?.parse().ok()?, parent: words.next()?.parse().ok()? })
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_behind_any_name() {
        let line = "7 (a) R 9 (b) S 3 7 7 0 -1 4194560 126";
        assert_eq!(parse(line), Some(Status { state: 'S', parent: 3 }));
        assert_eq!(parse(""), None);
    }

    #[test]
    fn a_process_shows_its_name_until_it_is_gone() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        // It has no name at the moment of its beginning.
        while name(child.id()).is_empty() {}
        assert_eq!(name(child.id()), "sleep 60");
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(name(child.id()), "");
    }

    #[test]
    fn a_child_runs_until_it_is_killed() {
        let mut child = Command::new("sleep").arg("60").spawn().unwrap();
        assert!(children(std::process::id()).unwrap().contains(&child.id()));
        assert!(runs(child.id()));
        signal("KILL", &[child.id()]).unwrap();
        while runs(child.id()) {}
        // It has not been waited for yet.
        assert_eq!(status(child.id()).unwrap().state, 'Z');
        child.wait().unwrap();
        assert_eq!(status(child.id()), None);
    }
}
