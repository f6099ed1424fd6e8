//! Standbys that follow, fall behind, take the place of their primary, and end.

use std::thread;
use std::time::{Duration, Instant};

use super::ends::Traces;
use super::*;

const COUNT: &str = "select count(*) from one";

/// Waits until the server has this number of rows.
fn wait_for_rows(server: &Postgres, rows: &str) {
    let begin = Instant::now();
    while query(&server.url(), COUNT).unwrap() != rows {
        assert!(begin.elapsed() < Duration::from_secs(10));
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_standby_follows_and_takes_no_writes_until_it_is_promoted() {
    let mut primary = with_data();
    let mut standby = primary.start_standby().unwrap();
    query(&primary.url(), "insert into one values (2)").unwrap();
    wait_for_rows(&standby, "2");
    let insert = "insert into one values (3)";
    assert!(query(&standby.url(), insert).unwrap_err().contains("read-only transaction"));
    primary.kill().unwrap();
    standby.promote().unwrap();
    query(&standby.url(), insert).unwrap();
    assert_eq!(query(&standby.url(), COUNT).unwrap(), "3");
}

#[test]
fn a_standby_whose_receiver_is_paused_falls_behind_and_catches_up() {
    let primary = with_data();
    let standby = primary.start_standby().unwrap();
    standby.pause_receiver().unwrap();
    query(&primary.url(), "insert into one values (2)").unwrap();
    thread::sleep(Duration::from_millis(500));
    assert_eq!(query(&standby.url(), COUNT).unwrap(), "1");
    standby.continue_receiver().unwrap();
    wait_for_rows(&standby, "2");
}

#[test]
fn a_standby_whose_receiver_is_ended_lacks_what_it_has_not_received() {
    let mut primary = with_data();
    let mut standby = primary.start_standby().unwrap();
    standby.pause_receiver().unwrap();
    query(&primary.url(), "insert into one values (2)").unwrap();
    primary.kill().unwrap();
    standby.end_receiver().unwrap();
    standby.promote().unwrap();
    assert_eq!(query(&standby.url(), COUNT).unwrap(), "1");
}

#[test]
fn a_server_that_waits_for_its_standby_acknowledges_nothing_that_the_standby_has_not_received() {
    let primary = Postgres::start_with(&[("synchronous_standby_names", Postgres::STANDBY)]).unwrap();
    let mut standby = primary.start_standby().unwrap();
    query(&primary.url(), "create table one (n int)").unwrap();
    standby.pause_receiver().unwrap();
    let url = primary.url();
    let insert = thread::spawn(move || query(&url, "insert into one values (1)"));
    thread::sleep(Duration::from_millis(500));
    assert!(!insert.is_finished());
    standby.continue_receiver().unwrap();
    insert.join().unwrap().unwrap();
    standby.promote().unwrap();
    query(&standby.url(), "insert into one values (2)").unwrap();
}

#[test]
fn a_former_primary_becomes_a_standby_on_its_port() {
    let mut former = with_data();
    let (url, mut primary) = (former.url(), former.start_standby().unwrap());
    former.kill().unwrap();
    primary.promote().unwrap();
    query(&primary.url(), "insert into one values (2)").unwrap();
    former.become_standby_of(&primary).unwrap();
    assert_eq!(former.url(), url);
    assert_eq!(query(&url, "select pg_is_in_recovery(), count(*) from one").unwrap(), "t|2");
}

#[test]
fn a_server_that_is_not_a_standby_is_not_promoted() {
    let text = Postgres::start().unwrap().promote().unwrap_err().to_string();
    assert!(text.starts_with("PostgreSQL has a tool that failed with exit status: 1; "), "{text}");
    assert!(text.contains("not in standby mode"), "{text}");
}

#[test]
fn nothing_is_left_of_a_standby_that_is_dropped_while_its_receiver_is_paused() {
    let primary = with_data();
    let standby = primary.start_standby().unwrap();
    standby.pause_receiver().unwrap();
    let traces = Traces::of_server(&standby);
    drop(standby);
    assert!(!traces.any_is_left());
}
