//! Sessions whose handler returns a rejection.

use session_core::{Error, Session, UnloadedSession};
use session_testkit::stories::{Browser, Setup, Site};
use session_testkit::{Fault, Op};
use session_warp::SessionFilter as _;
use warp::http::StatusCode;
use warp::reject::{Reject, Rejection, custom, not_found};
use warp::reply::{Reply, Response, with_status};
use warp::{Filter, any, path};

use crate::framework::Warp;

/// The rejection of the handlers in this file.
#[derive(Debug)]
struct Sold(&'static str);

impl Reject for Sold {}

/// Makes a warp with handlers that change the session and then reject. `/else` has a second route after such
/// a handler.
fn rejecting() -> Warp {
    Warp::with(|stories, sessions| {
        let rejects_after = |name, change: fn(&Session) -> Result<(), Error>| {
            path(name).session(sessions, move |session: Session| async move {
                change(&session).unwrap();
                Err::<String, _>(custom(Sold("tea")))
            })
        };
        let sign_out = async |session: UnloadedSession| {
            session.invalidate().unwrap();
            Err::<String, _>(custom(Sold("tea")))
        };
        let read = async |session: Session| session.get::<String>("name").unwrap().unwrap_or_default();
        rejects_after("write", |session| session.insert("name", "Grace"))
            .or(rejects_after("sign_in_then_reject", |session| session.sign_in("ada")))
            .or(rejects_after("renew_then_reject", |session| session.renew()))
            .or(rejects_after("end_then_reject", |session| session.invalidate()))
            .or(path("sign_out_then_reject").session(sessions, sign_out))
            .recover(sold)
            .or(path("else").session(sessions, async |session: Session| {
                session.insert("name", "Grace").unwrap();
                Err::<String, _>(not_found())
            }))
            .or(path("else").session(sessions, read))
            .or(stories)
            .map(Reply::into_response)
            .boxed()
    })
}

/// Turns the rejection [`Sold`] into a 409 with its text, and returns any other rejection unchanged.
async fn sold(rejection: Rejection) -> Result<impl Reply, Rejection> {
    match rejection.find() {
        Some(Sold(what)) => Ok(with_status(*what, StatusCode::CONFLICT)),
        None => Err(rejection),
    }
}

async fn site(set_on_exception: bool) -> (Site, Browser) {
    let mut setup = Setup::new();
    setup.options.set_on_exception = set_on_exception;
    let site = setup.open(&rejecting()).await;
    let browser = site.visitor("name", "Ada").await;
    (site, browser)
}

/// Asserts that the rejection arrives with its cause, and that the response has no cookie.
async fn rejected(browser: &Browser, path: &str) {
    let answer = browser.get(path).await;
    assert_eq!((answer.status, answer.body.as_str()), (409, "tea"), "{path}");
    assert!(answer.set_cookies().is_empty(), "{path}");
}

#[tokio::test]
async fn a_rejection_reaches_recover_with_its_cause_and_a_change_is_saved() {
    let (site, browser) = site(true).await;
    for wait in [0, 121] {
        site.wait_secs(wait);
        rejected(&browser, "/write").await;
        assert_eq!(site.calls.take(), [Op::Load, Op::Update]);
    }
    assert_eq!(browser.text("/entries").await, r#"{"name":"Grace"}"#);
}

#[tokio::test]
async fn after_a_rejection_nothing_is_saved_without_set_on_exception() {
    let (site, browser) = site(false).await;
    for path in ["/write", "/sign_in_then_reject", "/renew_then_reject"] {
        rejected(&browser, path).await;
        assert_eq!(site.calls.take(), [Op::Load], "{path}");
    }
    assert_eq!(browser.text("/entries").await, r#"{"name":"Ada"}"#);
}

#[tokio::test]
async fn after_a_rejection_no_session_is_begun_renewed_or_signed_in() {
    let (site, browser) = site(true).await;
    for path in ["/write", "/sign_in_then_reject"] {
        rejected(&site.browser(), path).await;
        assert_eq!(site.calls.take(), []);
    }
    for path in ["/sign_in_then_reject", "/renew_then_reject"] {
        rejected(&browser, path).await;
        assert_eq!(browser.text("/entries").await, r#"{"name":"Ada"}"#, "{path}");
        assert_eq!(browser.text("/whoami").await, "nobody", "{path}");
    }
    assert_eq!(site.rows(), 1);
}

#[tokio::test]
async fn after_a_rejection_an_invalidated_session_is_deleted() {
    for set_on_exception in [true, false] {
        for path in ["/end_then_reject", "/sign_out_then_reject"] {
            let (site, browser) = site(set_on_exception).await;
            rejected(&browser, path).await;
            assert_eq!(site.rows(), 0, "{path}");
            assert_eq!(browser.text("/entries").await, "{}");
        }
    }
}

#[tokio::test]
async fn a_failed_save_is_a_503_instead_of_the_rejection() {
    for (path, call) in
        [("/write", Op::Update), ("/end_then_reject", Op::Delete), ("/sign_out_then_reject", Op::Delete)]
    {
        let (site, browser) = site(true).await;
        site.faults.set(call, Fault::Fail);
        assert!(browser.get(path).await.is_bare_503(), "{path}");
    }
}

#[tokio::test]
async fn the_next_route_sees_the_saved_session() {
    let (site, browser) = site(true).await;
    let answer = browser.get("/else").await;
    assert_eq!(
        (answer.status, answer.body.as_str(), answer.header("vary").as_str()),
        (200, "Grace", "Cookie")
    );
    assert_eq!(site.calls.take(), [Op::Load, Op::Update, Op::Load]);
}

#[tokio::test]
async fn an_outage_is_not_passed_on_to_the_next_route() {
    let on =
        Warp::with(|stories, _| stories.or(any().map(|| "never mind")).map(Reply::into_response).boxed());
    let site = Setup::new().open(&on).await;
    let browser = site.visitor("name", "Ada").await;
    for call in [Op::Load, Op::Update] {
        site.faults.set(call, Fault::Fail);
        assert!(browser.get("/count").await.is_bare_503(), "{call:?}");
        site.faults.clear();
    }
}

#[tokio::test]
async fn a_request_that_the_filters_reject_makes_no_store_call() {
    let on = Warp::with(|stories, sessions| {
        let number = path!("number" / u32).session(sessions, async |_: Session, n: u32| n.to_string());
        let text = path!("number" / String).map(|text: String| text);
        number.or(text).or(stories).map(|reply| -> Response { Reply::into_response(reply) }).boxed()
    });
    let site = Setup::new().open(&on).await;
    let browser = site.visitor("name", "Ada").await;
    let answer = browser.get("/number/seven").await;
    assert_eq!((answer.body.as_str(), answer.header("vary").as_str()), ("seven", ""));
    assert_eq!(site.calls.take(), []);
    assert_eq!(browser.text("/number/7").await, "7");
    assert_eq!(site.calls.take(), [Op::Load]);
}
