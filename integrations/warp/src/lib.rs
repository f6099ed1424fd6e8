//! Sessions for [warp](https://docs.rs/warp).
//!
//! A route ends with [`session`](SessionFilter::session), as it would with warp's own `then`: its handler takes the [`Session`] first,
//! and then what the filters extract. It is loaded before the handler runs, and saved before the response's head goes out. The handler
//! need not hand it back. A route without one costs nothing.
//!
//! ```
//! use session_core::{MemoryStore, SessionFactory, SessionOptions};
//! use session_warp::{Session, SessionFilter as _};
//! use warp::Filter as _;
//!
//! async fn visit(session: Session) -> Result<String, session_warp::Error> {
//!     let visits = session.update("visits", |n: Option<u32>| n.unwrap_or(0) + 1)?;
//!     Ok(format!("visit {visits}"))
//! }
//!
//! async fn buy(session: Session, item: String) -> Result<&'static str, session_warp::Error> {
//!     session.insert("cart", item)?;
//!     Ok("It is in your cart.")
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let options = SessionOptions::new("thirty-two bytes of secret, or more").hardened();
//! let sessions = SessionFactory::new(options, MemoryStore::new())?;
//! let routes = warp::path::end()
//!     .session(&sessions, visit)
//!     .or(warp::path!("buy" / String).session(&sessions, buy));
//! # fn serves(routes: impl warp::Filter<Extract = (impl warp::Reply,), Error = warp::Rejection> + Clone + Send + Sync + 'static) {
//! let server = warp::serve(routes); // .run(([127, 0, 0, 1], 8080)).await
//! # }
//! # serves(routes);
//! # Ok(())
//! # }
//! ```
//!
//! Where [`Session`] stands, there may also be [`UnloadedSession`] (for log-out), [`Devices`], a `Result` of one of them, a tuple, or a
//! type of one's own: see [`FromExchange`].
//!
//! # What becomes of a response
//!
//! * It is `Vary: Cookie`; one that sets the cookie is `Cache-Control: private, no-cache` beside what the application said.
//! * If the session cannot be loaded or saved, the response is a bare 503 without a cookie, whatever the handler made of it. No other
//!   route is tried. The [`session_core::Error`] is among the response's extensions, so a page for outages is a `map` away:
//!
//!   ```
//!   # use session_warp::{Session, SessionFilter as _, session_core};
//!   # use warp::{Filter, Reply, reply::Response};
//!   # async fn visit(_: Session) -> &'static str { "" }
//!   # fn site(sessions: &session_core::SessionFactory) -> impl Filter<Extract = (impl Reply,), Error = warp::Rejection> + Clone {
//!   warp::path("visit").session(sessions, visit).map(|mut response: Response| {
//!       if let Some(session_core::Error::Store(error)) = response.extensions().get() {
//!           eprintln!("{error}"); // or a log
//!           *response.body_mut() = "We shall be back soon.".as_bytes().to_vec().into_response().into_body();
//!       }
//!       response
//!   })
//!   # }
//!   ```
//!
//! * If the client hangs up, or a handler panics, nothing of an unfinished handler is saved; after a hang-up, all of a finished one.
//!   A process that stops waits for such saves by [`wait_for_saves`](session_core::SessionFactory::wait_for_saves), after its server has
//!   ended.
//! * A body that streams may read the session; a change is then [`session_core::Error::Finished`], since the cookie has gone out.
//!
//! # What becomes of a rejection
//!
//! A rejection of the filters before the handler, such as a path that does not match, has no session and costs nothing.
//!
//! One of the handler's own passes through, to the next route or to warp's `recover`, with all that it says. It counts as an error
//! response: with `set_on_exception = false` nothing is saved. And since nobody can hand a cookie to whoever answers in the end, what
//! needs one is not done either: no session begins, is renewed or signed in. `invalidate` ends the session all the same. A handler
//! whose sign-in or whose new session is to last answers with a reply, whatever its status.
//!
//! What `recover` answers is not `Vary: Cookie`, unless it says so itself.
//!
//! # What cannot be forgotten
//!
//! A handler that asks for a session is no handler of warp's: without its sessions the route does not compile.
//!
//! ```compile_fail
//! # use session_warp::Session;
//! # use warp::Filter as _;
//! # async fn visit(_: Session) -> &'static str { "" }
//! let route = warp::path("visit").then(visit);
//! ```

mod arities;
mod error;
mod exchange;
mod filter;
mod handler;
mod response;

pub use error::{Error, recover};
pub use exchange::FromExchange;
pub use filter::SessionFilter;
pub use handler::{Answer, Handler, Rejects, Replies};
/// The library itself, in the version that this adapter is for.
pub use session_core;
/// What a program needs besides, so that this crate and a store are its only dependencies for sessions.
pub use session_core::{
    Device, DeviceHandle, MemoryStore, OptionsError, Owner, SameSite, SessionFactory, SessionOptions,
    UnixTime, ValueError, ValueKey, ValueName,
};
pub use session_core::{Devices, Session, UnloadedSession};

/// The program of the crate's README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
