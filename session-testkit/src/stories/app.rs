//! The program that a framework is to serve.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use session_core::{Devices, ReadOnlySession, Session, SessionFactory, UnloadedSession};
use tokio::sync::watch;

use super::gate::Gate;
use super::handler::{Answering, Args, Both, EVERYTHING, Everything, Handled, Handler};

/// The program that a [`Framework`](super::Framework) serves. Clones are the same.
#[derive(Clone, Debug)]
pub struct App {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    sessions: Option<SessionFactory>,
    admin: Option<SessionFactory>,
    handlers: HashMap<&'static str, Handler>,
    /// What the requests so far were to do. A URL holds no more than a number: what a framework logs of it is not of our making.
    calls: Mutex<Vec<Call>>,
    slow: Gate,
    late: Gate,
    visits: watch::Sender<usize>,
}

/// What one request is to do.
#[derive(Clone, Debug)]
struct Call {
    wait: Option<Wait>,
    name: String,
    args: Args,
}

/// Where a request waits at a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    /// When it has loaded its session, before its handler runs.
    Slow,
    /// When its handler is done.
    Late,
}

impl App {
    pub(crate) fn new(
        [sessions, admin]: [Option<SessionFactory>; 2],
        handlers: HashMap<&'static str, Handler>,
        [slow, late]: [Gate; 2],
    ) -> Self {
        let (calls, visits) = (Mutex::default(), watch::Sender::new(0));
        Self { inner: Arc::new(Inner { sessions, admin, handlers, calls, slow, late, visits }) }
    }

    /// What the sessions come from. `None`: the routes are to be served without the layer (or fairing, or whatever it is) that begins
    /// an exchange, as by an author who forgot it.
    #[must_use]
    pub fn sessions(&self) -> Option<&SessionFactory> {
        self.inner.sessions.as_ref()
    }

    /// What the sessions named [`Admin`](super::Admin) come from, if the site has a second factory.
    #[must_use]
    pub fn admin(&self) -> Option<&SessionFactory> {
        self.inner.admin.as_ref()
    }

    /// To be held for all of a request, from before its exchange begins until its response is made or given up.
    pub fn visit(&self) -> Visit {
        self.inner.visits.send_modify(|visits| *visits += 1);
        Visit(self.clone())
    }

    /// The answer of the route `/untouched/{call}`, which asks for no session.
    ///
    /// # Errors
    ///
    /// What the handler answers, here and below: to be turned into the adapter's own error.
    pub async fn untouched(&self, call: usize) -> Handled {
        self.answer(call, (), |handler| if let Handler::Untouched(f) = handler { Some(f) } else { None })
            .await
    }

    /// The answer of the route `/loaded/{call}`, which asks for the session.
    ///
    /// # Errors
    ///
    /// What the handler answers.
    pub async fn loaded(&self, session: Session, call: usize) -> Handled {
        self.answer(call, session, |handler| if let Handler::Loaded(f) = handler { Some(f) } else { None })
            .await
    }

    /// The answer of the route `/lenient/{call}`, which asks for the session and goes on without it if it cannot be loaded.
    ///
    /// # Errors
    ///
    /// What the handler answers.
    pub async fn lenient(&self, session: Option<Session>, call: usize) -> Handled {
        self.answer(call, session, |handler| if let Handler::Lenient(f) = handler { Some(f) } else { None })
            .await
    }

    /// The answer of the route `/unloaded/{call}`, which asks for the session without loading it.
    ///
    /// # Errors
    ///
    /// What the handler answers.
    pub async fn unloaded(&self, session: UnloadedSession, call: usize) -> Handled {
        self.answer(call, session, |handler| if let Handler::Unloaded(f) = handler { Some(f) } else { None })
            .await
    }

    /// The answer of the route `/read_only/{call}`, which asks for the session to read it only.
    ///
    /// # Errors
    ///
    /// What the handler answers.
    pub async fn read_only(&self, session: ReadOnlySession, call: usize) -> Handled {
        self.answer(call, session, |handler| if let Handler::ReadOnly(f) = handler { Some(f) } else { None })
            .await
    }

