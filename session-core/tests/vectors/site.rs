//! A site of ours, with the parameters and the time of a case.

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

/// A factory with these options, for trying them.
pub(crate) fn factory(options: SessionOptions) -> Result<SessionFactory, OptionsError> {
    SessionFactory::new(options, MemoryStore::new())
}

/// The site.
#[derive(Debug)]
pub(crate) struct Site<'p> {
    parameters: &'p Parameters<'p>,
    now: f64,
    clock: ManualClock,
    store: FaultyStore<MemoryStore>,
    sessions: SessionFactory,
}

impl<'p> Site<'p> {
    /// A site at `now` that knows no session yet. The parameters have been tried.
    pub(crate) fn new(parameters: &'p Parameters<'p>, now: f64) -> Self {
        let (clock, store) = (ManualClock::at(clock_at(now)), FaultyStore::new(MemoryStore::new()));
        let sessions = sessions(parameters.options.clone(), &store, &clock);
        Self { parameters, now, clock, store, sessions }
    }

    /// The id of a session that began at `created` and holds these values. It ends when its cookie times out, and not before.
    /// `None` if our own cookie does not open.
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
        let session = exchange.session().await.expect("a new session is not loaded");
        session.csrf_token().expect("the exchange is not finished");
        for (name, value) in members(values) {
            session.insert(name, value).expect("the exchange is not finished");
        }
        let cookie = finish(&exchange, 200).await.expect("the store works").set_cookie?;
        self.id(&cookie)
    }

    /// The body of a cookie that we have sent.
    pub(crate) fn body(&self, set_cookie: &str) -> Option<CookieBody> {
        CookieBody::open(&SetCookie::parse(set_cookie).value, &self.parameters.signer, &JsonSerializer)
    }

    /// The id in a cookie that we have sent.
    pub(crate) fn id(&self, set_cookie: &str) -> Option<String> {
        self.body(set_cookie)?.state["sessioneid"].as_str().map(str::to_owned)
    }

    /// The value of a cookie that names one of our sessions at the times of another cookie.
    pub(crate) fn cookie_of(&self, id: &str, body: &CookieBody) -> String {
        let mut state = Value::Object(body.named_state().unwrap_or_default());
        state["sessioneid"] = json!(id);
        let body = CookieBody { state, ..body.clone() };
        body.seal(&self.parameters.signer, &JsonSerializer).expect("a body has a form as JSON")
    }

    /// Whether the request's session is new, and when it began.
    pub(crate) async fn look(&self, cookies: Option<&CookieHeader>) -> Result<(bool, UnixTime), Error> {
        let session = self.begin(cookies).session().await?;
        Ok((session.is_new(), session.created()))
    }

    /// What the request's session holds.
    pub(crate) async fn values(&self, cookies: Option<&CookieHeader>) -> Result<Value, Error> {
        Ok(Value::Object(self.begin(cookies).session().await?.entries()))
    }

    /// Has a request answered, and gives its Set-Cookie. Without `actions` the session is not asked for. `meanwhile` is what
    /// another request makes of the session before this one is done.
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

    /// From now on the store loads nothing.
    pub(crate) fn fail_loads(&self) {
        self.store.faults().set(Op::Load, Fault::Fail);
    }

    /// From now on the store keeps nothing.
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
    SessionFactory::with_clock(options, store.clone(), clock.clone()).expect("the options were tried")
}

async fn finish(exchange: &Exchange, status: u16) -> Result<Effects, Error> {
    exchange.finish(status).await
}
