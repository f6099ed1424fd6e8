//! Tests of the cookies of a request, and of the exchange with its response.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use session_core::adapter::Exchange;
use session_core::pyramid::{JsonSerializer, Serializer, SerializerError};
use session_core::{MemoryStore, SessionFactory, SessionOptions};

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
