//! Sessions for [axum](https://docs.rs/axum), and for any [tower](https://docs.rs/tower) service.
//!
//! Add a [`SessionLayer`] to the router, and take [`Session`] as an argument of the handlers. The session is
//! loaded when it is extracted, and saved before the head of the response is sent. A handler without one of
//! the extractors costs nothing.
//!
//! ```
//! use axum::{Router, routing::get};
//! use session_axum::{MemoryStore, Session, SessionFactory, SessionLayer, SessionOptions};
//!
//! async fn visit(session: Session) -> Result<String, session_axum::Error> {
//!     let visits = session.update("visits", |n: Option<u32>| n.unwrap_or(0) + 1)?;
//!     Ok(format!("visit {visits}"))
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let options = SessionOptions::new("thirty-two bytes of secret, or more").hardened();
//! let sessions = SessionFactory::new(options, MemoryStore::new())?;
//! let app: Router = Router::new().route("/", get(visit)).layer(SessionLayer::new(sessions));
//! # Ok(())
//! # }
//! ```
//!
//! [`UnloadedSession`] extracts the session without loading it, for signing out, [`ReadOnlySession`] without
//! prolonging it, for pages that poll, and [`Devices`] all sessions of the signed-in user. An `Option` of one
//! of these is `None` only if the route has no layer; a session that cannot be loaded is still a rejection.
//!
//! If a save had an outcome that the handler could not know of, such as dropped changes, a [`Notice`] is in
//! the response's extensions.
//!
//! # Without axum
//!
//! The layer works on any tower service of `http` requests and responses. Instead of an extractor, the
//! service calls `of` with the request's extensions:
//!
//! ```no_run
//! use bytes::Bytes;
//! use http::{Request, Response, StatusCode};
//! use http_body_util::Full;
//! use hyper::{body::Incoming, server::conn::http1};
//! use hyper_util::{rt::TokioIo, service::TowerToHyperService};
//! use session_axum::{MemoryStore, Session, SessionFactory, SessionLayer, SessionOptions};
//! use tower::{BoxError, ServiceBuilder, service_fn};
//!
//! async fn visit(request: Request<Incoming>) -> Result<String, BoxError> {
//!     let session = Session::of(request.extensions()).await?;
//!     let visits = session.update("visits", |n: Option<u32>| n.unwrap_or(0) + 1)?;
//!     Ok(format!("visit {visits}"))
//! }
//!
//! async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, BoxError> {
//!     Ok(match visit(request).await {
//!         Ok(text) => Response::new(text.into()),
//!         Err(_) => Response::builder().status(StatusCode::INTERNAL_SERVER_ERROR).body(Full::default())?,
//!     })
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), BoxError> {
//!     let secret = std::env::var("SESSION_SECRET");
//!     let secret = secret.map_err(|_| "set SESSION_SECRET to 32 random bytes or more")?;
//!     let sessions = SessionFactory::new(SessionOptions::new(secret).hardened(), MemoryStore::new())?;
//!     let service = ServiceBuilder::new().layer(SessionLayer::new(sessions)).service(service_fn(answer));
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//!     loop {
//!         let (stream, _) = listener.accept().await?;
//!         let service = TowerToHyperService::new(service.clone());
//!         tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
//!     }
//! }
//! ```
//!
//! # How a response is changed
//!
//! * If a handler or a layer asked for the session, the response gets `Vary: Cookie`. If the response sets
//!   the cookie, it also gets `Cache-Control: private, no-cache`. Both are merged with the application's own
//!   headers.
//! * If the session cannot be loaded or saved, the response is replaced by one without a body and without a
//!   cookie, whatever the handler returned. Its status is 503 if the store failed. The
//!   [`session_core::Error`] is in the response's extensions, for a layer that logs; the client does not see
//!   it:
//!
//!   ```
//!   # use axum::{Router, response::Response};
//!   # fn doc(app: Router) -> Router {
//!   app.layer(axum::middleware::map_response(async |response: Response| {
//!       if let Some(error) = response.extensions().get::<session_axum::session_core::Error>() {
//!           eprintln!("{error}"); // or a log
//!       }
//!       response
//!   }))
//!   # }
//!   ```
//!
//! * If the client hangs up, or a timeout above this layer drops the request, the changes of a finished
//!   handler are saved, and those of an unfinished one are not. Before the process exits, wait for such saves
//!   with [`wait_for_saves`](session_core::SessionFactory::wait_for_saves), after the server has ended.
//! * A streaming body can read the session. A change fails with [`session_core::Error::Finished`], because
//!   the cookie has already been sent.

//!
//! # Two factories in one application
//!
//! A site and its admin area can have sessions of their own, each with its cookie, its options and its store.
//! Factories that share a store share its owners: `revoke_all(1)` ends the sessions of customer 1 and of
//! administrator 1. One of the layers gets a name, which is a type, and a handler takes its sessions by that
//! name. The example `two_factories` is a whole program.
//!
//! ```
//! use axum::{Router, routing::get};
//! use session_axum::{MemoryStore, Named, Session, SessionFactory, SessionLayer, SessionOptions};
//!
//! struct Admin; // the name
//!
//! async fn page(session: Session, admin: Named<Admin, Session>) -> Result<String, session_axum::Error> {
//!     let visits = session.update("visits", |n: Option<u32>| n.unwrap_or(0) + 1)?;
//!     Ok(format!("visit {visits}, as an administrator: {}", admin.owner().is_some()))
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let options = SessionOptions::new("thirty-two bytes of secret, or more").hardened();
//! let mut admin_options = options.clone();
//! admin_options.cookie_name = "__Host-admin".to_owned(); // each factory needs its own
//! let sessions = SessionFactory::new(options, MemoryStore::new())?;
//! let admin_sessions = SessionFactory::new(admin_options, MemoryStore::new())?;
//! let app: Router = Router::new()
//!     .route("/", get(page))
//!     .layer(SessionLayer::named::<Admin>(admin_sessions))
//!     .layer(SessionLayer::new(sessions));
//! # Ok(())
//! # }
//! ```
//!
//! Each session is saved on its own, that of the innermost layer first. If one cannot be saved, the response
//! is replaced as described above, and no cookie is sent. The sessions that were saved before stay saved, as
//! if the response had been lost on its way. Of the others, a session that exists is saved and `invalidate`
//! ends it, but no session is begun, renewed or signed in, because that needs a cookie. If the client hangs
//! up while an inner layer saves its session, the sessions of the layers around it are not saved, and a
//! sign-out of one of them does not take effect. If both saves have a [`Notice`], the response has the one of
//! the innermost layer.
//!
//! # Testing your application
//!
//! With `session-testkit` as a dev-dependency, a test has a signed-in session without a sign-in page:
//! `session_testkit::cookie` returns the Cookie header of a prepared session, and a `TestRequest` has a
//! session for a handler that is called directly. A test of yours is `async`; here `main` stands for it.
//!
//! ```
//! use axum::{Router, body::Body, routing::get};
//! use http::Request;
//! use session_axum::{MemoryStore, Session, SessionFactory, SessionLayer, SessionOptions};
//! use session_testkit::TestRequest;
//! use tower::ServiceExt as _;
//!
//! async fn home(session: Session) -> String {
//!     format!("signed in: {}", session.owner().is_some())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let options = SessionOptions::new("thirty-two bytes of secret, or more").hardened();
//! let sessions = SessionFactory::new(options, MemoryStore::new())?;
//! let app = Router::new().route("/", get(home)).layer(SessionLayer::new(sessions.clone()));
//!
//! // A request to the application:
//! let cookie = session_testkit::cookie(&sessions, |session| session.sign_in(7)).await?;
//! let response = app.oneshot(Request::get("/").header("Cookie", cookie).body(Body::empty())?).await?;
//! let body = axum::body::to_bytes(response.into_body(), 1024).await?;
//! assert_eq!(body, "signed in: true");
//!
//! // A handler alone:
//! let request = TestRequest::new();
//! assert_eq!(home(Session(request.session().await?)).await, "signed in: false");
//! let next = request.finish().await?; // saves the session; `next.session()` shows what was saved
//! # let _ = next;
//! # Ok(())
//! # }
//! ```

mod error;
mod extract;
mod layer;
mod named;
mod response;

pub use error::{Error, MissingLayer, Rejection};
pub use extract::{Devices, FromExchange, ReadOnlySession, Session, UnloadedSession};
pub use layer::{SessionLayer, SessionService};
pub use named::Named;
pub use response::ResponseFuture;
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

/// The driver for axum in the test kit's documentation, compiled as a documentation test.
#[cfg(doctest)]
#[doc = include_str!("../../../session-testkit/src/stories/axum.md")]
struct Driver;
