//! The layer that begins an exchange with each request.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::header::COOKIE;
use http::{Request, Response};
use session_core::SessionFactory;
use session_core::adapter::Exchange;
use tower_layer::Layer;
use tower_service::Service;

use crate::response::ResponseFuture;

/// Gives every request below it a session, should it ask for one.
///
/// It must be added after the routes that it is for. Layers that answer in a handler's stead (a timeout) and layers that change the
/// body (compression) work on either side of it. A layer that catches panics belongs above it: below it, a panic is seen by the handles
/// that it drops, but after the last handle is gone it looks like an ordinary response, and what was changed is saved. If a request
/// passes two layers of one factory, as nested routers can make it, it has one session.
#[derive(Clone, Debug)]
pub struct SessionLayer {
    sessions: SessionFactory,
}

impl SessionLayer {
    /// The layer that takes its sessions from this factory.
    #[must_use]
    pub fn new(sessions: SessionFactory) -> Self {
        Self { sessions: sessions.with_spawner(spawn) }
    }
}

impl<S> Layer<S> for SessionLayer {
    type Service = SessionService<S>;

    fn layer(&self, inner: S) -> SessionService<S> {
        SessionService { inner, sessions: self.sessions.clone() }
    }
}

/// What [`SessionLayer`] makes of a service.
#[derive(Clone, Debug)]
pub struct SessionService<S> {
    inner: S,
    sessions: SessionFactory,
}

impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for SessionService<S>
where
    S: Service<Request<ReqBody>, Response = Response<ResBody>>,
    ResBody: Default,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<ReqBody>) -> Self::Future {
        let begun =
            request.extensions().get::<Exchange>().is_some_and(|exchange| exchange.is_of(&self.sessions));
        if begun {
            return ResponseFuture::passing(self.inner.call(request));
        }
        let headers = request.headers().get_all(COOKIE);
        let exchange = self.sessions.begin(headers.iter().map(http::HeaderValue::as_bytes));
        request.extensions_mut().insert(exchange.clone());
        ResponseFuture::new(self.inner.call(request), exchange)
    }
}

/// Runs the rest of a save whose client has hung up.
fn spawn(rest: Pin<Box<dyn Future<Output = ()> + Send>>) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(rest);
    }
}
