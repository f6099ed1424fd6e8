//! A program on a store, step by step beside the model.

use std::collections::BTreeMap;
use std::fmt::{self, Debug, Display};
use std::sync::Arc;
use std::time::Duration;

use crate::manual_clock::ManualClock;
use crate::pages::list_all;
use session_core::adapter::{Clock as _, Exchange};
use session_core::store::SessionStore;
use session_core::{Error, Owner, Session, SessionFactory, UnixTime};

use crate::counting::{Calls, CountingStore};
use crate::model::Model;
use crate::model::limits::Millis;
use crate::model::visible::{Devices, Reading, Response, View};
use crate::program::site::{self, OK, QUEUE, cookie_effect};
use crate::program::step::{BROWSERS, Browser, Cookie, Deed, Name, Program, Step, User};

const PURGED_AT_ONCE: u32 = 1_000;

/// Where a store and the model part. `Display` shows the program.
#[derive(Clone, Debug)]
pub(crate) struct Mismatch {
    program: Program,
    /// The step's number, counted from one.
    step: usize,
    what: String,
}

impl Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}step {}: {}", self.program, self.step, self.what)
    }
}

/// Runs a program on a store, through exchanges, and compares all that shows with the model. It begins at the clock's next second
/// and moves the clock. What an earlier program left in the store does not matter.
pub(crate) async fn run(
    store: Arc<dyn SessionStore>,
    clock: &ManualClock,
    program: &Program,
) -> Result<(), Mismatch> {
    let mismatch = |step: usize, what| Mismatch { program: program.clone(), step: step + 1, what };
    let mut site = Site::new(store, clock);
    for (number, step) in program.steps.iter().enumerate() {
        site.step(step).await.map_err(|what| mismatch(number, what))?;
    }
    let all = (0..site.cookies.len()).map(Some);
    site.look(all).await.map_err(|what| mismatch(program.steps.len().saturating_sub(1), what))
}

/// What was expected and what was got, in words.
type Difference = String;

/// A site on a store, and the model of it.
struct Site {
    model: Model,
    sessions: SessionFactory,
    store: Arc<dyn SessionStore>,
    calls: Calls,
    clock: ManualClock,
    start: UnixTime,
    /// The cookies that were sent, by the model's numbers.
    cookies: Vec<String>,
    /// Keeps its users apart from those of other programs.
    number: u64,
}

impl Site {
    fn new(store: Arc<dyn SessionStore>, clock: &ManualClock) -> Self {
        let start = clock.now().whole_secs() + Duration::from_secs(1);
        clock.set(start);
        let counting = CountingStore::new(Arc::clone(&store));
        let calls = counting.calls();
        let sessions = site::factory(Arc::new(counting), clock);
        Self {
            model: Model::default(),
            sessions,
            store,
            calls,
            clock: clock.clone(),
            start,
            cookies: Vec::new(),
            number: site::next_number(),
        }
    }

    async fn step(&mut self, step: &Step) -> Result<(), Difference> {
        match step {
            Step::Request { browser, cookie, deeds } => self.request(*browser, *cookie, deeds).await?,
            Step::LogOut { browser, cookie } => self.log_out(*browser, *cookie).await?,
            Step::Wait(time) => {
                self.clock.advance(*time);
                self.model.wait(Millis::try_from(time.as_millis()).unwrap_or(Millis::MAX));
            }
            Step::Purge => self.purge().await?,
        }
        self.look(
            (0..BROWSERS)
                .filter_map(|browser| self.model.jar(Browser(browser)))
                .map(Some)
                .collect::<Vec<_>>(),
        )
        .await
    }

    async fn request(&mut self, browser: Browser, cookie: Cookie, deeds: &[Deed]) -> Result<(), Difference> {
        let sent = self.model.sent(browser, cookie);
        let expected = self.model.request(browser, sent, deeds);
        let exchange = self.begin(sent);
        self.calls.take();
        let readings = self.do_all(&exchange, deeds).await.map_err(|error| failed(&error))?;
        self.finish(&exchange, &expected, readings).await
    }

    async fn log_out(&mut self, browser: Browser, cookie: Cookie) -> Result<(), Difference> {
        let sent = self.model.sent(browser, cookie);
        let expected = self.model.log_out(browser, sent);
        let exchange = self.begin(sent);
        self.calls.take();
        exchange.unloaded().invalidate().map_err(|error| failed(&error))?;
        self.finish(&exchange, &expected, Vec::new()).await
    }

    fn begin(&self, cookie: Option<usize>) -> Exchange {
        self.sessions.begin(cookie.map(|number| self.cookies[number].as_bytes()))
    }

