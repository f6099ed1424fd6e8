//! Servers whose disk is full.

use super::*;
use crate::disk::OnDisk;

fn start(part: OnDisk) -> Postgres {
    Postgres::start_on_small_disk(part).unwrap()
}

const INSERT: &str = "insert into one select repeat('x', 1000) from generate_series(1, 8000)";

#[test]
#[ignore = "needs a disk of its own; `cargo xtask test` runs this where the system allows it"]
fn a_table_on_a_full_disk_takes_no_rows_until_there_is_space() {
    let server = start(OnDisk::Tables);
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
#[ignore = "needs a disk of its own; `cargo xtask test` runs this where the system allows it"]
fn a_server_whose_log_is_on_a_full_disk_crashes_and_starts_again_when_there_is_space() {
    let mut server = start(OnDisk::Log);
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
#[ignore = "needs a disk of its own; `cargo xtask test` runs this where the system allows it"]
fn nothing_is_left_of_a_server_on_a_small_disk_that_is_dropped() {
    let server = start(OnDisk::Log);
    let traces = super::ends::Traces::of_server(&server);
    drop(server);
    assert!(!traces.any_is_left());
}
