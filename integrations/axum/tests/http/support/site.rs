//! A site under test: routes on a store, with a clock that stands still.

use std::ops::Deref;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use session_axum::{Session, SessionLayer};
use session_core::{ManualClock, MemoryStore, SessionFactory, SessionOptions, SessionStore, UnixTime};
use session_testkit::{Calls, CountingStore, Faults, FaultyStore};

use super::{Browser, Gate, Secrets, Watch};

pub(crate) const SECRET: &str = "the secret of the tests, longer than 32 bytes";
pub(crate) const START: UnixTime = UnixTime::from_secs(1_700_000_000);

/// A site before it opens. The fields may be changed at will.
pub(crate) struct Setup {
    pub(crate) routes: Router,
    pub(crate) options: SessionOptions,
    /// Where the sessions are if `store` is not set. Sites can share one.
    pub(crate) memory: MemoryStore,
    pub(crate) store: Option<Arc<dyn SessionStore>>,
    pub(crate) clock: ManualClock,
}

impl Setup {
    /// The routes with the hardened options on a store of their own.
    pub(crate) fn new(routes: Router) -> Self {
        Self {
            routes,
            options: SessionOptions::new(SECRET).hardened(),
            memory: MemoryStore::new(),
            store: None,
            clock: ManualClock::at(START),
        }
    }

    /// Opens the site.
    pub(crate) fn open(self) -> Site {
        self.open_layered(|routes, sessions| routes.layer(sessions))
    }

    /// Opens the site with its layers in an order of the test's own.
    pub(crate) fn open_layered(self, layered: impl FnOnce(Router, SessionLayer) -> Router) -> Site {
        let secrets = Secrets::new();
        let (slow, late) = (Gate::new(), Gate::new());
        let store = self.store.unwrap_or_else(|| Arc::new(self.memory.clone()));
        let watch = Watch::new(secrets.clone());
        let store = FaultyStore::new(watch.store(store));
        let faults = store.faults();
        let store = CountingStore::new(store);
        let calls = store.calls();
        let factory = SessionFactory::with_clock(self.options, Arc::new(store), Arc::new(self.clock.clone()))
            .expect("the options are right");
        let routes = self
            .routes
            .clone()
            .nest("/slow", before(self.routes.clone(), slow.clone()))
            .nest("/late", after(self.routes, late.clone()));
        let app = layered(routes, SessionLayer::new(factory.clone()));
        let (memory, clock) = (self.memory, self.clock);
        Site(Arc::new(Shared { app, factory, memory, clock, calls, faults, watch, secrets, slow, late }))
    }
}

/// Requests load the session, wait at the gate, and only then come to their handler.
fn before(routes: Router, gate: Gate) -> Router {
    routes.layer(from_fn(move |_: Session, request: Request, next: Next| {
        let gate = gate.clone();
        async move {
            gate.pass().await;
            next.run(request).await
        }
    }))
}

/// Requests wait at the gate when their handler is done.
fn after(routes: Router, gate: Gate) -> Router {
    routes.layer(from_fn(move |request: Request, next: Next| {
        let gate = gate.clone();
        async move {
            let response: Response = next.run(request).await;
            gate.pass().await;
            response
        }
    }))
}

/// A site that is open. When it goes, it looks whether a secret of its has got into a trace.
pub(crate) struct Site(Arc<Shared>);

/// What a site and its browsers share.
pub(crate) struct Shared {
    pub(crate) app: Router,
    pub(crate) factory: SessionFactory,
    pub(crate) memory: MemoryStore,
    pub(crate) clock: ManualClock,
    pub(crate) calls: Calls,
    pub(crate) faults: Faults,
    pub(crate) watch: Watch,
    pub(crate) secrets: Secrets,
    /// Where requests under `/slow` wait when they have loaded the session, before their handler runs.
    pub(crate) slow: Gate,
    /// Where requests under `/late` wait when their handler is done.
    pub(crate) late: Gate,
}

impl Site {
    /// The stock routes with the hardened options.
    pub(crate) fn stock() -> Self {
        Setup::new(super::routes()).open()
    }

    /// A browser that was never here.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(Arc::clone(&self.0))
    }

    /// A browser with a session in which `name` is `value`.
    pub(crate) async fn visitor(&self, name: &str, value: &str) -> Browser {
        let browser = self.browser();
        browser.text(&format!("/set/{name}/{value}")).await;
        self.calls.take();
        browser
    }

    /// A browser that has signed in.
    pub(crate) async fn user(&self, user: &str) -> Browser {
        let browser = self.browser();
        browser.text(&format!("/sign_in/{user}")).await;
        self.calls.take();
        browser
    }

    /// How many sessions the memory store has.
    pub(crate) fn rows(&self) -> usize {
        self.memory.len()
    }

    /// Moves the clock.
    pub(crate) fn wait_secs(&self, secs: u64) {
        self.clock.advance(std::time::Duration::from_secs(secs));
    }
}

impl Deref for Site {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.secrets.check();
        }
    }
}