    async fn do_all(&self, exchange: &Exchange, deeds: &[Deed]) -> Result<Vec<Reading>, Error> {
        let session = exchange.session().await?;
        let mut readings = Vec::new();
        for deed in deeds {
            readings.push(if *deed == Deed::RevokeOthers {
                let ended = exchange.devices().await?.revoke_others().await?;
                Reading::Ended(ended..=ended)
            } else {
                self.does(&session, *deed)?
            });
        }
        Ok(readings)
    }

    fn does(&self, session: &Session, deed: Deed) -> Result<Reading, Error> {
        let nothing = |()| Reading::Nothing;
        match deed {
            Deed::Get(name) => session.get(name.as_str()).map(Reading::Value),
            Deed::Insert(name, value) => session.insert(name.as_str(), value).map(nothing),
            Deed::Remove(name) => session.remove(name.as_str()).map(Reading::Value),
            Deed::Count(name) => session
                .update(name.as_str(), |n: Option<u32>| n.unwrap_or(0) + 1)
                .map(|value| Reading::Value(Some(value))),
            Deed::Clear => session.clear().map(nothing),
            Deed::Flash(message) => session.flash(message).map(nothing),
            Deed::PopFlash => session.pop_flash(QUEUE).map(Reading::Messages),
            Deed::Renew => session.renew().map(nothing),
            Deed::SignIn(user) => session.sign_in(self.owner(user)).map(nothing),
            Deed::Invalidate => session.invalidate().map(nothing),
            Deed::SetTimeout(secs) => {
                session.set_timeout(secs.map(|secs| Duration::from_secs(secs.into()))).map(nothing)
            }
            // It is no plain call, and is done where one can wait.
            Deed::RevokeOthers => Ok(Reading::Nothing),
        }
    }

    async fn finish(
        &mut self,
        exchange: &Exchange,
        expected: &Response,
        readings: Vec<Reading>,
    ) -> Result<(), Difference> {
        let effects = exchange.finish(OK).await;
        let (cookie, text) = cookie_effect(&effects.map_err(|error| failed(&error))?);
        let got = Response { readings, cookie, calls: self.calls.take() };
        if !expected.admits(&got) {
            return Err(format!("expected that {expected}; got that {got}"));
        }
        self.cookies.extend(text);
        Ok(())
    }

    async fn purge(&self) -> Result<(), Difference> {
        let Some(purge) = self.store.expiry_purge() else { return Ok(()) };
        match purge.purge(self.clock.now(), PURGED_AT_ONCE).await {
            Ok(_) => Ok(()),
            Err(error) => Err(format!("expected a purge; got the error \"{error}\"")),
        }
    }

    /// Compares what there is: behind these cookies, and of each user.
    async fn look(&self, cookies: impl IntoIterator<Item = Option<usize>>) -> Result<(), Difference> {
        for cookie in cookies {
            let got = self.view(cookie).await.map_err(|error| failed(&error))?;
            let number = cookie.map_or(0, |number| number + 1);
            same(&format!("behind cookie {number}"), &self.model.view(cookie), &got)?;
        }
        let Some(owners) = self.store.owner_index() else { return Ok(()) };
        for user in User::ALL {
            let listed = list_all(owners, &self.owner(user), 100, self.clock.now()).await;
            let listed = listed.map_err(|error| failed(&Error::Store(error)))?;
            let at =
                |time: UnixTime| Millis::try_from(time.since(self.start).as_millis()).unwrap_or(Millis::MAX);
            let mut got: Devices =
                listed.iter().map(|session| (at(session.created), at(session.last_used))).collect();
            got.sort_unstable();
            same(&format!("as sessions of {user}, each by its times,"), &self.model.devices(user), &got)?;
        }
        Ok(())
    }

    async fn view(&self, cookie: Option<usize>) -> Result<View, Error> {
        let session = self.begin(cookie).session().await?;
        let mut values = BTreeMap::new();
        for name in Name::ALL {
            if let Some(value) = session.get(name.as_str())? {
                values.insert(name, value);
            }
        }
        let owner = session.owner();
        let owner = User::ALL.into_iter().find(|user| owner.as_ref() == Some(&self.owner(*user)));
        Ok(View { is_stored: !session.is_new(), values, messages: session.peek_flash(QUEUE)?, owner })
    }

    fn owner(&self, user: User) -> Owner {
        Owner::from(format!("{user} of program {}", self.number))
    }
}

fn same<T: PartialEq + Debug>(what: &str, expected: &T, got: &T) -> Result<(), Difference> {
    if expected == got { Ok(()) } else { Err(format!("expected {what} {expected:?}; got {got:?}")) }
}

fn failed(error: &Error) -> Difference {
    format!("expected an answer; got the error \"{error}\"")
}
