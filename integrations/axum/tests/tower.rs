//! Tests of session-axum without axum: the stories that all adapters share, on a hyper server with a tower
//! service.

use std::convert::Infallible;
use std::mem::take;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream as _;
use http::{HeaderValue, Request, Response};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use session_axum::{Devices, Named, Notice, ReadOnlySession, Session, SessionLayer, UnloadedSession};
use session_core::store::async_trait;
use session_testkit::stories::{
    Admin, App, Body as Contents, Both, Everything, Framework, Reply, Server, notice_header,
};
use tokio::net::TcpListener;
use tower::util::{BoxCloneSyncService, option_layer};
use tower::{BoxError, Service as _, ServiceBuilder, service_fn};

session_testkit::stories!(stories, Tower);

struct Tower;

#[async_trait]
impl Framework for Tower {
    fn name(&self) -> &'static str {
        "tower"
    }

    async fn serve(&self, app: App) -> Server {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("there is a free port");
        let address = listener.local_addr().expect("the listener is bound");
        let service = service(app);
        let serving = async move {
            loop {
                let (stream, _) = listener.accept().await.expect("the listener never ends");
                let service = TowerToHyperService::new(service.clone());
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        };
        Server::new(address, tokio::spawn(serving))
    }

    fn remedy(&self) -> &'static str {
        ".layer(SessionLayer::new(sessions))"
    }
}

type Service = BoxCloneSyncService<Request<Incoming>, Response<Body>, Infallible>;

/// Makes the service: the handlers, inside the session's layer, inside the stories' count of visits.
fn service(app: App) -> Service {
    let layer = option_layer(app.sessions().cloned().map(SessionLayer::new));
    let admin = option_layer(app.admin().cloned().map(SessionLayer::named::<Admin>));
    let handlers = app.clone();
    let routed = service_fn(move |request| {
        let app = handlers.clone();
        async move { Ok::<_, Infallible>(route(app, request).await.unwrap_or_else(refused)) }
    });
    let layered = ServiceBuilder::new().layer(layer).layer(admin).service(routed);
    BoxCloneSyncService::new(service_fn(move |request| {
        let (visit, mut layered) = (app.visit(), layered.clone());
        async move {
            let mut response = layered.call(request).await?;
            drop(visit);
            if let Some(notice) = response.extensions().get::<Notice>() {
                let (name, value) = notice_header(*notice);
                response.headers_mut().insert(name, HeaderValue::from_static(value));
            }
            Ok(response)
        }
    }))
}

async fn route(app: App, request: Request<Incoming>) -> Result<Response<Body>, BoxError> {
    let asked = request.extensions();
    let (route, call) = request.uri().path()[1..].split_once('/').expect("a story's path has two parts");
    let call = call.parse().expect("the second part is the number of a call");
    let reply = match route {
        "untouched" => app.untouched(call).await?,
        "loaded" => app.loaded(Session::of(asked).await?.0, call).await?,
        "lenient" => app.lenient(Session::of(asked).await.ok().map(|session| session.0), call).await?,
        "unloaded" => app.unloaded(UnloadedSession::of(asked)?.0, call).await?,
        "read_only" => app.read_only(ReadOnlySession::of(asked).await?.0, call).await?,
        "devices" => app.devices(Devices::of(asked).await?.0, call).await?,
        "everything" => {
            let (session, again) = (Session::of(asked).await?.0, Session::of(asked).await?.0);
            let (unloaded, devices) = (UnloadedSession::of(asked)?.0, Devices::of(asked).await?.0);
            app.everything(Everything { session, again, unloaded, devices }, call).await?
        }
        "both" => {
            let (session, admin) = (Session::of(asked).await?.0, Named::<Admin, Session>::of(asked).await?);
            let unloaded = Named::<Admin, UnloadedSession>::of(asked).await?.into_inner().0;
            let devices = Named::<Admin, Devices>::of(asked).await?.into_inner().0;
            let admin = admin.into_inner().0;
            let both = Both { session, admin, admin_unloaded: unloaded, admin_devices: devices };
            app.both(both, call).await?
        }
        other => panic!("no story uses the route {other}"),
    };
    Ok(response(reply))
}

fn response(reply: Reply) -> Response<Body> {
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    response.body(Body(reply.body)).expect("a story's reply is a valid response")
}

/// Makes the response for an error: the status of a session error, or else a 500 with the error's text.
fn refused(error: BoxError) -> Response<Body> {
    let (status, text) = match error.downcast::<session_core::Error>() {
        Ok(error) => (error.status(), String::new()),
        Err(error) => (500, error.to_string()),
    };
    response(Reply { status, ..Reply::from(text) })
}

/// The body of a story's reply, as a body of hyper's.
struct Body(Contents);

impl Default for Body {
    fn default() -> Self {
        Self(Contents::Text(String::new()))
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match &mut self.0 {
            Contents::Text(text) if text.is_empty() => Poll::Ready(None),
            Contents::Text(text) => Poll::Ready(Some(Ok(Frame::data(take(text).into())))),
            Contents::Stream(chunks) => Pin::new(chunks).poll_next(context).map_ok(Frame::data),
        }
    }
}
