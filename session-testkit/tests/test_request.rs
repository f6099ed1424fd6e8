//! Cookies and requests for the tests of applications.

#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test, as it should")]

use session_core::adapter::Notice;
use session_core::{Error, MemoryStore, SessionFactory, SessionOptions};
use session_testkit::{Fault, FaultyStore, NoCookie, Op, TestRequest, cookie};

const SECRET: &str = "a secret of more than thirty-two bytes";

fn sessions() -> SessionFactory {
    SessionFactory::new(SessionOptions::new(SECRET).hardened(), MemoryStore::new()).unwrap()
}

#[tokio::test]
async fn a_prepared_cookie_brings_the_session_along() {
    let sessions = sessions();
    let cookie = cookie(&sessions, |session| {
        session.sign_in(7)?;
        session.insert("name", "Ada")
    });
    let request = TestRequest::with_cookie(&sessions, cookie.await.unwrap());
    let session = request.session().await.unwrap();
    assert_eq!(session.owner().unwrap().as_str(), "7");
    assert_eq!(session.get::<String>("name").unwrap().as_deref(), Some("Ada"));
}

#[tokio::test]
async fn an_empty_session_has_no_cookie_and_the_error_says_what_to_do() {
    let error = cookie(&sessions(), |session| session.renew()).await.unwrap_err();
    assert!(matches!(error, NoCookie::Empty));
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(text.contains("stayed empty") && text.contains("sign in or insert a value"), "{text}");
    }
}

#[tokio::test]
async fn a_failed_preparation_is_an_error() {
    let error = cookie(&sessions(), |_| Err::<(), _>(Error::Contended)).await.unwrap_err();
    assert!(matches!(error, NoCookie::Error(Error::Contended)), "{error}");
}

#[tokio::test]
async fn a_session_that_cannot_be_saved_is_an_error() {
    let store = FaultyStore::new(MemoryStore::new());
    store.faults().set(Op::Create, Fault::Fail);
    let sessions = SessionFactory::new(SessionOptions::new(SECRET), store).unwrap();
    let error = cookie(&sessions, |session| session.sign_in(7)).await.unwrap_err();
    assert!(matches!(error, NoCookie::Error(Error::Store(_))), "{error}");
}

#[tokio::test]
async fn the_next_request_shows_what_was_saved() {
    let request = TestRequest::new();
    assert_eq!(request.cookie(), None);
    request.session().await.unwrap().insert("name", "Ada").unwrap();
    let request = request.finish().await.unwrap();
    assert!(request.cookie().unwrap().starts_with("__Host-session="));
    assert_eq!(request.session().await.unwrap().get::<String>("name").unwrap().as_deref(), Some("Ada"));
    let again = request.finish().await.unwrap();
    assert!(again.read_only().await.unwrap().time_left().unwrap().as_secs() > 1000, "of 20 minutes");
    assert_eq!(again.session().await.unwrap().len(), 1, "a request that changes nothing keeps its cookie");
}

#[tokio::test]
async fn after_a_sign_out_the_next_request_has_no_cookie() {
    let sessions = sessions();
    let cookie = cookie(&sessions, |session| session.sign_in(7)).await.unwrap();
    let request = TestRequest::with_cookie(&sessions, cookie);
    assert_eq!(request.devices().await.unwrap().list(9).await.unwrap().len(), 1);
    request.unloaded().invalidate().unwrap();
    let request = request.finish().await.unwrap();
    assert_eq!(request.cookie(), None);
    assert!(request.session().await.unwrap().owner().is_none());
}

#[tokio::test]
async fn the_next_request_has_the_other_cookies_of_this_one() {
    let sessions = sessions();
    let session = cookie(&sessions, |session| session.sign_in(7)).await.unwrap();
    let header = format!("theme=dark; {session};lang=de; __Host-sessions=x");
    let others = "theme=dark; lang=de; __Host-sessions=x";
    let request = TestRequest::with_cookie(&sessions, header.as_str()).finish().await.unwrap();
    assert_eq!(request.cookie(), Some(header.as_str()), "no cookie was set");
    request.session().await.unwrap().renew().unwrap();
    let request = request.finish().await.unwrap();
    let renewed = request.cookie().unwrap().strip_prefix(others).unwrap();
    assert!(renewed.starts_with("; __Host-session=") && !request.cookie().unwrap().contains(&session));
    assert_eq!(request.session().await.unwrap().owner().unwrap().as_str(), "7");
    request.unloaded().invalidate().unwrap();
    assert_eq!(request.finish().await.unwrap().cookie(), Some(others));
}

#[tokio::test]
async fn the_next_request_has_the_notice_of_this_one() {
    let sessions = sessions();
    let cookie = cookie(&sessions, |session| session.sign_in(7)).await.unwrap();
    let [slow, fast] = [(); 2].map(|()| TestRequest::with_cookie(&sessions, cookie.as_str()));
    slow.session().await.unwrap().insert("name", "Ada").unwrap();
    fast.session().await.unwrap().renew().unwrap();
    let (fast, slow) = (fast.finish().await.unwrap(), slow.finish().await.unwrap());
    assert_eq!((fast.notice(), slow.notice()), (None, Some(Notice::ChangesDropped)));
    assert_eq!(slow.finish().await.unwrap().notice(), None);
}

#[tokio::test]
async fn the_status_of_the_response_counts() {
    let mut options = SessionOptions::new(SECRET);
    options.set_on_exception = false;
    let sessions = SessionFactory::new(options, MemoryStore::new()).unwrap();
    let request = TestRequest::of(&sessions);
    request.session().await.unwrap().insert("name", "Ada").unwrap();
    let request = request.finish_with(500).await.unwrap();
    assert!(request.session().await.unwrap().is_empty());
}

#[tokio::test]
async fn no_cookie_is_in_the_debug_text() {
    let sessions = sessions();
    let cookie = cookie(&sessions, |session| session.sign_in(7)).await.unwrap();
    let request = TestRequest::with_cookie(&sessions, cookie.clone());
    let value = cookie.split_once('=').unwrap().1;
    assert!(!format!("{request:?}").contains(value));
}
