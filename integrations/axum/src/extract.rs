//! The extractors.

use std::convert::Infallible;
use std::ops::Deref;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::Extensions;
use http::request::Parts;
use session_core::adapter::Exchange;

use crate::error::{Error, MissingLayer, Rejection};

/// The request's session, loaded. It dereferences to [`session_core::Session`].
#[derive(Clone, Debug)]
pub struct Session(pub session_core::Session);

/// The request's session, not loaded, for signing out. It dereferences to [`session_core::UnloadedSession`].
#[derive(Debug)]
pub struct UnloadedSession(pub session_core::UnloadedSession);

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

impl Deref for Devices {
    type Target = session_core::Devices;

    fn deref(&self) -> &Self::Target {
        &self.0
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
        let loaded = exchange(extensions).map_err(Rejection::MissingLayer)?.session().await;
        loaded.map(Self).map_err(|error| Rejection::Session(Error(error)))
    }
}

impl UnloadedSession {
    /// Returns the session of the request with these extensions, without loading it.
    ///
    /// # Errors
    ///
    /// Returns [`MissingLayer`] if there is no layer.
    pub fn of(extensions: &Extensions) -> Result<Self, MissingLayer> {
        Ok(Self(exchange(extensions)?.unloaded()))
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
        let loaded = exchange(extensions).map_err(Rejection::MissingLayer)?.devices().await;
        loaded.map(Self).map_err(|error| Rejection::Session(Error(error)))
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
impl<S: Send + Sync> OptionalFromRequestParts<S> for Devices {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Error> {
        if_layered(Self::of(&parts.extensions).await)
    }
}

fn if_layered<T>(extracted: Result<T, Rejection>) -> Result<Option<T>, Error> {
    match extracted {
        Ok(extracted) => Ok(Some(extracted)),
        Err(Rejection::MissingLayer(_)) => Ok(None),
        Err(Rejection::Session(error)) => Err(error),
    }
}

fn exchange(extensions: &Extensions) -> Result<&Exchange, MissingLayer> {
    extensions.get().ok_or(MissingLayer)
}
