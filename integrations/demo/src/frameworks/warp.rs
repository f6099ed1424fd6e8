//! The routes of the site on warp.

use std::convert::Infallible;
use std::io;

use ::warp::filters::BoxedFilter;
use ::warp::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION, SET_COOKIE, USER_AGENT};
use ::warp::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use ::warp::path::FullPath;
use ::warp::reject::{self, MethodNotAllowed, Rejection};
use ::warp::reply::{self, Reply, Response};
use ::warp::{Filter, body, header, method};
use serde::de::DeserializeOwned;
use session_core::SessionFactory;
use session_core::adapter::{Clock as _, SystemClock};
use session_warp::{Devices, Session, SessionFilter as _, UnloadedSession};

use crate::answer::{Answer, PAGE_CACHE_CONTROL, SECURITY_HEADERS};
use crate::assets::{self, Asset, ICON, STYLE};
use crate::forms::{self, Button, Guarded};
use crate::launch::Launch;
use crate::site::Site;
use crate::{account, cart, devices, home, refusals, state, visits};

/// Serves the site until a signal stops the process; open requests may finish first.
pub(crate) async fn serve(launch: Launch) -> io::Result<()> {
    let Launch { site, sessions, listener, signals, announcement } = launch;
    let (stop, stop_at_once) = signals.stages();
    let server = ::warp::serve(app(site, sessions)).incoming(listener).graceful(stop);
    announcement.say();
    tokio::select! {
        () = server.run() => (),
        () = stop_at_once => (),
    }
    Ok(())
}

fn app(site: Site, sessions: SessionFactory) -> BoxedFilter<(Response,)> {
    let routes = [
        pages(site, &sessions),
        get("/healthz").map(|| "ok\n".into_response()).boxed(),
        get("/style.css").map(|| STYLE.into_response()).boxed(),
        get("/icon.svg").map(|| ICON.into_response()).boxed(),
    ];
    let answered = any_of(routes).recover(move |rejection| refuse(site, rejection)).unify();
    method()
        .and(::warp::path::full())
        .and(answered)
        .map(move |method, path: FullPath, response| around(site, &method, path.as_str(), response))
        .boxed()
}

fn pages(site: Site, sessions: &SessionFactory) -> BoxedFilter<(Response,)> {
    let here = ::warp::any().map(move || site);
    let get = |path| get(path).and(here);
    let post = |path| post(path).and(here);
    any_of([
        get("/").session(sessions, home).boxed(),
        get("/visits").session(sessions, visits).boxed(),
        get("/sign-in").session(sessions, sign_in_page).boxed(),
        post("/sign-in").and(header::headers_cloned()).and(form()).session(sessions, sign_in).boxed(),
        self::post("/sign-out").session(sessions, sign_out).boxed(),
        get("/signed-out").session(sessions, signed_out).boxed(),
        get("/cart").session(sessions, cart).boxed(),
        post("/cart/add").and(form()).session(sessions, cart_add).boxed(),
        post("/cart/remove").and(form()).session(sessions, cart_remove).boxed(),
        get("/devices").session(sessions, devices).boxed(),
        post("/devices/revoke").and(form()).session(sessions, revoke).boxed(),
        post("/devices/revoke-others").and(form()).session(sessions, revoke_others).boxed(),
        get("/session").session(sessions, state).boxed(),
    ])
}

type Answered = Result<Answer, session_warp::Error>;

async fn home(session: Session, site: Site) -> Answered {
    Ok(home::page(&site, &session)?)
}

async fn visits(session: Session, site: Site) -> Answered {
    Ok(visits::page(&site, &session)?)
}

async fn sign_in_page(session: Session, site: Site) -> Answered {
    Ok(account::sign_in_page(&site, &session)?)
}

async fn sign_in(
    session: Session,
    site: Site,
    headers: HeaderMap,
    form: Guarded<account::Credentials>,
) -> Answered {
    let user_agent = headers.get(USER_AGENT).and_then(|header| header.to_str().ok());
    Ok(account::sign_in(&site, &session, form, user_agent)?)
}

async fn sign_out(session: UnloadedSession) -> Answered {
    Ok(account::sign_out(&session)?)
}

async fn signed_out(session: Session, site: Site) -> Answered {
    Ok(account::signed_out_page(&site, &session)?)
}

