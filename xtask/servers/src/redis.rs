//! A private Redis server.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::instance::Instance;
use crate::processes;

mod client;
mod programs;
pub(crate) mod replication;
mod settings;

use client::{Client, SOCKET};
pub use programs::REDIS_PROGRAMS;
pub(crate) use programs::{Programs, programs};
pub(crate) use settings::{Kind, Plan};

/// The name of the program in errors.
const NAME: &str = "Redis";
/// The signal that ends a server at once. The data is temporary.
const SIGNAL: &str = "KILL";
/// The file of settings in the server's folder. The server itself may write it, too.
const SETTINGS: &str = "settings";
/// The longest time in which a server comes into a state that is waited for.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(100);

/// A Redis server that runs until this is dropped.
///
/// It writes each change to the disk before it replies (`appendonly yes`, `appendfsync always`), so that no
/// acknowledged write is lost when it is killed.
#[derive(Debug)]
pub struct Redis {
    instance: Instance,
    program: PathBuf,
    client: Client,
    kind: Kind,
    port: u16,
    password: String,
}

impl Redis {
    /// Starts a server, and waits until it accepts connections.
    ///
    /// # Errors
    ///
    /// Fails if Redis is not on the machine and may not be installed, or if the server does not come up. The
    /// error then quotes the server's log.
    pub fn start() -> Result<Self, Error> {
        Self::start_with(&[])
    }

    /// Starts a server with settings: names of directives with their values, as a file of settings has them.
    ///
    /// A value is not put in quotes, so that it may have several words. Write an empty one as `""`.
    ///
    /// # Errors
    ///
    /// Fails like [`start`](Self::start), and if a setting is not valid.
    pub fn start_with(settings: &[(&str, &str)]) -> Result<Self, Error> {
        let settings = settings.iter().fold(String::new(), |mut lines, (name, value)| {
            // A string takes everything.
            let _ = writeln!(lines, "{name} {value}");
            lines
        });
        Self::make(&programs()?, &Plan { kind: Kind::Plain, settings, ..Plan::new()? })
    }

    /// Starts a server that takes connections with TLS only, with this certificate and its private key in
    /// PEM.
    ///
    /// # Errors
    ///
    /// Fails like [`start`](Self::start), and if the certificate or the key is not valid.
    pub fn start_with_tls(certificate: &str, key: &str) -> Result<Self, Error> {
        let files = vec![("server.crt", certificate), ("server.key", key)];
        Self::make(&programs()?, &Plan { kind: Kind::Tls, files, ..Plan::new()? })
    }

    /// Makes the files of a server, and starts it.
    pub(crate) fn make(programs: &Programs, plan: &Plan<'_>) -> Result<Self, Error> {
        let instance = Instance::new(NAME, SIGNAL)?;
        for (name, text) in &plan.files {
            instance.folder.write(name, text)?;
        }
        instance.folder.write(SETTINGS, &plan.text(&instance.folder))?;
        let Plan { kind, port, ref password, .. } = *plan;
        let client = Client::new(&programs.client, instance.folder.join(SOCKET), password);
        let program = programs.server.clone();
        let mut server = Self { instance, program, client, kind, port, password: password.clone() };
        server.start_again()?;
        Ok(server)
    }

    /// Returns the URL of the server, for the default user, who may do everything.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = match self.kind {
            Kind::Plain | Kind::Sentinel => "redis",
            Kind::Tls => "rediss",
        };
        format!("{scheme}://:{}@127.0.0.1:{}", self.password, self.port)
    }

    /// Returns the port on 127.0.0.1. The server keeps it when it starts again.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Stops the server in good order: it waits for its replicas, writes its data and ends.
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
        let mut command: Command = self.instance.folder.command(&self.program);
        command.arg(self.instance.folder.join(SETTINGS)).args(self.kind.arguments());
        let client = &self.client;
        self.instance.start(&mut command, |_| client.run(&["ping"]).is_ok_and(|reply| reply == "PONG"))
    }

    /// Stops the server's process, so that it stands still until it is continued.
    ///
    /// # Errors
    ///
    /// Fails if the system is not Linux.
    pub fn pause(&self) -> Result<(), Error> {
        self.instance.process().map_or(Ok(()), |process| self.instance.pause(process))
    }

    /// Continues the server's process that was stopped.
    ///
    /// # Errors
    ///
    /// Fails if the system is not Unix.
    pub fn resume(&self) -> Result<(), Error> {
        let process: Vec<u32> = self.instance.process().into_iter().collect();
        processes::signal("CONT", &process).map_err(Error::machine("continue a process of a server"))
    }

    /// Runs a command on the server, and returns the reply as text. The parts of a reply with several parts
    /// are lines.
    ///
    /// # Errors
    ///
    /// Fails if the server does not run, or if its reply is an error or does not come within a minute.
    pub fn command(&self, words: &[&str]) -> Result<String, Error> {
        self.client.run(words).map_err(|reason| self.refusal(&reason))
    }

    /// Runs a command that is written as a line, in which arguments may be in quotes and have escapes.
    /// Returns the reply in the same form, so that no byte is lost.
    pub(crate) fn quoted_command(&self, line: &str) -> Result<String, Error> {
        self.client.run_quoted(line).map_err(|reason| self.refusal(&reason))
    }

    /// Checks whether the server has been started and not been stopped or killed since.
    pub(crate) fn runs(&self) -> bool {
        self.instance.process().is_some()
    }

    /// Waits until something is the case; `problem` says in an error that it did not become so.
    pub(crate) fn wait_until(&self, problem: &str, is_so: impl Fn() -> bool) -> Result<(), Error> {
        let begin = Instant::now();
        while !is_so() {
            if begin.elapsed() > PATIENCE {
                return Err(self.failure(&format!("{problem}, after {PATIENCE:?}")));
            }
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Makes an error that quotes the log; `problem` is the rest of a sentence.
    pub(crate) fn failure(&self, problem: &str) -> Error {
        self.instance.error(problem.to_owned())
    }

    fn refusal(&self, reason: &str) -> Error {
        self.failure(&format!("did not carry out a command: {reason}"))
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
