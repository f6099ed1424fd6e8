//! A session that this version of the site cannot read has a way out.

use session_sql::sqlx::{self, Connection as _, SqliteConnection};

use crate::browser::{Browser, Page};
use crate::matrix::FRAMEWORKS;
use crate::program::Program;

#[test]
fn a_session_that_another_version_has_written_can_be_left_by_a_button() {
    for framework in FRAMEWORKS {
        leave(framework, br#"{"cart": "a text, where this version expects a list"}"#, 500);
    }
}

#[test]
fn a_session_whose_payload_does_not_decode_can_be_left_by_a_button() {
    for framework in FRAMEWORKS {
        leave(framework, b"not JSON", 503);
    }
}

fn leave(framework: &str, payload: &'static [u8], status: u16) {
    let folder = tempfile::tempdir().unwrap();
    let site = Program::start(folder.path(), &["--framework", framework]);
    let mut browser = Browser::new();
    browser.sign_in(site.address, "Ada");
    overwrite(&folder.path().join("sessions.db").display().to_string(), payload);
    let offers_the_way_out =
        |page: &Page| page.says("Your session cannot be read") && page.body.contains(r#"action="/sign-out""#);
    for path in ["/", "/cart"] {
        let page = browser.get(site.address, path);
        assert_eq!((page.status, page.header("set-cookie")), (status, None), "{framework} {path}");
        assert!(offers_the_way_out(&page), "{framework} {path}: {}", page.body);
    }
    assert_eq!(browser.post(site.address, "/sign-out", &[]).status, 303, "{framework}");
    assert_eq!(browser.get(site.address, "/").status, 200, "{framework}");
    assert_eq!(browser.owner(site.address), None, "{framework}");
    let reported = site.stop().stderr;
    assert_eq!(reported.lines().count(), 2, "{framework}: {reported}");
}

/// Puts this payload in the place of that of the one session. The rename marker of its first key stays.
fn overwrite(file: &str, payload: &'static [u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut database = SqliteConnection::connect(&format!("sqlite:{file}")).await.unwrap();
        let update = sqlx::query("update cwsession set data = ? where moved_to is null").bind(payload);
        assert_eq!(update.execute(&mut database).await.unwrap().rows_affected(), 1);
    });
}
