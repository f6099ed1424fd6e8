//! A failing store is reported to the visitor and to the operator.

use session_sql::sqlx::{self, Connection as _, SqliteConnection};

use crate::browser::Browser;
use crate::matrix::FRAMEWORKS;
use crate::program::Program;

#[test]
fn a_failing_store_causes_a_503_without_a_cookie_and_a_line_on_stderr() {
    FRAMEWORKS.iter().for_each(|framework| fail(framework));
}

fn fail(framework: &str) {
    let folder = tempfile::tempdir().unwrap();
    let site = Program::start(folder.path(), &["--framework", framework]);
    let mut browser = Browser::new();
    browser.get(site.address, "/visits");
    drop_table(&folder.path().join("sessions.db").display().to_string());
    let page = browser.get(site.address, "/visits");
    assert_eq!((page.status, page.header("set-cookie")), (503, None));
    assert!(page.says("Your session is unavailable"), "{}", page.body);
    assert_eq!(browser.get(site.address, "/healthz").status, 200);
    let ended = site.stop();
    assert_eq!(ended.stderr.lines().count(), 1, "{}", ended.stderr);
    assert!(ended.stderr.starts_with("session-demo: GET /visits: session store sqlite"), "{}", ended.stderr);
}

fn drop_table(file: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut database = SqliteConnection::connect(&format!("sqlite:{file}")).await.unwrap();
        sqlx::query("drop table cwsession").execute(&mut database).await.unwrap();
    });
}
