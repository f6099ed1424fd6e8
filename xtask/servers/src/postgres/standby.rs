//! Standbys: servers that copy another one, and can take its place.

use std::fs;
use std::io;

use super::{NAME, Postgres, SIGNAL};
use crate::error::Error;
use crate::instance::Instance;
use crate::port;
use crate::processes;

/// The setting of a server that waits for standbys.
const SYNCHRONOUS: &str = "synchronous_standby_names=";

/// The title of the process that receives the primary's writes, once it is connected.
const RECEIVER: &str = "postgres: walreceiver streaming";

/// A standby and its standbys to come.
impl Postgres {
    /// The name by which a standby is known to its primary, for the setting `synchronous_standby_names`.
    pub const STANDBY: &str = "standby";

    /// Starts a standby of this server, and waits until it accepts connections that read.
    ///
    /// It has the settings of this server, except `synchronous_standby_names`, since it has no standby.
    ///
    /// # Errors
    ///
    /// Fails if this server does not run, or if the standby does not come up.
    pub fn start_standby(&self) -> Result<Self, Error> {
        let instance = Instance::new(NAME, SIGNAL)?;
        let port = port::free().map_err(Error::machine("find a free port"))?;
        let (program, password) = (self.program.clone(), self.password.clone());
        let mut standby = Self { instance, disk: None, program, settings: Vec::new(), port, password };
        standby.become_standby_of(self)?;
        Ok(standby)
    }

    /// Makes this server a standby of another one, on the port that it had before. Its own data are removed.
    ///
    /// # Errors
    ///
    /// Fails like [`start_standby`](Self::start_standby).
    pub fn become_standby_of(&mut self, primary: &Self) -> Result<(), Error> {
        self.instance.end_at_once()?;
        match fs::remove_dir_all(self.data()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::machine("remove the data of a server")(error));
            }
            _ => {}
        }
        self.settings = primary.settings.iter().filter(|it| !it.starts_with(SYNCHRONOUS)).cloned().collect();
        self.password = primary.password.clone();
        self.copy(primary)?;
        self.start_again()
    }

    /// Copies the data of a server, with a note to follow it.
    fn copy(&mut self, primary: &Self) -> Result<(), Error> {
        let mut command = self.instance.folder.command(&self.program.with_file_name("pg_basebackup"));
        command.arg("--pgdata").arg(self.data());
        command.args(["--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast", "--no-sync"]);
        command.arg("--dbname").arg(format!("{}?application_name={}", primary.url(), Self::STANDBY));
        self.instance.run(&mut command)
    }

    /// Makes a standby the primary, and waits until it takes writes.
    ///
    /// # Errors
    ///
    /// Fails if the server is not a standby, or does not become the primary within a minute.
    pub fn promote(&mut self) -> Result<(), Error> {
        let mut command = self.instance.folder.tool(&self.program.with_file_name("pg_ctl"));
        command.args(["promote", "--silent", "--timeout=60", "--pgdata"]).arg(self.data());
        self.instance.run_beside(&mut command)
    }

    /// Stops the process that receives the primary's writes, so that the standby falls behind.
    ///
    /// A server with a stopped process takes five seconds to end, and cannot be promoted.
    ///
    /// # Errors
    ///
    /// Fails if the server is not a standby of a server that runs, or if the system is not Linux.
    pub fn pause_receiver(&self) -> Result<(), Error> {
        self.instance.pause(self.instance.child(RECEIVER)?)
    }

    /// Lets the process go on that receives the primary's writes. It first takes those that are under way.
    ///
    /// # Errors
    ///
    /// Fails like [`pause_receiver`](Self::pause_receiver).
    pub fn continue_receiver(&self) -> Result<(), Error> {
        let receiver = self.instance.child(RECEIVER)?;
        processes::signal("CONT", &[receiver]).map_err(Error::machine("continue a process of a server"))
    }

    /// Ends the process that receives the primary's writes, with those that it has not taken yet, as if they
    /// had never arrived. It starts again if the primary still runs.
    ///
    /// # Errors
    ///
    /// Fails like [`pause_receiver`](Self::pause_receiver).
    pub fn end_receiver(&self) -> Result<(), Error> {
        let receiver = self.instance.child(RECEIVER)?;
        let signals = ["TERM", "CONT"].iter().try_for_each(|name| processes::signal(name, &[receiver]));
        signals.map_err(Error::machine("end a process of a server"))
    }
}
