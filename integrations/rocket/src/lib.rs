//! Sessions for [Rocket](https://docs.rs/rocket).
//!
//! Attach [`Sessions`] to the Rocket, and handlers, synchronous ones too, take [`Session`] as an argument. It is loaded when it is asked
//! for, and saved before the response's head goes out; a handler that does not ask costs nothing.
//!
//! ```
//! use rocket::{Build, Rocket, get, routes};
//! use session_core::{MemoryStore, OptionsError, SessionFactory, SessionOptions};
//! use session_rocket::{Session, Sessions};
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
//! The options can also stand in Rocket's configuration; see [`options`] and [`Sessions::configured`].
//!
//! # What becomes of a response
//!
//! * Whoever asked for the session makes the response `Vary: Cookie`; one that sets the cookie is `Cache-Control: private, no-cache`
//!   beside what the application said.
//! * If the session cannot be loaded or saved, the response is a bare 503 without a cookie, whatever the handler made of it:
//!   `Option<Session>` hides no outage. `Result<Session, GuardError>` and [`Error::of`] tell what happened.
//! * A request that is forwarded keeps its session, and a catcher that asks has the handler's.
//! * A handler that panics has changed nothing, if it panics with its session in hand. After it has given the session away, Rocket's 500
//!   looks like any other, and what was changed is saved.
//! * Rocket goes on with a request when its client hangs up, and so does the session: what the handler does is saved.
//! * A body that streams may read the session; a change is then [`session_core::Error::Finished`], since the cookie has gone out.
//!
//! # What is Rocket's own way
//!
//! * A Rocket whose routes ask for a session, and which lacks the fairing, is not launched; the log says what to attach.
//! * Rocket drops a Cookie header with bytes that are not UTF-8, all of it: such a request has no session. Whoever can set a cookie for
//!   the site's parent domain can so keep a visitor signed out; on axum and warp the good cookie beside it counts.
//! * Rocket takes a form's field `_method` for the request's method. With `samesite` none a form of another site can so reach PUT and
//!   DELETE routes, which elsewhere only a script with the site's leave can. Check the CSRF token there, too.
//! * A request that Rocket cannot read (a method that it does not know) goes to a catcher past all fairings: a session that the catcher
//!   asks for is not saved.
//! * Rocket's log at the level `debug` shows each request's headers, the cookie among them. It is not for a live site.
//! * In tests, Rocket's local `Client` keeps the cookie; over plain http a real browser does so only for `localhost`. A clone of a local
//!   request is the same request, and has one session.

mod configuration;
mod error;
mod fairing;
mod guard;
mod headers;

pub use configuration::{ConfigurationError, options};
pub use error::{Error, GuardError, MissingFairing};
pub use fairing::Sessions;
pub use guard::{Devices, Session, UnloadedSession};
/// The library itself, in the version that this adapter is for.
pub use session_core;
/// What a program needs besides, so that this crate and a store are its only dependencies for sessions.
pub use session_core::{
    Device, DeviceHandle, MemoryStore, OptionsError, Owner, SameSite, SessionFactory, SessionOptions,
    UnixTime, ValueError, ValueKey, ValueName,
};

/// The program of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
