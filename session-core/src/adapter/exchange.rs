//! The exchange: one request and its response.
//!
//! `Exchange::devices` is defined in handler/devices.rs and `Exchange::unloaded` in handler/unloaded.rs,
//! because they return types of that higher floor.

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use async_lock::Mutex;

use crate::adapter::finish::Finish;
use crate::adapter::headers::Effects;
use crate::adapter::save::{self, Save, Saved};
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

/// The most cookies with the session cookie's name that are tried for one request.
const COOKIES_TRIED: usize = 5;
/// The longest value, in bytes, that is tried. Browsers do not keep longer cookies.
const COOKIE_BYTES: usize = 4096;

/// One request and its response.
///
/// An adapter begins an exchange with the request's Cookie headers, hands out the session to the handlers
/// that ask for it, and finishes the exchange with the status of the response. Clones refer to the same
/// exchange.
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
    /// The values of the cookies with the session cookie's name. They are read when they are first needed.
    values: Vec<Box<str>>,
    ticket: OnceLock<Option<Ticket>>,
    session: OnceLock<Result<Session, Error>>,
    /// Held while the session is loaded, so that it is loaded only once.
    loading: Mutex<()>,
    /// `true` if a handler asked for the session in any form, so that the response depends on the cookie.
    asked: AtomicBool,
    /// `true` if the session is to end, and a loaded session does not know it yet.
    ending: AtomicBool,
    finished: AtomicBool,
}

