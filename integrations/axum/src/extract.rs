//! The extractors.

use std::convert::Infallible;
use std::ops::Deref;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::Extensions;
use http::request::Parts;
use session_core::adapter::{Exchange, Exchanges, Name};

use crate::error::{Error, MissingLayer, Rejection};

/// The request's session, loaded. It dereferences to [`session_core::Session`].
#[derive(Clone, Debug)]
pub struct Session(pub session_core::Session);

/// The request's session, not loaded, for signing out. It dereferences to [`session_core::UnloadedSession`].
#[derive(Debug)]
pub struct UnloadedSession(pub session_core::UnloadedSession);

/// The request's session, loaded and only read, for pages that poll. It dereferences to
/// [`session_core::ReadOnlySession`].
#[derive(Clone, Debug)]
pub struct ReadOnlySession(pub session_core::ReadOnlySession);

/// The sessions of the signed-in user. It dereferences to [`session_core::Devices`].
#[derive(Debug)]
pub struct Devices(pub session_core::Devices);

impl Deref for Session {
    type Target = session_core::Session;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Deref for UnloadedSession {
    type Target = session_core::UnloadedSession;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Deref for ReadOnlySession {
    type Target = session_core::ReadOnlySession;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl Deref for Devices {
    type Target = session_core::Devices;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

/// A type that a handler can take from a request's exchange: [`Session`], [`UnloadedSession`],
/// [`ReadOnlySession`], [`Devices`], or a type of your own. With a name it is extracted by
/// [`Named`](crate::Named).
pub trait FromExchange: Sized + Send {
    /// Makes the value from the request's exchange. The session is loaded at most once per request.
    ///
    /// # Errors
    ///
    /// Returns an error if the handler must not run; the error then becomes the response.
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses nothing; the next call loads the session again.
    fn from_exchange(exchange: &Exchange) -> impl Future<Output = Result<Self, Error>> + Send;
}

impl FromExchange for Session {
    async fn from_exchange(exchange: &Exchange) -> Result<Self, Error> {
        Ok(Self(exchange.session().await?))
    }
}

impl FromExchange for UnloadedSession {
    async fn from_exchange(exchange: &Exchange) -> Result<Self, Error> {
        Ok(Self(exchange.unloaded()))
    }
}

impl FromExchange for ReadOnlySession {
    async fn from_exchange(exchange: &Exchange) -> Result<Self, Error> {
        Ok(Self(exchange.read_only().await?))
    }
}

impl FromExchange for Devices {
    async fn from_exchange(exchange: &Exchange) -> Result<Self, Error> {
        Ok(Self(exchange.devices().await?))
    }
}

impl Session {
    /// Loads the session of the request with these extensions, for services without axum's extractors.
    ///
    /// ```
    /// # use http::Request;
    /// use session_axum::{Rejection, Session};
    ///
    /// async fn is_known<B>(request: &Request<B>) -> Result<bool, Rejection> {
    ///     Ok(Session::of(request.extensions()).await?.owner().is_some())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Rejection::MissingLayer`] if there is no layer, and [`Rejection::Session`] if the session
    /// cannot be loaded. In the latter case the layer sends a 503 without a body, whatever the service
    /// returns.
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses nothing; the next call loads the session again.
    pub async fn of(extensions: &Extensions) -> Result<Self, Rejection> {
        extract(extensions, None).await
    }
}

impl UnloadedSession {
    /// Returns the session of the request with these extensions, without loading it.
    ///
    /// # Errors
    ///
    /// Returns [`MissingLayer`] if there is no layer.
    pub fn of(extensions: &Extensions) -> Result<Self, MissingLayer> {
        Ok(Self(exchange(extensions, None)?.unloaded()))
    }
}

impl ReadOnlySession {
    /// Loads the session of the request with these extensions, to read it only.
    ///
    /// # Errors
    ///
    /// Fails as [`Session::of`] does.
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses nothing; the next call loads the session again.
    pub async fn of(extensions: &Extensions) -> Result<Self, Rejection> {
        extract(extensions, None).await
    }
}

impl Devices {
    /// Loads the session of the request with these extensions, and returns the sessions of its signed-in
    /// user.
    ///
    /// # Errors
    ///
    /// Returns [`Rejection::MissingLayer`] if there is no layer, and [`Rejection::Session`] if the session
    /// cannot be loaded.
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses nothing; the next call loads the session again.
    pub async fn of(extensions: &Extensions) -> Result<Self, Rejection> {
        extract(extensions, None).await
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Session {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        Self::of(&parts.extensions).await
    }
}

impl<S: Send + Sync> FromRequestParts<S> for UnloadedSession {
    type Rejection = MissingLayer;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, MissingLayer> {
        Self::of(&parts.extensions)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ReadOnlySession {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        Self::of(&parts.extensions).await
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Devices {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        Self::of(&parts.extensions).await
    }
}

/// Extracts `None` only if there is no layer. A session that cannot be loaded is still a rejection.
impl<S: Send + Sync> OptionalFromRequestParts<S> for Session {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Error> {
        if_layered(Self::of(&parts.extensions).await)
    }
}

/// Extracts `None` only if there is no layer.
impl<S: Send + Sync> OptionalFromRequestParts<S> for UnloadedSession {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(Self::of(&parts.extensions).ok())
    }
}

/// Extracts `None` only if there is no layer. A session that cannot be loaded is still a rejection.
impl<S: Send + Sync> OptionalFromRequestParts<S> for ReadOnlySession {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Error> {
        if_layered(Self::of(&parts.extensions).await)
    }
}

/// Extracts `None` only if there is no layer. A session that cannot be loaded is still a rejection.
impl<S: Send + Sync> OptionalFromRequestParts<S> for Devices {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Error> {
        if_layered(Self::of(&parts.extensions).await)
    }
}

/// Takes a value from the exchange of the innermost layer with this name.
pub(crate) async fn extract<T: FromExchange>(
    extensions: &Extensions,
    name: Option<Name>,
) -> Result<T, Rejection> {
    let exchange = exchange(extensions, name).map_err(Rejection::MissingLayer)?;
    T::from_exchange(exchange).await.map_err(Rejection::Session)
}

pub(crate) fn if_layered<T>(extracted: Result<T, Rejection>) -> Result<Option<T>, Error> {
    match extracted {
        Ok(extracted) => Ok(Some(extracted)),
        Err(Rejection::MissingLayer(_)) => Ok(None),
        Err(Rejection::Session(error)) => Err(error),
    }
}

fn exchange(extensions: &Extensions, name: Option<Name>) -> Result<&Exchange, MissingLayer> {
    extensions.get().and_then(|exchanges: &Exchanges| exchanges.get(name)).ok_or(MissingLayer { name })
}
