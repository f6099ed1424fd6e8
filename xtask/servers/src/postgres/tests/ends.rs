//! Ends of a server: nothing of it is left, even if its owner was killed.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use super::*;
use crate::processes;

/// The processes and the folder of a server.
pub(super) struct Traces {
    processes: Vec<u32>,
    folder: PathBuf,
}

impl Traces {
    fn of(process: u32, folder: &Path) -> Self {
        let children = processes::children(process).unwrap();
        assert!(children.len() > 3, "{children:?}");
        Self { processes: [&[process], &children[..]].concat(), folder: folder.to_owned() }
    }

    pub(super) fn of_server(server: &Postgres) -> Self {
        let process = status(&server.status_file())[PROCESS].parse().unwrap();
        Self::of(process, server.instance.folder.path())
    }

    pub(super) fn any_process_runs(&self) -> bool {
        self.processes.iter().any(|process| processes::runs(*process))
    }

    pub(super) fn any_is_left(&self) -> bool {
        self.any_process_runs() || self.folder.exists() || self.folder.with_extension("ended").exists()
    }
}

/// Starts a process that owns a server, in a process group of its own. `name` is the test that it runs.
fn owner(name: &str) -> (Child, Traces) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "--nocapture", &format!("postgres::tests::ends::{name}")]);
    let mut owner = command.process_group(0).stdout(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(owner.stdout.take().unwrap()).lines().map(Result::unwrap);
    let line = lines.into_iter().find_map(|line| line.strip_prefix("owns ").map(str::to_owned)).unwrap();
    let (process, folder) = line.split_once(' ').unwrap();
    let traces = Traces::of(process.parse().unwrap(), Path::new(folder));
    (owner, traces)
}

#[test]
#[ignore = "other tests run it as a process, and kill it"]
fn owner_that_is_killed() {
    own(&Postgres::start().unwrap());
}

#[test]
#[ignore = "another test runs it as a process, and kills it"]
fn owner_of_a_standby_that_is_killed() {
    own(&Postgres::start().unwrap().start_standby().unwrap());
}

/// Shows what belongs to the server, and keeps it for a minute.
fn own(server: &Postgres) {
    let folder = server.instance.folder.path().display();
    println!("\nowns {} {folder}", status(&server.status_file())[PROCESS]);
    thread::sleep(Duration::from_secs(60));
}

/// Kills an owner, and checks that its server goes with it. `target` names the owner or its group.
fn kill_owner(name: &str, target: impl FnOnce(&u32) -> String) {
    let (mut owner, traces) = owner(name);
    assert!(traces.any_process_runs() && traces.folder.exists());
    let kill = format!("kill -s KILL -- {}", target(&owner.id()));
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    owner.wait().unwrap();
    let begin = Instant::now();
    while traces.any_is_left() {
        assert!(begin.elapsed() < Duration::from_secs(15), "{:?} {:?}", traces.processes, traces.folder);
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn nothing_is_left_of_a_server_whose_owner_is_killed() {
    kill_owner("owner_that_is_killed", u32::to_string);
}

#[test]
fn nothing_is_left_of_a_standby_whose_owner_is_killed() {
    kill_owner("owner_of_a_standby_that_is_killed", u32::to_string);
}

/// Ctrl-C in a terminal signals a whole group, too.
#[test]
fn nothing_is_left_of_a_server_whose_owner_is_killed_with_its_process_group() {
    kill_owner("owner_that_is_killed", |owner| format!("-{owner}"));
}

#[test]
fn nothing_is_left_of_a_server_that_is_dropped() {
    let server = Postgres::start().unwrap();
    let traces = Traces::of_server(&server);
    drop(server);
    assert!(!traces.any_is_left());
}

#[test]
fn no_folder_is_left_of_a_server_that_was_stopped() {
    let mut server = Postgres::start().unwrap();
    let traces = Traces::of_server(&server);
    server.stop().unwrap();
    assert!(!traces.any_process_runs() && traces.folder.exists());
    drop(server);
    assert!(!traces.any_is_left());
}

#[test]
fn a_killed_server_ends_with_all_its_processes_also_those_that_serve_a_client() {
    let mut server = Postgres::start().unwrap();
    let url = server.url();
    let client = thread::spawn(move || query(&url, "select pg_sleep(600)"));
    let is_served =
        "select count(*) from pg_stat_activity where query like '%pg_sleep(600)' and state = 'active'";
    while query(&server.url(), is_served).unwrap() != "1" {}
    let traces = Traces::of_server(&server);
    server.kill().unwrap();
    assert!(!traces.any_process_runs());
    assert!(client.join().unwrap().is_err());
}

#[test]
fn no_shared_memory_is_left_of_a_killed_server() {
    let mut server = Postgres::start().unwrap();
    let line = status(&server.status_file()).swap_remove(SHARED_MEMORY);
    let segment = line.split_ascii_whitespace().nth(1).unwrap();
    let exists = || {
        let segments = fs::read_to_string("/proc/sysvipc/shm").unwrap();
        segments.lines().any(|line| line.split_ascii_whitespace().nth(1) == Some(segment))
    };
    assert!(exists());
    server.kill().unwrap();
    assert!(!exists());
}
