//! The extractors.

use std::ops::Deref;

use poem::{FromRequest, Request, RequestBody, Result};
use session_core::adapter::Exchange;

use crate::error::{Error, MissingSessions};

macro_rules! handles {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        pub(crate) struct $name(pub(crate) session_core::$name);

        impl Deref for $name {
            type Target = session_core::$name;

            fn deref(&self) -> &Self::Target {
                &self.0
            }
        }
    )*};
}

handles! {
    /// The request's session, loaded.
    Session;
    /// The request's session, not loaded, for log-out.
    UnloadedSession;
    /// The sessions of whoever is signed in.
    Devices;
}

impl<'a> FromRequest<'a> for Session {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        Ok(Self(exchange(request)?.session().await.map_err(Error)?))
    }
}

impl<'a> FromRequest<'a> for UnloadedSession {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        Ok(Self(exchange(request)?.unloaded()))
    }
}

impl<'a> FromRequest<'a> for Devices {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        Ok(Self(exchange(request)?.devices().await.map_err(Error)?))
    }
}

fn exchange(request: &Request) -> Result<&Exchange, MissingSessions> {
    request.data().ok_or(MissingSessions)
}
