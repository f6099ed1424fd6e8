//! Carrying a plan out: one atomic store call, and another plan if somebody else came first.

use crate::error::Error;
use crate::factory::FactoryInner;
use crate::id::StoreKey;
use crate::plan::{self, Command, CookiePlan, Plan, Replay, ResponseKind};
use crate::random;
use crate::record::Record;
use crate::session::Session;
use crate::state::{Intent, Origin};
use crate::store::{Created, Loaded, StoreError, Touched, Written};
use crate::trace;

/// How often a new id may turn out to be taken. Once is unheard of.
const IDS_TRIED: u32 = 5;

/// What came of a command.
enum Outcome {
    Done,
    /// The touch did not happen. It costs the cookie and nothing else.
    Untouched,
    Taken,
    Conflict(Record),
    Gone,
}

/// The end of one request for its session.
pub(crate) struct Save<'r> {
    pub(crate) shared: &'r FactoryInner,
    pub(crate) session: &'r Session,
    pub(crate) response: ResponseKind,
}

impl Save<'_> {
    /// What is to be done as things stand.
    pub(crate) fn plan(&self) -> Result<Plan, Error> {
        let FactoryInner { settings, .. } = self.shared;
        let plan =
            plan::decide(&self.session.lock(), settings, self.response, random::version(), self.shared.now());
        plan.map_err(|error| self.shared.failure("save failed", self.shared.other(error)))
    }

    /// Carries the plan out; as long as others come first, makes another one on what they wrote. The response is the text of Set-Cookie.
    pub(crate) async fn execute(&self, mut plan: Plan) -> Result<Option<String>, Error> {
        let deadline = self.shared.now() + self.shared.settings.conflict_timeout;
        let mut ids_tried = 1;
        let mut turn = None;
        if let Some(key) = contested(&plan.command) {
            self.shared.contention.wait_for_losers(key).await;
        }
        loop {
            match command(self.shared, &plan.command).await? {
                Outcome::Done if self.goes_on_after(&plan.command) => self.begin_anew()?,
                Outcome::Done => {
                    self.remember_payload(&plan.command);
                    return set_cookie(self.shared, &plan.cookie);
                }
                Outcome::Untouched => return Ok(None),
                Outcome::Taken if ids_tried == IDS_TRIED => {
                    return Err(self
                        .shared
                        .failure("save failed", self.shared.other("every new id is taken")));
                }
                Outcome::Taken => {
                    ids_tried += 1;
                    self.session.lock().fresh_id = random::id();
                }
                Outcome::Conflict(newer) => {
                    trace::event("conflict");
                    if let (None, Some(key)) = (&turn, contested(&plan.command)) {
                        turn = Some(self.shared.contention.take(*key).await);
                    }
                    self.on_conflict(newer, self.shared.now() < deadline).await?;
                }
                Outcome::Gone => {
                    trace::event("gone");
                    if !self.on_gone().await? {
                        return Ok(None);
                    }
                }
            }
            plan = self.plan()?;
        }
    }

    /// Whether data were written after the session was ended that had moved: it has no record that could be renamed to theirs.
    fn goes_on_after(&self, command: &Command) -> bool {
        matches!(command, Command::Delete { .. }) && self.session.lock().is_worth_storing()
    }

    /// Puts the request's changes onto the record that came first. A log-out gives way to nobody: out of time, it ends what there is.
    async fn on_conflict(&self, newer: Record, in_time: bool) -> Result<(), Error> {
        let replay = Replay::of(&self.session.lock());
        match (in_time, replay.intent()) {
            (true, Intent::Keep | Intent::Renew | Intent::SignIn) => {
                let data =
                    self.shared.data(&newer).map_err(|error| self.shared.failure("save failed", error))?;
                let merged = replay.on(&newer, data)?;
                plan::rebase(&mut self.session.lock(), newer, Some(merged));
                Ok(())
            }
            (true, Intent::Invalidate) => {
                plan::rebase(&mut self.session.lock(), newer, None);
                Ok(())
            }
            (false, Intent::Keep | Intent::Renew | Intent::SignIn) => {
                trace::event("contended");
                Err(Error::Contended)
            }
            (false, Intent::Invalidate) => self.on_gone().await.map(|_| ()),
        }
    }

    /// Decides what becomes of a request whose session is no longer there; false: nothing.
    async fn on_gone(&self) -> Result<bool, Error> {
        let (intent, owner, old) = {
            let state = self.session.lock();
            let Origin::Stored { ticket, .. } = &state.origin else { return Ok(false) };
            (state.intent, state.contents.owner.clone(), ticket.key)
        };
        match intent {
            // Whoever ended or renewed it knew nothing of our changes, and the good cookie, if any, is on its way.
            Intent::Keep | Intent::Renew => return Ok(false),
            Intent::SignIn => match self.shared.store.load(&old, self.shared.now()).await {
                // Its twin, a form sent twice, has just done the same.
                Ok(Loaded::Moved { owner: signed_in }) if signed_in == owner => return Ok(false),
                Ok(Loaded::Moved { .. } | Loaded::Found(_) | Loaded::Absent) => {}
                Err(error) => return Err(self.shared.failure("load failed", error)),
            },
            Intent::Invalidate => {
                command(self.shared, &Command::Delete { key: old }).await?;
            }
        }
        self.begin_anew()?;
        Ok(true)
    }

    /// Goes on with a session that holds what this request wrote, and nothing older.
    fn begin_anew(&self) -> Result<(), Error> {
        let replay = Replay::of(&self.session.lock());
        let contents = replay.on_nothing()?;
        plan::begin_anew(&mut self.session.lock(), contents, self.shared.now());
        Ok(())
    }

    /// Keeps what the written record decodes to: the browser's next request wants it.
    fn remember_payload(&self, command: &Command) {
        match command {
            Command::Create { record, .. }
            | Command::Update { record, .. }
            | Command::Rename { record, .. } => {
                let state = self.session.lock();
                self.shared.caches.keep_data(record.version, &record.payload, &state.contents.data);
            }
            Command::Nothing | Command::Touch { .. } | Command::Delete { .. } => {}
        }
    }
}

