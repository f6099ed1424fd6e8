//! The errors of a wrong URL of a database server, and what the start shows of a right one.

use crate::database::{changed, execute, mysql, postgres, redis};
use crate::matrix::FRAMEWORKS;
use crate::program::{Program, run};

#[test]
fn a_wrong_postgres_url_is_one_clear_line_without_the_password() {
    let server = test_servers::postgres_url();
    execute(&server, "drop role if exists demo_reader; create role demo_reader login password 'secret'");
    assert_refused(
        &server,
        "authentication failed",
        "database \"missing\" does not exist",
        "sslmode=require",
    );
    let reader = with_user(&server, "demo_reader");
    assert_is_one_clear_line(&reader, "permission denied for schema public");
}

#[test]
fn a_wrong_mysql_url_is_one_clear_line_without_the_password() {
    let database = mysql();
    let name = database.rsplit_once('/').unwrap().1;
    let user = "create or replace user demo_reader@'%' identified by 'secret'";
    execute(&database, &format!("{user}; grant select on {name}.* to demo_reader@'%'"));
    assert_refused(&database, "Access denied for user", "Unknown database 'missing'", "ssl-mode=REQUIRED");
    assert_is_one_clear_line(&with_user(&database, "demo_reader"), "CREATE command denied");
}

pub(crate) fn with_user(url: &str, user: &str) -> String {
    changed(url, |url| {
        url.set_username(user).unwrap();
        url.set_password(Some("secret")).unwrap();
    })
}

/// Fails unless the program refuses a wrong host, port, user and database, and a server without TLS.
fn assert_refused(url: &str, wrong_user: &str, wrong_database: &str, with_tls: &str) {
    for (url, reason) in [
        (changed(url, |url| url.set_host(Some("no-such-host.invalid")).unwrap()), "no-such-host"),
        (changed(url, |url| url.set_port(Some(1)).unwrap()), "Connection refused"),
        (changed(url, |url| url.set_username("nobody").unwrap()), wrong_user),
        (changed(url, |url| url.set_path("missing")), wrong_database),
        (changed(url, |url| url.set_query(Some(with_tls))), "TLS"),
    ] {
        assert_is_one_clear_line(&url, reason);
    }
}

pub(crate) fn assert_is_one_clear_line(url: &str, reason: &str) {
    let folder = tempfile::tempdir().unwrap();
    let ended = run(folder.path(), &["--store", url, "--listen", "127.0.0.1:0"]);
    let url: url::Url = url.parse().unwrap();
    assert_eq!(ended.status.code(), Some(2), "{ended:?}");
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    let begin = format!("session-demo: cannot open the store {}://", url.scheme());
    assert!(ended.stderr.starts_with(&begin), "{}", ended.stderr);
    assert!(ended.stderr.contains(reason), "{reason}: {}", ended.stderr);
    if let Some(password) = url.password() {
        assert!(!ended.stderr.contains(password), "{}", ended.stderr);
    }
}

#[test]
fn the_start_shows_neither_user_nor_password_of_the_store() {
    for url in [postgres(), mysql(), redis()] {
        let folder = tempfile::tempdir().unwrap();
        let (scheme, place) = (url.split_once(':').unwrap().0, url.rsplit_once('@').unwrap().1);
        for framework in FRAMEWORKS {
            let site = Program::start(folder.path(), &["--framework", framework, "--store", &url]);
            assert_eq!(site.said[1], format!("sessions in {scheme}://…@{place}"));
        }
    }
}
