//! The middleware that begins an exchange with each request, and finishes it with the response.

use std::pin::Pin;

use poem::error::ResponseError as _;
use poem::http::HeaderValue;
use poem::http::header::COOKIE;
use poem::{Endpoint, Middleware, Request, Response};
use session_core::SessionFactory;
use session_core::adapter::{Exchanges, Name};

use crate::error::Error;
use crate::headers::Headers;

/// Gives every request below it a session, should it ask for one.
#[derive(Clone, Debug)]
pub(crate) struct Sessions {
    sessions: SessionFactory,
    name: Option<Name>,
}

impl Sessions {
    /// Takes the sessions from this factory.
    pub(crate) fn new(sessions: SessionFactory) -> Self {
        Self { sessions: sessions.with_spawner(spawn), name: None }
    }

    /// Takes those that are asked for by the name `N` from this factory.
    pub(crate) fn named<N: 'static>(sessions: SessionFactory) -> Self {
        Self { name: Some(Name::of::<N>()), ..Self::new(sessions) }
    }
}

/// What [`Sessions`] makes of an endpoint.
pub(crate) struct WithSessions<E> {
    inner: E,
    middleware: Sessions,
}

impl<E: Endpoint> Middleware<E> for Sessions {
    type Output = WithSessions<E>;

    fn transform(&self, inner: E) -> WithSessions<E> {
        WithSessions { inner, middleware: self.clone() }
    }
}

impl<E: Endpoint> Endpoint for WithSessions<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let Sessions { sessions, name } = &self.middleware;
        let mut exchanges = request.data::<Exchanges>().cloned().unwrap_or_default();
        let cookies = request.headers().get_all(COOKIE);
        let begun = exchanges.enter(*name, sessions, cookies.iter().map(HeaderValue::as_bytes));
        request.set_data(exchanges);
        let mut response = self.inner.get_response(request).await;
        let Some(exchange) = begun else { return Ok(response) }; // an outer middleware finishes it
        if response.data::<Unsaved>().is_some() {
            drop(exchange.reject().await); // no cookie can go with this response
            return Ok(response);
        }
        match exchange.finish(response.status().as_u16()).await {
            Ok(effects) => {
                if let Some(notice) = effects.notice {
                    response.extensions_mut().insert(notice); // for a middleware of the application's own
                }
                effects.apply(&mut Headers(response.headers_mut()));
            }
            Err(error) => {
                response = Error(error).as_response();
                response.set_data(Unsaved);
            }
        }
        Ok(response)
    }
}

/// Marks a response that is bare because a session could not be saved.
#[derive(Clone)]
struct Unsaved;

/// Runs the rest of a save whose client has hung up.
fn spawn(rest: Pin<Box<dyn Future<Output = ()> + Send>>) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(rest);
    }
}
