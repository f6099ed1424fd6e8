//! A private MariaDB server.

mod small_disk;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::disk::Disk;
use crate::error::Error;
use crate::folder::Folder;
use crate::instance::Instance;
use crate::port;
use crate::processes;
use crate::programs::{self, Need, Place};
use crate::random::random;

const NEED: Need = Need {
    user: "a MariaDB server for tests",
    programs: &["mariadb-install-db", "mariadbd", "mariadb"],
    packages: &["mariadb-server-core", "mariadb-client-core"],
    place: Place::Path,
};

/// The environment variable with the folder of MariaDB's programs, for another release than the machine's.
pub const MARIADB_PROGRAMS: &str = "SESSION_MARIADB_PROGRAMS";

/// The name of the program in errors.
pub(crate) const NAME: &str = "MariaDB";
/// The signal that ends a server at once. The data is temporary.
pub(crate) const SIGNAL: &str = "KILL";
/// The name of the user, who may do everything, and of the database.
pub(crate) const USER: &str = "session";
/// The folder of the data in the server's folder.
pub(crate) const DATA: &str = "data";
/// The socket in the server's folder.
pub(crate) const SOCKET: &str = "socket";
/// The file with the statements that a server runs when it starts.
pub(crate) const FIRST: &str = "first.sql";
/// A part of the line that a server logs when it accepts connections.
const READY: &str = "ready for connections";
/// Parts of the lines that a server logs when it ends by an error. It then lives for some time, in which it
/// may go on serving, and in which it writes more lines.
const ENDING: [&str; 2] = ["[FATAL]", " got signal "];
/// The file of the server's log, which is a part of its folder.
const LOG: &str = "log";
/// The size of InnoDB's log, which is a file that is written when the server is made.
const LOG_SIZE: &str = "--innodb-log-file-size=16M";

/// A MariaDB server that runs until this is dropped.
#[derive(Debug)]
pub struct Mariadb {
    instance: Instance,
    /// A small disk, if the server has its data there.
    disk: Option<Disk>,
    program: PathBuf,
    /// Those that were given, as `--name=value`.
    settings: Vec<String>,
    port: u16,
    password: String,
}

impl Mariadb {
    /// Starts a server, and waits until it accepts connections.
    ///
    /// # Errors
    ///
    /// Fails if MariaDB is not on the machine and may not be installed, or if the server does not come up.
    /// The error then quotes the server's log.
    pub fn start() -> Result<Self, Error> {
        Self::start_with(&[])
    }

    /// Starts a server with settings: names of system variables with their values.
    ///
    /// # Errors
    ///
    /// Fails like [`start`](Self::start), and if a setting is not valid.
    pub fn start_with(settings: &[(&str, &str)]) -> Result<Self, Error> {
        let settings = settings.iter().map(|(name, value)| format!("--{name}={value}")).collect();
        Self::make(Instance::new(NAME, SIGNAL)?, None, settings)
    }

    /// Starts a server that offers TLS, with this certificate and its private key in PEM.
    ///
    /// # Errors
    ///
    /// Fails like [`start`](Self::start), and if the certificate or the key is not valid.
    pub fn start_with_tls(certificate: &str, key: &str) -> Result<Self, Error> {
        let instance = Instance::new(NAME, SIGNAL)?;
        let certificate = instance.folder.write("server.crt", certificate)?;
        let key = instance.folder.write("server.key", key)?;
        let settings =
            vec![format!("--ssl-cert={}", certificate.display()), format!("--ssl-key={}", key.display())];
        Self::make(instance, None, settings)
    }

    fn make(mut instance: Instance, disk: Option<Disk>, settings: Vec<String>) -> Result<Self, Error> {
        let programs = programs()?;
        let data = data(&instance.folder, disk.as_ref());
        let command = command(&instance.folder, disk.as_ref(), &programs[0]);
        let mut install = install(command, &instance.folder, &data);
        instance.run(&mut install)?;
        let port = port::free().map_err(Error::machine("find a free port"))?;
        let password = format!("{:016x}", random());
        instance.folder.write(FIRST, &first(&password))?;
        let mut server = Self { instance, disk, program: programs[1].clone(), settings, port, password };
        server.start_again()?;
        Ok(server)
    }

    /// Returns the URL of the server's database, for a user who may do everything.
    #[must_use]
    pub fn url(&self) -> String {
        format!("mysql://{USER}:{}@127.0.0.1:{}/{USER}", self.password, self.port)
    }

    /// Returns the port on 127.0.0.1. The server keeps it when it starts again.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Returns the ID of the server's process, if it runs.
    #[must_use]
    pub fn process(&self) -> Option<u32> {
        self.instance.process()
    }

