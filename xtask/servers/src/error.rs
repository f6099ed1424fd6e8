//! The failures of a server.

use std::fmt;
use std::io;
use std::process::ExitStatus;

/// Why there is no server, or not the one that was wanted.
#[derive(thiserror::Error)]
pub enum Error {
    /// A program is missing, and we may not install it.
    #[error(
        "{user} needs `{programs}`, and not all of that is on this machine.\n\
         On Debian and Ubuntu: apt-get install {packages}\n\
         Elsewhere: install what provides `{programs}`, and put it on the PATH."
    )]
    Missing {
        /// The thing that needs it, as a sentence's subject.
        user: &'static str,
        /// The names of all programs that it needs.
        programs: String,
        /// The Debian packages that hold them.
        packages: String,
    },
    /// The installation of a program failed. The installer's own output has the reason.
    #[error("cannot install {packages}: apt-get ended with {status}")]
    Installation {
        /// The Debian packages.
        packages: String,
        /// The status with which the installer ended.
        status: ExitStatus,
    },
    /// A server's program did not do what was wanted.
    #[error("{program} {problem}; the last lines of its log:\n  {log}")]
    Program {
        /// The name of the program.
        program: &'static str,
        /// The problem, as the rest of a sentence.
        problem: String,
        /// The end of its log.
        log: String,
    },
    /// The system does not let this process mount a disk.
    #[error(
        "cannot mount a small disk in a namespace of its own, because the system does not allow it: {reason}"
    )]
    NoDisk {
        /// The message of the program that tried.
        reason: String,
    },
    /// The machine did not do what we asked of it.
    #[error("cannot {action}: {source}")]
    Machine {
        /// The action that failed, as the rest of "cannot".
        action: &'static str,
        /// The reason.
        source: io::Error,
    },
}

impl Error {
    /// Returns a function for `map_err` that makes the failure of an action.
    pub(crate) fn machine(action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Machine { action, source }
    }
}

/// The same text as `Display`, so that a test that unwraps shows the log line by line.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
