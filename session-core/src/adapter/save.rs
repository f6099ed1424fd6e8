//! The execution of a plan: a store call, and the steps that the protocol prescribes after it.
//!
//! The futures that few saves await are boxed, so that the future of every save stays below 1 KiB. glibc
//! allocates larger ones under a lock that the threads share.

use crate::adapter::contention::Turn;
use crate::adapter::notice::Notice;
use crate::error::Error;
use crate::handler::session::Session;
use crate::protocol::outcome::{self, Attempt, GiveUp, Next, Outcome};
use crate::protocol::plan::{self, Command, CookiePlan, Plan, ResponseKind};
use crate::protocol::refusal::Refusal;
use crate::protocol::replay::Replay;
use crate::protocol::state::Intent;
use crate::random;
use crate::setup::factory::{FactoryInner, SessionFactory};
use crate::store::contract::{Created, Loaded, Touched, Written};
use crate::store::error::StoreError;
use crate::store::key::StoreKey;
use crate::store::record::Record;
use crate::trace;

/// The number of further IDs that are drawn if the first one is taken. Even one collision is unheard of.
const MORE_IDS: u32 = 4;

/// Decides what to write and which cookie to send, from the session's present state.
pub(crate) fn plan(inner: &FactoryInner, session: &Session, response: ResponseKind) -> Result<Plan, Error> {
    let (version, now) = (random::version(), inner.now());
    let plan = plan::decide(&session.lock(), &inner.settings, response, version, now);
    plan.map_err(|refusal| match refusal {
        Refusal::Serializer(error) => inner.failure("save failed", inner.other(error)),
        Refusal::TooLarge(too_large) => inner.too_large(too_large),
    })
}

/// The save at the end of one request. It makes store calls, decodes payloads and replays changes; the
/// decisions are made in `protocol::plan` and `protocol::outcome`.
pub(crate) struct Save {
    factory: SessionFactory,
    session: Session,
    response: ResponseKind,
}

/// The result of a save.
#[derive(Debug, Default)]
pub(crate) struct Saved {
    /// The text of Set-Cookie, if a cookie is to be sent.
    pub(crate) set_cookie: Option<String>,
    pub(crate) notice: Option<Notice>,
}

impl Save {
    pub(crate) const fn new(factory: SessionFactory, session: Session, response: ResponseKind) -> Self {
        Self { factory, session, response }
    }

    /// Executes the plan and the steps that follow its outcome.
    pub(crate) async fn execute(self, mut plan: Box<Plan>) -> Result<Saved, Error> {
        let inner = self.inner();
        if let Err(error) = self.check_index() {
            Box::pin(self.end_invalidated(&plan.command)).await?;
            return Err(error);
        }
        let deadline = inner.now() + inner.settings.conflict_timeout;
        let (mut ids_left, mut turn) = (MORE_IDS, None);
        if let Some(key) = contested(&plan.command) {
            inner.contention.wait_for_losers(key).await;
        }
        let mut outcome = call(inner, &plan.command).await?;
        loop {
            self.queue_after_conflict(&outcome, &mut turn).await;
            let attempt = Attempt { in_time: inner.now() < deadline, ids_left };
            let next = outcome::after(&self.session.lock(), outcome, attempt);
            *plan = match next {
                Next::Finish => {
                    self.remember_payload(&plan.command);
                    return self.finish(&plan.cookie).await;
                }
                Next::FinishWithoutCookie => return Ok(Saved::default()),
                Next::DropChanges => return dropped(inner),
                Next::GiveUp(reason) => return Err(self.give_up(reason)),
                Next::LookAt(key) => {
                    outcome = Box::pin(look_at(inner, &key)).await?;
                    continue;
                }
                // The session has data to begin another one with, or its plan would have been to delete it.
                Next::Delete(key) => Plan::end(key),
                Next::DrawAnotherId => {
                    ids_left -= 1;
                    self.session.lock().replace_fresh_id(random::id());
                    self.plan()?
                }
                Next::BeginAnew => self.begin_anew()?,
                Next::Rebase(newer) => self.rebase(newer)?,
                Next::TakeRecord(newer) => {
                    self.session.lock().take_record(newer);
                    self.plan()?
                }
            };
            outcome = call(inner, &plan.command).await?;
        }
    }

