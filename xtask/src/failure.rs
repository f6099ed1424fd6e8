//! The failures of a command.

use std::error::Error;
use std::fmt;
use std::io;
use std::process::ExitCode;

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line makes no sense; the usage is shown with it.
    Usage(String),
    /// A program that we ran has said itself what is wrong, and ended with this code.
    Program { command: String, code: u8 },
    /// A check found something, or something is missing; the text says what to do.
    Finding(String),
    /// Something that the tests need is missing, or a server does not come up; the text says what to do.
    Server(test_servers::Error),
    /// The machine did not do what we asked of it.
    Machine { doing: String, source: io::Error },
}

impl Failure {
    /// Returns a function for `map_err` that makes the failure of `doing`.
    pub(crate) fn machine(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Machine { doing, source }
    }

    /// Returns the exit code: 2 for a wrong command line, a program's own code, otherwise 1.
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Program { code, .. } => ExitCode::from(*code),
            Self::Finding(_) | Self::Server(_) | Self::Machine { .. } => ExitCode::FAILURE,
        }
    }
}

impl From<test_servers::Error> for Failure {
    fn from(error: test_servers::Error) -> Self {
        Self::Server(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) | Self::Finding(text) => f.write_str(text),
            Self::Program { command, code } => write!(f, "`{command}` ended with code {code}"),
            Self::Server(error) => error.fmt(f),
            Self::Machine { doing, source } => write!(f, "{doing}: {source}"),
        }
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Machine { source, .. } => Some(source),
            Self::Server(error) => error.source(),
            Self::Usage(_) | Self::Program { .. } | Self::Finding(_) => None,
        }
    }
}