    /// The answer of the route `/devices/{call}`, which asks for the sessions of whoever is signed in.
    ///
    /// # Errors
    ///
    /// What the handler answers.
    pub async fn devices(&self, devices: Devices, call: usize) -> Handled {
        self.answer(call, devices, |handler| if let Handler::Devices(f) = handler { Some(f) } else { None })
            .await
    }

    /// The answer of the route `/everything/{call}`, which asks for all of these at once.
    ///
    /// # Errors
    ///
    /// What the handler answers.
    pub async fn everything(&self, everything: Everything, call: usize) -> Handled {
        let Call { wait, name, args } = self.call(call);
        self.slow(wait).await;
        let answer = self.handler(&name).answer_to_everything(everything, args).await;
        self.late(wait).await;
        answer
    }

    /// The answer of the route `/both/{call}`, which asks for sessions of both factories.
    ///
    /// # Errors
    ///
    /// What the handler answers.
    pub async fn both(&self, both: Both, call: usize) -> Handled {
        self.answer(call, both, |handler| if let Handler::Both(f) = handler { Some(f) } else { None }).await
    }

    /// Notes what the next request is to do, and gives the path to ask for.
    ///
    /// A story writes `/set/name/Ada`: the handler's name, and what it gets. In front of the name may stand `slow` or `late`, for a
    /// request that waits at one of the site's gates, and in front of that where the routes are mounted. A path without a handler's
    /// name is a route of the driver's own.
    pub(crate) fn path(&self, path: &str) -> String {
        let words: Vec<_> = path.split('/').collect();
        let Some(at) = words.iter().position(|word| self.inner.handlers.contains_key(word)) else {
            return path.to_owned();
        };
        let (name, args) = (words[at].to_owned(), words[at + 1..].iter().map(ToString::to_string).collect());
        let (mount, wait) = match words[..at].split_last() {
            Some((&"slow", mount)) => (mount, Some(Wait::Slow)),
            Some((&"late", mount)) => (mount, Some(Wait::Late)),
            Some(_) | None => (&words[..at], None),
        };
        let route = match (self.handler(&name), wait) {
            // To wait with the session loaded the route must ask for it, whatever the handler does.
            (Handler::Loaded(_) | Handler::ReadOnly(_) | Handler::Both(_), _)
            | (_, Some(Wait::Late) | None) => self.handler(&name).route(),
            (_, Some(Wait::Slow)) => EVERYTHING,
        };
        let mut calls = self.inner.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(Call { wait, name, args });
        format!("{}/{route}/{}", mount.join("/"), calls.len() - 1)
    }

    /// How many requests are being answered just now.
    pub(crate) fn visits(&self) -> watch::Receiver<usize> {
        self.inner.visits.subscribe()
    }

    async fn answer<A>(
        &self,
        call: usize,
        asked: A,
        pick: impl FnOnce(&Handler) -> Option<&Answering<A>>,
    ) -> Handled {
        let Call { wait, name, args } = self.call(call);
        self.slow(wait).await;
        let handler = pick(self.handler(&name)).expect("the route is the handler's own");
        let answer = handler(asked, args).await;
        self.late(wait).await;
        answer
    }

    fn call(&self, number: usize) -> Call {
        let calls = self.inner.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.get(number).expect("the number is of a call that a story made").clone()
    }

    fn handler(&self, name: &str) -> &Handler {
        self.inner.handlers.get(name).unwrap_or_else(|| panic!("the site has no handler {name:?}"))
    }

    async fn slow(&self, wait: Option<Wait>) {
        if wait == Some(Wait::Slow) {
            self.inner.slow.pass().await;
        }
    }

    async fn late(&self, wait: Option<Wait>) {
        if wait == Some(Wait::Late) {
            self.inner.late.pass().await;
        }
    }
}

/// A request that is being answered; see [`App::visit`].
#[derive(Debug)]
#[must_use = "a visit is over when it is dropped"]
pub struct Visit(App);

impl Drop for Visit {
    fn drop(&mut self) {
        self.0.inner.visits.send_modify(|visits| *visits -= 1);
    }
}
