//! One request and its response: the only place that awaits the store for a session.

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use async_lock::OnceCell;

use crate::cookie;
use crate::error::Error;
use crate::factory::{SessionFactory, Shared};
use crate::finish::{Detach, Effects, Finish};
use crate::id::StoreKey;
use crate::plan::{self, Command, CookiePlan, Plan, Unmergeable};
use crate::random;
use crate::record::Record;
use crate::serializer::SerializerError;
use crate::session::Session;
use crate::state::{Fate, Origin, Phase, State};
use crate::store::{Created, Loaded, StoreError, StoreErrorKind, Touched, Written};
use crate::ticket::Ticket;
use crate::time::UnixTime;
use crate::trace;

/// Of the cookies of our name this many are tried, and none that is longer than a browser keeps.
const COOKIES_TRIED: usize = 5;
const COOKIE_BYTES: usize = 4096;
/// How often a new id may turn out to be taken. Once is unheard of.
const IDS_TRIED: u32 = 5;

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
/// let effects = exchange.finish(200, |rest| drop(tokio::spawn(rest))).await?; // for the response's headers
/// assert!(effects.vary);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Exchange {
    inner: Arc<Inner>,
}

struct Inner {
    factory: SessionFactory,
    /// What the browser sent under our name; read when it is needed.
    values: Vec<Box<str>>,
    ticket: OnceLock<Option<Ticket>>,
    session: OnceCell<Result<Session, Error>>,
    asked: AtomicBool,
    ending: AtomicBool,
    finished: AtomicBool,
}

