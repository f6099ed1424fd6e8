//! An instance of a server: its process, its folder, its log.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::account::Account;
use crate::error::Error;
use crate::folder::Folder;
use crate::processes;

const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(20);
/// The number of lines of the log that an error quotes.
const LAST_LINES: usize = 40;

/// A server in a folder of its own, which may be stopped and started again.
#[derive(Debug)]
pub(crate) struct Instance {
    program: &'static str,
    signal: &'static str,
    process: Option<Child>,
    /// The longest that it may take to start or to end.
    patience: Duration,
    /// Comes last, since fields are dropped in order.
    pub(crate) folder: Folder,
}

impl Instance {
    /// Makes an instance that has an empty folder and does not run yet; `signal` will end it at once.
    pub(crate) fn new(program: &'static str, signal: &'static str) -> Result<Self, Error> {
        let account = Account::choose().map_err(Error::machine("choose an account for a server"))?;
        let folder = Folder::new(account, signal)?;
        Ok(Self { program, signal, process: None, patience: PATIENCE, folder })
    }

    /// Runs a command that prepares the folder, and waits for its end.
    pub(crate) fn run(&mut self, command: &mut Command) -> Result<(), Error> {
        self.spawn(command)?;
        let status = self.wait("did not end")?;
        if status.success() { Ok(()) } else { Err(self.error(format!("failed with {status}"))) }
    }

    /// Runs a command that ends by itself, while the server runs.
    pub(crate) fn run_beside(&self, command: &mut Command) -> Result<(), Error> {
        let failed = || Error::machine("run a server's tool");
        let status = self.logged(command).and_then(Command::status).map_err(failed())?;
        if status.success() {
            Ok(())
        } else {
            Err(self.error(format!("has a tool that failed with {status}")))
        }
    }

    /// Runs the command that serves, and waits until it is ready.
    ///
    /// `is_ready` gets the ID of its process. A server that still runs is ended first.
    pub(crate) fn start(
        &mut self,
        command: &mut Command,
        is_ready: impl Fn(u32) -> bool,
    ) -> Result<(), Error> {
        self.end_at_once()?;
        let process = self.spawn(command)?;
        let begin = Instant::now();
        while !is_ready(process) {
            if let Some(status) = self.ended()? {
                return Err(self.error(format!("ended with {status}")));
            }
            self.check(begin, "does not answer")?;
        }
        Ok(())
    }

    /// Ends the server by its signal, without good order.
    pub(crate) fn end_at_once(&mut self) -> Result<(), Error> {
        self.end(self.signal)
    }

    /// Ends the server by another signal, and waits for the end.
    pub(crate) fn end(&mut self, signal: &str) -> Result<(), Error> {
        let Some(process) = self.process.as_ref().map(Child::id) else { return Ok(()) };
        processes::signal(signal, &[process]).map_err(Error::machine("run `sh`"))?;
        self.wait(&format!("did not end after the signal {signal}")).map(|_| ())
    }

    /// Kills the server with all its processes, and waits until they are gone.
    pub(crate) fn kill(&mut self) -> Result<(), Error> {
        let Some(process) = self.process.as_ref().map(Child::id) else { return Ok(()) };
        let failed = || Error::machine("kill a server");
        let begin = Instant::now();
        // A stopped process has no further children.
        self.pause(process)?;
        let children = processes::children(process).map_err(failed())?;
        processes::signal("KILL", &[&[process], &children[..]].concat()).map_err(failed())?;
        self.wait("cannot be killed")?;
        while children.iter().any(|child| processes::runs(*child)) {
            self.check(begin, "has a process that cannot be killed")?;
        }
        Ok(())
    }

    /// Stops a process of the server, so that it stands still until it gets the signal `CONT`.
    pub(crate) fn pause(&self, process: u32) -> Result<(), Error> {
        let begin = Instant::now();
        processes::signal("STOP", &[process]).map_err(Error::machine("stop a process of a server"))?;
        while processes::status(process).is_some_and(|status| !matches!(status.state, 'T' | 'Z')) {
            self.check(begin, "cannot be stopped")?;
        }
        Ok(())
    }

    /// Waits until one of the server's processes has a name that begins like this, and returns its ID.
    pub(crate) fn child(&self, name: &str) -> Result<u32, Error> {
        let begin = Instant::now();
        let failed = || Error::machine("look for a process of a server");
        loop {
            let children = self.process.as_ref().map_or(Ok(Vec::new()), |it| processes::children(it.id()));
            let mut children = children.map_err(failed())?.into_iter();
            if let Some(found) = children.find(|child| processes::name(*child).starts_with(name)) {
                return Ok(found);
            }
            self.check(begin, &format!("has no process `{name}`"))?;
        }
    }

    fn spawn(&mut self, command: &mut Command) -> Result<u32, Error> {
        let process = self.logged(command).and_then(Command::spawn);
        Ok(self.process.insert(process.map_err(Error::machine("start a server"))?).id())
    }

