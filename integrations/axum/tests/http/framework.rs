//! The driver that runs the stories on axum.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::{HeaderValue, StatusCode};
use session_axum::{
    Devices, Error, Named, Notice, ReadOnlySession, Rejection, Session, SessionLayer, UnloadedSession,
};
use session_core::store::async_trait;
use session_testkit::stories::{
    self, Admin, App, Both, Everything, Framework, HangUp, Reply, Server, notice_header,
};
use tokio::net::TcpListener;

/// A function that adds the layers to a router.
type Layered = Arc<dyn Fn(Router, SessionLayer) -> Router + Send + Sync>;

/// The axum driver, with further routes and with the layers that a test chooses.
#[derive(Clone)]
pub(crate) struct Axum {
    routes: Router,
    layered: Layered,
    hang_up: HangUp,
}

impl Axum {
    /// Creates a driver with only the stories' routes and the session's layer.
    pub(crate) fn plain() -> Self {
        Self::layered(|routes, sessions| routes.layer(sessions))
    }

    /// Creates a driver whose layers `layered` adds.
    pub(crate) fn layered(layered: impl Fn(Router, SessionLayer) -> Router + Send + Sync + 'static) -> Self {
        Self { routes: Router::new(), layered: Arc::new(layered), hang_up: HangUp::EndsTheRequest }
    }

    /// Adds routes to those of the stories.
    pub(crate) fn with(self, routes: Router) -> Self {
        Self { routes, ..self }
    }

    /// Makes the driver continue with a request after the client has hung up, as some frameworks do.
    pub(crate) fn going_on(self) -> Self {
        Self { hang_up: HangUp::ChangesNothing, ..self }
    }
}

#[async_trait]
impl Framework for Axum {
    fn name(&self) -> &'static str {
        "axum"
    }

    async fn serve(&self, app: App) -> Server {
        let routes = self.routes.clone().merge(routes(app.clone()));
        let routes = match app.sessions() {
            Some(sessions) => (self.layered)(routes, SessionLayer::new(sessions.clone())),
            None => routes,
        };
        let routes = match app.admin() {
            Some(admin) => routes.layer(SessionLayer::named::<Admin>(admin.clone())),
            None => routes,
        };
        let visited = from_fn(move |request: Request, next: Next| {
            let visit = app.visit();
            async move {
                let mut response = next.run(request).await;
                drop(visit);
                if let Some(notice) = response.extensions().get::<Notice>() {
                    let (name, value) = notice_header(*notice);
                    response.headers_mut().insert(name, HeaderValue::from_static(value));
                }
                response
            }
        });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("there is a free port");
        let address = listener.local_addr().expect("the listener is bound");
        let service = match self.hang_up {
            HangUp::EndsTheRequest => routes.layer(visited),
            HangUp::ChangesNothing => routes.layer(visited).layer(from_fn(go_on)),
        };
        let serving = async move { axum::serve(listener, service).await.expect("the server never ends") };
        Server::new(address, tokio::spawn(serving))
    }

    fn hang_up(&self) -> HangUp {
        self.hang_up
    }

    fn remedy(&self) -> &'static str {
        ".layer(SessionLayer::new(sessions))"
    }
}

/// Runs a request as a task of its own, which does not end with the connection.
pub(crate) async fn go_on(request: Request, next: Next) -> Response {
    tokio::spawn(next.run(request))
        .await
        .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

type Answer = Result<Response, Error>;
type Call = Path<usize>;

fn routes(app: App) -> Router {
    Router::new()
        .route("/untouched/{call}", get(untouched))
        .route("/loaded/{call}", get(loaded))
        .route("/lenient/{call}", get(lenient))
        .route("/unloaded/{call}", get(unloaded))
        .route("/read_only/{call}", get(read_only))
        .route("/devices/{call}", get(devices))
        .route("/everything/{call}", get(everything))
        .route("/both/{call}", get(both))
        .with_state(app)
}

async fn untouched(State(app): State<App>, Path(call): Call) -> Answer {
    Ok(response(app.untouched(call).await?))
}

async fn loaded(session: Session, State(app): State<App>, Path(call): Call) -> Answer {
    Ok(response(app.loaded(session.0, call).await?))
}

async fn lenient(session: Result<Session, Rejection>, State(app): State<App>, Path(call): Call) -> Answer {
    Ok(response(app.lenient(session.ok().map(|session| session.0), call).await?))
}

async fn unloaded(session: UnloadedSession, State(app): State<App>, Path(call): Call) -> Answer {
    Ok(response(app.unloaded(session.0, call).await?))
}

async fn read_only(session: ReadOnlySession, State(app): State<App>, Path(call): Call) -> Answer {
    Ok(response(app.read_only(session.0, call).await?))
}

async fn devices(devices: Devices, State(app): State<App>, Path(call): Call) -> Answer {
    Ok(response(app.devices(devices.0, call).await?))
}

async fn everything(
    (session, again): (Session, Session),
    unloaded: UnloadedSession,
    devices: Devices,
    State(app): State<App>,
    Path(call): Call,
) -> Answer {
    let (session, again, unloaded, devices) = (session.0, again.0, unloaded.0, devices.0);
    Ok(response(app.everything(Everything { session, again, unloaded, devices }, call).await?))
}

async fn both(
    session: Session,
    admin: Named<Admin, Session>,
    unloaded: Named<Admin, UnloadedSession>,
    devices: Named<Admin, Devices>,
    State(app): State<App>,
    Path(call): Call,
) -> Answer {
    let (session, admin) = (session.0, admin.into_inner().0);
    let (admin_unloaded, admin_devices) = (unloaded.into_inner().0, devices.into_inner().0);
    Ok(response(app.both(Both { session, admin, admin_unloaded, admin_devices }, call).await?))
}

fn response(reply: Reply) -> Response {
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    let body = match reply.body {
        stories::Body::Text(text) => Body::from(text),
        stories::Body::Stream(chunks) => Body::from_stream(chunks),
    };
    response.body(body).expect("a story's reply is a valid response")
}