    /// Makes sure that the store can end the user's other sessions, if this request is to do so, before
    /// anything is written.
    fn check_index(&self) -> Result<(), Error> {
        let inner = self.inner();
        match self.session.lock().exclusive_owner() {
            Some(_) => inner.owner_index().map(drop).map_err(|error| inner.failure("save failed", error)),
            None => Ok(()),
        }
    }

    /// Deletes the session that this request has invalidated, although nothing else of the request is saved.
    async fn end_invalidated(&self, command: &Command) -> Result<(), Error> {
        let key = match command {
            Command::Rename { old: key, .. } | Command::Delete { key } => *key,
            Command::Nothing | Command::Create { .. } | Command::Update { .. } | Command::Touch { .. } => {
                return Ok(());
            }
        };
        let is_invalidated = self.session.lock().intent() == Intent::Invalidate;
        if is_invalidated {
            call(self.inner(), &Command::Delete { key }).await?;
        }
        Ok(())
    }

    /// Ends the user's other sessions, if this request is to do so, and makes the cookie.
    async fn finish(&self, cookie: &CookiePlan) -> Result<Saved, Error> {
        let inner = self.inner();
        let exclusive = match cookie {
            CookiePlan::Set(ticket) => {
                let state = self.session.lock();
                state.exclusive_owner().map(|owner| (owner.clone(), ticket.key, state.created()))
            }
            CookiePlan::Leave | CookiePlan::Remove => None,
        };
        if let Some((owner, key, created)) = exclusive
            && let Some(notice) = Box::pin(inner.end_others(&owner, &key, created)).await?
        {
            return Ok(Saved { set_cookie: None, notice: Some(notice) });
        }
        set_cookie(inner, cookie)
    }

    /// Decides again, after the state has changed.
    fn plan(&self) -> Result<Plan, Error> {
        plan(self.inner(), &self.session, self.response)
    }

    fn inner(&self) -> &FactoryInner {
        &self.factory.inner
    }

    /// Waits, after the first version conflict, for a turn among the requests that had one on this session.
    async fn queue_after_conflict<'s>(&'s self, outcome: &Outcome, turn: &mut Option<Turn<'s>>) {
        match outcome {
            Outcome::Conflict { key, .. } => {
                trace::event("conflict");
                if turn.is_none() {
                    *turn = Some(Box::pin(self.inner().contention.take(*key)).await);
                }
            }
            Outcome::Gone(_) => trace::event("gone"),
            Outcome::Done
            | Outcome::Deleted
            | Outcome::NotTouched
            | Outcome::Taken
            | Outcome::Renamed { .. }
            | Outcome::NotRenamed => {}
        }
    }

    /// Replays the changes on the newer record that another request wrote, and decides again.
    fn rebase(&self, newer: Record) -> Result<Plan, Error> {
        let inner = self.inner();
        let replay = Replay::of(&self.session.lock());
        let data = inner.data(&newer).map_err(|error| inner.failure("save failed", error))?;
        let (contents, intent) = replay.on(&newer, data)?;
        self.session.lock().rebase(newer, contents, intent);
        self.plan()
    }

    /// Begins another session that holds what this request wrote and nothing older, and decides again.
    fn begin_anew(&self) -> Result<Plan, Error> {
        let replay = Replay::of(&self.session.lock());
        let contents = replay.on_nothing()?;
        self.session.lock().begin_anew(contents, self.inner().now());
        self.plan()
    }

    fn give_up(&self, reason: GiveUp) -> Error {
        let inner = self.inner();
        match reason {
            GiveUp::Contended => {
                trace::event("contended");
                Error::Contended
            }
            GiveUp::EveryIdTaken => inner.failure("save failed", inner.other("every new ID is taken")),
        }
    }

    /// Keeps the data of the written payload for the browser's next request.
    fn remember_payload(&self, command: &Command) {
        match command {
            Command::Create { record, .. }
            | Command::Update { record, .. }
            | Command::Rename { record, .. } => {
                self.inner().remember_payload(record, self.session.lock().contents());
            }
            Command::Nothing | Command::Touch { .. } | Command::Delete { .. } => {}
        }
    }
}

