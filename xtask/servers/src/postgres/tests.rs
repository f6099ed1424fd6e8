//! Servers that are started, stopped, killed and started again.

use super::*;

/// Returns the result of statements, by PostgreSQL's own client.
pub(crate) fn query(url: &str, statements: &str) -> Result<String, String> {
    let client = programs().unwrap()[0].with_file_name("psql");
    let output = Command::new(client).args([url, "-XqAtc", statements]).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

/// A server with one row.
fn with_data() -> Postgres {
    let server = Postgres::start().unwrap();
    query(&server.url(), "create table one (n int); insert into one values (1)").unwrap();
    server
}

#[test]
fn a_server_that_has_started_answers_at_its_url() {
    let server = Postgres::start().unwrap();
    let facts = "select current_user, inet_server_port(), current_setting('server_encoding')";
    assert_eq!(query(&server.url(), facts).unwrap(), format!("session|{}|UTF8", server.port()));
}

#[test]
fn only_the_password_opens_a_server() {
    let mut server = Postgres::start().unwrap();
    server.password = "wrong".to_owned();
    let text = query(&server.url(), "select 1").unwrap_err();
    assert!(text.contains("password authentication failed"), "{text}");
}

#[test]
fn a_setting_that_is_given_overrides_ours() {
    let server = Postgres::start_with(&[("max_connections", "37")]).unwrap();
    assert_eq!(query(&server.url(), "show max_connections").unwrap(), "37");
    assert_eq!(query(&server.url(), "show fsync").unwrap(), "off");
}

#[test]
fn a_wrong_setting_is_quoted_from_the_log() {
    let text = Postgres::start_with(&[("no_such_setting", "1")]).unwrap_err().to_string();
    assert!(text.starts_with("PostgreSQL ended with exit status: 1; the last lines of its log:\n"), "{text}");
    assert!(text.ends_with("unrecognized configuration parameter \"no_such_setting\""), "{text}");
}

#[test]
fn a_stopped_server_answers_nobody_until_it_starts_again_with_its_data() {
    let mut server = with_data();
    let url = server.url();
    server.stop().unwrap();
    assert!(query(&url, "select 1").unwrap_err().contains("refused"));
    assert_eq!(status(&server.status_file()), [""; 0]);
    server.start_again().unwrap();
    assert_eq!(query(&url, "select n from one").unwrap(), "1");
}

#[test]
fn a_killed_server_recovers_its_data_when_it_starts_again() {
    let mut server = with_data();
    let url = server.url();
    server.kill().unwrap();
    assert!(query(&url, "select 1").unwrap_err().contains("refused"));
    server.start_again().unwrap();
    assert_eq!(query(&url, "select n from one").unwrap(), "1");
    let log = fs::read_to_string(server.instance.folder.join("log")).unwrap();
    assert!(log.contains("database system was not properly shut down"), "{log}");
}

#[test]
fn a_status_counts_only_if_it_is_the_processs_own() {
    let status = |process: &str, state: &str| {
        [process, "/data", "1", "5432", "/run", "127.0.0.1", "1 2", state].map(str::to_owned)
    };
    assert!(is_ready(&status("7", "ready"), 7));
    assert!(!is_ready(&status("8", "ready"), 7));
    assert!(!is_ready(&status("7", "starting"), 7));
    assert!(!is_ready(&[], 7));
}

#[cfg(target_os = "linux")]
mod disks;
#[cfg(target_os = "linux")]
mod ends;
#[cfg(target_os = "linux")]
mod standbys;
