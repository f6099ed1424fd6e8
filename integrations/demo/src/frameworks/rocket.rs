//! The routes of the site on Rocket.

use std::convert::Infallible;
use std::io;

use ::rocket::config::{Config, Ident, LogLevel, Shutdown};
use ::rocket::data::{Data, FromData};
use ::rocket::fairing::AdHoc;
use ::rocket::http::{ContentType, Status};
use ::rocket::outcome::Outcome;
use ::rocket::request::{FromRequest, Request};
use ::rocket::response::content::RawHtml;
use ::rocket::response::{self, Redirect, Responder, Response};
use ::rocket::{Build, Rocket, State, catch, catchers, get, post, routes};
use serde::de::DeserializeOwned;
use session_core::SessionFactory;
use session_core::adapter::{Clock as _, SystemClock};
use session_rocket::{Devices, Session, Sessions, UnloadedSession};

use crate::answer::{Answer, PAGE_CACHE_CONTROL, SECURITY_HEADERS};
use crate::assets::{self, Asset, ICON, STYLE};
use crate::forms::{self, Button, Guarded};
use crate::launch::{Announcement, Launch};
use crate::refusals;
use crate::site::Site;

/// Serves the site until a signal stops the process; open requests may finish first.
pub(crate) async fn serve(launch: Launch) -> io::Result<()> {
    let Launch { site, sessions, listener, signals, announcement } = launch;
    // Rocket does not accept a listener, so the listener is closed and Rocket binds its address again.
    let address = listener.local_addr()?;
    drop(listener);
    let config = Config {
        address: address.ip(),
        port: address.port(),
        ident: Ident::none(),
        log_level: LogLevel::Off,
        shutdown: Shutdown { ctrlc: false, signals: Default::default(), ..Shutdown::default() },
        ..Config::debug_default()
    };
    let rocket = app(config, site, sessions, announcement).ignite().await.map_err(stopped)?;
    let (stop, stop_at_once) = signals.stages();
    let shutdown = rocket.shutdown();
    tokio::spawn(async move {
        stop.await;
        shutdown.notify();
    });
    tokio::select! {
        ended = rocket.launch() => ended.map(drop).map_err(stopped),
        () = stop_at_once => Ok(()),
    }
}

fn app(config: Config, site: Site, sessions: SessionFactory, announcement: Announcement) -> Rocket<Build> {
    ::rocket::custom(config)
        .manage(site)
        .attach(Sessions::fairing(sessions))
        .attach(AdHoc::on_response("Around", |request, response| Box::pin(around(request, response))))
        .attach(AdHoc::on_liftoff("Announcement", |_| Box::pin(async { announcement.say() })))
        .mount("/", routes![home, visits, sign_in_page, sign_in, sign_out, signed_out, state])
        .mount("/", routes![cart, cart_add, cart_remove, devices, revoke, revoke_others])
        .mount("/", routes![health, style, icon])
        .register("/", catchers![unreadable, not_found, broken])
}

// Formatting the error also marks it as seen. Otherwise Rocket's error would panic when it is dropped.
fn stopped(error: ::rocket::Error) -> io::Error {
    io::Error::other(error.to_string())
}

type Answered = Result<Answer, session_rocket::Error>;

#[get("/")]
fn home(site: &State<Site>, session: Session) -> Answered {
    Ok(crate::home::page(site, &session)?)
}

#[get("/visits")]
fn visits(site: &State<Site>, session: Session) -> Answered {
    Ok(crate::visits::page(site, &session)?)
}

#[get("/sign-in")]
fn sign_in_page(site: &State<Site>, session: Session) -> Answered {
    Ok(crate::account::sign_in_page(site, &session)?)
}

#[post("/sign-in", data = "<form>")]
fn sign_in(
    site: &State<Site>,
    session: Session,
    user_agent: UserAgent<'_>,
    form: Posted<crate::account::Credentials>,
) -> Answered {
    Ok(crate::account::sign_in(site, &session, form.0, user_agent.0)?)
}

#[post("/sign-out")]
fn sign_out(session: UnloadedSession) -> Answered {
    Ok(crate::account::sign_out(&session)?)
}

#[get("/signed-out")]
fn signed_out(site: &State<Site>, session: Session) -> Answered {
    Ok(crate::account::signed_out_page(site, &session)?)
}

#[get("/cart")]
fn cart(site: &State<Site>, session: Session) -> Answered {
    Ok(crate::cart::page(site, &session)?)
}

#[post("/cart/add", data = "<form>")]
fn cart_add(site: &State<Site>, session: Session, form: Posted<crate::cart::Choice>) -> Answered {
    Ok(crate::cart::add(site, &session, form.0)?)
}

#[post("/cart/remove", data = "<form>")]
fn cart_remove(site: &State<Site>, session: Session, form: Posted<crate::cart::Choice>) -> Answered {
    Ok(crate::cart::remove(site, &session, form.0)?)
}

