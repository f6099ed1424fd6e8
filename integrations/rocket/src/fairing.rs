//! The fairing that begins and finishes the exchanges.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use rocket::fairing::{Fairing, Info, Kind};
use rocket::{Build, Request, Response, Rocket};
use session_core::SessionFactory;
use session_core::adapter::Exchange;
use session_core::store::SessionStore;

use crate::configuration;
use crate::error::{Error, MissingFairing, bare};
use crate::headers::Headers;

/// Gives every request a session, should it ask for one.
///
/// There is one for all routes: of several that are attached, the last one counts. The response is finished in the order in which
/// fairings are attached: those that come before this one can still change the session in `on_response`, those that come after it see
/// the response as it goes out, and [what failed](Error::of).
pub struct Sessions {
    source: Source,
}

enum Source {
    Factory(SessionFactory),
    Configuration(Arc<dyn SessionStore>),
}

/// The factory, once the fairing is attached.
pub(crate) struct Attached(SessionFactory);

/// The exchange, among what Rocket keeps with a request.
struct Begun(Option<Exchange>);

impl Sessions {
    /// The fairing that takes its sessions from this factory.
    ///
    /// ```
    /// # use rocket::{Build, Rocket};
    /// use session_core::{MemoryStore, OptionsError, SessionFactory, SessionOptions};
    /// use session_rocket::Sessions;
    ///
    /// fn site(secret: &str) -> Result<Rocket<Build>, OptionsError> {
    ///     let options = SessionOptions::new(secret).hardened();
    ///     Ok(rocket::build().attach(Sessions::fairing(SessionFactory::new(options, MemoryStore::new())?)))
    /// }
    /// # assert!(site("thirty-two bytes of secret, or more").is_ok());
    /// ```
    #[must_use]
    pub const fn fairing(sessions: SessionFactory) -> Self {
        Self { source: Source::Factory(sessions) }
    }

    /// The fairing that keeps its sessions in this store, with the [`options`](crate::options) of Rocket's configuration. If they are
    /// wrong, Rocket does not launch, and its log says what to mend.
    ///
    /// ```
    /// # use rocket::{Build, Rocket};
    /// use session_core::MemoryStore;
    /// use session_rocket::Sessions;
    ///
    /// fn site() -> Rocket<Build> {
    ///     rocket::build().attach(Sessions::configured(MemoryStore::new()))
    /// }
    /// # let _ = site();
    /// ```
    #[must_use]
    pub fn configured(store: impl SessionStore) -> Self {
        Self { source: Source::Configuration(Arc::new(store)) }
    }

    fn factory(&self, rocket: &Rocket<Build>) -> Result<SessionFactory, Box<dyn std::error::Error>> {
        match &self.source {
            Source::Factory(sessions) => Ok(sessions.clone()),
            Source::Configuration(store) => {
                let options = configuration::options(rocket.figment())?;
                Ok(SessionFactory::new(options, Arc::clone(store))?)
            }
        }
    }
}

#[rocket::async_trait]
impl Fairing for Sessions {
    fn info(&self) -> Info {
        Info { name: "Sessions", kind: Kind::Ignite | Kind::Response | Kind::Singleton }
    }

    async fn on_ignite(&self, rocket: Rocket<Build>) -> rocket::fairing::Result {
        match self.factory(&rocket).map_err(|error| error.to_string()) {
            Ok(sessions) => Ok(rocket.manage(Attached(sessions.with_spawner(spawn)))),
            Err(error) => {
                rocket::error!("There can be no sessions: {error}.");
                Err(rocket)
            }
        }
    }

    /// Rocket goes on with a request when its client has gone, so this runs to its end.
    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let Ok(exchange) = exchange(request) else { return };
        match exchange.finish(response.status().code).await {
            Ok(effects) => effects.apply(&mut Headers(response)),
            Err(error) => *response = bare(Error(error), request),
        }
    }
}

impl fmt::Debug for Sessions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.source {
            Source::Factory(_) => "Sessions(factory)",
            Source::Configuration(_) => "Sessions(configured)",
        })
    }
}

/// The request's exchange, begun by whoever asks for it first.
pub(crate) fn exchange<'r>(request: &'r Request<'_>) -> Result<&'r Exchange, MissingFairing> {
    let begun = request.local_cache(|| {
        let attached: Option<&Attached> = request.rocket().state();
        Begun(attached.map(|Attached(sessions)| begin(sessions, request)))
    });
    begun.0.as_ref().ok_or(MissingFairing)
}

fn begin(sessions: &SessionFactory, request: &Request<'_>) -> Exchange {
    let mut headers = request.headers().get("Cookie").peekable();
    if headers.peek().is_some() {
        return sessions.begin(headers.map(str::as_bytes));
    }
    // Rocket's client for tests sends no header: its cookies are in the jar alone.
    let cookies: Vec<_> = request.cookies().iter().map(|cookie| cookie.stripped().to_string()).collect();
    sessions.begin(cookies.iter().map(String::as_bytes))
}

/// Runs the rest of a save that nobody waits for: the server is shutting down.
fn spawn(rest: Pin<Box<dyn Future<Output = ()> + Send>>) {
    if let Ok(runtime) = rocket::tokio::runtime::Handle::try_current() {
        runtime.spawn(rest);
    }
}
