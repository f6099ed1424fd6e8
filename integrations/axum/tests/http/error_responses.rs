//! What an error response does to the session, with `set_on_exception` and without.

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use http::StatusCode;
use session_axum::{Session, UnloadedSession};
use session_testkit::Op;

use crate::support::{Setup, Site, routes};

/// Does something and answers with a status of the test's choice.
fn failing() -> Router {
    type Answer = Path<u16>;
    let status = |Path(status): Answer| StatusCode::from_u16(status).expect("a status");
    routes()
        .route("/fail/{status}", get(async move |_: Session, path: Answer| status(path)))
        .route(
            "/write/{status}",
            get(async move |session: Session, path: Answer| {
                session.insert("name", "Grace").unwrap();
                status(path)
            }),
        )
        .route(
            "/log_in/{status}",
            get(async move |session: Session, path: Answer| {
                session.sign_in("grace").unwrap();
                status(path)
            }),
        )
        .route(
            "/ending/{status}",
            get(async move |session: Session, path: Answer| {
                session.invalidate().unwrap();
                status(path)
            }),
        )
        .route(
            "/ending_anew/{status}",
            get(async move |session: Session, path: Answer| {
                session.invalidate().unwrap();
                session.insert("message", "goodbye").unwrap();
                status(path)
            }),
        )
        .route(
            "/log_out/{status}",
            get(async move |session: UnloadedSession, path: Answer| {
                session.invalidate().unwrap();
                status(path)
            }),
        )
}

fn site(set_on_exception: bool) -> Site {
    let mut setup = Setup::new(failing());
    setup.options.set_on_exception = set_on_exception;
    setup.open()
}

#[tokio::test]
async fn an_error_response_saves_if_it_is_to() {
    let site = site(true);
    let browser = site.visitor("name", "Ada").await;
    assert_eq!(browser.get("/write/500").await.status, 500);
    assert_eq!(browser.text("/get/name").await, r#""Grace""#);
    let newcomer = site.browser();
    assert!(newcomer.get("/write/502").await.cookie().is_some());
    assert_eq!(newcomer.text("/get/name").await, r#""Grace""#);
}

#[tokio::test]
async fn an_error_response_saves_nothing_if_it_is_not_to() {
    let site = site(false);
    for status in [500, 502, 503, 599] {
        let browser = site.visitor("name", "Ada").await;
        for path in ["/write", "/log_in"] {
            let answer = browser.get(&format!("{path}/{status}")).await;
            assert_eq!((answer.status, answer.set_cookies().len()), (status, 0));
            assert_eq!(browser.text("/entries").await, r#"{"name":"Ada"}"#);
            assert_eq!(browser.text("/whoami").await, "nobody");
        }
        assert!(site.calls.take().iter().all(|call| *call == Op::Load));
    }
}

#[tokio::test]
async fn an_error_response_that_is_not_to_save_leaves_no_row_of_a_newcomer() {
    let site = site(false);
    for path in ["/write/500", "/log_in/500", "/ending_anew/500"] {
        let answer = site.browser().get(path).await;
        assert_eq!((answer.status, answer.set_cookies().len()), (500, 0), "{path}");
    }
    assert_eq!(site.calls.take(), []);
    assert_eq!(site.rows(), 0);
}

#[tokio::test]
async fn an_error_response_that_is_not_to_save_does_not_reissue_the_cookie() {
    let site = site(false);
    let browser = site.visitor("name", "Ada").await;
    site.wait_secs(121);
    assert!(browser.get("/fail/500").await.set_cookies().is_empty());
    assert_eq!(site.calls.take(), [Op::Load]);
}

#[tokio::test]
async fn an_error_response_still_ends_the_session_and_leaves_the_cookie_if_it_is_not_to_save() {
    for path in ["/ending/500", "/ending_anew/500", "/log_out/500"] {
        let site = site(false);
        let browser = site.visitor("name", "Ada").await;
        let answer = browser.get(path).await;
        assert_eq!((answer.status, answer.set_cookies().len()), (500, 0), "{path}");
        assert_eq!(site.calls.take().last(), Some(&Op::Delete), "{path}");
        assert_eq!(site.rows(), 0, "{path}");
        assert_eq!(browser.text("/entries").await, "{}", "{path}");
    }
}

#[tokio::test]
async fn an_error_response_ends_the_session_with_its_cookie_if_it_is_to_save() {
    for path in ["/ending/500", "/log_out/500"] {
        let site = site(true);
        let answer = site.visitor("name", "Ada").await.get(path).await;
        assert!(answer.status == 500 && answer.removes_cookie(), "{path}");
        assert_eq!(site.rows(), 0, "{path}");
    }
}

#[tokio::test]
async fn what_is_no_error_of_ours_saves_whatever_the_option() {
    for status in [201, 302, 400, 404, 422, 499] {
        let site = site(false);
        let browser = site.browser();
        let answer = browser.get(&format!("/write/{status}")).await;
        assert!(answer.status == status && answer.cookie().is_some(), "{status}");
        assert_eq!(browser.text("/get/name").await, r#""Grace""#);
    }
}

#[tokio::test]
async fn an_error_response_varies_if_the_session_was_read() {
    for set_on_exception in [true, false] {
        let site = site(set_on_exception);
        assert_eq!(site.browser().get("/fail/500").await.header("vary"), "Cookie");
    }
}
