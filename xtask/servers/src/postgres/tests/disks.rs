//! Servers whose disk is full.

use super::*;
use crate::disk::OnDisk;

/// Starts a server on a small disk, or shows why the system does not allow that.
fn start(part: OnDisk) -> Option<Postgres> {
    match Postgres::start_on_small_disk(part) {
        Err(error @ Error::NoDisk { .. }) => {
            eprintln!("not tested: {error}");
            None
        }
        server => Some(server.unwrap()),
    }
}

const INSERT: &str = "insert into one select repeat('x', 1000) from generate_series(1, 8000)";

#[test]
fn a_table_on_a_full_disk_takes_no_rows_until_there_is_space() {
    let Some(server) = start(OnDisk::Tables) else { return };
    let location = server.disk().display();
    query(&server.url(), &format!("create tablespace small location '{location}'")).unwrap();
    query(&server.url(), "create table one (text text) tablespace small").unwrap();
    server.fill_disk().unwrap();
    let text = query(&server.url(), INSERT).unwrap_err();
    assert!(text.contains("No space left on device"), "{text}");
    assert_eq!(query(&server.url(), "select count(*) from one").unwrap(), "0");
    server.clear_disk().unwrap();
    query(&server.url(), INSERT).unwrap();
}

#[test]
fn a_server_whose_log_is_on_a_full_disk_crashes_and_starts_again_when_there_is_space() {
    let Some(mut server) = start(OnDisk::Log) else { return };
    query(&server.url(), "create table one (text text)").unwrap();
    server.fill_disk().unwrap();
    assert!(query(&server.url(), INSERT).is_err());
    let log = fs::read_to_string(server.instance.folder.join("log")).unwrap();
    assert!(log.contains("PANIC") && log.contains("No space left on device"), "{log}");
    server.clear_disk().unwrap();
    server.start_again().unwrap();
    assert_eq!(query(&server.url(), "select count(*) from one").unwrap(), "0");
}

#[test]
fn nothing_is_left_of_a_server_on_a_small_disk_that_is_dropped() {
    let Some(server) = start(OnDisk::Log) else { return };
    let traces = super::ends::Traces::of_server(&server);
    drop(server);
    assert!(!traces.any_is_left());
}
