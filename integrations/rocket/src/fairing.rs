//! The fairing that begins and finishes the exchange of each request.

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rocket::fairing::{Fairing, Info, Kind};
use rocket::{Build, Request, Response, Rocket};
use session_core::SessionFactory;
use session_core::adapter::{Exchange, Name};
use session_core::store::SessionStore;

use crate::configuration;
use crate::error::{self, Error, MissingFairing, bare, note};
use crate::headers::Headers;

/// The fairing that provides the session to all routes.
///
/// Several can be attached, if each but one has a [name](Sessions::named). `N` is that name; `()` stands for
/// none. Two with the same name, or two without, are a mistake: Rocket does not launch, and its log says what
/// to change.
///
/// Rocket runs the `on_response` of fairings in the order in which they are attached. Fairings before this
/// one can still change the session; those after it see the response as it will be sent, and the
/// [error](Error::of) if there was one.
pub struct Sessions<N = ()> {
    source: Source,
    name: PhantomData<fn() -> N>,
}

enum Source {
    Factory(SessionFactory),
    Configuration(Arc<dyn SessionStore>),
}

/// The factory, once its fairing is attached.
pub(crate) struct Attached<N> {
    sessions: SessionFactory,
    name: PhantomData<fn() -> N>,
}

/// The factories whose fairings are attached, each with its name.
#[derive(Default)]
struct AllAttached(Mutex<Vec<(SessionFactory, Option<Name>)>>);

/// The exchange, in the request's local cache.
struct Begun<N> {
    exchange: Option<Exchange>,
    name: PhantomData<fn() -> N>,
}

/// Tells whether a session of the request could not be saved, in the request's local cache.
#[derive(Default)]
struct Unsaved(AtomicBool);

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
        Self { source: Source::Factory(sessions), name: PhantomData }
    }

    /// Creates a fairing that keeps its sessions in this store, with the [`options`](crate::options) of
    /// Rocket's configuration.
    ///
    /// If the options are not valid, Rocket does not launch, and its log says what to change. The factory
    /// belongs to the fairing. To call its methods, such as [`revoke_all`](SessionFactory::revoke_all), make
    /// it of [`options`](crate::options) yourself, and pass a clone to [`Sessions::fairing`].
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
        Self { source: Source::Configuration(Arc::new(store)), name: PhantomData }
    }

    /// Gives the fairing a name, by which handlers take its sessions with [`Named`](crate::Named).
    ///
    /// The name is a type that exists for this purpose. Give each factory its own `cookie_name`; Rocket does
    /// not launch with two that have the same. To read the options of a second factory from Rocket's
    /// configuration, call [`options`](crate::options) with `figment.focus("admin")`, which reads the table
    /// `admin.session`: in `Rocket.toml`, `[default.admin.session]`.
    ///
    /// ```
    /// # use rocket::{Build, Rocket, get, routes};
    /// use session_rocket::{Named, Session, SessionFactory, Sessions};
    ///
    /// struct Admin;
    ///
    /// #[get("/")]
    /// async fn page(session: Session, admin: Named<Admin, Session>) -> String {
    ///     format!("{} and {} values", session.len(), admin.len())
    /// }
    ///
    /// fn site(sessions: SessionFactory, admin_sessions: SessionFactory) -> Rocket<Build> {
    ///     rocket::build()
    ///         .attach(Sessions::fairing(sessions))
    ///         .attach(Sessions::fairing(admin_sessions).named::<Admin>())
    ///         .mount("/", routes![page])
    /// }
    /// # let _ = site;
    /// ```
    #[must_use]
    pub fn named<N: 'static>(self) -> Sessions<N> {
        Sessions { source: self.source, name: PhantomData }
    }
}

impl<N: 'static> Sessions<N> {
    /// Makes the factory, and adds it to those that are attached.
    fn attach(&self, rocket: &Rocket<Build>) -> Result<SessionFactory, String> {
        let sessions = self.factory(rocket).map_err(|error| error.to_string())?.with_spawner(spawn);
        let all = rocket.state::<AllAttached>().expect("the first fairing has added it");
        let mut all = all.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = error::name::<N>();
        if all.iter().any(|(_, other)| *other == name) {
            return Err(match name {
                None => "two fairings have no name: attach one of them as `Sessions::fairing(sessions).named::<Name>()`, or remove it".to_owned(),
                Some(name) => format!("two fairings have the name `{name}`: give one of them another, or remove it"),
            });
        }
        if let Some((other, _)) = all.iter().find(|(other, _)| other.cookie_name() == sessions.cookie_name())
        {
            let cookie = other.cookie_name();
            return Err(format!(
                "two fairings set the cookie `{cookie}`: give one of them another `cookie_name`"
            ));
        }
        all.push((sessions.clone(), name));
        Ok(sessions)
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
impl<N: 'static> Fairing for Sessions<N> {
    fn info(&self) -> Info {
        Info { name: "Sessions", kind: Kind::Ignite | Kind::Response }
    }

    async fn on_ignite(&self, mut rocket: Rocket<Build>) -> rocket::fairing::Result {
        if rocket.state::<AllAttached>().is_none() {
            rocket = rocket.manage(AllAttached::default());
        }
        match self.attach(&rocket) {
            Ok(sessions) => Ok(rocket.manage(Attached::<N> { sessions, name: PhantomData })),
            Err(error) => {
                rocket::error!("Sessions cannot be set up: {error}");
                Err(rocket)
            }
        }
    }

    /// Finishes the exchange. Rocket completes a request after its client has hung up, so this always runs to
    /// its end.
    async fn on_response<'r>(&self, request: &'r Request<'_>, response: &mut Response<'r>) {
        let Ok(exchange) = exchange::<N>(request) else { return };
        let Unsaved(unsaved) = request.local_cache(Unsaved::default);
        if unsaved.load(Ordering::Relaxed) {
            // No cookie can go with the response, which is empty; and the first error counts.
            drop(exchange.reject().await);
            return;
        }
        match exchange.finish(response.status().code).await {
            Ok(effects) => {
                if let Some(notice) = effects.notice {
                    note(notice, request);
                }
                effects.apply(&mut Headers(response));
            }
            Err(error) => {
                unsaved.store(true, Ordering::Relaxed);
                *response = bare(Error(error), request);
            }
        }
    }
}

impl<N> fmt::Debug for Sessions<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.source {
            Source::Factory(_) => "Sessions(factory)",
            Source::Configuration(_) => "Sessions(configured)",
        })
    }
}

/// Returns the request's exchange with the name `N`, which the first call begins.
pub(crate) fn exchange<'r, N: 'static>(request: &'r Request<'_>) -> Result<&'r Exchange, MissingFairing> {
    let begun = request.local_cache(|| {
        let attached: Option<&Attached<N>> = request.rocket().state();
        Begun::<N> {
            exchange: attached.map(|attached| begin(&attached.sessions, request)),
            name: PhantomData,
        }
    });
    begun.exchange.as_ref().ok_or_else(MissingFairing::of::<N>)
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
