//! The layer that begins an exchange for each request.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::header::COOKIE;
use http::{Request, Response};
use session_core::SessionFactory;
use session_core::adapter::Exchange;
use tower_layer::Layer;
use tower_service::Service;

use crate::response::ResponseFuture;

/// The layer that provides the session to the handlers below it.
///
/// Add it after the routes that use sessions. Layers that respond instead of the handler (such as a timeout)
/// and layers that change the body (such as compression) work above and below it.
///
/// Put a layer that catches panics above it. If such a layer is below it, a panic that drops a handle on the
/// session still discards the handler's changes. After a panic without a handle, however, the changes are
/// saved, because the response looks like an ordinary one.
///
/// A request that passes two layers of the same factory, which is possible with nested routers, has one
/// session.
#[derive(Clone, Debug)]
pub struct SessionLayer {
    sessions: SessionFactory,
}

impl SessionLayer {
    /// Creates a layer that takes its sessions from this factory.
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

/// The service that [`SessionLayer`] wraps around another one.
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

/// Runs the rest of a save after the client has hung up. Without a runtime the save is lost.
fn spawn(rest: Pin<Box<dyn Future<Output = ()> + Send>>) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(rest);
    }
}
