//! The servers that tests need: private ones, in temporary folders, on free ports, stopped when dropped.

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::failure::Failure;
use crate::programs::{self, Need};

/// The servers that the workspace's tests need. SQLite is a library and bundled, so there are none yet.
pub(crate) const SERVERS: &[Server] = &[];

/// A kind of server, and how to have a private one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Server {
    /// Its name in messages.
    pub(crate) name: &'static str,
    /// The environment variable in which tests look for its URL.
    pub(crate) variable: &'static str,
    /// Its programs.
    pub(crate) need: Need,
    /// Prepares the folder, and gives the command that serves on the port and stays in the foreground.
    /// The programs come in the order in which `need` names them.
    pub(crate) command: fn(&[PathBuf], &Place) -> Result<Command, Failure>,
    /// Checks whether it answers.
    pub(crate) ready: fn(&Place) -> bool,
    /// The value of the variable.
    pub(crate) url: fn(&Place) -> String,
}

/// Where one server runs.
#[derive(Debug)]
pub(crate) struct Place {
    /// A folder of its own, empty at first, gone with the server.
    pub(crate) folder: PathBuf,
    /// A port on 127.0.0.1 that was free a moment ago.
    pub(crate) port: u16,
}

/// A server that runs until this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    server: Server,
    place: Place,
    process: Child,
    // Last, since fields are dropped in order: the folder goes after its server.
    _folder: TempDir,
}

/// The longest that a server may take until it answers.
const PATIENCE: Duration = Duration::from_secs(60);
/// The pause between two attempts to reach it.
const PAUSE: Duration = Duration::from_millis(50);
/// The number of lines of its log that are shown if it fails.
const LAST_LINES: usize = 20;

/// Starts those of `servers` whose URL is not given already; `given` tells of a variable whether it is.
pub(crate) fn start(servers: &[Server], given: impl Fn(&str) -> bool) -> Result<Vec<Running>, Failure> {
    servers.iter().filter(|server| !given(server.variable)).map(Running::start).collect()
}

impl Running {
    /// Returns the variable and the URL to export to the tests.
    pub(crate) fn variable(&self) -> (&'static str, String) {
        (self.server.variable, (self.server.url)(&self.place))
    }

    fn start(server: &Server) -> Result<Self, Failure> {
        let programs = programs::ensure(&server.need)?;
        let doing = || Failure::machine(format!("cannot start {}", server.name));
        let folder = tempfile::tempdir().map_err(doing())?;
        let place = Place { folder: folder.path().to_owned(), port: free_port().map_err(doing())? };
        let log = File::create(place.log()).map_err(doing())?;
        let mut command = (server.command)(&programs, &place)?;
        command.stdin(Stdio::null()).stdout(log.try_clone().map_err(doing())?).stderr(log);
        let process = command.spawn().map_err(doing())?;
        println!("starting {} on port {}", server.name, place.port);
        let mut running = Self { server: *server, place, process, _folder: folder };
        running.wait_until_ready(PATIENCE)?;
        Ok(running)
    }

    fn wait_until_ready(&mut self, patience: Duration) -> Result<(), Failure> {
        let begin = Instant::now();
        while !(self.server.ready)(&self.place) {
            let ended = self.process.try_wait().map_err(Failure::machine("cannot watch a server"))?;
            if let Some(status) = ended {
                return Err(self.failed(&format!("ended at once, {status}")));
            }
            if begin.elapsed() > patience {
                return Err(self.failed(&format!("does not answer after {patience:?}")));
            }
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    fn failed(&self, how: &str) -> Failure {
        let log = fs::read_to_string(self.place.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n  ");
        Failure::Finding(format!("{} {how}; its last words:\n  {last}", self.server.name))
    }
}

impl Drop for Running {
    /// Ends the server. Its data is temporary, so nothing is lost by not asking politely.
    fn drop(&mut self) {
        // Both fail only if the process has ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Place {
    fn log(&self) -> PathBuf {
        self.folder.join("server.log")
    }
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    /// A server made of a shell: it is ready when it has written its file.
    const SHELL: Server = Server {
        name: "a shell",
        variable: "XTASK_TEST_SHELL_URL",
        need: Need { user: "this test", programs: &["sh"], packages: &["dash"] },
        command: |programs, place| Ok(shell(&programs[0], place, "echo up > ready; exec sleep 600")),
        ready: |place| place.folder.join("ready").is_file(),
        url: |place| format!("shell://127.0.0.1:{}", place.port),
    };

    const BROKEN: Server = Server {
        name: "a broken shell",
        command: |programs, place| Ok(shell(&programs[0], place, "echo no such database; exit 3")),
        ..SHELL
    };

    const MUTE: Server = Server { name: "a mute shell", ready: |_| false, ..SHELL };

    fn shell(program: &PathBuf, place: &Place, script: &str) -> Command {
        let mut command = Command::new(program);
        command.args(["-c", script]).current_dir(&place.folder);
        command
    }

    #[test]
    fn a_started_server_is_ready_and_its_url_is_told() {
        let running = start(&[SHELL], |_| false).unwrap();
        assert!(running[0].place.folder.join("ready").is_file());
        let port = running[0].place.port;
        assert_eq!(running[0].variable(), ("XTASK_TEST_SHELL_URL", format!("shell://127.0.0.1:{port}")));
    }

    #[test]
    fn a_server_whose_url_is_given_is_not_started() {
        let running = start(&[SHELL], |variable| variable == "XTASK_TEST_SHELL_URL").unwrap();
        assert!(running.is_empty());
    }

    #[test]
    fn a_dropped_server_is_gone_with_its_folder() {
        let running = Running::start(&SHELL).unwrap();
        let (folder, process) = (running.place.folder.clone(), running.process.id());
        drop(running);
        assert!(!folder.exists());
        let alive = Command::new("sh").args(["-c", &format!("kill -0 {process}")]).output().unwrap();
        assert!(!alive.status.success());
    }

    #[test]
    fn a_server_that_ends_at_once_is_quoted() {
        let text = start(&[BROKEN], |_| false).unwrap_err().to_string();
        assert!(text.starts_with("a broken shell ended at once"), "{text}");
        assert!(text.ends_with("no such database"), "{text}");
    }

    #[test]
    fn a_server_that_never_answers_is_not_waited_for_for_ever() {
        let mut running = Running::start(&SHELL).unwrap();
        running.server = MUTE;
        let text = running.wait_until_ready(Duration::from_millis(100)).unwrap_err().to_string();
        assert!(text.starts_with("a mute shell does not answer after 100ms"), "{text}");
    }
}
