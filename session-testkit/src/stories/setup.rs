//! A site before it opens.

use std::collections::HashMap;
use std::sync::Arc;

use crate::manual_clock::ManualClock;
use session_core::store::SessionStore;
use session_core::{
    Devices, MemoryStore, ReadOnlySession, Session, SessionFactory, SessionOptions, UnixTime, UnloadedSession,
};

use super::app::App;
use super::framework::Framework;
use super::gate::Gate;
use super::handler::{Args, Both, Everything, Handled, Handler, answering};
use super::opened::Opened;
use super::reply::Reply;
use super::secrets::Secrets;
use super::site::Site;
use super::watched::Watch;
use crate::counting::CountingStore;
use crate::faulty::FaultyStore;

/// The secret of the sites, unless a story gives another.
pub const SECRET: &str = "the secret of the tests, longer than 32 bytes";
/// When the clocks of the sites begin.
pub const START: UnixTime = UnixTime::from_secs(1_700_000_000);

/// A site before it opens. The fields may be changed at will.
#[derive(Debug)]
pub struct Setup {
    /// The options; hardened ones, to begin with.
    pub options: SessionOptions,
    /// Where the sessions are if `store` is not set. Sites can share one.
    pub memory: MemoryStore,
    /// Where the sessions are instead.
    pub store: Option<Arc<dyn SessionStore>>,
    /// The clock. Sites can share one.
    pub clock: ManualClock,
    /// Whether the framework is given sessions at all.
    pub layer: Layer,
    /// A second factory, named [`Admin`](super::Admin) where the framework is given it; none, to begin with.
    pub admin: Option<SessionFactory>,
    handlers: HashMap<&'static str, Handler>,
}

/// Whether a site's routes have the layer that their sessions come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layer {
    /// They have.
    There,
    /// Its author forgot it.
    Missing,
}

impl Setup {
    /// No handlers, the hardened options, and a store of its own.
    pub(crate) fn bare() -> Self {
        Self {
            options: SessionOptions::new(SECRET).hardened(),
            memory: MemoryStore::new(),
            store: None,
            clock: ManualClock::at(START),
            layer: Layer::There,
            admin: None,
            handlers: HashMap::new(),
        }
    }

    /// Opens the site on a framework.
    pub async fn open(self, on: &dyn Framework) -> Site {
        let (memory, clock, cookie_name) = (self.memory, self.clock, self.options.cookie_name.clone());
        let secrets = Secrets::new(SECRET);
        let watch = Watch::new(secrets.clone());
        let store = self.store.unwrap_or_else(|| Arc::new(memory.clone()));
        let store = FaultyStore::new(watch.store(store));
        let faults = store.faults();
        let store = CountingStore::new(store);
        let calls = store.calls();
        let factory = SessionFactory::with_clock(self.options, store, clock.clone())
            .expect("a story's options are right");
        let sessions = (self.layer == Layer::There).then(|| factory.clone());
        let (slow, late) = (Gate::new(), Gate::new());
        let app = App::new([sessions, self.admin], self.handlers, [slow.clone(), late.clone()]);
        let server = on.serve(app.clone()).await;
        let opened = Arc::new(Opened::new(app, server, cookie_name, secrets));
        Site { opened, factory, memory, clock, calls, faults, watch, slow, late }
    }
}

/// Handlers of the story's own, under names that its paths begin with. A name that is taken is replaced.
impl Setup {
    /// Adds a handler that asks for no session.
    #[must_use]
    pub fn untouched<R, F>(self, name: &'static str, f: impl Fn(Args) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Handled<R>> + Send + 'static,
        R: Into<Reply>,
    {
        self.with(name, Handler::Untouched(answering(move |(), args| f(args))))
    }

    /// Adds a handler that asks for the session.
    #[must_use]
    pub fn loaded<R, F>(
        self,
        name: &'static str,
        f: impl Fn(Session, Args) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Handled<R>> + Send + 'static,
        R: Into<Reply>,
    {
        self.with(name, Handler::Loaded(answering(f)))
    }

    /// Adds a handler that asks for the session, and goes on without it if it cannot be loaded.
    #[must_use]
    pub fn lenient<R, F>(
        self,
        name: &'static str,
        f: impl Fn(Option<Session>, Args) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Handled<R>> + Send + 'static,
        R: Into<Reply>,
    {
        self.with(name, Handler::Lenient(answering(f)))
    }

    /// Adds a handler that asks for the session without loading it.
    #[must_use]
    pub fn unloaded<R, F>(
        self,
        name: &'static str,
        f: impl Fn(UnloadedSession, Args) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Handled<R>> + Send + 'static,
        R: Into<Reply>,
    {
        self.with(name, Handler::Unloaded(answering(f)))
    }

    /// Adds a handler that asks for the session to read it only.
    #[must_use]
    pub fn read_only<R, F>(
        self,
        name: &'static str,
        f: impl Fn(ReadOnlySession, Args) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Handled<R>> + Send + 'static,
        R: Into<Reply>,
    {
        self.with(name, Handler::ReadOnly(answering(f)))
    }

    /// Adds a handler that asks for the devices.
    #[must_use]
    pub fn devices<R, F>(
        self,
        name: &'static str,
        f: impl Fn(Devices, Args) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Handled<R>> + Send + 'static,
        R: Into<Reply>,
    {
        self.with(name, Handler::Devices(answering(f)))
    }

    /// Adds a handler that asks for all of these at once.
    #[must_use]
    pub fn everything<R, F>(
        self,
        name: &'static str,
        f: impl Fn(Everything, Args) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Handled<R>> + Send + 'static,
        R: Into<Reply>,
    {
        self.with(name, Handler::Everything(answering(f)))
    }

    /// Adds a handler that asks for sessions of both factories.
    #[must_use]
    pub fn both<R, F>(self, name: &'static str, f: impl Fn(Both, Args) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Handled<R>> + Send + 'static,
        R: Into<Reply>,
    {
        self.with(name, Handler::Both(answering(f)))
    }

    fn with(mut self, name: &'static str, handler: Handler) -> Self {
        self.handlers.insert(name, handler);
        self
    }
}
