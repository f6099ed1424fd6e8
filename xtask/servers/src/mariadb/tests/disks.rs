//! Servers whose disk is full.

use super::*;

const INSERT: &str = "insert into one select repeat('x', 1000) from seq_1_to_8000";

#[test]
#[ignore = "needs a disk of its own; `cargo xtask test` runs this where the system allows it"]
fn a_table_on_a_full_disk_takes_no_rows_until_there_is_space() {
    let mut server = Mariadb::start_on_small_disk().unwrap();
    query(&server, "create table one (text text)").unwrap();
    server.fill_disk().unwrap();
    let text = query(&server, INSERT).unwrap_err();
    assert!(text.contains("The table 'one' is full"), "{text}");
    server.clear_disk().unwrap();
    if !server.is_running() {
        server.start_again().unwrap();
    }
    assert_eq!(query(&server, "select count(*) from one").unwrap(), "0");
    query(&server, INSERT).unwrap();
}
