//! A site whose clock stands still, and the browsers that visit it.

use std::time::Duration;

use session_core::adapter::{Effects, Exchange};
use session_core::{MemoryStore, Session, SessionFactory, SessionOptions, UnixTime};
use session_testkit::ManualClock;
use session_testkit::{Calls, CountingStore};

/// When each site's clock begins.
pub(crate) const START: UnixTime = UnixTime::from_secs(1_700_000_000);

/// A site on a store in memory.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) clock: ManualClock,
    pub(crate) store: MemoryStore,
    pub(crate) calls: Calls,
    pub(crate) factory: SessionFactory,
}

/// A browser with at most one cookie.
#[derive(Clone, Debug)]
pub(crate) struct Browser<'s> {
    site: &'s Site,
    pub(crate) cookie: Option<String>,
}

impl Site {
    /// A site with the default options.
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// A site whose options are changed first.
    pub(crate) fn with(change: impl FnOnce(&mut SessionOptions)) -> Self {
        let mut options = SessionOptions::new("a secret of more than thirty-two bytes");
        change(&mut options);
        let (clock, store) = (ManualClock::at(START), MemoryStore::new());
        let counting = CountingStore::new(store.clone());
        let calls = counting.calls();
        let factory = SessionFactory::with_clock(options, counting, clock.clone());
        Self { clock, store, calls, factory: factory.unwrap() }
    }

    /// A browser that was never here.
    pub(crate) fn browser(&self) -> Browser<'_> {
        Browser { site: self, cookie: None }
    }

    /// A browser that has a session with nothing in it but the value `a`.
    pub(crate) async fn visitor(&self) -> Browser<'_> {
        let mut browser = self.browser();
        browser.visit(|session| session.insert("a", 1)).await.unwrap();
        browser
    }

    /// A browser that `owner` is signed in with, under this label.
    pub(crate) async fn device(&self, owner: &str, label: &str) -> Browser<'_> {
        let mut browser = self.browser();
        let sign_in = |session: &Session| session.sign_in(owner).and_then(|()| session.set_label(label));
        browser.visit(sign_in).await.unwrap();
        browser
    }

    pub(crate) fn wait(&self, secs: u64) {
        self.clock.advance(Duration::from_secs(secs));
    }
}

impl Browser<'_> {
    /// A request whose handler does this to its session.
    pub(crate) async fn visit<R>(&mut self, handler: impl FnOnce(&Session) -> R) -> R {
        self.request(async |exchange| handler(&exchange.session().await.unwrap())).await
    }

    /// A request whose handler does this with its exchange.
    pub(crate) async fn request<R>(&mut self, handler: impl AsyncFnOnce(&Exchange) -> R) -> R {
        let exchange = self.begin();
        let answer = handler(&exchange).await;
        let effects = exchange.finish(200).await.unwrap();
        self.take(&effects);
        answer
    }

    /// A request that has just come in.
    pub(crate) fn begin(&self) -> Exchange {
        self.site.factory.begin(self.cookie.as_deref().map(str::as_bytes))
    }

    /// Does with the cookie what the response says.
    fn take(&mut self, effects: &Effects) {
        let Some(text) = &effects.set_cookie else { return };
        let removed = text.contains("Max-Age=0");
        self.cookie = text.split(';').next().filter(|_| !removed).map(str::to_owned);
    }
}
