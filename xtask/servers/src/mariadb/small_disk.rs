//! Servers with their data on a small disk.

use super::{Mariadb, NAME, SIGNAL};
use crate::disk::Disk;
use crate::error::Error;
use crate::instance::Instance;

/// The file of InnoDB's own data grows by one megabyte, and not by 64, for which the disk has no space.
const GROWTH: &str = "--innodb-autoextend-increment=1";

/// A disk that can be filled.
impl Mariadb {
    /// Starts a server that has all of its data on a small disk of its own: the tables, InnoDB's own data and
    /// its log, which does not grow.
    ///
    /// On a full disk a server may refuse writes, wait for space, or end.
    ///
    /// # Errors
    ///
    /// Fails with [`Error::NoDisk`] if the system does not let this process mount a disk, and otherwise like
    /// [`start`](Self::start).
    pub fn start_on_small_disk() -> Result<Self, Error> {
        let instance = Instance::new(NAME, SIGNAL)?;
        let disk = Disk::mount(&instance.folder)?;
        Self::make(instance, Some(disk), vec![GROWTH.to_owned()])
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