/// Ends a session that was not loaded. The response is the text of Set-Cookie.
pub(crate) async fn end_unloaded(
    shared: &FactoryInner,
    key: StoreKey,
    response: ResponseKind,
) -> Result<Option<String>, Error> {
    command(shared, &Command::Delete { key }).await?;
    set_cookie(shared, &plan::unloaded_cookie(&shared.settings, response))
}

async fn command(shared: &FactoryInner, command: &Command) -> Result<Outcome, Error> {
    let (store, now) = (&shared.store, shared.now());
    let outcome = match command {
        Command::Nothing => Ok(Outcome::Done),
        Command::Create { key, record } => store.create(key, record, now).await.map(Outcome::from),
        Command::Update { key, record, expected } => {
            store.update(key, record, *expected, now).await.map(Outcome::from)
        }
        Command::Rename { old, new, record, expected } => {
            store.rename(old, new, record, *expected, now).await.map(Outcome::from)
        }
        Command::Delete { key } => store.delete(key).await.map(|()| Outcome::Done),
        Command::Touch { key, expires } => Ok(touched(store.touch(key, *expires, now).await)),
    };
    outcome.map_err(|error| shared.failure("save failed", error))
}

fn touched(response: Result<Touched, StoreError>) -> Outcome {
    match response {
        Ok(Touched::Done) => Outcome::Done,
        Ok(Touched::Gone) => Outcome::Untouched,
        Err(error) => {
            trace::failure("touch failed", &error);
            Outcome::Untouched
        }
    }
}

fn set_cookie(shared: &FactoryInner, cookie: &CookiePlan) -> Result<Option<String>, Error> {
    let settings = &shared.settings;
    match cookie {
        CookiePlan::Leave => Ok(None),
        CookiePlan::Remove => Ok(Some(settings.cookie.removal())),
        CookiePlan::Set(ticket) => {
            let value = ticket
                .seal(&settings.signer, settings.serializer.as_ref())
                .map_err(|error| shared.failure("cookie failed", shared.other(error)))?;
            Ok(Some(settings.set_cookie(&value, ticket.timeout, ticket.issued_at)))
        }
    }
}

/// The session for which somebody else may come first.
fn contested(command: &Command) -> Option<&StoreKey> {
    match command {
        Command::Update { key, .. } | Command::Rename { old: key, .. } => Some(key),
        Command::Nothing | Command::Create { .. } | Command::Touch { .. } | Command::Delete { .. } => None,
    }
}

impl From<Created> for Outcome {
    fn from(created: Created) -> Self {
        match created {
            Created::Done => Self::Done,
            Created::Taken => Self::Taken,
        }
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
