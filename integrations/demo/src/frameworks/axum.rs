//! The routes of the site on axum.

use std::io;

use ::axum::Router;
use ::axum::extract::{DefaultBodyLimit, Form, FromRequest, Request, State};
use ::axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, SET_COOKIE, USER_AGENT};
use ::axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use ::axum::middleware::{self, Next};
use ::axum::response::{Html, IntoResponse, Redirect, Response};
use ::axum::routing::{get, post};
use ::axum::serve::ListenerExt as _;
use serde::de::DeserializeOwned;
use session_axum::{Devices, Session, SessionLayer, UnloadedSession};
use session_core::SessionFactory;
use session_core::adapter::{Clock as _, SystemClock};

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
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    let server = ::axum::serve(listener, app(site, sessions)).with_graceful_shutdown(stop);
    announcement.say();
    tokio::select! {
        ended = server.into_future() => ended,
        () = stop_at_once => Ok(()),
    }
}

fn app(site: Site, sessions: SessionFactory) -> Router {
    pages()
        .layer(SessionLayer::new(sessions))
        .route("/healthz", get("ok\n"))
        .route("/style.css", get(|| async { STYLE }))
        .route("/icon.svg", get(|| async { ICON }))
        .fallback(async |State(site): State<Site>| refusals::not_found(&site))
        .method_not_allowed_fallback(async |State(site): State<Site>| refusals::method_not_allowed(&site))
        .layer(middleware::from_fn_with_state(site, around))
        .layer(DefaultBodyLimit::max(forms::LONGEST.into()))
        .with_state(site)
}

fn pages() -> Router<Site> {
    Router::new()
        .route("/", get(home))
        .route("/visits", get(visits))
        .route("/sign-in", get(sign_in_page).post(sign_in))
        .route("/sign-out", post(sign_out))
        .route("/signed-out", get(signed_out))
        .route("/cart", get(cart))
        .route("/cart/add", post(cart_add))
        .route("/cart/remove", post(cart_remove))
        .route("/devices", get(devices))
        .route("/devices/revoke", post(revoke))
        .route("/devices/revoke-others", post(revoke_others))
        .route("/session", get(state))
}

type Answered = Result<Answer, session_axum::Error>;

async fn home(State(site): State<Site>, session: Session) -> Answered {
    Ok(home::page(&site, &session)?)
}

async fn visits(State(site): State<Site>, session: Session) -> Answered {
    Ok(visits::page(&site, &session)?)
}

async fn sign_in_page(State(site): State<Site>, session: Session) -> Answered {
    Ok(account::sign_in_page(&site, &session)?)
}

async fn sign_in(
    State(site): State<Site>,
    session: Session,
    headers: HeaderMap,
    Posted(form): Posted<account::Credentials>,
) -> Answered {
    let user_agent = headers.get(USER_AGENT).and_then(|header| header.to_str().ok());
    Ok(account::sign_in(&site, &session, form, user_agent)?)
}

async fn sign_out(session: UnloadedSession) -> Answered {
    Ok(account::sign_out(&session)?)
}

async fn signed_out(State(site): State<Site>, session: Session) -> Answered {
    Ok(account::signed_out_page(&site, &session)?)
}

async fn cart(State(site): State<Site>, session: Session) -> Answered {
    Ok(cart::page(&site, &session)?)
}

async fn cart_add(
    State(site): State<Site>,
    session: Session,
    Posted(form): Posted<cart::Choice>,
) -> Answered {
    Ok(cart::add(&site, &session, form)?)
}

async fn cart_remove(
    State(site): State<Site>,
    session: Session,
    Posted(form): Posted<cart::Choice>,
) -> Answered {
    Ok(cart::remove(&site, &session, form)?)
}

async fn devices(State(site): State<Site>, session: Session, devices: Devices) -> Answered {
    Ok(devices::page(&site, &session, &devices, SystemClock.now()).await?)
}

async fn revoke(
    State(site): State<Site>,
    session: Session,
    devices: Devices,
    Posted(form): Posted<devices::Choice>,
) -> Answered {
    Ok(devices::revoke(&site, &session, &devices, form).await?)
}

async fn revoke_others(
    State(site): State<Site>,
    session: Session,
    devices: Devices,
    Posted(form): Posted<Button>,
) -> Answered {
    Ok(devices::revoke_others(&site, &session, &devices, form).await?)
}

async fn state(State(site): State<Site>, session: Session) -> Answered {
    Ok(state::page(&site, &session, SystemClock.now())?)
}

/// An extractor for a form. A body that is not a valid form is rejected with the page for it.
struct Posted<T>(Guarded<T>);

impl<T: DeserializeOwned> FromRequest<Site> for Posted<T> {
    type Rejection = Answer;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Answer> {
        let form = Form::from_request(request, site).await;
        form.map(|Form(form)| Self(form)).map_err(|_| refusals::unreadable(site))
    }
}

/// Adds the security headers to every response, and replaces the response if its session failed.
async fn around(State(site): State<Site>, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = next.run(request).await;
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

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        match self {
            Self::Page { status, html } => {
                let status =
                    StatusCode::from_u16(status).expect("every status of a page is a valid HTTP status");
                (status, [(CACHE_CONTROL, PAGE_CACHE_CONTROL)], Html(html)).into_response()
            }
            Self::SeeOther(address) => Redirect::to(address).into_response(),
        }
    }
}

impl IntoResponse for Asset {
    fn into_response(self) -> Response {
        let headers = [(CONTENT_TYPE, self.media_type), (CACHE_CONTROL, assets::CACHE_CONTROL)];
        (headers, self.text).into_response()
    }
}
