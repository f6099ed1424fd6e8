//! The layer that begins an exchange for each request.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::header::COOKIE;
use http::{Request, Response};
use session_core::SessionFactory;
use session_core::adapter::{Exchanges, Name};
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
/// # Nested layers
///
/// A request that passes two layers of the same factory, which is possible with nested routers, has one
/// session and one cookie, whatever other layers are between the two.
///
/// A request that passes layers of several factories has a session of each. [`Session`](crate::Session) is
/// that of the innermost layer without a name. To use both in one handler, give one of the layers a
/// [name](SessionLayer::named).
#[derive(Clone, Debug)]
pub struct SessionLayer {
    sessions: SessionFactory,
    name: Option<Name>,
}

impl SessionLayer {
    /// Creates a layer that takes its sessions from this factory.
    #[must_use]
    pub fn new(sessions: SessionFactory) -> Self {
        Self { sessions: sessions.with_spawner(spawn), name: None }
    }

    /// Creates a layer whose sessions handlers take by the name `N`, with [`Named`](crate::Named).
    ///
    /// The name is a type that exists for this purpose. Give each factory its own `cookie_name`: a request
    /// that passes layers of two with the same fails with 500 and
    /// [`Error::SameCookieName`](session_core::Error::SameCookieName).
    ///
    /// ```
    /// use axum::{Router, routing::get};
    /// use session_axum::{Named, Session, SessionFactory, SessionLayer};
    ///
    /// struct Admin;
    ///
    /// async fn page(session: Session, admin: Named<Admin, Session>) -> String {
    ///     format!("{} and {} values", session.len(), admin.len())
    /// }
    ///
    /// fn app(sessions: SessionFactory, admin_sessions: SessionFactory) -> Router {
    ///     Router::new()
    ///         .route("/", get(page))
    ///         .layer(SessionLayer::named::<Admin>(admin_sessions))
    ///         .layer(SessionLayer::new(sessions))
    /// }
    /// ```
    #[must_use]
    pub fn named<N: 'static>(sessions: SessionFactory) -> Self {
        Self { name: Some(Name::of::<N>()), ..Self::new(sessions) }
    }
}

impl<S> Layer<S> for SessionLayer {
    type Service = SessionService<S>;

    fn layer(&self, inner: S) -> SessionService<S> {
        SessionService { inner, layer: self.clone() }
    }
}

/// The service that [`SessionLayer`] wraps around another one.
#[derive(Clone, Debug)]
pub struct SessionService<S> {
    inner: S,
    layer: SessionLayer,
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
        let SessionLayer { sessions, name } = &self.layer;
        let mut exchanges = request.extensions_mut().remove::<Exchanges>().unwrap_or_default();
        let headers = request.headers().get_all(COOKIE);
        let begun = exchanges.enter(*name, sessions, headers.iter().map(http::HeaderValue::as_bytes));
        request.extensions_mut().insert(exchanges);
        ResponseFuture::new(self.inner.call(request), begun)
    }
}

/// Runs the rest of a save after the client has hung up. Without a runtime the save is lost.
fn spawn(rest: Pin<Box<dyn Future<Output = ()> + Send>>) {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(rest);
    }
}
