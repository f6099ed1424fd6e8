//! The middleware that begins an exchange with each request, and finishes it with the response.

use std::pin::Pin;

use poem::error::ResponseError as _;
use poem::http::HeaderValue;
use poem::http::header::COOKIE;
use poem::{Endpoint, Middleware, Request, Response};
use session_core::SessionFactory;
use session_core::adapter::Exchange;

use crate::error::Error;
use crate::headers::Headers;

/// Gives every request below it a session, should it ask for one.
#[derive(Clone, Debug)]
pub(crate) struct Sessions(SessionFactory);

impl Sessions {
    /// Takes the sessions from this factory.
    pub(crate) fn new(sessions: SessionFactory) -> Self {
        Self(sessions.with_spawner(spawn))
    }
}

/// What [`Sessions`] makes of an endpoint.
pub(crate) struct WithSessions<E> {
    inner: E,
    sessions: SessionFactory,
}

impl<E: Endpoint> Middleware<E> for Sessions {
    type Output = WithSessions<E>;

    fn transform(&self, inner: E) -> WithSessions<E> {
        WithSessions { inner, sessions: self.0.clone() }
    }
}

impl<E: Endpoint> Endpoint for WithSessions<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        if request.data().is_some_and(|begun: &Exchange| begun.is_of(&self.sessions)) {
            return Ok(self.inner.get_response(request).await); // the session is an outer middleware's business
        }
        let cookies = request.headers().get_all(COOKIE);
        let exchange = self.sessions.begin(cookies.iter().map(HeaderValue::as_bytes));
        request.set_data(exchange.clone());
        let mut response = self.inner.get_response(request).await;
        match exchange.finish(response.status().as_u16()).await {
            Ok(effects) => effects.apply(&mut Headers(response.headers_mut())),
            Err(error) => response = Error(error).as_response(),
        }
        Ok(response)
    }
}

/// Runs the rest of a save whose client has hung up.
fn spawn(rest: Pin<Box<dyn Future<Output = ()> + Send>>) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(rest);
    }
}
