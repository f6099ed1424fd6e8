//! One request and its response.

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use async_lock::Mutex;

use crate::adapter::finish::Finish;
use crate::adapter::headers::Effects;
use crate::adapter::save::{self, Save};
use crate::error::Error;
use crate::handler::session::Session;
use crate::protocol::open;
use crate::protocol::plan::{Command, Plan, ResponseKind};
use crate::protocol::state::{Intent, Origin, State, Stored};
use crate::pyramid::cookie_header;
use crate::random;
use crate::setup::factory::{FactoryInner, SessionFactory};
use crate::store::contract::Loaded;
use crate::store::key::StoreKey;
use crate::ticket::Ticket;
use crate::time::UnixTime;

/// Of the cookies of our name this many are tried, and none that is longer than a browser keeps.
const COOKIES_TRIED: usize = 5;
const COOKIE_BYTES: usize = 4096;

/// One request and its response, for the author of a framework's adapter.
///
/// It is begun with the request's Cookie headers, hands out the session to whoever asks, and is finished with the response's status.
/// Clones are the same exchange.
///
/// ```
/// # use session_core::{Error, MemoryStore, SessionFactory, SessionOptions};
/// # async fn doc(sessions: SessionFactory) -> Result<(), Error> {
/// let exchange = sessions.begin([b"session=...".as_slice()]);
/// let session = exchange.session().await?; // for the handler
/// session.insert("seen", true)?;
/// let effects = exchange.finish(200).await?; // for the response's headers
/// assert!(effects.vary);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Exchange {
    inner: Arc<ExchangeInner>,
}

struct ExchangeInner {
    factory: SessionFactory,
    /// What the browser sent under our name; read when it is needed.
    values: Vec<Box<str>>,
    ticket: OnceLock<Option<Ticket>>,
    session: OnceLock<Result<Session, Error>>,
    /// Held by whoever loads the session.
    loading: Mutex<()>,
    asked: AtomicBool,
    ending: AtomicBool,
    finished: AtomicBool,
}

impl SessionFactory {
    /// Begins the exchange of one request, given the values of all its Cookie headers. This reads no store and checks no signature:
    /// a handler that never asks for its session pays for neither.
    #[must_use]
    pub fn begin<'h>(&self, cookie_headers: impl IntoIterator<Item = &'h [u8]>) -> Exchange {
        let name = self.inner.settings.cookie.name.as_str();
        let mut values: Vec<Box<str>> = Vec::new();
        for header in cookie_headers {
            // What is not UTF-8 is no cookie of ours, and must not hide the one beside it.
            let header =
                std::str::from_utf8(header).map_or_else(|_| String::from_utf8_lossy(header), Cow::Borrowed);
            let found = cookie_header::values(&header, name).filter(|value| value.len() <= COOKIE_BYTES);
            values.extend(
                found.take(COOKIES_TRIED - values.len()).map(Cow::into_owned).map(String::into_boxed_str),
            );
        }
        Exchange {
            inner: Arc::new(ExchangeInner {
                factory: self.clone(),
                values,
                ticket: OnceLock::new(),
                session: OnceLock::new(),
                loading: Mutex::new(()),
                asked: AtomicBool::new(false),
                ending: AtomicBool::new(false),
                finished: AtomicBool::new(false),
            }),
        }
    }
}

impl Exchange {
    /// The request's session, loaded at the first call and shared by all.
    ///
    /// # Errors
    ///
    /// If the store failed. [`Exchange::finish`] then fails too, so that no handler can hide the outage.
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses nothing; the next call loads again.
    pub async fn session(&self) -> Result<Session, Error> {
        self.inner.asked.store(true, Ordering::Release);
        if let Some(session) = self.inner.session.get() {
            return self.inner.hand_out(session);
        }
        let _turn = self.inner.loading.lock().await;
        match self.inner.session.get() {
            Some(session) => self.inner.hand_out(session),
            None => {
                let loaded = self.inner.load().await;
                self.inner.hand_out(self.inner.session.get_or_init(|| loaded))
            }
        }
    }

    /// Ends the session when the exchange is finished, without loading it.
    pub(crate) fn end(&self) -> Result<(), Error> {
        // In this order: either `finish` sees the wish, or this sees that it has passed.
        self.inner.ending.store(true, Ordering::SeqCst);
        if self.inner.finished.load(Ordering::SeqCst) { Err(Error::Finished) } else { Ok(()) }
    }

    /// Takes the wish to end the session back.
    pub(crate) fn do_not_end(&self) {
        self.inner.ending.store(false, Ordering::SeqCst);
    }

    /// Notes that the response depends on the cookie.
    pub(crate) fn ask(&self) {
        self.inner.asked.store(true, Ordering::Release);
    }

    /// The key of the session that the browser's cookie names.
    pub(crate) fn current_key(&self) -> Option<StoreKey> {
        self.inner.ticket(self.factory().now()).map(|ticket| ticket.key)
    }

    pub(crate) fn factory(&self) -> &FactoryInner {
        &self.inner.factory.inner
    }

    /// Whether this is an exchange of `factory`.
    #[must_use]
    pub fn is_of(&self, factory: &SessionFactory) -> bool {
        self.inner.factory.is_same(factory)
    }

