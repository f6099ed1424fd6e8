//! The extractors.

use std::marker::PhantomData;
use std::ops::Deref;

use poem::{FromRequest, Request, RequestBody, Result};
use session_core::adapter::{Exchange, Exchanges, Name};

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
    /// The request's session, not loaded, for sign-out.
    UnloadedSession;
    /// The request's session, loaded and only read.
    ReadOnlySession;
    /// The sessions of whoever is signed in.
    Devices;
}

/// One of them by the name of its factory.
pub(crate) struct Named<N, T>(pub(crate) T, PhantomData<fn() -> N>);

impl<N, T> Deref for Named<N, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// What a handler can ask an exchange for.
pub(crate) trait FromExchange: Sized + Send {
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

macro_rules! extractors {
    ($($name:ident)*) => {$(
        impl<'a> FromRequest<'a> for $name {
            async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
                let exchange = exchange(request, None).ok_or(MissingSessions::Any)?;
                Ok(Self::from_exchange(exchange).await?)
            }
        }
    )*};
}

extractors!(Session UnloadedSession ReadOnlySession Devices);

impl<'a, N: 'static, T: FromExchange> FromRequest<'a> for Named<N, T> {
    async fn from_request(request: &'a Request, _: &mut RequestBody) -> Result<Self> {
        let name = Name::of::<N>();
        let exchange = exchange(request, Some(name)).ok_or(MissingSessions::Named(name))?;
        Ok(Self(T::from_exchange(exchange).await?, PhantomData))
    }
}

fn exchange(request: &Request, name: Option<Name>) -> Option<&Exchange> {
    request.data::<Exchanges>()?.get(name)
}