impl SessionFactory {
    /// Begins the exchange of one request, given the values of all its Cookie headers. This reads no store and checks no signature:
    /// a handler that never asks for its session pays for neither.
    #[must_use]
    pub fn begin<'h>(&self, cookie_headers: impl IntoIterator<Item = &'h [u8]>) -> Exchange {
        let name = self.shared.settings.cookie.name.as_str();
        let values = cookie_headers
            .into_iter()
            .flat_map(|header| cookie::values(header, name))
            .filter(|value| value.len() <= COOKIE_BYTES)
            .take(COOKIES_TRIED)
            .map(Cow::into_owned)
            .map(String::into_boxed_str)
            .collect();
        Exchange {
            inner: Arc::new(Inner {
                factory: self.clone(),
                values,
                ticket: OnceLock::new(),
                session: OnceCell::new(),
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
        self.inner.session.get_or_init(|| self.inner.load()).await.clone()
    }

    /// Ends the session when the exchange is finished, without loading it.
    pub(crate) fn end(&self) -> Result<(), Error> {
        if self.inner.finished.load(Ordering::Acquire) {
            return Err(Error::Finished);
        }
        self.inner.ending.store(true, Ordering::Release);
        Ok(())
    }

    /// Takes the wish to end the session back.
    pub(crate) fn do_not_end(&self) {
        self.inner.ending.store(false, Ordering::Release);
    }

    /// Notes that the response depends on the cookie.
    pub(crate) fn ask(&self) {
        self.inner.asked.store(true, Ordering::Release);
    }

    /// The key of the session that the browser's cookie names.
    pub(crate) fn current_key(&self) -> Option<StoreKey> {
        self.inner.ticket().map(|ticket| self.inner.key(ticket))
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.inner.factory.shared
    }

    /// Whether this is an exchange of `factory`.
    #[must_use]
    pub fn is_of(&self, factory: &SessionFactory) -> bool {
        self.inner.factory.is_same(factory)
    }

    /// Ends the exchange with the status of its response: saves what the handler changed, in one atomic call of the store, and says
    /// what the response's headers are to say. From now on every change is [`Error::Finished`].
    ///
    /// `detach` runs the rest on the framework's runtime if the client hangs up meanwhile.
    pub fn finish(&self, status: u16, detach: Detach) -> Finish {
        self.inner.finished.store(true, Ordering::Release);
        let inner = Arc::clone(&self.inner);
        let ending = inner.ending.load(Ordering::Acquire);
        match inner.session.get().cloned() {
            Some(Ok(session)) => {
                if ending {
                    session.lock().invalidate(random::id());
                }
                inner.finish_session(session, status, detach)
            }
            Some(Err(_)) | None if ending => match inner.ticket() {
                Some(ticket) => {
                    let key = inner.key(ticket);
                    Finish::saving(async move { inner.end_unloaded(key, status).await }, detach)
                }
                None => Finish::ready(Ok(inner.no_cookie()), detach),
            },
            Some(Err(error)) => Finish::ready(Err(error), detach),
            None => Finish::ready(Ok(inner.no_cookie()), detach),
        }
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange")
            .field("cookies", &self.inner.values.len())
            .field("loaded", &self.inner.session.is_initialized())
            .finish_non_exhaustive()
    }
}

/// What came of a command.
enum Outcome {
    Done,
    /// The touch did not happen. It costs the cookie and nothing else.
    Untouched,
    Taken,
    Conflict(Record),
    Gone,
}

impl Inner {
    fn shared(&self) -> &Shared {
        &self.factory.shared
    }

    fn now(&self) -> UnixTime {
        self.shared().clock.now()
    }

    fn ticket(&self) -> Option<&Ticket> {
        let read = || plan::read(self.values.iter().map(AsRef::as_ref), &self.shared().settings, self.now());
        self.ticket.get_or_init(read).as_ref()
    }

    fn key(&self, ticket: &Ticket) -> StoreKey {
        ticket.id.store_key(self.shared().settings.cookie.name.as_str())
    }

    async fn load(&self) -> Result<Session, Error> {
        let now = self.now();
        let new = |origin| State::new(origin, random::id(), now);
        let state = match self.ticket() {
            None => new(Origin::New),
            Some(ticket) => match self.shared().store.load(&self.key(ticket), now).await {
                Ok(Loaded::Found(record)) => {
                    let fresh_id = random::renewed(&ticket.id);
                    plan::open(*ticket, record, &self.shared().settings, fresh_id, now)
                        .map_err(|error| self.failure("load failed", self.corrupt(error)))?
                }
                Ok(Loaded::Moved { owner }) => new(Origin::Moved(owner)),
                Ok(Loaded::Absent) => new(Origin::New),
                Err(error) => return Err(self.failure("load failed", error)),
            },
        };
        Ok(Session::new(state, Arc::clone(&self.shared().settings)))
    }

    fn finish_session(self: Arc<Self>, session: Session, status: u16, detach: Detach) -> Finish {
        {
            let mut state = session.lock();
            if state.phase == Phase::Open {
                state.phase = Phase::Finished;
            }
        }
        match self.plan(&session, status) {
            Ok(Plan { command: Command::Nothing, .. }) => Finish::ready(Ok(self.no_cookie()), detach),
            Ok(plan) => Finish::saving(async move { self.save(session, status, plan).await }, detach),
            Err(error) => Finish::ready(Err(error), detach),
        }
    }

    fn plan(&self, session: &Session, status: u16) -> Result<Plan, Error> {
        plan::decide(&session.lock(), &self.shared().settings, status, random::version(), self.now()).map_err(
            |error| {
                let error = StoreError::new(self.shared().store.name(), StoreErrorKind::Other).because(error);
                self.failure("save failed", error)
            },
        )
    }

    /// Carries the plan out; as long as others come first, makes another one on what they wrote.
    async fn save(&self, session: Session, status: u16, mut plan: Plan) -> Result<Effects, Error> {
        let deadline = self.now() + self.shared().settings.conflict_deadline;
        let mut ids_tried = 1;
        let mut turn = None;
        loop {
            match self.carry_out(&plan.command).await? {
                Outcome::Done => return self.effects(&plan.cookie),
                Outcome::Untouched => return Ok(self.no_cookie()),
                Outcome::Taken => {
                    ids_tried += 1;
                    if ids_tried > IDS_TRIED {
                        return Err(self.no_free_id());
                    }
                    session.lock().fresh_id = random::id();
                }
                Outcome::Conflict(newer) => {
                    trace::event("conflict");
                    let in_time = self.now() < deadline;
                    self.settle(&session, newer, in_time).await?;
                    if turn.is_none() {
                        turn = Some(self.turn(&plan.command).await);
                    }
                }
                Outcome::Gone => {
                    trace::event("gone");
                    if !self.outlive(&session).await? {
                        return Ok(self.no_cookie());
                    }
                }
            }
            plan = self.plan(&session, status)?;
        }
    }

    async fn carry_out(&self, command: &Command) -> Result<Outcome, Error> {
        let (store, now) = (&self.shared().store, self.now());
        let outcome = match command {
            Command::Nothing => Ok(Outcome::Done),
            Command::Create { key, record } => {
                store.create(key, record, now).await.map(|created| match created {
                    Created::Done => Outcome::Done,
                    Created::Taken => Outcome::Taken,
                })
            }
            Command::Update { key, record, expected } => {
                store.update(key, record, *expected, now).await.map(Outcome::from)
            }
            Command::Rename { old, new, record, expected } => {
                store.rename(old, new, record, *expected, now).await.map(Outcome::from)
            }
            Command::Delete { key } => store.delete(key).await.map(|()| Outcome::Done),
            Command::Touch { key, expires } => match store.touch(key, *expires, now).await {
                Ok(Touched::Done) => Ok(Outcome::Done),
                Ok(Touched::Gone) => Ok(Outcome::Untouched),
                Err(error) => {
                    trace::failure("touch failed", &error);
                    Ok(Outcome::Untouched)
                }
            },
        };
        outcome.map_err(|error| self.failure("save failed", error))
    }

    /// Puts the request's changes onto the record that came first. A log-out gives way to nobody: out of time, it ends what there is.
    async fn settle(&self, session: &Session, newer: Record, in_time: bool) -> Result<(), Error> {
        if in_time {
            let rebased = plan::rebase(&mut session.lock(), newer, &self.shared().settings);
            return rebased.map_err(|error| match error {
                Unmergeable::Record(error) => self.failure("save failed", self.corrupt(error)),
                Unmergeable::Change(error) => Error::Value(error),
            });
        }
        if session.lock().fate != Fate::Invalidate {
            trace::event("contended");
            return Err(Error::Contended);
        }
        self.outlive(session).await.map(|_| ())
    }

    /// Decides what becomes of a request whose session is no longer there; false: nothing.
    async fn outlive(&self, session: &Session) -> Result<bool, Error> {
        let (fate, old) = {
            let state = session.lock();
            let Origin::Stored { ticket, .. } = &state.origin else { return Ok(false) };
            (state.fate, self.key(ticket))
        };
        let store = &self.shared().store;
        let origin = match fate {
            // Whoever ended or renewed it knew nothing of our changes, and the good cookie, if any, is on its way.
            Fate::Keep | Fate::Renew => return Ok(false),
            Fate::SignIn => match store
                .load(&old, self.now())
                .await
                .map_err(|error| self.failure("load failed", error))?
            {
                Loaded::Moved { owner } => Origin::Moved(owner),
                Loaded::Found(_) | Loaded::Absent => Origin::New,
            },
            Fate::Invalidate => {
                store.delete(&old).await.map_err(|error| self.failure("save failed", error))?;
                Origin::New
            }
        };
        let now = self.now();
        plan::begin_anew(&mut session.lock(), origin, now)?;
        Ok(true)
    }

    async fn turn(&self, command: &Command) -> async_lock::MutexGuard<'_, ()> {
        let byte = match command {
            Command::Update { key, .. } | Command::Rename { old: key, .. } => {
                key.as_bytes()[StoreKey::BYTES - 1]
            }
            Command::Nothing | Command::Create { .. } | Command::Touch { .. } | Command::Delete { .. } => 0,
        };
        self.shared().turns.take(byte).await
    }

    async fn end_unloaded(&self, key: StoreKey, status: u16) -> Result<Effects, Error> {
        self.carry_out(&Command::Delete { key }).await?;
        self.effects(&plan::unloaded_cookie(&self.shared().settings, status))
    }

    fn effects(&self, cookie: &CookiePlan) -> Result<Effects, Error> {
        let settings = &self.shared().settings;
        let set_cookie = match cookie {
            CookiePlan::Leave => None,
            CookiePlan::Remove => Some(settings.cookie.removal()),
            CookiePlan::Set(ticket) => {
                let value = ticket.seal(&settings.signer, settings.serializer.as_ref()).map_err(|error| {
                    let error =
                        StoreError::new(self.shared().store.name(), StoreErrorKind::Other).because(error);
                    self.failure("cookie failed", error)
                })?;
                Some(settings.set_cookie(&value, ticket.timeout, ticket.renewed))
            }
        };
        Ok(Effects { set_cookie, vary: true })
    }

    fn no_cookie(&self) -> Effects {
        Effects { set_cookie: None, vary: self.asked.load(Ordering::Acquire) }
    }

    fn corrupt(&self, error: SerializerError) -> StoreError {
        StoreError::new(self.shared().store.name(), StoreErrorKind::Corrupt).because(error)
    }

    fn no_free_id(&self) -> Error {
        let error = StoreError::new(self.shared().store.name(), StoreErrorKind::Other)
            .because("every new id is taken");
        self.failure("save failed", error)
    }

    fn failure(&self, what: &'static str, error: StoreError) -> Error {
        trace::failure(what, &error);
        Error::Store(error)
    }
}

impl From<Written> for Outcome {
    fn from(written: Written) -> Self {
        match written {
            Written::Done => Self::Done,
            Written::Conflict(newer) => Self::Conflict(newer),
            Written::Gone => Self::Gone,
        }
    }
}
