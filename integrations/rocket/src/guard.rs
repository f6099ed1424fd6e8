//! The request guards.

use std::ops::Deref;

use rocket::http::Status;
use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};

use crate::error::{Error, GuardError, MissingFairing};
use crate::fairing::{Attached, exchange};

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

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Session {
    type Error = GuardError;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, GuardError> {
        match exchange(request) {
            Ok(exchange) => outcome(exchange.session().await.map(Self), request),
            Err(missing) => refuse(missing),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for UnloadedSession {
    type Error = MissingFairing;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, MissingFairing> {
        match exchange(request) {
            Ok(exchange) => Outcome::Success(Self(exchange.unloaded())),
            Err(missing) => refuse(missing),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Devices {
    type Error = GuardError;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, GuardError> {
        match exchange(request) {
            Ok(exchange) => outcome(exchange.devices().await.map(Self), request),
            Err(missing) => refuse(missing),
        }
    }
}

impl Sentinel for Session {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_missing(rocket)
    }
}

impl Sentinel for UnloadedSession {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_missing(rocket)
    }
}

impl Sentinel for Devices {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_missing(rocket)
    }
}

fn outcome<T>(loaded: Result<T, session_core::Error>, request: &Request<'_>) -> Outcome<T, GuardError> {
    match loaded {
        Ok(loaded) => Outcome::Success(loaded),
        Err(error) => {
            let (status, error) = (Status::new(error.status()), Error(error));
            error.clone().note(request);
            Outcome::Error((status, GuardError::Session(error)))
        }
    }
}

fn refuse<T, E: From<MissingFairing>>(missing: MissingFairing) -> Outcome<T, E> {
    rocket::error!("{missing}");
    Outcome::Error((Status::InternalServerError, missing.into()))
}

/// Tells whether the fairing is missing, and logs it. Rocket then does not launch a program whose routes ask
/// for a session.
fn is_missing(rocket: &Rocket<Ignite>) -> bool {
    let missing = rocket.state::<Attached>().is_none();
    if missing {
        rocket::error!("{MissingFairing}");
    }
    missing
}