/// Returns the result of a request whose changes are not saved.
pub(crate) fn dropped(inner: &FactoryInner) -> Result<Saved, Error> {
    trace::event("changes dropped");
    if inner.settings.fail_on_dropped_changes {
        return Err(Error::ChangesDropped);
    }
    Ok(Saved { set_cookie: None, notice: Some(Notice::ChangesDropped) })
}

/// Ends a session that was not loaded.
pub(crate) async fn end_unloaded(
    factory: SessionFactory,
    key: StoreKey,
    response: ResponseKind,
) -> Result<Saved, Error> {
    let inner = &factory.inner;
    call(inner, &Command::Delete { key }).await?;
    set_cookie(inner, &plan::unloaded_cookie(&inner.settings, response))
}

async fn call(inner: &FactoryInner, command: &Command) -> Result<Outcome, Error> {
    let (store, now) = (&inner.store, inner.now());
    let outcome = match command {
        Command::Nothing => Ok(Outcome::Done),
        Command::Create { key, record } => store.create(key, record, now).await.map(created),
        Command::Update { key, record, expected } => {
            store.update(key, record, *expected, now).await.map(|outcome| written(*key, outcome))
        }
        Command::Rename { old, new, record, expected } => {
            store.rename(old, new, record, *expected, now).await.map(|outcome| written(*old, outcome))
        }
        Command::Delete { key } => store.delete(key).await.map(|()| Outcome::Deleted),
        Command::Touch { key, expires, patience } => {
            Ok(touched(store.touch(key, *expires, now, *patience).await))
        }
    };
    outcome.map_err(|error| inner.failure("save failed", error))
}

/// Finds out whether `key` is a renamed key.
async fn look_at(inner: &FactoryInner, key: &StoreKey) -> Result<Outcome, Error> {
    match inner.store.load(key, inner.now()).await {
        Ok(Loaded::Moved { owner }) => Ok(Outcome::Renamed { owner }),
        Ok(Loaded::Found(_) | Loaded::Absent) => Ok(Outcome::NotRenamed),
        Err(error) => Err(inner.failure("load failed", error)),
    }
}

fn created(outcome: Created) -> Outcome {
    match outcome {
        Created::Done => Outcome::Done,
        Created::Taken => Outcome::Taken,
    }
}

fn written(key: StoreKey, outcome: Written) -> Outcome {
    match outcome {
        Written::Done => Outcome::Done,
        Written::Conflict(newer) => Outcome::Conflict { key, newer },
        Written::Gone => Outcome::Gone(key),
    }
}

fn touched(outcome: Result<Touched, StoreError>) -> Outcome {
    match outcome {
        Ok(Touched::Done) => Outcome::Done,
        Ok(Touched::Gone) => Outcome::NotTouched,
        Err(error) => {
            trace::failure("touch failed", &error);
            Outcome::NotTouched
        }
    }
}

fn set_cookie(inner: &FactoryInner, cookie: &CookiePlan) -> Result<Saved, Error> {
    let settings = &inner.settings;
    let set_cookie = match cookie {
        CookiePlan::Leave => None,
        CookiePlan::Remove => Some(settings.cookie.removal()),
        CookiePlan::Set(ticket) => {
            let value = ticket
                .seal(&settings.signer, settings.serializer.as_ref())
                .map_err(|error| inner.failure("cookie failed", inner.other(error)))?;
            Some(settings.set_cookie(&value, ticket.timeout, ticket.issued_at))
        }
    };
    Ok(Saved { set_cookie, notice: None })
}

/// Returns the key of a conditional write, where another request may come first.
fn contested(command: &Command) -> Option<&StoreKey> {
    match command {
        Command::Update { key, .. } | Command::Rename { old: key, .. } => Some(key),
        Command::Nothing | Command::Create { .. } | Command::Touch { .. } | Command::Delete { .. } => None,
    }
}
