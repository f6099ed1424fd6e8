//! The fairing that begins and finishes the exchange of each request.

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

/// The fairing that provides the session to all routes.
///
/// If several are attached, only the last one has an effect. Rocket runs the `on_response` of fairings in the
/// order in which they are attached. Fairings before this one can still change the session; those after it
/// see the response as it will be sent, and the [error](Error::of) if there was one.
pub struct Sessions {
    source: Source,
}

enum Source {
    Factory(SessionFactory),
    Configuration(Arc<dyn SessionStore>),
}

/// The factory, once the fairing is attached.
pub(crate) struct Attached(SessionFactory);

/// The exchange, in the request's local cache.
struct Begun(Option<Exchange>);

impl Sessions {
    /// Creates a fairing that takes its sessions from this factory.
    ///
    /// ```
    /// # use rocket::{Build, Rocket};
    /// use session_rocket::{MemoryStore, OptionsError, SessionFactory, SessionOptions, Sessions};
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

    /// Creates a fairing that keeps its sessions in this store, with the [`options`](crate::options) of
    /// Rocket's configuration.
    ///
    /// If the options are not valid, Rocket does not launch, and its log says what to change.
    ///
    /// ```
    /// # use rocket::{Build, Rocket};
    /// use session_rocket::{MemoryStore, Sessions};
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
                rocket::error!("Sessions cannot be set up: {error}");
                Err(rocket)
            }
        }
    }

    /// Finishes the exchange. Rocket completes a request after its client has hung up, so this always runs to
    /// its end.
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

/// Returns the request's exchange, which the first call begins.
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
    // Rocket's local client for tests sends no Cookie header. Its cookies are only in the jar.
    let cookies: Vec<_> = request.cookies().iter().map(|cookie| cookie.stripped().to_string()).collect();
    sessions.begin(cookies.iter().map(String::as_bytes))
}

/// Runs the rest of a save whose request was dropped, because the server shuts down. Without a runtime the
/// save is lost.
fn spawn(rest: Pin<Box<dyn Future<Output = ()> + Send>>) {
    if let Ok(runtime) = rocket::tokio::runtime::Handle::try_current() {
        runtime.spawn(rest);
    }
}
