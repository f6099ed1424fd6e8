//! Tests of the cookies of a request, and of the exchange with its response.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use session_core::adapter::{Exchange, Exchanges};
use session_core::pyramid::{JsonSerializer, Serializer, SerializerError};
use session_core::{Error, MemoryStore, SessionFactory, SessionOptions};

use crate::browser::Site;

async fn varies(exchange: &Exchange) -> bool {
    exchange.finish(200).await.unwrap().vary
}

#[tokio::test]
async fn a_response_varies_if_the_handler_asked_for_the_session_even_if_no_cookie_is_sent() {
    let site = Site::new();
    let browser = site.visitor().await;
    assert!(!varies(&browser.begin()).await);
    let read = browser.begin();
    assert!(!read.session().await.unwrap().is_new());
    assert!(varies(&read).await);
    let new = site.browser().begin();
    new.session().await.unwrap().insert("a", 1).unwrap();
    assert!(varies(&new).await);
    let unloaded = browser.begin();
    let _handle = unloaded.unloaded();
    assert!(varies(&unloaded).await);
}

#[tokio::test]
async fn the_first_five_cookies_are_tried_in_however_many_headers_they_come() {
    let site = Site::new();
    let mut browser = site.visitor().await;
    let good = browser.cookie.take().unwrap();
    for (headers, is_found) in [
        (vec!["session=x; session=x", "session=x; session=x", &good], true),
        (vec!["session=x; session=x; session=x", "session=x; session=x", &good], false),
        (vec!["session=x; session=x; session=x; session=x; session=x; session=x", &good], false),
    ] {
        let exchange = site.factory.begin(headers.iter().map(|header| header.as_bytes()));
        assert_eq!(!exchange.session().await.unwrap().is_new(), is_found, "{}", headers.len());
    }
}

#[tokio::test]
async fn a_cookie_that_is_longer_than_browsers_keep_does_not_count_among_the_five() {
    let site = Site::new();
    let mut browser = site.visitor().await;
    let good = browser.cookie.take().unwrap();
    let cookies = |bytes| format!("session={}; ", "x".repeat(bytes)).repeat(5);
    for (bytes, is_found) in [(4096, false), (4097, true)] {
        browser.cookie = Some(format!("{}{good}", cookies(bytes)));
        assert_eq!(!browser.begin().session().await.unwrap().is_new(), is_found, "{bytes}");
    }
}

/// A serializer that counts how often it decodes.
#[derive(Debug, Default)]
struct Counting(AtomicUsize);

impl Serializer for Counting {
    fn serialize(&self, value: &Value) -> Result<Vec<u8>, SerializerError> {
        JsonSerializer.serialize(value)
    }

    fn deserialize(&self, bytes: &[u8]) -> Result<Value, SerializerError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        JsonSerializer.deserialize(bytes)
    }
}

#[tokio::test]
async fn a_payload_that_was_read_or_written_before_is_not_decoded_again() {
    let counting = Arc::new(Counting::default());
    let site = Site::with(|options| options.data_serializer = Arc::clone(&counting) as Arc<dyn Serializer>);
    let mut browser = site.visitor().await;
    assert_eq!(browser.visit(|session| session.get::<u32>("a").unwrap()).await, Some(1));
    browser.visit(|session| session.insert("a", 2)).await.unwrap();
    assert_eq!(browser.visit(|session| session.get::<u32>("a").unwrap()).await, Some(2));
    browser.visit(|session| session.renew()).await.unwrap();
    assert_eq!(browser.visit(|session| session.get::<u32>("a").unwrap()).await, Some(2));
    assert_eq!(counting.0.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn an_exchange_belongs_to_the_factory_that_began_it() {
    let factory = || {
        let options = SessionOptions::new("a secret of more than thirty-two bytes");
        SessionFactory::new(options, MemoryStore::new()).unwrap()
    };
    let (one, other) = (factory(), factory());
    let exchange = one.begin([]);
    assert!(exchange.is_of(&one.clone()) && one.is_same(&one.clone()));
    assert!(!exchange.is_of(&other) && !one.is_same(&other));
}

/// Makes a factory whose cookie has this name and this path.
fn factory(cookie_name: &str, path: &str) -> SessionFactory {
    let mut options = SessionOptions::new("a secret of more than thirty-two bytes");
    (options.cookie_name, options.path) = (cookie_name.to_owned(), Some(path.to_owned()));
    SessionFactory::new(options, MemoryStore::new()).unwrap()
}

#[tokio::test]
async fn of_two_factories_whose_cookies_have_one_name_the_inner_one_fails() {
    for path in ["/", "/admin"] {
        let mut exchanges = Exchanges::default();
        let outer = exchanges.enter(None, &factory("same", "/"), []).unwrap();
        let other = exchanges.enter(None, &factory("Same", "/"), []).unwrap();
        let inner = exchanges.enter(None, &factory("same", path), []).unwrap();
        outer.session().await.unwrap().insert("a", 1).unwrap();
        let remedy = "two session factories of this request set the cookie `same`: \
                      give one of them another `cookie_name`";
        assert_eq!(inner.session().await.unwrap_err().to_string(), remedy);
        assert_eq!(inner.finish(200).await.unwrap_err().status(), 500);
        assert!(other.finish(200).await.is_ok() && outer.finish(200).await.unwrap().set_cookie.is_some());
    }
}

#[tokio::test]
async fn a_factory_whose_cookie_has_the_name_of_another_fails_even_if_no_handler_asks_for_its_session() {
    let mut exchanges = Exchanges::default();
    let _outer = exchanges.enter(None, &factory("same", "/"), []);
    let inner = exchanges.enter(None, &factory("same", "/"), []).unwrap();
    assert!(matches!(inner.finish(200).await, Err(Error::SameCookieName { .. })));
}

#[tokio::test]
async fn the_debug_output_of_an_exchange_never_shows_its_cookies() {
    let site = Site::new();
    let mut browser = site.visitor().await;
    let cookie = browser.cookie.clone().unwrap();
    let exchange = browser.begin();
    assert_eq!(format!("{exchange:?}"), "Exchange { cookies: 1, loaded: false, .. }");
    exchange.session().await.unwrap().insert("a", 2).unwrap();
    assert_eq!(format!("{exchange:?}"), "Exchange { cookies: 1, loaded: true, .. }");
    let mut saving = exchange.finish(200);
    assert_eq!(format!("{saving:?}"), "Finish(saving)");
    let _effects = (&mut saving).await.unwrap();
    assert_eq!(format!("{saving:?}"), "Finish(done)");
    assert_eq!(format!("{:?}", exchange.finish(200)), "Finish(ready)");
    assert!(
        !browser
            .request(async |exchange| format!("{:?}", exchange.devices().await.unwrap()))
            .await
            .contains(&cookie)
    );
}