impl SessionFactory {
    /// Begins the exchange of one request, given the values of all its Cookie headers.
    ///
    /// This neither calls the store nor checks a signature, so a request whose handler never asks for the
    /// session does not pay for them. At most five cookies with the session cookie's name are tried, and none
    /// with a value of more than 4096 bytes.
    #[must_use]
    pub fn begin<'h>(&self, cookie_headers: impl IntoIterator<Item = &'h [u8]>) -> Exchange {
        let name = self.inner.settings.cookie.name.as_str();
        let mut values: Vec<Box<str>> = Vec::new();
        for header in cookie_headers {
            // Bytes that are not UTF-8 must not hide a session cookie in the same header.
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
    /// Returns the request's session. The first call loads it, and later calls return the same session.
    ///
    /// # Errors
    ///
    /// Fails with [`Error::Store`] if the store fails or the payload cannot be decoded. [`Exchange::finish`]
    /// then fails too, so that no handler can hide the outage, unless the handler ends the session through
    /// [`Exchange::unloaded`].
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses nothing; the next call loads again.
    pub async fn session(&self) -> Result<Session, Error> {
        let session = self.loaded().await?;
        session.lock().prolong();
        Ok(session)
    }

    /// Returns the request's session, which a request that asks for it in no other way does not prolong.
    pub(crate) async fn loaded(&self) -> Result<Session, Error> {
        self.ask();
        if let Some(session) = self.inner.session.get() {
            return self.inner.hand_out(session);
        }
        let _turn = self.inner.loading.lock().await;
        match self.inner.session.get() {
            Some(session) => self.inner.hand_out(session),
            None => {
                let loaded = self.inner.load().await;
                let session = self.inner.session.get_or_init(|| loaded);
                self.inner.end_loaded();
                self.inner.hand_out(session)
            }
        }
    }

    /// Ends the session when the exchange is finished, without loading it. A loaded session ends at once, so
    /// that changes which are made from now on begin another one.
    pub(crate) fn end(&self) -> Result<(), Error> {
        // The order matters: either `finish` sees this mark, or this call sees that the exchange is finished.
        self.inner.ending.store(true, Ordering::SeqCst);
        if self.inner.finished.load(Ordering::SeqCst) {
            return Err(Error::Finished);
        }
        self.inner.end_loaded();
        Ok(())
    }

    /// Takes back the decision to end the session, because the handler has panicked.
    pub(crate) fn do_not_end(&self) {
        self.inner.ending.store(false, Ordering::SeqCst);
        if let Some(Ok(session)) = self.inner.session.get() {
            session.lock().panicked();
        }
    }

    /// Makes the exchange fail: its session is never loaded, and a response is replaced by that of the error.
    pub(crate) fn refuse(&self, error: Error) {
        let _ = self.inner.session.set(Err(error));
    }

    /// Notes that the response depends on the cookie.
    pub(crate) fn ask(&self) {
        self.inner.asked.store(true, Ordering::Release);
    }

    /// Returns the store key of the session that the browser's cookie names, if it names one.
    pub(crate) fn current_key(&self) -> Option<StoreKey> {
        self.inner.ticket(self.factory().now()).map(|ticket| ticket.key)
    }

    pub(crate) fn factory(&self) -> &FactoryInner {
        &self.inner.factory.inner
    }

    /// Tells whether this exchange was begun by `factory` or a clone of it.
    #[must_use]
    pub fn is_of(&self, factory: &SessionFactory) -> bool {
        self.inner.factory.is_same(factory)
    }

    /// Ends the exchange with the status of its response and saves the session.
    ///
    /// The handler's changes are saved in one atomic store call. The returned [`Effects`] are to be applied
    /// to the response's headers. From now on every change fails with [`Error::Finished`].
    ///
    /// If the client hangs up in the meantime, the rest of the save runs on the factory's
    /// [spawner](SessionFactory::with_spawner). A second call does nothing and fails with
    /// [`Error::Finished`]. For errors and cancellation, see [`Finish`].
    pub fn finish(&self, status: u16) -> Finish {
        self.finish_with(ResponseKind::Status(status))
    }

    /// Ends the exchange without a response, for a framework in which a handler can pass a request on (warp's
    /// rejections).
    ///
    /// Changes to a stored session are saved and the end of a session takes effect, but no cookie can be
    /// sent. So nothing that needs one is done: no session is begun, renewed or signed in. A rejection counts
    /// as an error response: with `set_on_exception = false` only the end of a session takes effect.
    /// Otherwise this is the same as [`Exchange::finish`].
    pub fn reject(&self) -> Finish {
        self.finish_with(ResponseKind::Rejection)
    }

    fn finish_with(&self, response: ResponseKind) -> Finish {
        if self.inner.finished.swap(true, Ordering::SeqCst) {
            return Finish::ready(Err(Error::Finished));
        }
        let inner = Arc::clone(&self.inner);
        inner.end_loaded();
        match inner.session.get().cloned() {
            Some(Ok(session)) => inner.finish_session(session, response),
            Some(Err(_)) | None if inner.ending.load(Ordering::SeqCst) => {
                match inner.ticket(self.factory().now()) {
                    Some(ticket) => {
                        let (factory, key) = (inner.factory.clone(), ticket.key);
                        inner.saving(move || save::end_unloaded(factory, key, response))
                    }
                    None => inner.finish_at_once(Ok(Saved::default())),
                }
            }
            Some(Err(error)) => Finish::ready(Err(error)),
            None => inner.finish_at_once(Ok(Saved::default())),
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
            let mut tickets = [None; COOKIES_TRIED];
            for (ticket, value) in tickets.iter_mut().zip(&self.values) {
                *ticket = caches.ticket(value, settings);
            }
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
                    let stored = Stored::new(*ticket, record, now);
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
        match save::plan(&self.factory.inner, &session, response) {
            Ok(Plan { drops_changes: true, .. }) => self.finish_at_once(save::dropped(&self.factory.inner)),
            Ok(Plan { command: Command::Nothing, .. }) => self.finish_at_once(Ok(Saved::default())),
            Ok(plan) => {
                let (save, plan) = (Save::new(self.factory.clone(), session, response), Box::new(plan));
                self.saving(move || save.execute(plan))
            }
            Err(error) => Finish::ready(Err(error)),
        }
    }

    /// Ends the loaded session, if that was asked for and it does not know yet.
    fn end_loaded(&self) {
        if let Some(Ok(session)) = self.session.get()
            && self.ending.load(Ordering::SeqCst)
        {
            // The mark is taken away under the lock, so that nobody who finds none sees the session before
            // its end.
            let mut state = session.lock();
            if self.ending.swap(false, Ordering::SeqCst) {
                let fresh_id = random::rotated(state.fresh_id());
                state.invalidate(fresh_id);
            }
        }
    }

    /// Ends the exchange without a save.
    fn finish_at_once(&self, saved: Result<Saved, Error>) -> Finish {
        Finish::ready(saved.map(|saved| self.effects(saved)))
    }

    /// Ends the exchange with a save that is in progress from now on. It is made by a function, because a
    /// future that was passed would be kept twice: where it came in and where it is awaited.
    fn saving<F>(self: Arc<Self>, save: impl FnOnce() -> F + Send + 'static) -> Finish
    where
        F: Future<Output = Result<Saved, Error>> + Send + 'static,
    {
        let (under_way, spawner) =
            (self.factory.inner.begin_save(), self.factory.inner.spawner.get().cloned());
        let save = async move {
            let _under_way = under_way;
            save().await.map(|saved| self.effects(saved))
        };
        Finish::saving(save, spawner)
    }

    /// Returns a handle to the loaded session. Once the exchange is finished, a task that outlives it can
    /// read the session but not change it.
    fn hand_out(&self, session: &Result<Session, Error>) -> Result<Session, Error> {
        session.clone().inspect(|session| {
            if self.finished.load(Ordering::SeqCst) {
                session.lock().close();
            }
        })
    }

    /// Closes the session to changes. If the handler has left it as it was, its data is kept for the next
    /// request.
    fn close(&self, session: &Session) {
        let mut state = session.lock();
        state.close();
        if let (Some(record), Intent::Keep, true) = (state.record(), state.intent(), state.log().is_empty()) {
            self.factory.inner.remember_payload(record, state.contents());
        }
    }

    fn effects(&self, Saved { set_cookie, notice }: Saved) -> Effects {
        let vary = set_cookie.is_some() || self.asked.load(Ordering::Acquire);
        Effects { set_cookie, vary, notice }
    }
}

impl Drop for ExchangeInner {
    /// Drops the change log. An update in it may hold a handle to the session, which would then never be
    /// freed.
    fn drop(&mut self) {
        if let Some(Ok(session)) = self.session.get() {
            // The updates are dropped outside the lock: a handle in one of them takes the lock when a panic
            // drops it.
            let log = session.lock().take_log();
            drop(log);
        }
    }
}
