//! A site for one test, in its own folder.

use std::net::SocketAddr;

use tempfile::TempDir;

use crate::program::Program;

/// A running program and its folder. The program is dropped first.
#[derive(Debug)]
pub(crate) struct Site {
    program: Program,
    _folder: TempDir,
}

impl Site {
    pub(crate) fn open(framework: &str, store: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = Program::start(folder.path(), &["--framework", framework, "--store", store]);
        Self { program, _folder: folder }
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.program.address
    }
}