async fn cart(session: Session, site: Site) -> Answered {
    Ok(cart::page(&site, &session)?)
}

async fn cart_add(session: Session, site: Site, form: Guarded<cart::Choice>) -> Answered {
    Ok(cart::add(&site, &session, form)?)
}

async fn cart_remove(session: Session, site: Site, form: Guarded<cart::Choice>) -> Answered {
    Ok(cart::remove(&site, &session, form)?)
}

async fn devices((session, devices): (Session, Devices), site: Site) -> Answered {
    Ok(devices::page(&site, &session, &devices, SystemClock.now()).await?)
}

async fn revoke(
    (session, devices): (Session, Devices),
    site: Site,
    form: Guarded<devices::Choice>,
) -> Answered {
    Ok(devices::revoke(&site, &session, &devices, form).await?)
}

async fn revoke_others(
    (session, devices): (Session, Devices),
    site: Site,
    form: Guarded<Button>,
) -> Answered {
    Ok(devices::revoke_others(&site, &session, &devices, form).await?)
}

async fn state(session: Session, site: Site) -> Answered {
    Ok(state::page(&site, &session, SystemClock.now())?)
}

/// Accepts GET and HEAD at this path. warp does not treat HEAD as GET by itself; hyper omits the body.
fn get(path: &'static str) -> BoxedFilter<()> {
    at(path).and(::warp::get().or(::warp::head()).unify()).boxed()
}

/// Accepts POST at this path.
fn post(path: &'static str) -> BoxedFilter<()> {
    at(path).and(::warp::post()).boxed()
}

fn at(path: &'static str) -> BoxedFilter<()> {
    let here = move |asked: FullPath| async move {
        if asked.as_str() == path { Ok(()) } else { Err(reject::not_found()) }
    };
    ::warp::path::full().and_then(here).untuple_one().boxed()
}

fn form<T: DeserializeOwned + Send + 'static>() -> BoxedFilter<(Guarded<T>,)> {
    body::content_length_limit(forms::LONGEST.into()).and(body::form()).boxed()
}

/// Joins routes: the first one that matches handles the request.
fn any_of<const N: usize>(routes: [BoxedFilter<(Response,)>; N]) -> BoxedFilter<(Response,)> {
    let joined = routes.into_iter().reduce(|all, route| all.or(route).unify().boxed());
    joined.expect("the site has routes")
}

/// Renders the page for a request that no route has accepted.
async fn refuse(site: Site, rejection: Rejection) -> Result<Response, Infallible> {
    let answer = if rejection.is_not_found() {
        refusals::not_found(&site)
    } else if rejection.find::<MethodNotAllowed>().is_some() {
        refusals::method_not_allowed(&site)
    } else {
        refusals::unreadable(&site)
    };
    Ok(answer.into_response())
}

/// Adds the security headers to every response, and replaces the response if its session failed.
fn around(site: Site, method: &Method, path: &str, mut response: Response) -> Response {
    if let Some(error) = response.extensions().get::<session_core::Error>() {
        let mut page = refusals::failed(&site, format_args!("{method} {path}"), error).into_response();
        // The session may have been saved nevertheless, and then the browser needs its cookie.
        response.headers().get_all(SET_COOKIE).iter().for_each(|cookie| {
            page.headers_mut().append(SET_COOKIE, cookie.clone());
        });
        response = page;
    }
    for (name, value) in SECURITY_HEADERS {
        response.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}

impl Reply for Answer {
    fn into_response(self) -> Response {
        match self {
            Self::Page { status, html } => {
                let status =
                    StatusCode::from_u16(status).expect("every status of a page is a valid HTTP status");
                let page = reply::with_header(reply::html(html), CACHE_CONTROL, PAGE_CACHE_CONTROL);
                reply::with_status(page, status).into_response()
            }
            Self::SeeOther(address) => {
                let seen = reply::with_header(reply::reply(), LOCATION, address);
                reply::with_status(seen, StatusCode::SEE_OTHER).into_response()
            }
        }
    }
}

impl Reply for Asset {
    fn into_response(self) -> Response {
        let typed = reply::with_header(self.text, CONTENT_TYPE, self.media_type);
        reply::with_header(typed, CACHE_CONTROL, assets::CACHE_CONTROL).into_response()
    }
}
