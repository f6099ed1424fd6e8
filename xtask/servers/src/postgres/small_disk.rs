//! Servers with a part of their data on a small disk.

use std::path::Path;

use super::Postgres;
use crate::disk::{Disk, OnDisk};
use crate::error::Error;

/// A disk that can be filled.
impl Postgres {
    /// Starts a server that has a part of its data on a small disk of its own.
    ///
    /// # Errors
    ///
    /// Fails with [`Error::NoDisk`] if the system does not let this process mount a disk, and otherwise like
    /// [`start`](Self::start).
    pub fn start_on_small_disk(part: OnDisk) -> Result<Self, Error> {
        // The server, too, keeps no files of the log for later.
        Self::make(vec!["wal_recycle=off".to_owned()], Some(part), |_| Ok(()))
    }

    /// Returns the folder of the server's small disk, as the server sees it.
    ///
    /// # Panics
    ///
    /// Panics if the server has no small disk.
    #[must_use]
    pub fn disk(&self) -> &Path {
        self.small_disk().path()
    }

    /// Fills the small disk to its last byte.
    ///
    /// # Errors
    ///
    /// Fails if the disk cannot be written.
    ///
    /// # Panics
    ///
    /// Panics if the server has no small disk.
    pub fn fill_disk(&self) -> Result<(), Error> {
        self.small_disk().fill(&self.instance.folder)
    }

    /// Frees the space again that [`fill_disk`](Self::fill_disk) has taken.
    ///
    /// # Errors
    ///
    /// Fails if that was done before.
    ///
    /// # Panics
    ///
    /// Panics if the server has no small disk.
    pub fn clear_disk(&self) -> Result<(), Error> {
        self.small_disk().clear(&self.instance.folder)
    }

    fn small_disk(&self) -> &Disk {
        self.disk.as_ref().expect("the server was started on a small disk")
    }
}
