//! The program under test, started in its own folder and on a free port.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// The longest time that a process may take to end.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running site, which is killed on drop.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    pub(crate) address: SocketAddr,
    /// The lines that it printed when it started.
    pub(crate) said: Vec<String>,
}

/// The exit status and the output of a program that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Program {
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Self {
        Self::start_command(&mut command(folder, arguments))
    }

    /// Starts the site, and lets it trust this certificate only.
    pub(crate) fn start_trusting(folder: &Path, certificate: &Path, arguments: &[&str]) -> Self {
        Self::start_command(command(folder, arguments).env("SSL_CERT_FILE", certificate))
    }

    fn start_command(command: &mut Command) -> Self {
        let mut child = command.args(["--listen", "127.0.0.1:0"]).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said: Vec<String> = lines.take(3).map(Result::unwrap).collect();
        let address = said.first().and_then(|line| line.strip_prefix("listening on http://"));
        let Some(address) = address else { panic!("the program did not start: {:?}", wait(child)) };
        Self { address: address.parse().unwrap(), child, said }
    }

    pub(crate) fn in_memory(folder: &Path) -> Self {
        Self::start(folder, &["--store", "memory"])
    }

    /// Starts the site on the default store, a file in the folder.
    pub(crate) fn on_sqlite(folder: &Path) -> Self {
        Self::start(folder, &[])
    }

    /// Kills the program with SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Stops the program with SIGTERM, and waits until it has ended.
    pub(crate) fn stop(mut self) -> Ended {
        let kill = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(kill.success());
        wait_for(&mut self.child)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let mut said = String::new();
            let _ = self.child.stderr.take().map(|mut pipe| pipe.read_to_string(&mut said));
            eprintln!("the program said:\n{said}");
        }
    }
}

/// Runs a program that ends by itself, and waits for that.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Ended {
    wait(command(folder, arguments).spawn().unwrap())
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_session-demo"));
    command.args(arguments).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn wait(mut child: Child) -> Ended {
    wait_for(&mut child)
}

fn wait_for(child: &mut Child) -> Ended {
    let start = Instant::now();
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if start.elapsed() > PATIENCE => {
                child.kill().unwrap();
                panic!("the program did not end in time");
            }
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let mut ended = Ended { status, stdout: String::new(), stderr: String::new() };
    // The program prints only a few lines, which fit into the buffers of the pipes.
    child.stdout.take().map(|mut pipe| pipe.read_to_string(&mut ended.stdout).unwrap());
    child.stderr.take().map(|mut pipe| pipe.read_to_string(&mut ended.stderr).unwrap());
    ended
}
