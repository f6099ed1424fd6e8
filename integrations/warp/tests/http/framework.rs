//! The driver that runs the stories on warp.

use std::sync::Arc;

use session_core::SessionFactory;
use session_core::store::async_trait;
use session_testkit::stories::{self, Admin, App, Both, Everything, Framework, Reply, Server, notice_header};
use session_warp::{
    Devices, Error, Named, Notice, ReadOnlySession, Session, SessionFilter as _, UnloadedSession,
};
use tokio::net::TcpListener;
use warp::filters::BoxedFilter;
use warp::http::{HeaderValue, Response as Builder, StatusCode};
use warp::reply::{Reply as _, Response};
use warp::{Filter, any, head, path};

/// A function that adds a test's routes to those of the stories.
type Routes =
    Arc<dyn Fn(BoxedFilter<(Response,)>, &SessionFactory) -> BoxedFilter<(Response,)> + Send + Sync>;

/// The warp driver, with the routes that a test adds.
#[derive(Clone)]
pub(crate) struct Warp {
    routes: Routes,
}

impl Warp {
    /// Creates a driver with only the stories' routes.
    pub(crate) fn plain() -> Self {
        Self::with(|stories, _| stories)
    }

    /// Creates a driver whose `routes` extend the stories' routes.
    pub(crate) fn with(
        routes: impl Fn(BoxedFilter<(Response,)>, &SessionFactory) -> BoxedFilter<(Response,)>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self { routes: Arc::new(routes) }
    }
}

#[async_trait]
impl Framework for Warp {
    fn name(&self) -> &'static str {
        "warp"
    }

    async fn serve(&self, app: App) -> Server {
        let routes = match app.sessions() {
            Some(sessions) => (self.routes)(routes(&app, sessions), sessions),
            None => untouched(&app),
        };
        let routes = match (app.sessions(), app.admin()) {
            (Some(sessions), Some(admin)) => {
                let factories = (sessions.clone(), Named::<Admin, _>::new(admin.clone()));
                path!("both" / usize).and(with(&app)).session(&factories, both).or(routes).unify().boxed()
            }
            (_, None) | (None, _) => routes,
        };
        let visited = any().map(move || app.visit()).and(routes).map(|visit, mut response: Response| {
            drop(visit);
            if let Some(notice) = response.extensions().get::<Notice>() {
                let (name, value) = notice_header(*notice);
                response.headers_mut().insert(name, HeaderValue::from_static(value));
            }
            response
        });
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("there is a free port");
        let address = listener.local_addr().expect("the listener is bound");
        let methods = warp::get().or(head()).unify();
        let serving = warp::serve(methods.and(visited)).incoming(listener).run();
        Server::new(address, tokio::spawn(serving))
    }

    fn remedy(&self) -> &'static str {
        ".session(&sessions, handler)"
    }

    fn exempt(&self) -> &[(&'static str, &'static str)] {
        &[
            ("HTTP-LAYER-001", "a handler that asks for a session does not compile without its sessions"),
            ("HTTP-NAMES-007", "a handler that asks for a name does not compile without its factory"),
        ]
    }
}

type Answer = Result<Response, Error>;

fn untouched(app: &App) -> BoxedFilter<(Response,)> {
    let with_app = with(app);
    let answer = async |call, app: App| -> Answer { Ok(response(app.untouched(call).await?)) };
    path!("untouched" / usize).and(with_app).then(answer).map(Answer::into_response).boxed()
}

fn routes(app: &App, sessions: &SessionFactory) -> BoxedFilter<(Response,)> {
    untouched(app)
        .or(path!("loaded" / usize).and(with(app)).session(sessions, loaded))
        .unify()
        .or(path!("lenient" / usize).and(with(app)).session(sessions, lenient))
        .unify()
        .or(path!("unloaded" / usize).and(with(app)).session(sessions, unloaded))
        .unify()
        .or(path!("read_only" / usize).and(with(app)).session(sessions, read_only))
        .unify()
        .or(path!("devices" / usize).and(with(app)).session(sessions, devices))
        .unify()
        .or(path!("everything" / usize).and(with(app)).session(sessions, everything))
        .unify()
        .boxed()
}

fn with(app: &App) -> impl Filter<Extract = (App,), Error = std::convert::Infallible> + Clone + use<> {
    let app = app.clone();
    any().map(move || app.clone())
}

async fn loaded(session: Session, call: usize, app: App) -> Answer {
    Ok(response(app.loaded(session, call).await?))
}

async fn lenient(session: Result<Session, Error>, call: usize, app: App) -> Answer {
    Ok(response(app.lenient(session.ok(), call).await?))
}

async fn unloaded(session: UnloadedSession, call: usize, app: App) -> Answer {
    Ok(response(app.unloaded(session, call).await?))
}

async fn read_only(session: ReadOnlySession, call: usize, app: App) -> Answer {
    Ok(response(app.read_only(session, call).await?))
}

async fn devices(devices: Devices, call: usize, app: App) -> Answer {
    Ok(response(app.devices(devices, call).await?))
}

async fn everything(
    (session, again, unloaded, devices): (Session, Session, UnloadedSession, Devices),
    call: usize,
    app: App,
) -> Answer {
    Ok(response(app.everything(Everything { session, again, unloaded, devices }, call).await?))
}

async fn both(
    (session, admin): (Session, Named<Admin, (Session, UnloadedSession, Devices)>),
    call: usize,
    app: App,
) -> Answer {
    let (admin, admin_unloaded, admin_devices) = admin.into_inner();
    Ok(response(app.both(Both { session, admin, admin_unloaded, admin_devices }, call).await?))
}

fn response(reply: Reply) -> Response {
    let mut response = match reply.body {
        stories::Body::Text(text) => Builder::new(text.into()),
        stories::Body::Stream(chunks) => warp::reply::stream(chunks).into_response(),
    };
    *response.status_mut() = StatusCode::from_u16(reply.status).expect("a story's reply is a valid response");
    for (name, value) in reply.headers {
        response.headers_mut().append(name, value.parse().expect("a story's reply is a valid response"));
    }
    response
}
