//! Servers that are started, stopped, killed and started again.

use std::io::Write as _;
use std::thread;
use std::time::{Duration, Instant};

use super::*;

/// Returns the result of statements, by MariaDB's own client.
fn query(server: &Mariadb, statements: &str) -> Result<String, String> {
    let password = format!("--password={}", server.password);
    let address = ["--host=127.0.0.1", &format!("--port={}", server.port)];
    query_as([USER, &password], address, statements)
}

/// Returns the result of statements by a user with a password, at an address.
fn query_as(user: [&str; 2], address: [&str; 2], statements: &str) -> Result<String, String> {
    let mut command = Command::new(&programs().unwrap()[2]);
    command.args(["--no-defaults", "--skip-column-names", "--batch"]).args(address);
    command.arg("--user").args(user).args([USER, "--execute", statements]);
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

/// A server with one row.
fn with_data() -> Mariadb {
    let server = Mariadb::start().unwrap();
    query(&server, "create table one (n int); insert into one values (1)").unwrap();
    server
}

#[test]
fn a_server_that_has_started_answers_at_its_url() {
    let server = Mariadb::start().unwrap();
    assert_eq!(
        server.url(),
        format!("mysql://session:{}@127.0.0.1:{}/session", server.password, server.port())
    );
    let facts = "select user(), database(), @@port, @@innodb_flush_log_at_trx_commit";
    assert_eq!(query(&server, facts).unwrap(), format!("session@127.0.0.1\tsession\t{}\t1", server.port()));
}

#[test]
fn only_the_password_opens_a_server() {
    let mut server = Mariadb::start().unwrap();
    server.password = "wrong".to_owned();
    let text = query(&server, "select 1").unwrap_err();
    assert!(text.contains("Access denied"), "{text}");
}

#[test]
fn root_cannot_connect() {
    let mut server = with_data();
    for _ in 0..2 {
        let (port, socket) = (format!("--port={}", server.port), server.instance.folder.join(SOCKET));
        let socket = format!("--socket={}", socket.display());
        for address in [["--host=127.0.0.1", &port], ["--host=localhost", &socket]] {
            let text = query_as(["root", "--skip-password"], address, "select 1").unwrap_err();
            assert!(text.contains("Access denied for user 'root'"), "{text}");
        }
        assert_eq!(query(&server, "select n from one").unwrap(), "1");
        server.start_again().unwrap();
    }
}

#[test]
fn a_setting_that_is_given_overrides_ours() {
    let server = Mariadb::start_with(&[("max-connections", "37")]).unwrap();
    assert_eq!(query(&server, "select @@max_connections").unwrap(), "37");
}

#[test]
fn a_wrong_setting_is_quoted_from_the_log() {
    let text = Mariadb::start_with(&[("no-such-setting", "1")]).unwrap_err().to_string();
    assert!(text.starts_with("MariaDB ended with exit status: "), "{text}");
    assert!(text.contains("unknown variable 'no-such-setting=1'"), "{text}");
}

#[test]
fn a_stopped_server_answers_nobody_until_it_starts_again_with_its_data() {
    let mut server = with_data();
    server.stop().unwrap();
    assert!(query(&server, "select 1").unwrap_err().contains("Can't connect"));
    server.start_again().unwrap();
    assert_eq!(query(&server, "select n from one").unwrap(), "1");
}

#[test]
fn a_server_runs_until_it_has_ended_by_itself() {
    let server = Mariadb::start().unwrap();
    assert!(server.is_running());
    query(&server, "shutdown").unwrap();
    let begun = Instant::now();
    while server.is_running() {
        assert!(begun.elapsed() < Duration::from_secs(60));
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_server_that_is_about_to_end_by_an_error_does_not_run_until_it_has_started_again() {
    let mut server = Mariadb::start().unwrap();
    for line in ENDING {
        let mut log = fs::File::options().append(true).open(server.instance.folder.join(LOG)).unwrap();
        writeln!(log, "1 [ERROR] {line}").unwrap();
        assert!(!server.is_running());
        server.start_again().unwrap();
        assert!(server.is_running());
    }
}

#[test]
fn a_killed_server_recovers_its_data_when_it_starts_again() {
    let mut server = with_data();
    server.kill().unwrap();
    assert!(query(&server, "select 1").unwrap_err().contains("Can't connect"));
    server.start_again().unwrap();
    assert_eq!(query(&server, "select n from one").unwrap(), "1");
    let log = fs::read_to_string(server.instance.folder.join(LOG)).unwrap();
    assert!(log.contains("Starting crash recovery"), "{log}");
}

#[cfg(target_os = "linux")]
mod disks;
