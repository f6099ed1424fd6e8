//! Panics that a layer catches, above the session's layer or below it.

use axum::Router;
use axum::body::Body;
use session_axum::SessionLayer;
use session_core::{Error, Session};
use session_testkit::stories::{Args, Browser, Handled, Setup, tell_all};
use tokio::sync::mpsc;
use tower_http::catch_panic::CatchPanicLayer;

use crate::framework::Axum;

fn above() -> Axum {
    Axum::layered(|routes, sessions| routes.layer(sessions).layer(CatchPanicLayer::new()))
}

fn below() -> Axum {
    Axum::layered(|routes, sessions| routes.layer(CatchPanicLayer::new()).layer(sessions))
}

#[test]
fn the_stories_of_panics_hold_with_a_catching_layer_on_either_side() {
    for on in [above(), below()] {
        let report = tell_all(&on, "HTTP-PANIC");
        assert!(report.is_good(), "{report}");
    }
}

/// Makes a site with two handlers that panic, one with its handle on the session and one without.
fn panicking() -> Setup {
    async fn with_its_handle(session: Session, _: Args) -> Handled<()> {
        session.insert("name", "Grace")?;
        panic!("with its handle");
    }
    async fn without_its_handle(session: Session, _: Args) -> Handled<()> {
        note(session)?;
        panic!("without its handle");
    }
    fn note(session: Session) -> Handled<()> {
        session.insert("name", "Grace")
    }
    Setup::new().loaded("with", with_its_handle).loaded("without", without_its_handle)
}

async fn entries(browser: &Browser) -> String {
    browser.text("/entries").await
}

const UNCHANGED: &str = r#"{"name":"Ada"}"#;

#[tokio::test]
async fn a_caught_panic_is_a_500_without_a_cookie() {
    for on in [above(), below()] {
        let site = panicking().open(&on).await;
        let browser = site.visitor("name", "Ada").await;
        site.wait_secs(121);
        let answer = browser.get("/with").await;
        assert_eq!((answer.status, answer.set_cookies().len()), (500, 0));
        assert_eq!(entries(&browser).await, UNCHANGED);
    }
}

#[tokio::test]
async fn a_panic_that_becomes_a_200_changes_nothing_either() {
    let fine = |_: Box<dyn std::any::Any + Send>| http::Response::new(Body::from("never mind"));
    let on = Axum::layered(move |routes: Router, sessions: SessionLayer| {
        routes.layer(CatchPanicLayer::custom(fine)).layer(sessions)
    });
    let site = panicking().open(&on).await;
    let browser = site.visitor("name", "Ada").await;
    let answer = browser.get("/with").await;
    assert_eq!((answer.status, answer.set_cookies().len()), (200, 0));
    assert_eq!(entries(&browser).await, UNCHANGED);
}

#[tokio::test]
async fn a_panic_without_a_handle_that_is_caught_above_the_layer_changes_nothing() {
    let site = panicking().open(&above()).await;
    let browser = site.visitor("name", "Ada").await;
    assert_eq!(browser.get("/without").await.status, 500);
    assert_eq!(entries(&browser).await, UNCHANGED);
}

/// Such a panic looks like an ordinary response, so a layer that catches panics belongs above the session's.
#[tokio::test]
async fn the_changes_before_a_panic_without_a_handle_that_is_caught_below_the_layer_are_saved() {
    let site = panicking().open(&below()).await;
    let browser = site.visitor("name", "Ada").await;
    assert_eq!(browser.get("/without").await.status, 500);
    assert_eq!(entries(&browser).await, r#"{"name":"Grace"}"#);
}

#[tokio::test]
async fn a_handle_that_outlives_a_caught_panic_is_finished_with_the_response() {
    let (keep, mut kept) = mpsc::unbounded_channel();
    let handler = move |session: Session, _: Args| {
        keep.send(session.clone()).unwrap();
        async move {
            session.insert("name", "Grace")?;
            if !session.is_empty() {
                panic!("with a handle left elsewhere");
            }
            Ok(())
        }
    };
    let site = Setup::new().loaded("handler", handler).open(&below()).await;
    let browser = site.visitor("name", "Ada").await;
    assert_eq!(browser.get("/handler").await.status, 500);
    let session = kept.recv().await.unwrap();
    assert!(matches!(session.insert("name", "Grace"), Err(Error::Finished)), "the response has been sent");
}
