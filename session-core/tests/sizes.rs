//! Tests of the largest session: the option `max_payload`, and the limits of the store.
#![allow(clippy::unwrap_used, reason = "only tests call this")]

use session_core::adapter::Exchange;
use session_core::store::{SessionStore, SizeLimits};
use session_core::{Error, MemoryStore, Session, SessionFactory, SessionOptions};
use session_testkit::{BrokenStore, Calls, CountingStore, Op};

/// The limit of the tests, in bytes of JSON.
const LIMIT: usize = 100;

struct Site<S: SessionStore> {
    sessions: SessionFactory,
    calls: Calls,
    store: S,
}

impl<S: SessionStore + Clone> Site<S> {
    fn new(store: S, max_payload: usize) -> Self {
        let counting = CountingStore::new(store.clone());
        let calls = counting.calls();
        let mut options = SessionOptions::new("a secret of more than thirty-two bytes");
        options.max_payload = max_payload;
        Self { sessions: SessionFactory::new(options, counting).unwrap(), calls, store }
    }

    /// Returns a site on the same store with another limit.
    fn with_limit(&self, max_payload: usize) -> Self {
        Self::new(self.store.clone(), max_payload)
    }

    async fn begin(&self, cookie: &str) -> (Exchange, Session) {
        let exchange = self.sessions.begin([cookie.as_bytes()]);
        let session = exchange.session().await.unwrap();
        (exchange, session)
    }

    /// Handles one request. Returns the cookie that it sets, and its write calls.
    async fn request(
        &self,
        cookie: &str,
        handler: impl FnOnce(&Session),
    ) -> (Result<Option<String>, Error>, Vec<Op>) {
        let (exchange, session) = self.begin(cookie).await;
        handler(&session);
        self.calls.take();
        let effects = exchange.finish(200).await;
        let cookie = |text: String| text.split(';').next().unwrap().to_owned();
        (effects.map(|effects| effects.set_cookie.map(cookie)), self.calls.take())
    }

    /// Stores a session whose payload has `size` bytes, and returns its cookie.
    async fn stored(&self, size: usize) -> String {
        self.request("", |session| fill(session, size)).await.0.unwrap().unwrap()
    }

    async fn len(&self, cookie: &str) -> usize {
        self.begin(cookie).await.1.len()
    }
}

/// Sets a value so that the payload `{"a":"…"}` has `size` bytes.
fn fill(session: &Session, size: usize) {
    session.insert("a", "x".repeat(size - r#"{"a":""}"#.len())).unwrap();
}

fn too_large<T>(result: Result<T, Error>) -> (&'static str, usize, usize) {
    match result {
        Err(error @ Error::TooLarge { part, size, limit, .. }) => {
            assert_eq!(error.status(), 500);
            assert!(error.to_string().contains("max_payload"), "{error}");
            (part, size, limit)
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("the session was saved"),
    }
}

#[tokio::test]
async fn a_payload_of_the_limit_is_stored_and_one_byte_more_is_an_error_without_a_store_call() {
    let site = Site::new(MemoryStore::new(), LIMIT);
    let cookie = site.stored(LIMIT).await;
    assert_eq!(site.len(&cookie).await, 1);
    let (result, calls) = site.request("", |session| fill(session, LIMIT + 1)).await;
    assert_eq!((too_large(result), calls), (("payload", LIMIT + 1, LIMIT), vec![]));
    let (result, calls) = site.request(&cookie, |session| session.insert("b", 1).unwrap()).await;
    assert_eq!((too_large(result), calls), (("payload", LIMIT + 6, LIMIT), vec![]));
    assert_eq!((site.len(&cookie).await, site.store.len()), (1, 1), "the stored session stays as it was");
}

#[tokio::test]
async fn a_session_that_grows_too_large_by_a_merge_is_an_error_after_the_conflict() {
    let site = Site::new(MemoryStore::new(), LIMIT);
    let cookie = site.stored(20).await;
    let (one, session) = site.begin(&cookie).await;
    session.insert("one", "x".repeat(50)).unwrap();
    let (other, session) = site.begin(&cookie).await;
    session.insert("other", "x".repeat(50)).unwrap();
    let _ = one.finish(200).await.unwrap();
    site.calls.take();
    assert_eq!(too_large(other.finish(200).await).0, "payload");
    assert_eq!(site.calls.take(), [Op::Update], "the conflict, and no call after it");
    assert_eq!(site.len(&cookie).await, 2);
}

#[tokio::test]
async fn a_session_ends_although_what_follows_it_is_too_large() {
    type Handler = fn(&Session);
    let invalidate: Handler = |session| {
        session.invalidate().unwrap();
        fill(session, LIMIT + 1);
    };
    let sign_in: Handler = |session| {
        session.sign_in("grace").unwrap();
        fill(session, LIMIT + 1);
    };
    for handler in [invalidate, sign_in] {
        let site = Site::new(MemoryStore::new(), LIMIT);
        let (cookie, _) = site.request("", |session| session.sign_in("ada").unwrap()).await;
        let cookie = cookie.unwrap().unwrap();
        let (result, calls) = site.request(&cookie, handler).await;
        assert_eq!((too_large(result).0, calls), ("payload", vec![Op::Delete]));
        assert!(site.store.is_empty());
    }
}

#[tokio::test]
async fn a_lowered_limit_keeps_nobody_from_signing_in() {
    let before = Site::new(MemoryStore::new(), 2 * LIMIT);
    let (cookie, site) = (before.stored(2 * LIMIT).await, before.with_limit(LIMIT));
    let (renewed, calls) = site.request(&cookie, |session| session.sign_in("ada").unwrap()).await;
    assert_eq!(calls, [Op::Rename]);
    let cookie = renewed.unwrap().unwrap();
    let (same, _) = site.request(&cookie, |session| fill(session, 2 * LIMIT)).await;
    assert!(same.is_ok(), "the payload does not grow");
    let (grown, _) = site.request(&cookie, |session| fill(session, 2 * LIMIT + 1)).await;
    assert_eq!(too_large(grown), ("payload", 2 * LIMIT + 1, LIMIT));
    let (smaller, _) = site.request(&cookie, |session| fill(session, LIMIT + 1)).await;
    assert!(smaller.is_ok(), "the payload shrinks");
}

#[tokio::test]
async fn the_limits_of_the_store_are_checked_for_each_part() {
    let store = BrokenStore::sound();
    let SizeLimits { payload, owner, label } = store.size_limits();
    let site = Site::new(store, usize::MAX);
    let cookie = site.stored(payload).await;
    let text = |len: usize| "x".repeat(len);
    let (result, calls) = site.request(&cookie, |session| fill(session, payload + 1)).await;
    assert_eq!((too_large(result), calls), (("payload", payload + 1, payload), vec![]));
    let (result, _) = site.request(&cookie, |session| session.sign_in(text(owner + 1)).unwrap()).await;
    assert_eq!(too_large(result), ("owner", owner + 1, owner));
    let labelled = |len: usize| move |session: &Session| session.set_label(text(len).as_str()).unwrap();
    let (result, _) = site.request(&cookie, labelled(label + 1)).await;
    assert_eq!(too_large(result), ("label", label + 1, label));
    let (result, _) = site.request(&cookie, labelled(label)).await;
    assert!(result.is_ok());
}
