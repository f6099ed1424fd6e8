//! A site on this library, with the parameters and the time of a case.

use serde_json::{Value, json};
use session_core::adapter::{Effects, Exchange};
use session_core::pyramid::{CookieBody, JsonSerializer};
use session_core::{Error, MemoryStore, OptionsError, SessionFactory, SessionOptions, UnixTime};
use session_testkit::ManualClock;
use session_testkit::{Fault, FaultyStore, Op};

use crate::actions::Actions;
use crate::comparison::Comparison;
use crate::document::{clock_at, members};
use crate::header::{CookieHeader, SetCookie};
use crate::parameters::Parameters;

/// Creates a factory with these options, to try them.
pub(crate) fn factory(options: SessionOptions) -> Result<SessionFactory, OptionsError> {
    SessionFactory::new(options, MemoryStore::new())
}

/// A site on this library.
#[derive(Debug)]
pub(crate) struct Site<'p> {
    parameters: &'p Parameters<'p>,
    now: f64,
    clock: ManualClock,
    store: FaultyStore<MemoryStore>,
    sessions: SessionFactory,
}

impl<'p> Site<'p> {
    /// Creates a site at `now` that has no session yet. The parameters must have been tried.
    pub(crate) fn new(parameters: &'p Parameters<'p>, now: f64) -> Self {
        let (clock, store) = (ManualClock::at(clock_at(now)), FaultyStore::new(MemoryStore::new()));
        let sessions = sessions(parameters.options.clone(), &store, &clock);
        Self { parameters, now, clock, store, sessions }
    }

    /// Begins a session at `created` with these values, and returns its ID. The session ends when its cookie
    /// times out, and not before. Returns `None` if the site's own cookie does not open.
    pub(crate) async fn begin_session(&self, created: UnixTime, values: &Value) -> Option<String> {
        let mut options = SessionOptions::new(self.parameters.options.secret.clone());
        options.insecure_secret_ok = true;
        options.hashalg = self.parameters.options.hashalg;
        options.salt = self.parameters.options.salt.clone();
        options.cookie_name.clone_from(&self.parameters.options.cookie_name);
        options.secure = true;
        options.timeout = None;
        self.clock.set(created);
        let exchange = sessions(options, &self.store, &self.clock).begin([]);
        let session = exchange.session().await.expect("a new session needs no store");
        session.csrf_token().expect("the exchange is not finished");
        for (name, value) in members(values) {
            session.insert(name, value).expect("the exchange is not finished");
        }
        let cookie = finish(&exchange, 200).await.expect("the store works").set_cookie?;
        self.id(&cookie)
    }

    /// Opens a cookie that the site has sent.
    pub(crate) fn body(&self, set_cookie: &str) -> Option<CookieBody> {
        CookieBody::open(&SetCookie::parse(set_cookie).value, &self.parameters.signer, &JsonSerializer)
    }

    /// Returns the ID in a cookie that the site has sent.
    pub(crate) fn id(&self, set_cookie: &str) -> Option<String> {
        self.body(set_cookie)?.state["sessioneid"].as_str().map(str::to_owned)
    }

    /// Returns the value of a cookie that names one of the site's sessions and has the times of another
    /// cookie.
    pub(crate) fn cookie_of(&self, id: &str, body: &CookieBody) -> String {
        let mut state = Value::Object(body.named_state().unwrap_or_default());
        state["sessioneid"] = json!(id);
        let body = CookieBody { state, ..body.clone() };
        body.seal(&self.parameters.signer, &JsonSerializer).expect("a body has a JSON form")
    }

    /// Returns whether the request's session is new, and the time at which it began.
    pub(crate) async fn look(&self, cookies: Option<&CookieHeader>) -> Result<(bool, UnixTime), Error> {
        let session = self.begin(cookies).session().await?;
        Ok((session.is_new(), session.created()))
    }

    /// Returns the values of the request's session.
    pub(crate) async fn values(&self, cookies: Option<&CookieHeader>) -> Result<Value, Error> {
        Ok(Value::Object(self.begin(cookies).session().await?.entries()))
    }

    /// Makes a request and returns its Set-Cookie. Without `actions` the session is not asked for.
    /// `meanwhile` holds the values that another request writes before this one is done.
    pub(crate) async fn answer(
        &self,
        cookies: Option<&CookieHeader>,
        actions: Option<&Actions<'_>>,
        meanwhile: Option<&Value>,
        status: u16,
        comparison: &mut Comparison,
    ) -> Result<Option<String>, Error> {
        let exchange = self.begin(cookies);
        if let Some(actions) = actions
            && let Ok(session) = exchange.session().await
        {
            actions.run(&session, &self.clock, self.now, comparison);
        }
        if let Some(values) = meanwhile {
            self.overwrite(cookies, values).await?;
        }
        Ok(finish(&exchange, status).await?.set_cookie)
    }

    /// Makes all loads fail from now on.
    pub(crate) fn fail_loads(&self) {
        self.store.faults().set(Op::Load, Fault::Fail);
    }

    /// Makes all writes fail from now on.
    pub(crate) fn fail_saves(&self) {
        for op in [Op::Create, Op::Update, Op::Rename, Op::Touch, Op::Delete] {
            self.store.faults().set(op, Fault::Fail);
        }
    }

    fn begin(&self, cookies: Option<&CookieHeader>) -> Exchange {
        self.clock.set(clock_at(self.now));
        self.sessions.begin(cookies.map(CookieHeader::as_bytes))
    }

    async fn overwrite(&self, cookies: Option<&CookieHeader>, values: &Value) -> Result<(), Error> {
        let exchange = self.sessions.begin(cookies.map(CookieHeader::as_bytes));
        let session = exchange.session().await?;
        session.clear()?;
        members(values).try_for_each(|(name, value)| session.insert(name, value))?;
        finish(&exchange, 200).await.map(drop)
    }
}

fn sessions(
    options: SessionOptions,
    store: &FaultyStore<MemoryStore>,
    clock: &ManualClock,
) -> SessionFactory {
    SessionFactory::with_clock(options, store.clone(), clock.clone()).expect("the options were tried before")
}

async fn finish(exchange: &Exchange, status: u16) -> Result<Effects, Error> {
    exchange.finish(status).await
}
