//! A site with a clock that the test sets, and the browsers that visit it.

use std::time::Duration;

use session_core::adapter::{Effects, Exchange};
use session_core::{MemoryStore, Session, SessionFactory, SessionOptions, UnixTime};
use session_testkit::ManualClock;
use session_testkit::{Calls, CountingStore};

/// The time at which the clock of each site starts.
pub(crate) const START: UnixTime = UnixTime::from_secs(1_700_000_000);

/// A site with a store in memory.
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
    /// Creates a site with the default options.
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    /// Creates a site whose options are changed by `change`.
    pub(crate) fn with(change: impl FnOnce(&mut SessionOptions)) -> Self {
        let mut options = SessionOptions::new("a secret of more than thirty-two bytes");
        change(&mut options);
        let (clock, store) = (ManualClock::at(START), MemoryStore::new());
        let counting = CountingStore::new(store.clone());
        let calls = counting.calls();
        let factory = SessionFactory::with_clock(options, counting, clock.clone());
        Self { clock, store, calls, factory: factory.unwrap() }
    }

    /// Returns a browser without a cookie.
    pub(crate) fn browser(&self) -> Browser<'_> {
        Browser { site: self, cookie: None }
    }

    /// Returns a browser that has a session, which holds only the value `a`.
    pub(crate) async fn visitor(&self) -> Browser<'_> {
        let mut browser = self.browser();
        browser.visit(|session| session.insert("a", 1)).await.unwrap();
        browser
    }

    /// Returns a browser in which `owner` is signed in, with this label.
    pub(crate) async fn device(&self, owner: &str, label: &str) -> Browser<'_> {
        let mut browser = self.browser();
        let sign_in = |session: &Session| session.sign_in(owner).and_then(|()| session.set_label(label));
        browser.visit(sign_in).await.unwrap();
        browser
    }

    /// Moves the clock of the site on.
    pub(crate) fn wait(&self, secs: u64) {
        self.clock.advance(Duration::from_secs(secs));
    }
}

impl Browser<'_> {
    /// Makes a request whose handler runs with its session.
    pub(crate) async fn visit<R>(&mut self, handler: impl FnOnce(&Session) -> R) -> R {
        self.request(async |exchange| handler(&exchange.session().await.unwrap())).await
    }

    /// Makes a request whose handler runs with its exchange.
    pub(crate) async fn request<R>(&mut self, handler: impl AsyncFnOnce(&Exchange) -> R) -> R {
        let exchange = self.begin();
        let returned = handler(&exchange).await;
        let _ = self.finish(&exchange).await;
        returned
    }

    /// Finishes a request with status 200, and returns the effects on the response.
    pub(crate) async fn finish(&mut self, exchange: &Exchange) -> Effects {
        let effects = exchange.finish(200).await.unwrap();
        self.take(&effects);
        effects
    }

    /// Begins a request.
    pub(crate) fn begin(&self) -> Exchange {
        self.site.factory.begin(self.cookie.as_deref().map(str::as_bytes))
    }

    /// Sets or removes the cookie as the response says.
    pub(crate) fn take(&mut self, effects: &Effects) {
        let Some(text) = &effects.set_cookie else { return };
        let removed = text.contains("Max-Age=0");
        self.cookie = text.split(';').next().filter(|_| !removed).map(str::to_owned);
    }
}
