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
//! [`UnloadedSession`] is the guard for signing out without loading the session, [`ReadOnlySession`] the one
//! for pages that poll, which does not prolong it, and [`Devices`] the one for all sessions of the signed-in
//! user. The options can also be read from Rocket's configuration; see [`options`] and
//! [`Sessions::configured`].
//!
//! If a save had an outcome that the handler could not know of, such as dropped changes, [`notice`] returns
//! it.
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
//! # Two factories in one application
//!
//! A site and its admin area can have sessions of their own, each with its cookie, its options and its store.
//! Factories that share a store share its owners: `revoke_all(1)` ends the sessions of customer 1 and of
//! administrator 1. One of the fairings gets a name, which is a type, and a handler takes its sessions by
//! that name. If a route asks for a name that no fairing has, or if two fairings have no name, Rocket does
//! not launch.
//!
//! ```
//! use rocket::{Build, Rocket, get, routes};
//! use session_rocket::{
//!     MemoryStore, Named, OptionsError, Session, SessionFactory, SessionOptions, Sessions,
//! };
//!
//! struct Admin; // the name
//!
//! #[get("/")]
//! async fn page(session: Session, admin: Named<Admin, Session>) -> Result<String, session_rocket::Error> {
//!     let visits = session.update("visits", |n: Option<u32>| n.unwrap_or(0) + 1)?;
//!     Ok(format!("visit {visits}, as an administrator: {}", admin.owner().is_some()))
//! }
//!
//! fn site(secret: &str) -> Result<Rocket<Build>, OptionsError> {
//!     let options = SessionOptions::new(secret).hardened();
//!     let mut admin_options = options.clone();
//!     admin_options.cookie_name = "__Host-admin".to_owned(); // each factory needs its own
//!     let sessions = SessionFactory::new(options, MemoryStore::new())?;
//!     let admin_sessions = SessionFactory::new(admin_options, MemoryStore::new())?;
//!     Ok(rocket::build()
//!         .attach(Sessions::fairing(sessions))
//!         .attach(Sessions::fairing(admin_sessions).named::<Admin>())
//!         .mount("/", routes![page]))
//! }
//! # assert!(site("thirty-two bytes of secret, or more").is_ok());
//! ```
//!
//! Each session is saved on its own, in the order of the fairings. If one cannot be saved, the response is
//! replaced as described above, and no cookie is sent. The sessions that were saved before stay saved, as if
//! the response had been lost on its way. Of the others, a session that exists is saved and
//! `invalidate` ends it, but no session is begun, renewed or signed in, because that needs a cookie. If both
//! saves have a [`Notice`], [`notice`] returns the first one.
//!
//! # Testing your application
//!
//! With `session-testkit` as a dev-dependency, a test has a signed-in session without a sign-in page:
//! `session_testkit::cookie` returns the Cookie header of a prepared session, and a `TestRequest` has a
//! session for a handler that is called directly. A test of yours is `async`; here `main` stands for it.
//!
//! ```
//! use rocket::http::Header;
//! use rocket::local::asynchronous::Client;
//! use rocket::{get, routes};
//! use session_rocket::{MemoryStore, Session, SessionFactory, SessionOptions, Sessions};
//! use session_testkit::TestRequest;
//!
//! #[get("/")]
//! fn home(session: Session) -> String {
//!     format!("signed in: {}", session.owner().is_some())
//! }
//!
//! # #[rocket::main]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let options = SessionOptions::new("thirty-two bytes of secret, or more").hardened();
//! let sessions = SessionFactory::new(options, MemoryStore::new())?;
//! let site = rocket::build().attach(Sessions::fairing(sessions.clone())).mount("/", routes![home]);
//!
//! // A request to the application:
//! let client = Client::untracked(site).await?;
//! let cookie = session_testkit::cookie(&sessions, |session| session.sign_in(7)).await?;
//! let response = client.get("/").header(Header::new("Cookie", cookie)).dispatch().await;
//! assert_eq!(response.into_string().await.as_deref(), Some("signed in: true"));
//!
//! // A handler alone:
//! let request = TestRequest::new();
//! assert_eq!(home(Session(request.session().await?)), "signed in: false");
//! let next = request.finish().await?; // saves the session; `next.session()` shows what was saved
//! # let _ = next;
//! # Ok(())
//! # }
//! ```
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
mod named;

pub use configuration::{ConfigurationError, options};
pub use error::{Error, GuardError, MissingFairing, notice};
pub use fairing::Sessions;
pub use guard::{Devices, FromExchange, ReadOnlySession, Session, UnloadedSession};
pub use named::Named;
/// The library itself, in the version that this adapter uses.
pub use session_core;
/// Re-exports for programs, whose only dependencies for sessions are then this crate and that of a store.
pub use session_core::adapter::Notice;
pub use session_core::{
    Device, DeviceHandle, MemoryStore, OptionsError, Owner, SameSite, SessionFactory, SessionOptions,
    UnixTime, ValueError, ValueKey, ValueName,
};

/// The program in the crate's README, compiled as a documentation test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
