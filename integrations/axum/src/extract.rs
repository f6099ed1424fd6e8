//! The extractors.

use std::ops::Deref;

use axum_core::extract::FromRequestParts;
use http::request::Parts;
use session_core::Exchange;

use crate::error::{Error, MissingLayer, Rejection};

/// The request's session, loaded: all of [`session_core::Session`].
#[derive(Clone, Debug)]
pub struct Session(pub session_core::Session);

/// The request's session, not loaded, for log-out: all of [`session_core::UnloadedSession`].
#[derive(Debug)]
pub struct UnloadedSession(pub session_core::UnloadedSession);

/// The sessions of whoever is signed in: all of [`session_core::Devices`].
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

impl<S: Send + Sync> FromRequestParts<S> for Session {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        let loaded = exchange(parts)?.session().await;
        loaded.map(Self).map_err(|error| Rejection::Session(Error(error)))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for UnloadedSession {
    type Rejection = MissingLayer;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, MissingLayer> {
        Ok(Self(exchange(parts).map_err(|_| MissingLayer)?.unloaded()))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Devices {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        let loaded = exchange(parts)?.devices().await;
        loaded.map(Self).map_err(|error| Rejection::Session(Error(error)))
    }
}

fn exchange(parts: &Parts) -> Result<&Exchange, Rejection> {
    parts.extensions.get().ok_or(Rejection::MissingLayer(MissingLayer))
}