    /// Ends the exchange with the status of its response: saves the handler's changes in one atomic store call, and returns what the
    /// response's headers have to say. From now on every change fails with [`Error::Finished`].
    ///
    /// If the client hangs up meanwhile, the rest runs on the factory's [spawner](SessionFactory::with_spawner). A second call does
    /// nothing and fails with [`Error::Finished`]. Errors and cancellation: see [`Finish`].
    pub fn finish(&self, status: u16) -> Finish {
        self.finish_with(ResponseKind::Status(status))
    }

    /// Ends the exchange without a response of its own, where a framework lets a handler pass a request on (warp's rejections).
    ///
    /// It counts as an error response: with `set_on_exception = false` nothing is saved. Without a response nothing can carry a cookie
    /// either, so whatever needs one is not done, whatever the option: no session begins, is renewed or signed in. The end of a session
    /// takes effect. Otherwise this is [`Exchange::finish`].
    pub fn reject(&self) -> Finish {
        self.finish_with(ResponseKind::Rejection)
    }

    fn finish_with(&self, response: ResponseKind) -> Finish {
        if self.inner.finished.swap(true, Ordering::SeqCst) {
            return Finish::ready(Err(Error::Finished));
        }
        let inner = Arc::clone(&self.inner);
        let ending = inner.ending.load(Ordering::SeqCst);
        match inner.session.get().cloned() {
            Some(Ok(session)) => {
                if ending {
                    session.lock().invalidate(random::id());
                }
                inner.finish_session(session, response)
            }
            Some(Err(_)) | None if ending => match inner.ticket(self.factory().now()) {
                Some(ticket) => {
                    let end = save::end_unloaded(inner.factory.clone(), ticket.key, response);
                    inner.saving(end)
                }
                None => Finish::ready(Ok(inner.effects(None))),
            },
            Some(Err(error)) => Finish::ready(Err(error)),
            None => Finish::ready(Ok(inner.effects(None))),
        }
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("cookies", &self.inner.values.len())
            .field("loaded", &self.inner.session.get().is_some())
            .finish_non_exhaustive()
    }
}

impl ExchangeInner {
    fn ticket(&self, now: UnixTime) -> Option<&Ticket> {
        let FactoryInner { settings, caches, .. } = &*self.factory.inner;
        let read = || {
            let tickets: Vec<Ticket> =
                self.values.iter().filter_map(|value| caches.ticket(value, settings)).collect();
            open::read(&tickets, settings, now)
        };
        self.ticket.get_or_init(read).as_ref()
    }

    async fn load(&self) -> Result<Session, Error> {
        let (factory, now) = (&self.factory.inner, self.factory.inner.now());
        let new = |origin| State::new(origin, random::id(), now);
        let state = match self.ticket(now) {
            None => new(Origin::New),
            Some(ticket) => match factory.store.load(&ticket.key, now).await {
                Ok(Loaded::Found(record)) => {
                    let data =
                        factory.data(&record).map_err(|error| factory.failure("load failed", error))?;
                    let stored = Stored { ticket: *ticket, record };
                    open::open(stored, data, &factory.settings, random::rotated(&ticket.id), now)
                }
                Ok(Loaded::Moved { .. }) => new(Origin::Moved { key: ticket.key }),
                Ok(Loaded::Absent) => new(Origin::New),
                Err(error) => return Err(factory.failure("load failed", error)),
            },
        };
        Ok(Session::new(state, Arc::clone(&factory.settings)))
    }

    fn finish_session(self: Arc<Self>, session: Session, response: ResponseKind) -> Finish {
        self.close(&session);
        let save = Save::new(self.factory.clone(), session, response);
        match save.plan() {
            Ok(Plan { command: Command::Nothing, .. }) => Finish::ready(Ok(self.effects(None))),
            Ok(plan) => self.saving(save.execute(plan)),
            Err(error) => Finish::ready(Err(error)),
        }
    }

    /// Ends the exchange by a save, which is under way from now on and returns the text of Set-Cookie.
    fn saving(
        self: Arc<Self>,
        save: impl Future<Output = Result<Option<String>, Error>> + Send + 'static,
    ) -> Finish {
        let (under_way, spawner) = (self.factory.inner.begin_save(), self.factory.spawner.clone());
        let save = async move {
            let _under_way = under_way;
            save.await.map(|cookie| self.effects(cookie))
        };
        Finish::saving(save, spawner)
    }

    /// A session that is asked for when the exchange is finished, by a task that outlives it, can be read and not changed.
    fn hand_out(&self, session: &Result<Session, Error>) -> Result<Session, Error> {
        session.clone().inspect(|session| {
            if self.finished.load(Ordering::SeqCst) {
                session.lock().close();
            }
        })
    }

    /// Closes the session. What its record decodes to is remembered, if the handler has left it as it was.
    fn close(&self, session: &Session) {
        let mut state = session.lock();
        state.close();
        if let (Some(record), Intent::Keep, true) = (state.record(), state.intent(), state.log().is_empty()) {
            self.factory.inner.remember_payload(record, state.contents());
        }
    }

    fn effects(&self, set_cookie: Option<String>) -> Effects {
        let vary = set_cookie.is_some() || self.asked.load(Ordering::Acquire);
        Effects { set_cookie, vary }
    }
}

impl Drop for ExchangeInner {
    /// An `update` may have captured the session whose log holds it; a log that nobody needs any more lets both go.
    fn drop(&mut self) {
        if let Some(Ok(session)) = self.session.get() {
            session.lock().forget_changes();
        }
    }
}
