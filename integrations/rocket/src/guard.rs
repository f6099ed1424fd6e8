//! The request guards.

use std::ops::Deref;

use rocket::http::Status;
use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};
use session_core::adapter::Exchange;

use crate::error::{Error, GuardError, MissingFairing};
use crate::fairing::{Attached, exchange};

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
/// [`ReadOnlySession`], [`Devices`], or a type of your own. With a name it is the guard
/// [`Named`](crate::Named).
pub trait FromExchange: Sized + Send {
    /// Makes the value from the request's exchange. The session is loaded at most once per request.
    ///
    /// # Errors
    ///
    /// Returns an error if the handler must not run; its status is then that of the response.
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

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Session {
    type Error = GuardError;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, GuardError> {
        guard::<(), Self>(request).await
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for UnloadedSession {
    type Error = MissingFairing;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, MissingFairing> {
        match exchange::<()>(request) {
            Ok(exchange) => Outcome::Success(Self(exchange.unloaded())),
            Err(missing) => refuse(missing),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for ReadOnlySession {
    type Error = GuardError;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, GuardError> {
        guard::<(), Self>(request).await
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Devices {
    type Error = GuardError;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, GuardError> {
        guard::<(), Self>(request).await
    }
}

impl Sentinel for Session {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_missing::<()>(rocket)
    }
}

impl Sentinel for UnloadedSession {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_missing::<()>(rocket)
    }
}

impl Sentinel for ReadOnlySession {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_missing::<()>(rocket)
    }
}

impl Sentinel for Devices {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_missing::<()>(rocket)
    }
}

/// Takes a value from the request's exchange with the name `N`; `()` stands for none.
pub(crate) async fn guard<N: 'static, T: FromExchange>(request: &Request<'_>) -> Outcome<T, GuardError> {
    let exchange = match exchange::<N>(request) {
        Ok(exchange) => exchange,
        Err(missing) => return refuse(missing),
    };
    match T::from_exchange(exchange).await {
        Ok(taken) => Outcome::Success(taken),
        Err(error) => {
            error.clone().note(request);
            Outcome::Error((Status::new(error.0.status()), GuardError::Session(error)))
        }
    }
}

fn refuse<T, E: From<MissingFairing>>(missing: MissingFairing) -> Outcome<T, E> {
    rocket::error!("{missing}");
    Outcome::Error((Status::InternalServerError, missing.into()))
}

/// Tells whether the fairing with the name `N` is missing, and logs it. Rocket then does not launch a program
/// whose routes ask for its sessions.
pub(crate) fn is_missing<N: 'static>(rocket: &Rocket<Ignite>) -> bool {
    let missing = rocket.state::<Attached<N>>().is_none();
    if missing {
        rocket::error!("{}", MissingFairing::of::<N>());
    }
    missing
}
