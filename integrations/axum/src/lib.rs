//! Sessions for [axum](https://docs.rs/axum), and for any [tower](https://docs.rs/tower) service.
//!
//! Add a [`SessionLayer`] to the router, and handlers take [`Session`] as an argument. It is loaded when it is asked for, and saved
//! before the response's head goes out; a handler that does not ask costs nothing.
//!
//! ```
//! use axum::{Router, routing::get};
//! use session_axum::{Session, SessionLayer};
//! use session_core::{MemoryStore, SessionFactory, SessionOptions};
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
//! # Without axum
//!
//! Any tower service of `http` requests and responses can be under the layer. What a handler of axum's extracts, a service takes from
//! the request's extensions:
//!
//! ```no_run
//! use bytes::Bytes;
//! use http::{Request, Response, StatusCode};
//! use http_body_util::Full;
//! use hyper::{body::Incoming, server::conn::http1};
//! use hyper_util::{rt::TokioIo, service::TowerToHyperService};
//! use session_axum::{Session, SessionLayer};
//! use session_core::{MemoryStore, SessionFactory, SessionOptions};
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
//!     let secret = std::env::var("SESSION_SECRET").map_err(|_| "set SESSION_SECRET to 32 random bytes or more")?;
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
//! # What becomes of a response
//!
//! * Whoever asked for the session makes the response `Vary: Cookie`; one that sets the cookie is `Cache-Control: private, no-cache`
//!   beside what the application said.
//! * If the session cannot be loaded or saved, the response is a bare 503 without a cookie, whatever the handler made of it. The
//!   [`session_core::Error`] is among the response's extensions, for a layer that logs; the client reads nothing of it:
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
//! * If the client hangs up, or a timeout above this layer drops the request, nothing of an unfinished handler is saved, and all of
//!   a finished one. A process that stops waits for such saves by
//!   [`wait_for_saves`](session_core::SessionFactory::wait_for_saves), after its server has ended.
//! * A body that streams may read the session; a change is then [`session_core::Error::Finished`], since the cookie has gone out.

mod error;
mod extract;
mod layer;
mod response;

pub use error::{Error, MissingLayer, Rejection};
pub use extract::{Devices, Session, UnloadedSession};
pub use layer::{SessionLayer, SessionService};
pub use response::ResponseFuture;
/// The library itself, in the version that this adapter is for.
pub use session_core;
/// What a program needs besides, so that this crate and a store are its only dependencies for sessions.
pub use session_core::{
    Device, DeviceHandle, MemoryStore, OptionsError, Owner, SameSite, SessionFactory, SessionOptions,
    UnixTime, ValueError, ValueKey, ValueName,
};

/// The program of the crate's README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The driver for axum in the test kit's documentation, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../session-testkit/src/stories/axum.md")]
struct Driver;
