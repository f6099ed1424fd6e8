//! Commands to a Redis server, by its own client program.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::processes;

/// The socket in a server's folder, by which the client program reaches it.
pub(crate) const SOCKET: &str = "socket";

/// The longest time that a command may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The client program, with what it needs to reach one server.
#[derive(Debug)]
pub(crate) struct Client {
    program: PathBuf,
    socket: PathBuf,
    password: String,
}

impl Client {
    /// Describes the client of the server that listens at a socket.
    pub(crate) fn new(program: &Path, socket: PathBuf, password: &str) -> Self {
        Self { program: program.to_owned(), socket, password: password.to_owned() }
    }

    /// Runs a command, and returns the reply, or the text of an error.
    pub(crate) fn run(&self, words: &[&str]) -> Result<String, String> {
        reply(output(self.command().args(words), ""))
    }

    /// Runs a command that is written as a line with quotes and escapes, and returns the reply in that form.
    pub(crate) fn run_quoted(&self, line: &str) -> Result<String, String> {
        let reply = reply(output(self.command().arg("--no-raw"), &format!("{line}\n")))?;
        // With commands from standard input, the program ends well after an error.
        if reply.starts_with("(error)") { Err(reply) } else { Ok(reply) }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        // Without `-e` the program would end well after an error.
        command.arg("-e").arg("-s").arg(&self.socket).env("REDISCLI_AUTH", &self.password);
        command
    }
}

/// Returns what a client has printed, or the reason why there is no reply.
fn reply(output: io::Result<Output>) -> Result<String, String> {
    let output = output.map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    if output.status.success() {
        return Ok(text.to_owned());
    }
    let error = String::from_utf8_lossy(&output.stderr);
    Err(format!("{text}\n{error}").trim().to_owned())
}

/// Runs a program with this standard input, and returns its output. Kills it if it takes too long, as it does
/// when the server stands still.
pub(crate) fn output(command: &mut Command, input: &str) -> io::Result<Output> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let process = child.id();
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(child.wait_with_output()));
    receiver.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        processes::signal("KILL", &[process])?;
        Err(io::Error::new(io::ErrorKind::TimedOut, format!("no reply, after {PATIENCE:?}")))
    })
}
