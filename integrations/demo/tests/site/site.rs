//! A site for one test: a program in a folder of its own.

use std::net::SocketAddr;

use tempfile::TempDir;

use crate::program::Program;

/// The running program; dropped before its folder.
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
