//! The driver that runs the stories on Rocket.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use rocket::config::{LogLevel, Shutdown};
use rocket::fairing::AdHoc;
use rocket::futures::StreamExt as _;
use rocket::http::Status;
use rocket::request::Outcome;
use rocket::response::Responder;
use rocket::response::stream::ByteStream;
use rocket::route::{Handler, Route};
use rocket::{Build, Config, Data, Request, Rocket, State, catch, catchers, get, routes};
use session_core::store::async_trait;
use session_rocket::{Devices, Error, Named, ReadOnlySession, Session, Sessions, UnloadedSession};
use session_testkit::stories::{
    Admin, App, Body, Both, Everything, Framework, HangUp, Reply, Server, notice_header,
};
use tokio::sync::oneshot;

/// A function that adds something to a Rocket.
type Built = Arc<dyn Fn(Rocket<Build>) -> Rocket<Build> + Send + Sync>;

/// The Rocket driver, with the routes and fairings that a test adds.
#[derive(Clone)]
pub(crate) struct OnRocket {
    before: Built,
    after: Built,
}

impl OnRocket {
    /// Creates a driver with only the stories' routes and the fairing.
    pub(crate) fn plain() -> Self {
        Self::with(|rocket| rocket)
    }

    /// Creates a driver to which `after` adds routes, and fairings after that of the sessions.
    pub(crate) fn with(after: impl Fn(Rocket<Build>) -> Rocket<Build> + Send + Sync + 'static) -> Self {
        Self { before: Arc::new(|rocket| rocket), after: Arc::new(after) }
    }

    /// Makes the driver add fairings before that of the sessions.
    pub(crate) fn after(
        self,
        before: impl Fn(Rocket<Build>) -> Rocket<Build> + Send + Sync + 'static,
    ) -> Self {
        Self { before: Arc::new(before), ..self }
    }
}

#[async_trait]
impl Framework for OnRocket {
    fn name(&self) -> &'static str {
        "rocket"
    }

    async fn serve(&self, app: App) -> Server {
        let rocket = (self.before)(rocket::custom(config())).manage(app.clone());
        let rocket = match app.sessions() {
            Some(sessions) => rocket.mount("/", routes()).attach(Sessions::fairing(sessions.clone())),
            None => rocket.mount("/", unwatched(routes())).register("/", catchers![explain]),
        };
        let rocket = match app.admin() {
            Some(admin) => {
                rocket.mount("/", routes![both]).attach(Sessions::fairing(admin.clone()).named::<Admin>())
            }
            None => rocket.mount("/", unwatched(routes![both])).register("/both", catchers![explain_name]),
        };
        let visited = AdHoc::on_request("visits", move |request, _| {
            // The visit is kept as long as the request.
            request.local_cache(|| app.visit());
            Box::pin(async {})
        });
        let notices = AdHoc::on_response("notices", |request, response| {
            if let Some((name, value)) = session_rocket::notice(request).map(notice_header) {
                response.set_raw_header(name, value);
            }
            Box::pin(async {})
        });
        let (address, launched) = launched();
        let rocket = (self.after)(rocket).attach(visited).attach(notices).attach(launched);
        let serving = async move { drop(rocket.launch().await.expect("the server never ends")) };
        let task = tokio::spawn(serving);
        Server::new(address.await.expect("the server is launched"), task)
    }

    /// Returns [`HangUp::ChangesNothing`], because Rocket runs a request as a task of its own.
    fn hang_up(&self) -> HangUp {
        HangUp::ChangesNothing
    }

    fn remedy(&self) -> &'static str {
        ".attach(Sessions::fairing(sessions))"
    }

    fn exempt(&self) -> &[(&'static str, &'static str)] {
        &[("HTTP-TOSSING-012", "Rocket drops a Cookie header with such bytes, all of it")]
    }
}

/// Returns a configuration with a free port and without a log.
pub(crate) fn config() -> Config {
    let shutdown = Shutdown { ctrlc: false, ..Shutdown::default() };
    let address = Ipv4Addr::LOCALHOST.into();
    Config { address, port: 0, log_level: LogLevel::Off, shutdown, ..Config::debug_default() }
}

/// Makes a fairing that sends the address on which Rocket listens.
fn launched() -> (oneshot::Receiver<SocketAddr>, AdHoc) {
    let (sender, address) = oneshot::channel();
    let sender = Mutex::new(Some(sender));
    let launched = AdHoc::on_liftoff("launched", move |rocket| {
        let config = rocket.config();
        let sender = sender.lock().unwrap_or_else(PoisonError::into_inner).take();
        let sent = sender.map(|sender| sender.send(SocketAddr::new(config.address, config.port)));
        assert_eq!(sent, Some(Ok(())), "the server launches once, and the address is awaited");
        Box::pin(async {})
    });
    (address, launched)
}