    /// Tells whether the server runs. It may have ended by itself, or be about to end by an error.
    #[must_use]
    pub fn is_running(&self) -> bool {
        let log = fs::read_to_string(self.instance.folder.join(LOG)).unwrap_or_default();
        let last = log.rsplit_once(READY).map_or("", |(_, last)| last);
        let is_ending = ENDING.iter().any(|text| last.contains(text));
        !is_ending && self.instance.process().is_some_and(processes::runs)
    }

    /// Stops the server in good order: it closes all connections, writes its data and ends.
    ///
    /// # Errors
    ///
    /// Fails if the server goes on for a minute.
    pub fn stop(&mut self) -> Result<(), Error> {
        self.instance.end("TERM")
    }

    /// Kills the server, so that it has no time to write anything.
    ///
    /// # Errors
    ///
    /// Fails if the system is not Linux.
    pub fn kill(&mut self) -> Result<(), Error> {
        self.instance.kill()
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
        start(&mut self.instance, &mut command)
    }

    fn command(&self) -> Command {
        let (folder, disk) = (&self.instance.folder, self.disk.as_ref());
        let mut command = command(folder, disk, &self.program);
        command.args(settings(folder, &data(folder, disk), self.port)).arg(init_file(folder));
        command.args(&self.settings);
        command
    }
}

/// Returns the folder of the data.
fn data(folder: &Folder, disk: Option<&Disk>) -> PathBuf {
    disk.map_or_else(|| folder.join(DATA), |disk| disk.path().join(DATA))
}

/// Returns a command that runs a program where the data can be seen.
fn command(folder: &Folder, disk: Option<&Disk>, program: &Path) -> Command {
    disk.map_or_else(|| folder.command(program), |disk| disk.command(folder, program))
}

/// Returns the paths of `mariadb-install-db` and `mariadbd`, and of the client.
fn programs() -> Result<Vec<PathBuf>, Error> {
    match env::var_os(MARIADB_PROGRAMS).filter(|folder| !folder.is_empty()) {
        Some(folder) => Ok(NEED.programs.iter().map(|name| Path::new(&folder).join(name)).collect()),
        None => programs::ensure(&NEED),
    }
}

/// Makes of a command of `mariadb-install-db` the one that makes the files of a server without databases.
pub(crate) fn install(mut command: Command, folder: &Folder, data: &Path) -> Command {
    // Servers remove the temporary files of others in the same folder when they start.
    command.env("TMPDIR", folder.path());
    command.arg("--no-defaults").arg(format!("--datadir={}", data.display()));
    command.args([
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
        "--skip-name-resolve",
        LOG_SIZE,
    ]);
    command
}

/// Returns the statements that make the user and the database, and remove the users that have no password.
/// They do nothing when a server starts again.
pub(crate) fn first(password: &str) -> String {
    format!(
        "delete from mysql.global_priv where user = 'root';\n\
         flush privileges;\n\
         create user if not exists {USER}@'%' identified by '{password}';\n\
         grant all on *.* to {USER}@'%' with grant option;\n\
         create database if not exists {USER};\n"
    )
}

/// Returns the setting that makes a server run its statements when it starts.
pub(crate) fn init_file(folder: &Folder) -> String {
    format!("--init-file={}", folder.join(FIRST).display())
}

/// Returns the settings of a server, whose files are all in its folder, except perhaps its data.
pub(crate) fn settings(folder: &Folder, data: &Path, port: u16) -> Vec<String> {
    let path = |name: &str| folder.join(name).display().to_string();
    let ours = [
        "--bind-address=127.0.0.1",
        "--skip-name-resolve",
        "--max-connections=300",
        "--innodb-buffer-pool-size=64M",
        "--performance-schema=off",
        // The data need not survive the machine, only the server.
        "--innodb-flush-method=nosync",
        LOG_SIZE,
    ];
    let of_folder = [
        "--no-defaults".to_owned(),
        format!("--datadir={}", data.display()),
        format!("--socket={}", path(SOCKET)),
        format!("--pid-file={}", path("pid")),
        format!("--tmpdir={}", folder.path().display()),
        format!("--port={port}"),
    ];
    of_folder.into_iter().chain(ours.map(str::to_owned)).collect()
}

/// Runs the command that serves, and waits until it accepts connections.
pub(crate) fn start(instance: &mut Instance, command: &mut Command) -> Result<(), Error> {
    let log = instance.folder.join(LOG);
    let starts = || fs::read_to_string(&log).unwrap_or_default().matches(READY).count();
    let before = starts();
    instance.start(command, |_| starts() > before)
}

#[cfg(test)]
mod tests;
