//! The demo on PostgreSQL: the errors of a wrong URL, and what the start shows of one.

use url::Url;

use crate::database::{changed, database, execute};
use crate::matrix::FRAMEWORKS;
use crate::program::{Program, run};

#[test]
fn a_wrong_postgres_url_is_one_clear_line_without_the_password() {
    let no_rights = "create role demo_reader login password 'secret'";
    let role = changed(|url| {
        execute(url.as_str(), &format!("drop role if exists demo_reader; {no_rights}"));
        url.set_username("demo_reader").unwrap();
        url.set_password(Some("secret")).unwrap();
    });
    let folder = tempfile::tempdir().unwrap();
    for (url, reason) in [
        (changed(|url| url.set_host(Some("no-such-host.invalid")).unwrap()), "no-such-host"),
        (changed(|url| url.set_port(Some(1)).unwrap()), "Connection refused"),
        (changed(|url| url.set_username("nobody").unwrap()), "authentication failed"),
        (changed(|url| url.set_path("missing")), "database \"missing\" does not exist"),
        (changed(|url| url.set_query(Some("sslmode=require"))), "TLS"),
        (role, "permission denied for schema public"),
    ] {
        let ended = run(folder.path(), &["--store", &url, "--listen", "127.0.0.1:0"]);
        let password = url.parse::<Url>().unwrap().password().unwrap().to_owned();
        assert_eq!(ended.status.code(), Some(2), "{ended:?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
        assert!(
            ended.stderr.starts_with("session-demo: cannot open the store postgres://"),
            "{}",
            ended.stderr
        );
        assert!(ended.stderr.contains(reason), "{reason}: {}", ended.stderr);
        assert!(!ended.stderr.contains(&password), "{}", ended.stderr);
    }
}

#[test]
fn the_start_shows_neither_user_nor_password_of_the_store() {
    let (folder, url) = (tempfile::tempdir().unwrap(), database());
    for framework in FRAMEWORKS {
        let site = Program::start(folder.path(), &["--framework", framework, "--store", &url]);
        let place = url.rsplit_once('@').unwrap().1;
        assert_eq!(site.said[1], format!("sessions in postgres://…@{place}"));
    }
}