/// Wraps routes so that no sentinel sees their guards, as in a handler that calls the guards itself.
fn unwatched(routes: Vec<Route>) -> Vec<Route> {
    let bare = |route: Route| Route::new(route.method, &route.uri.to_string(), Unwatched(route.handler));
    routes.into_iter().map(bare).collect()
}

#[derive(Clone)]
struct Unwatched(Box<dyn Handler>);

#[async_trait]
impl Handler for Unwatched {
    async fn handle<'r>(&self, request: &'r Request<'_>, data: Data<'r>) -> rocket::route::Outcome<'r> {
        self.0.handle(request, data).await
    }
}

/// Responds with the error of a missing fairing.
#[catch(500)]
async fn explain(request: &Request<'_>) -> Option<String> {
    match request.guard::<UnloadedSession>().await {
        Outcome::Error((_, missing)) => Some(missing.to_string()),
        Outcome::Success(_) | Outcome::Forward(_) => None,
    }
}

/// Responds with the error of a missing name.
#[catch(500)]
async fn explain_name(request: &Request<'_>) -> Option<String> {
    match request.guard::<Named<Admin, UnloadedSession>>().await {
        Outcome::Error((_, missing)) => Some(missing.to_string()),
        Outcome::Success(_) | Outcome::Forward(_) => None,
    }
}

type Answering = Result<Answer, Error>;

pub(crate) fn routes() -> Vec<Route> {
    routes![untouched, loaded, lenient, unloaded, read_only, devices, everything]
}

#[get("/untouched/<call>")]
async fn untouched(app: &State<App>, call: usize) -> Answering {
    Ok(Answer(app.untouched(call).await?))
}

#[get("/loaded/<call>")]
async fn loaded(session: Session, app: &State<App>, call: usize) -> Answering {
    Ok(Answer(app.loaded(session.0, call).await?))
}

#[get("/lenient/<call>")]
async fn lenient(session: Option<Session>, app: &State<App>, call: usize) -> Answering {
    Ok(Answer(app.lenient(session.map(|session| session.0), call).await?))
}

#[get("/unloaded/<call>")]
async fn unloaded(session: UnloadedSession, app: &State<App>, call: usize) -> Answering {
    Ok(Answer(app.unloaded(session.0, call).await?))
}

#[get("/read_only/<call>")]
async fn read_only(session: ReadOnlySession, app: &State<App>, call: usize) -> Answering {
    Ok(Answer(app.read_only(session.0, call).await?))
}

#[get("/devices/<call>")]
async fn devices(devices: Devices, app: &State<App>, call: usize) -> Answering {
    Ok(Answer(app.devices(devices.0, call).await?))
}

#[get("/everything/<call>")]
async fn everything(
    session: Session,
    again: Session,
    unloaded: UnloadedSession,
    devices: Devices,
    app: &State<App>,
    call: usize,
) -> Answering {
    let (session, again, unloaded, devices) = (session.0, again.0, unloaded.0, devices.0);
    Ok(Answer(app.everything(Everything { session, again, unloaded, devices }, call).await?))
}

#[get("/both/<call>")]
async fn both(
    session: Session,
    admin: Named<Admin, Session>,
    unloaded: Named<Admin, UnloadedSession>,
    devices: Named<Admin, Devices>,
    app: &State<App>,
    call: usize,
) -> Answering {
    let (session, admin) = (session.0, admin.into_inner().0);
    let (admin_unloaded, admin_devices) = (unloaded.into_inner().0, devices.into_inner().0);
    Ok(Answer(app.both(Both { session, admin, admin_unloaded, admin_devices }, call).await?))
}

struct Answer(Reply);

impl<'r> Responder<'r, 'r> for Answer {
    fn respond_to(self, request: &'r Request<'_>) -> rocket::response::Result<'r> {
        let Reply { status, headers, body } = self.0;
        let mut response = match body {
            Body::Text(text) => text.respond_to(request)?,
            Body::Stream(chunks) => ByteStream(chunks.map(|Ok(chunk)| chunk)).respond_to(request)?,
        };
        response.set_status(Status::new(status));
        for (name, value) in headers {
            response.adjoin_raw_header(name, value);
        }
        Ok(response)
    }
}
