//! A private PostgreSQL server.

mod moved_log;
mod small_disk;
mod standby;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::disk::{Disk, OnDisk};
use crate::error::Error;
use crate::folder::Folder;
use crate::instance::Instance;
use crate::port;
use crate::programs::{self, Need, Place};
use crate::random::random;
use moved_log::move_log;

const NEED: Need = Need {
    user: "a PostgreSQL server for tests",
    programs: &["initdb", "postgres"],
    packages: &["postgresql"],
    place: Place::Versions("/usr/lib/postgresql"),
};

/// The environment variable with the folder of PostgreSQL's programs, for another release than the machine's.
pub const POSTGRES_PROGRAMS: &str = "SESSION_POSTGRES_PROGRAMS";

/// The name of the program in errors.
const NAME: &str = "PostgreSQL";
/// The signal that ends a server at once.
const SIGNAL: &str = "QUIT";
/// The name of the one user, a superuser.
const USER: &str = "session";
/// The folder of the data in the server's folder.
const DATA: &str = "data";

/// The lines of a status, counted from zero: the ID of the process, the key and the ID of the shared memory,
/// the state.
const PROCESS: usize = 0;
const SHARED_MEMORY: usize = 6;
const STATE: usize = 7;

/// A PostgreSQL server that runs until this is dropped.
#[derive(Debug)]
pub struct Postgres {
    instance: Instance,
    /// A small disk, if the server has a part of its data there.
    disk: Option<Disk>,
    program: PathBuf,
    /// Those that were given, as `name=value`.
    settings: Vec<String>,
    port: u16,
    password: String,
}

impl Postgres {
    /// Starts a server, and waits until it accepts connections.
    ///
    /// # Errors
    ///
    /// Fails if PostgreSQL is not on the machine and may not be installed, or if the server does not come up.
    /// The error then quotes the server's log.
    pub fn start() -> Result<Self, Error> {
        Self::start_with(&[])
    }

    /// Starts a server with settings of `postgresql.conf`: names with their values.
    ///
    /// # Errors
    ///
    /// Fails like [`start`](Self::start), and if a setting is not valid.
    pub fn start_with(settings: &[(&str, &str)]) -> Result<Self, Error> {
        let settings = settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Self::make(settings, None, |_| Ok(()))
    }

    /// Starts a server that offers TLS, with this certificate and its private key in PEM.
    ///
    /// # Errors
    ///
    /// Fails like [`start`](Self::start), and if the certificate or the key is not valid.
    pub fn start_with_tls(certificate: &str, key: &str) -> Result<Self, Error> {
        let settings = ["ssl=on", "ssl_cert_file=../server.crt", "ssl_key_file=../server.key"];
        Self::make(settings.map(str::to_owned).to_vec(), None, |folder| {
            folder.write("server.crt", certificate)?;
            folder.write("server.key", key).map(|_| ())
        })
    }

    fn make(
        settings: Vec<String>,
        part: Option<OnDisk>,
        prepare: impl FnOnce(&Folder) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let programs = programs()?;
        let mut instance = Instance::new(NAME, SIGNAL)?;
        let password = format!("{:016x}", random());
        let disk = part.map(|_| Disk::mount(&instance.folder)).transpose()?;
        let mut initdb = initdb(&programs[0], &instance.folder, &password)?;
        instance.run(&mut initdb)?;
        if let (Some(disk), Some(OnDisk::Log)) = (&disk, part) {
            let data = instance.folder.join(DATA);
            move_log(&mut instance, &data, disk, &programs[1].with_file_name("pg_resetwal"))?;
        }
        let port = port::free().map_err(Error::machine("find a free port"))?;
        prepare(&instance.folder)?;
        let mut server = Self { instance, disk, program: programs[1].clone(), settings, port, password };
        server.start_again()?;
        Ok(server)
    }

