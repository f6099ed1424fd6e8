//! Outages, and the responses that an application can make of them.

use session_core::store::StoreErrorKind;
use session_core::{Error, Session};
use session_testkit::stories::Setup;
use session_testkit::{Fault, Op};
use session_warp::SessionFilter as _;
use warp::reject::{Rejection, not_found};
use warp::reply::{Reply, Response};
use warp::{Filter, path};

use crate::framework::Warp;

#[tokio::test]
async fn the_error_in_the_503_lets_the_application_make_its_own_page() {
    let page = |response: Response| match response.extensions().get::<Error>() {
        Some(Error::Store(error)) if error.kind == StoreErrorKind::Unavailable => {
            warp::reply::with_status("back soon", response.status()).into_response()
        }
        Some(_) | None => response,
    };
    let site = Setup::new().open(&Warp::with(move |stories, _| stories.map(page).boxed())).await;
    let browser = site.visitor("name", "Ada").await;
    for (call, path) in [(Op::Load, "/read"), (Op::Update, "/count"), (Op::Delete, "/log_out")] {
        site.faults.set(call, Fault::Fail);
        let answer = browser.get(path).await;
        assert_eq!((answer.status, answer.body.as_str()), (503, "back soon"), "{path}");
        assert!(answer.set_cookies().is_empty(), "{path}");
        site.faults.clear();
    }
    assert_eq!(browser.text("/get/name").await, r#""Ada""#);
}

/// Makes a warp with a handler that rejects with the session's error, or with 404 if a value is missing.
fn rejecting(recovers: bool) -> Warp {
    Warp::with(move |stories, sessions| {
        let name = async |session: Session| -> Result<String, Rejection> {
            let name = session.get::<u32>("name").map_err(session_warp::Error)?;
            name.map(|n| n.to_string()).ok_or_else(not_found)
        };
        let route = path("name").session(sessions, name);
        if recovers {
            let recovered = route.recover(session_warp::recover).map(Reply::into_response);
            recovered.or(stories).map(Reply::into_response).boxed()
        } else {
            route.or(stories).map(Reply::into_response).boxed()
        }
    })
}

#[tokio::test]
async fn recover_handles_session_errors_and_passes_other_rejections_on() {
    let site = Setup::new().open(&rejecting(true)).await;
    let browser = site.visitor("name", "hush-hush-4711").await;
    let answer = browser.get("/name").await;
    assert_eq!((answer.status, answer.body.as_str()), (500, ""));
    assert_eq!(site.browser().get("/name").await.status, 404);
}

#[tokio::test]
async fn an_unhandled_session_error_shows_the_client_only_its_status() {
    let site = Setup::new().open(&rejecting(false)).await;
    let answer = site.visitor("name", "hush-hush-4711").await.get("/name").await;
    assert_eq!(answer.status, 500);
    assert!(answer.body.contains("Error(500)") && !answer.body.contains("name"), "{}", answer.body);
}

#[test]
fn an_error_displays_its_text_and_keeps_its_cause() {
    use session_core::store::StoreError;
    use std::error::Error as _;
    let cause = std::io::Error::other("the password of the database");
    let outage = StoreError::new("sqlite", StoreErrorKind::Unavailable).with_source(cause);
    let error = session_warp::Error(Error::from(outage));
    assert_eq!(error.to_string(), "session store sqlite: unavailable");
    assert_eq!(format!("{error:?}"), "Error(503)");
    assert_eq!(error.source().unwrap().to_string(), "the password of the database");
}
