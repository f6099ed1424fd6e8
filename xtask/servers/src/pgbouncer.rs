//! A private pgbouncer.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::error::Error;
use crate::instance::Instance;
use crate::port;
use crate::programs::{self, Need, Place};

const NEED: Need = Need {
    user: "a pgbouncer for tests",
    programs: &["pgbouncer"],
    packages: &["pgbouncer"],
    place: Place::Path,
};

/// The environment variable with the path of a pgbouncer, for another release than the machine's.
pub const PGBOUNCER_PROGRAM: &str = "SESSION_PGBOUNCER_PROGRAM";

/// The name of the program in errors.
const NAME: &str = "pgbouncer";
/// The signal that ends it at once. It has no data, and the meaning of the other signals has changed between
/// releases.
const SIGNAL: &str = "KILL";
/// The beginning of the line that it logs once it listens.
const READY: &str = "process up";

/// A pgbouncer in transaction mode, in front of a PostgreSQL server, that runs until this is dropped.
#[derive(Debug)]
pub struct Pgbouncer {
    /// Held for its process.
    _instance: Instance,
    url: String,
}

impl Pgbouncer {
    /// Starts a pgbouncer that has at most this number of connections to the server of `url`, and waits until
    /// it accepts connections.
    ///
    /// The URL has the form `postgres://user:password@host:port/database`, without escapes.
    ///
    /// # Errors
    ///
    /// Fails if pgbouncer is not on the machine and may not be installed, or if it does not come up. The
    /// error then quotes its log.
    ///
    /// # Panics
    ///
    /// Panics if the URL does not have this form.
    pub fn start(url: &str, connections: u32) -> Result<Self, Error> {
        let program = program()?;
        let mut instance = Instance::new(NAME, SIGNAL)?;
        let server = Server::of(url).expect("the URL has a user, a password, a host, a port and a database");
        let port = port::free().map_err(Error::machine("find a free port"))?;
        let Server { user, password, host, port: server_port, database } = server;
        let users = instance.folder.write("users", &format!("\"{user}\" \"{password}\"\n"))?;
        let settings = format!(
            "[databases]\n\
             {database} = host={host} port={server_port}\n\
             [pgbouncer]\n\
             listen_addr = 127.0.0.1\n\
             listen_port = {port}\n\
             unix_socket_dir =\n\
             auth_type = scram-sha-256\n\
             auth_file = {}\n\
             pool_mode = transaction\n\
             default_pool_size = {connections}\n\
             max_client_conn = 500\n",
            users.display()
        );
        let file = instance.folder.write("settings", &settings)?;
        let mut command: Command = instance.folder.command(&program);
        command.arg(file);
        let log = instance.folder.join("log");
        instance.start(&mut command, |_| fs::read_to_string(&log).is_ok_and(|log| log.contains(READY)))?;
        let url = format!("postgres://{user}:{password}@127.0.0.1:{port}/{database}");
        Ok(Self { _instance: instance, url })
    }

    /// Returns the URL of the server's database through this pgbouncer.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// Returns the path of the program.
fn program() -> Result<PathBuf, Error> {
    match env::var_os(PGBOUNCER_PROGRAM).filter(|path| !path.is_empty()) {
        Some(path) => Ok(path.into()),
        None => Ok(programs::ensure(&NEED)?.remove(0)),
    }
}

/// The parts of a URL.
struct Server<'a> {
    user: &'a str,
    password: &'a str,
    host: &'a str,
    port: &'a str,
    database: &'a str,
}

impl<'a> Server<'a> {
    fn of(url: &'a str) -> Option<Self> {
        let (account, address) = url.strip_prefix("postgres://")?.rsplit_once('@')?;
        let (user, password) = account.split_once(':')?;
        let (host, database) = address.split_once('/')?;
        let (host, port) = host.rsplit_once(':')?;
        Some(Self { user, password, host, port, database })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::Postgres;
    use crate::postgres::query;

    #[test]
    fn a_pgbouncer_answers_for_its_server_and_ends_with_its_owner() {
        let server = Postgres::start().unwrap();
        let pgbouncer = Pgbouncer::start(&server.url(), 1).unwrap();
        let port = query(pgbouncer.url(), "select inet_server_port()").unwrap();
        assert_eq!(port, server.port().to_string());
        let url = pgbouncer.url().to_owned();
        drop(pgbouncer);
        assert!(query(&url, "select 1").unwrap_err().contains("refused"));
    }

    #[test]
    fn a_pgbouncer_shares_its_connections_between_transactions() {
        let server = Postgres::start().unwrap();
        let pgbouncer = Pgbouncer::start(&server.url(), 1).unwrap();
        let process = || query(pgbouncer.url(), "select pg_backend_pid()").unwrap();
        assert_eq!(process(), process());
    }
}