#[get("/devices")]
async fn devices(site: &State<Site>, session: Session, devices: Devices) -> Answered {
    Ok(crate::devices::page(site, &session, &devices, SystemClock.now()).await?)
}

#[post("/devices/revoke", data = "<form>")]
async fn revoke(
    site: &State<Site>,
    session: Session,
    devices: Devices,
    form: Posted<crate::devices::Choice>,
) -> Answered {
    Ok(crate::devices::revoke(site, &session, &devices, form.0).await?)
}

#[post("/devices/revoke-others", data = "<form>")]
async fn revoke_others(
    site: &State<Site>,
    session: Session,
    devices: Devices,
    form: Posted<Button>,
) -> Answered {
    Ok(crate::devices::revoke_others(site, &session, &devices, form.0).await?)
}

#[get("/session")]
fn state(site: &State<Site>, session: Session) -> Answered {
    Ok(crate::state::page(site, &session, SystemClock.now())?)
}

#[get("/healthz")]
fn health() -> &'static str {
    "ok\n"
}

#[get("/style.css")]
fn style() -> Asset {
    STYLE
}

#[get("/icon.svg")]
fn icon() -> Asset {
    ICON
}

#[catch(400)]
fn unreadable(request: &Request<'_>) -> Answer {
    refusals::unreadable(site(request))
}

/// Renders the page for 404, or for 405 if the address has a route with another method: Rocket has no 405 of
/// its own.
#[catch(404)]
fn not_found(request: &Request<'_>) -> Answer {
    let path = request.uri().path();
    if request.rocket().routes().any(|route| route.uri.path() == path.as_str()) {
        refusals::method_not_allowed(site(request))
    } else {
        refusals::not_found(site(request))
    }
}

#[catch(default)]
fn broken(status: Status, request: &Request<'_>) -> Answer {
    refusals::broken(site(request), status.code)
}

fn site<'r>(request: &'r Request<'_>) -> &'r Site {
    request.rocket().state().expect("`app` manages the site")
}

/// A data guard for a form. A body that is not a valid form fails with 400, whose catcher renders the page
/// for it.
struct Posted<T>(Guarded<T>);

#[::rocket::async_trait]
impl<'r, T: DeserializeOwned> FromData<'r> for Posted<T> {
    type Error = ();

    async fn from_data(
        request: &'r Request<'_>,
        data: Data<'r>,
    ) -> Outcome<Self, (Status, ()), (Data<'r>, Status)> {
        match read(request, data).await {
            Some(form) => Outcome::Success(Self(form)),
            None => Outcome::Error((Status::BadRequest, ())),
        }
    }
}

async fn read<T: DeserializeOwned>(request: &Request<'_>, data: Data<'_>) -> Option<Guarded<T>> {
    if request.content_type() != Some(&ContentType::Form) {
        return None;
    }
    let text = data.open(forms::LONGEST.into()).into_string().await.ok()?;
    if text.is_complete() { serde_urlencoded::from_str(&text).ok() } else { None }
}

/// The User-Agent header of the request.
struct UserAgent<'r>(Option<&'r str>);

#[::rocket::async_trait]
impl<'r> FromRequest<'r> for UserAgent<'r> {
    type Error = Infallible;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, (Status, Infallible), Status> {
        Outcome::Success(Self(request.headers().get_one("User-Agent")))
    }
}

/// Adds the security headers to every response, and replaces the response if its session failed.
async fn around<'r>(request: &'r Request<'_>, response: &mut Response<'r>) {
    if let Some(session_rocket::Error(error)) = session_rocket::Error::of(request) {
        let what = format_args!("{} {}", request.method(), request.uri().path()).to_string();
        let page = refusals::failed(site(request), what, error).respond_to(request);
        let mut page = page.unwrap_or_default();
        // The session may have been saved nevertheless, and then the browser needs its cookie.
        response.headers().get("Set-Cookie").for_each(|cookie| {
            page.adjoin_raw_header("Set-Cookie", cookie.to_owned());
        });
        *response = page;
    }
    for (name, value) in SECURITY_HEADERS {
        response.set_raw_header(name, value);
    }
}

impl<'r> Responder<'r, 'static> for Answer {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        match self {
            Self::Page { status, html } => Response::build_from(RawHtml(html).respond_to(request)?)
                .status(Status::new(status))
                .raw_header("Cache-Control", PAGE_CACHE_CONTROL)
                .ok(),
            Self::SeeOther(address) => Redirect::to(address).respond_to(request),
        }
    }
}

impl<'r> Responder<'r, 'static> for Asset {
    fn respond_to(self, request: &'r Request<'_>) -> response::Result<'static> {
        Response::build_from(self.text.respond_to(request)?)
            .raw_header("Content-Type", self.media_type)
            .raw_header("Cache-Control", assets::CACHE_CONTROL)
            .ok()
    }
}
