//! poem, as the stories see it.

use futures_util::TryStreamExt as _;
use poem::endpoint::BoxEndpoint;
use poem::http::HeaderValue;
use poem::listener::TcpAcceptor;
use poem::web::{Data, Path};
use poem::{Body, Endpoint as _, EndpointExt as _, Response, Route, Server as Poem, get, handler};
use session_core::adapter::Notice;
use session_core::store::async_trait;
use session_testkit::stories::{
    Admin, App, Body as Contents, Both, Everything, Framework, HangUp, Reply, Server, notice_header,
};
use tokio::net::TcpListener;

use crate::error::Error;
use crate::extractors::{Devices, Named, ReadOnlySession, Session, UnloadedSession};
use crate::middleware::Sessions;

pub(crate) struct OnPoem;

#[async_trait]
impl Framework for OnPoem {
    fn name(&self) -> &'static str {
        "poem"
    }

    async fn serve(&self, app: App) -> Server {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("there is a free port");
        let address = listener.local_addr().expect("it is bound");
        let acceptor = TcpAcceptor::from_tokio(listener).expect("it is bound");
        let routes = routes(&app).around(move |routes, request| {
            let visit = app.visit();
            async move {
                let mut response = routes.get_response(request).await;
                drop(visit);
                if let Some(notice) = response.extensions().get::<Notice>() {
                    let (name, value) = notice_header(*notice);
                    response.headers_mut().insert(name, HeaderValue::from_static(value));
                }
                Ok(response)
            }
        });
        let serving = Poem::new_with_acceptor(acceptor).run(routes.boxed());
        Server::new(address, tokio::spawn(async { serving.await.expect("it serves for ever") }))
    }

    /// It waits for the handler though the connection is gone.
    fn hang_up(&self) -> HangUp {
        HangUp::ChangesNothing
    }

    fn remedy(&self) -> &'static str {
        ".with(Sessions::new(sessions))"
    }
}

fn routes(app: &App) -> BoxEndpoint<'static> {
    let routes = Route::new()
        .at("/untouched/:call", get(untouched))
        .at("/loaded/:call", get(loaded))
        .at("/lenient/:call", get(lenient))
        .at("/unloaded/:call", get(unloaded))
        .at("/read_only/:call", get(read_only))
        .at("/devices/:call", get(devices))
        .at("/everything/:call", get(everything))
        .at("/both/:call", get(both))
        .data(app.clone());
    let routes = match app.sessions() {
        Some(sessions) => routes.with(Sessions::new(sessions.clone())).boxed(),
        None => routes.boxed(),
    };
    match app.admin() {
        Some(admin) => routes.with(Sessions::named::<Admin>(admin.clone())).boxed(),
        None => routes,
    }
}

type Answer = Result<Response, Error>;

#[handler]
async fn untouched(Data(app): Data<&App>, Path(call): Path<usize>) -> Answer {
    Ok(response(app.untouched(call).await?))
}

#[handler]
async fn loaded(session: Session, Data(app): Data<&App>, Path(call): Path<usize>) -> Answer {
    Ok(response(app.loaded(session.0, call).await?))
}

#[handler]
async fn lenient(session: Option<Session>, Data(app): Data<&App>, Path(call): Path<usize>) -> Answer {
    Ok(response(app.lenient(session.map(|session| session.0), call).await?))
}

#[handler]
async fn unloaded(session: UnloadedSession, Data(app): Data<&App>, Path(call): Path<usize>) -> Answer {
    Ok(response(app.unloaded(session.0, call).await?))
}

#[handler]
async fn read_only(session: ReadOnlySession, Data(app): Data<&App>, Path(call): Path<usize>) -> Answer {
    Ok(response(app.read_only(session.0, call).await?))
}

#[handler]
async fn devices(devices: Devices, Data(app): Data<&App>, Path(call): Path<usize>) -> Answer {
    Ok(response(app.devices(devices.0, call).await?))
}

#[handler]
async fn everything(
    Session(session): Session,
    Session(again): Session,
    UnloadedSession(ending): UnloadedSession,
    Devices(others): Devices,
    Data(app): Data<&App>,
    Path(call): Path<usize>,
) -> Answer {
    let all = Everything { session, again, unloaded: ending, devices: others };
    Ok(response(app.everything(all, call).await?))
}

#[handler]
async fn both(
    Session(session): Session,
    admin: Named<Admin, Session>,
    ending: Named<Admin, UnloadedSession>,
    others: Named<Admin, Devices>,
    Data(app): Data<&App>,
    Path(call): Path<usize>,
) -> Answer {
    let both = Both { session, admin: admin.0.0, admin_unloaded: ending.0.0, admin_devices: others.0.0 };
    Ok(response(app.both(both, call).await?))
}

fn response(reply: Reply) -> Response {
    let mut response = Response::builder().status(reply.status.try_into().expect("it is one of HTTP's"));
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(match reply.body {
        Contents::Text(text) => Body::from(text),
        Contents::Stream(chunks) => {
            Body::from_bytes_stream(chunks.map_err(|never| -> std::io::Error { match never {} }))
        }
    })
}