    /// Directs the output of a command to the log.
    fn logged<'a>(&self, command: &'a mut Command) -> io::Result<&'a mut Command> {
        let log = File::options().append(true).create(true).open(self.log())?;
        Ok(command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log))
    }

    /// Waits for the end of the process; `problem` tells in an error that it did not come.
    fn wait(&mut self, problem: &str) -> Result<ExitStatus, Error> {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.ended()? {
                return Ok(status);
            }
            self.check(begin, problem)?;
        }
    }

    /// Returns the status with which the process has ended, or `None` while it runs.
    fn ended(&mut self) -> Result<Option<ExitStatus>, Error> {
        let process = self.process.as_mut().expect("only a process that has been started is waited for");
        let status = process.try_wait().map_err(Error::machine("watch a server"))?;
        if status.is_some() {
            self.process = None;
            self.folder.forget_process();
        }
        Ok(status)
    }

    /// Pauses, or fails if there has been enough of that.
    fn check(&self, begin: Instant, problem: &str) -> Result<(), Error> {
        if begin.elapsed() > self.patience {
            return Err(self.error(format!("{problem}, after {:?}", self.patience)));
        }
        thread::sleep(PAUSE);
        Ok(())
    }

    /// Returns the ID of the server's process, if it runs.
    pub(crate) fn process(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    /// Makes an error that quotes the log.
    pub(crate) fn error(&self, problem: String) -> Error {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let log = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n  ");
        Error::Program { program: self.program, problem, log }
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }
}

impl Drop for Instance {
    /// Ends the server. Its data is temporary, so nothing is lost by an immediate end. If a test has failed,
    /// its report gets the end of the log.
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("{}", self.error("served a test that failed".to_owned()));
        }
        // If that fails, the watchdog has more patience.
        let _ = self.end_at_once();
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use std::path::Path;

    /// Starts a server that is a shell: it is ready when its script has made the file `ready`.
    fn start(instance: &mut Instance, script: &str) -> Result<(), Error> {
        let mut command = command(instance, script);
        let ready = instance.folder.join("ready");
        instance.start(&mut command, |_| ready.is_file())
    }

    fn command(instance: &Instance, script: &str) -> Command {
        let mut command = instance.folder.command(Path::new("sh"));
        command.args(["-c", script]);
        command
    }

    fn shell() -> Instance {
        Instance::new("a shell", "TERM").unwrap()
    }

    #[test]
    fn a_started_server_is_ready_and_a_dropped_one_is_gone_with_its_folder() {
        let mut instance = shell();
        start(&mut instance, "sleep 0.1; echo up >ready; exec sleep 600").unwrap();
        assert!(instance.folder.join("ready").is_file());
        let (folder, process) = (instance.folder.path().to_owned(), instance.process.as_ref().unwrap().id());
        drop(instance);
        assert!(!processes::runs(process));
        assert!(!folder.exists());
    }

    #[test]
    fn a_server_that_ends_at_once_is_quoted() {
        let script = "for line in $(seq 1 50); do echo line $line; done; exit 3";
        let text = start(&mut shell(), script).unwrap_err().to_string();
        assert!(
            text.starts_with("a shell ended with exit status: 3; the last lines of its log:\n"),
            "{text}"
        );
        let lines: Vec<&str> = text.lines().skip(1).map(str::trim).collect();
        assert_eq!(lines, (11..=50).map(|line| format!("line {line}")).collect::<Vec<_>>());
    }

    #[test]
    fn a_server_that_never_answers_is_not_waited_for_for_ever() {
        let mut instance = shell();
        instance.patience = Duration::from_millis(100);
        let text = start(&mut instance, "exec sleep 600").unwrap_err().to_string();
        assert!(text.starts_with("a shell does not answer, after 100ms"), "{text}");
        instance.patience = PATIENCE;
    }

    #[test]
    fn a_preparation_that_fails_is_an_error() {
        let mut instance = shell();
        let mut command = command(&instance, "echo no space; exit 1");
        let text = instance.run(&mut command).unwrap_err().to_string();
        assert_eq!(text, "a shell failed with exit status: 1; the last lines of its log:\n  no space");
    }

    #[test]
    fn a_process_that_has_ended_is_forgotten() {
        let mut instance = shell();
        start(&mut instance, "echo up >ready; exec sleep 600").unwrap();
        assert!(instance.folder.join("process").exists());
        instance.end_at_once().unwrap();
        assert!(!instance.folder.join("process").exists());
    }

    #[test]
    fn a_killed_server_is_gone_with_its_children() {
        let mut instance = shell();
        start(&mut instance, "sleep 600 & sleep 600 & echo up >ready; wait").unwrap();
        let process = instance.process.as_ref().unwrap().id();
        let children = processes::children(process).unwrap();
        assert_eq!(children.len(), 2);
        instance.kill().unwrap();
        assert!(!children.iter().chain([&process]).any(|process| processes::runs(*process)));
    }

    #[test]
    fn a_server_that_runs_is_ended_before_it_starts_again() {
        let mut instance = shell();
        start(&mut instance, "echo up >ready; exec sleep 600").unwrap();
        let first = instance.process.as_ref().unwrap().id();
        start(&mut instance, "exec sleep 600").unwrap();
        assert!(!processes::runs(first));
    }
}
