//! Servers that are started, stopped, killed and started again.

use super::*;

/// Returns the result of a statement, by PostgreSQL's own client.
fn query(url: &str, statement: &str) -> Result<String, String> {
    let client = programs::ensure(&NEED).unwrap()[0].with_file_name("psql");
    let output = Command::new(client).args([url, "-XAtc", statement]).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

#[test]
fn a_server_that_has_started_answers_at_its_url() {
    let server = Postgres::start().unwrap();
    assert_eq!(query(&server.url(), "select 'it answers'").unwrap(), "it answers");
}