    /// Returns the URL of the server's database, for its superuser.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://{USER}:{}@127.0.0.1:{}/postgres", self.password, self.port)
    }

    /// Returns the port on 127.0.0.1. The server keeps it when it starts again.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Stops the server in good order: it closes all connections, writes its data and ends.
    ///
    /// # Errors
    ///
    /// Fails if the server goes on for a minute.
    pub fn stop(&mut self) -> Result<(), Error> {
        self.instance.end("INT")
    }

    /// Kills the server with all its processes, so that it has no time to write anything.
    ///
    /// # Errors
    ///
    /// Fails if the system is not Linux.
    pub fn kill(&mut self) -> Result<(), Error> {
        self.instance.kill()?;
        // A killed server cannot remove its shared memory, which would stay if it never started again.
        let status = status(&self.status_file());
        if let Some((_, segment)) = status.get(SHARED_MEMORY).and_then(|line| line.split_once(' ')) {
            // It fails if there is no such segment, and that is just as good.
            let _ = Command::new("ipcrm").args(["-m", segment.trim()]).stderr(Stdio::null()).status();
        }
        Ok(())
    }

    /// Starts the server again, on its port and with its data, and waits until it accepts connections.
    ///
    /// A server that still runs is ended first, without good order.
    ///
    /// # Errors
    ///
    /// Fails if the server does not come up, for example because another program has taken its port.
    pub fn start_again(&mut self) -> Result<(), Error> {
        let mut command = self.command();
        let file = self.status_file();
        self.instance.start(&mut command, |process| is_ready(&status(&file), process))
    }

    fn status_file(&self) -> PathBuf {
        self.data().join("postmaster.pid")
    }

    fn data(&self) -> PathBuf {
        self.instance.folder.join(DATA)
    }

    fn command(&self) -> Command {
        let folder = &self.instance.folder;
        let mut command = match &self.disk {
            None => folder.command(&self.program),
            Some(disk) => disk.command(folder, &self.program),
        };
        command.arg("-D").arg(self.data()).arg("-k").arg(folder.path());
        let port = format!("port={}", self.port);
        let ours = [
            "listen_addresses=127.0.0.1",
            &port,
            "max_connections=300",
            "shared_buffers=32MB",
            // The data need not survive the machine, only the server.
            "fsync=off",
            // In a file of the folder, so that none is left elsewhere by a server that was killed.
            "dynamic_shared_memory_type=mmap",
            // A standby that is promoted notices it at once, and not only after five seconds.
            "wal_retrieve_retry_interval=100ms",
        ];
        for setting in ours.into_iter().chain(self.settings.iter().map(String::as_str)) {
            command.args(["-c", setting]);
        }
        command
    }
}

/// Returns the paths of `initdb` and `postgres`.
fn programs() -> Result<Vec<PathBuf>, Error> {
    match env::var_os(POSTGRES_PROGRAMS).filter(|folder| !folder.is_empty()) {
        Some(folder) => Ok(NEED.programs.iter().map(|name| Path::new(&folder).join(name)).collect()),
        None => programs::ensure(&NEED),
    }
}

/// Returns the command that makes the files of an empty database.
fn initdb(program: &Path, folder: &Folder, password: &str) -> Result<Command, Error> {
    let file = folder.write("password", password)?;
    let mut command = folder.command(program);
    command.arg("-D").arg(folder.join(DATA)).arg("--pwfile").arg(file).arg("--username").arg(USER);
    command.args(["--no-sync", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"]);
    Ok(command)
}

/// Returns the lines of the file in which a server tells its status to `pg_ctl`, or none if it is not there.
fn status(file: &Path) -> Vec<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().map(|line| line.trim().to_owned()).collect()
}

/// Checks by the status whether the process accepts connections.
///
/// A killed server leaves its file, so the status counts only if it is the process's own. The port would not
/// tell, since another server may listen there.
fn is_ready(status: &[String], process: u32) -> bool {
    let is = |line: usize, text: &str| status.get(line).is_some_and(|found| found == text);
    is(PROCESS, &process.to_string()) && is(STATE, "ready")
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::query;
