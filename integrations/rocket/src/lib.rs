//! Sessions for [Rocket](https://docs.rs/rocket).
//!
//! Attach the fairing [`Sessions`], and take [`Session`] as an argument of the handlers, which can be
//! synchronous or async. The session is loaded when a guard asks for it, and saved before the head of the
//! response is sent. A handler without one of the guards costs nothing.
//!
//! ```
//! use rocket::{Build, Rocket, get, routes};
//! use session_rocket::{MemoryStore, OptionsError, Session, SessionFactory, SessionOptions, Sessions};
//!
//! #[get("/")]
//! fn visit(session: Session) -> Result<String, session_rocket::Error> {
//!     let visits = session.update("visits", |n: Option<u32>| n.unwrap_or(0) + 1)?;
//!     Ok(format!("visit {visits}"))
//! }
//!
//! fn site(secret: &str) -> Result<Rocket<Build>, OptionsError> {
//!     let options = SessionOptions::new(secret).hardened();
//!     let sessions = SessionFactory::new(options, MemoryStore::new())?;
//!     Ok(rocket::build().attach(Sessions::fairing(sessions)).mount("/", routes![visit]))
//! }
//! # assert!(site("thirty-two bytes of secret, or more").is_ok());
//! ```
//!
//! [`UnloadedSession`] is the guard for signing out without loading the session, and [`Devices`] the one for
//! all sessions of the signed-in user. The options can also be read from Rocket's configuration; see
//! [`options`] and [`Sessions::configured`].
//!
//! # How a response is changed
//!
//! * If anything asked for the session, the response gets `Vary: Cookie`. If the response sets the cookie, it
//!   also gets `Cache-Control: private, no-cache`. Both are merged with the application's own headers.
//! * If the session cannot be loaded or saved, the response is replaced by one without a body and without a
//!   cookie, whatever the handler returned, even if it took an `Option<Session>`. Its status is 503 if the
//!   store failed. The error is in the guard `Result<Session, GuardError>` and in [`Error::of`].
//! * A request that is forwarded keeps its session. A catcher that asks for the session gets the handler's.
//! * A handler that panics while it holds its session changes nothing. If it has dropped the session before,
//!   its changes are saved, because Rocket's 500 then looks like any other response.
//! * Rocket completes a request after its client has hung up, so the handler's changes are saved.
//! * A streaming body can read the session. A change fails with [`session_core::Error::Finished`], because
//!   the cookie has already been sent.
//!
//! # Peculiarities of Rocket
//!
//! * If a route asks for a session and the fairing is missing, Rocket does not launch, and its log says what
//!   to attach.
//! * Rocket drops a Cookie header entirely if it has bytes that are not UTF-8; such a request has no session.
//!   An attacker who can set a cookie for the site's parent domain can thereby keep a visitor signed out. On
//!   axum and warp the valid cookie in the same header is still used.
//! * Rocket treats a form's field `_method` as the request's method. With `samesite` none, a form of another
//!   site can therefore reach PUT and DELETE routes, which with other frameworks only a script that the site
//!   permits can reach. Check the CSRF token in these routes, too.
//! * Rocket passes a request with an unknown method to a catcher without running any fairing. If the catcher
//!   asks for a session, its changes are not saved.
//! * At the log level `debug`, Rocket logs each request's headers, including the cookie. Do not use it in
//!   production.
//! * In tests, Rocket's local `Client` keeps the cookie. A real browser does so over plain HTTP only for
//!   `localhost`. A clone of a local request is the same request, and has the same session.

mod configuration;
mod error;
mod fairing;
mod guard;
mod headers;

pub use configuration::{ConfigurationError, options};
pub use error::{Error, GuardError, MissingFairing};
pub use fairing::Sessions;
pub use guard::{Devices, Session, UnloadedSession};
/// The library itself, in the version that this adapter uses.
pub use session_core;
/// Re-exports for programs, whose only dependencies for sessions are then this crate and that of a store.
pub use session_core::{
    Device, DeviceHandle, MemoryStore, OptionsError, Owner, SameSite, SessionFactory, SessionOptions,
    UnixTime, ValueError, ValueKey, ValueName,
};

/// The program in the crate's README, compiled as a documentation test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
