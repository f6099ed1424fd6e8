//! Sessions for [warp](https://docs.rs/warp).
//!
//! End a route with [`session`](SessionFilter::session) where it would end with warp's own `then`. The
//! handler takes the [`Session`] first, and then the values that the filters extract. The session is loaded
//! before the handler runs, and saved before the head of the response is sent. The handler does not have to
//! return it. A route without a session costs nothing.
//!
//! ```
//! use session_warp::{MemoryStore, Session, SessionFactory, SessionFilter as _, SessionOptions};
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
//! Instead of [`Session`], a handler can take [`UnloadedSession`] (for signing out), [`ReadOnlySession`] (for
//! pages that poll, which do not prolong it), [`Devices`] (the sessions of the signed-in user), a `Result` of
//! one of them, a tuple of them, or a type of your own; see [`FromExchange`].
//!
//! If a save had an outcome that the handler could not know of, such as dropped changes, a [`Notice`] is in
//! the response's extensions.
//!
//! # How a response is changed
//!
//! * If the handler asked for the session, the response gets `Vary: Cookie`. If the response sets the cookie,
//!   it also gets `Cache-Control: private, no-cache`. Both are merged with the application's own headers.
//! * If the session cannot be loaded or saved, the response is replaced by one without a body and without a
//!   cookie, whatever the handler returned. Its status is 503 if the store failed. No other route is tried.
//!   The [`session_core::Error`] is in the response's extensions, so `map` can make a page for outages:
//!
//!   ```
//!   # use session_warp::{Session, SessionFactory, SessionFilter as _, session_core};
//!   # use warp::{Filter, Reply, reply::Response};
//!   # async fn visit(_: Session) -> &'static str { "" }
//!   # fn site(
//!   #     sessions: &SessionFactory,
//!   # ) -> impl Filter<Extract = (impl Reply,), Error = warp::Rejection> + Clone {
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
//! * If the client hangs up, the changes of a finished handler are saved, and those of an unfinished one are
//!   not. Before the process exits, wait for such saves with
//!   [`wait_for_saves`](session_core::SessionFactory::wait_for_saves), after the server has ended.
//! * If the handler panics, nothing is saved.
//! * A streaming body can read the session. A change fails with [`session_core::Error::Finished`], because
//!   the cookie has already been sent.
//!
//! # How a rejection is handled
//!
//! If the filters before the handler reject, for example because the path does not match, no session is read
//! and nothing is saved.
//!
//! If the handler itself returns a rejection, the next route or warp's `recover` gets it unchanged. Changes
//! to an existing session are saved, and `invalidate` ends the session. With `set_on_exception = false` the
//! rejection counts as an error response, so only `invalidate` takes effect.
//!
//! If the handler begins, renews or signs in a session and then rejects, nothing is saved. Such a change
//! needs a cookie, but the response comes from another route or from `recover`, and this crate cannot add a
//! cookie to it. To save the change, return a reply, whatever its status.
//!
//! A response from `recover` has no `Vary: Cookie`, unless `recover` adds it.
//!
//! # A missing session is a compile error
//!
//! warp itself cannot call a handler that takes a session. A route that does not pass one to it does not
//! compile:
//!
//! ```compile_fail
//! # use session_warp::Session;
//! # use warp::Filter as _;
//! # async fn visit(_: Session) -> &'static str { "" }
//! let route = warp::path("visit").then(visit);
//! ```
//!
//! # Two factories in one application
//!
//! A site and its admin area can have sessions of their own, each with its cookie, its options and its store.
//! Factories that share a store share its owners: `revoke_all(1)` ends the sessions of customer 1 and of
//! administrator 1. One of the factories gets a name, which is a type. A route is given both as a tuple, and
//! its handler takes a tuple in the same order.
//!
//! ```
//! use session_warp::{MemoryStore, Named, Session, SessionFactory, SessionFilter as _, SessionOptions};
//!
//! struct Admin; // the name
//!
//! async fn page(
//!     (session, admin): (Session, Named<Admin, Session>),
//! ) -> Result<String, session_warp::Error> {
//!     let visits = session.update("visits", |n: Option<u32>| n.unwrap_or(0) + 1)?;
//!     Ok(format!("visit {visits}, as an administrator: {}", admin.owner().is_some()))
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let options = SessionOptions::new("thirty-two bytes of secret, or more").hardened();
//! let mut admin_options = options.clone();
//! admin_options.cookie_name = "__Host-admin".to_owned(); // each factory needs its own
//! let sessions = SessionFactory::new(options, MemoryStore::new())?;
//! let admin_sessions = Named::<Admin, _>::new(SessionFactory::new(admin_options, MemoryStore::new())?);
//! let routes = warp::path::end().session(&(sessions, admin_sessions), page);
//! # fn serves(_: impl warp::Filter<Extract = (impl warp::Reply,), Error = warp::Rejection> + Clone + Send + Sync + 'static) {}
//! # serves(routes);
//! # Ok(())
//! # }
//! ```
//!
//! A handler that takes a name which its route does not have does not compile:
//!
//! ```compile_fail
//! # use session_warp::{Named, Session, SessionFactory, SessionFilter as _};
//! # struct Admin;
//! # async fn page(_: Named<Admin, Session>) -> &'static str { "" }
//! # fn doc(sessions: SessionFactory) {
//! let route = warp::path("page").session(&sessions, page);
//! # }
//! ```
//!
//! Each session is saved on its own, in the order of the tuple. If one cannot be saved, the response is
//! replaced as described above, and no cookie is sent. The sessions that were saved before stay saved, as if
//! the response had been lost on its way. Of the others, a session that exists is saved and
//! `invalidate` ends it, but no session is begun, renewed or signed in, because that needs a cookie. If both
//! saves have a [`Notice`], the response has the first one.
//!
//! # Testing your application
//!
//! With `session-testkit` as a dev-dependency, a test has a signed-in session without a sign-in page:
//! `session_testkit::cookie` returns the Cookie header of a prepared session, and a `TestRequest` has a
//! session for a handler that is called directly. A test of yours is `async`; here `main` stands for it.
//!
//! ```
//! use session_testkit::TestRequest;
//! use session_warp::{MemoryStore, Session, SessionFactory, SessionFilter as _, SessionOptions};
//!
//! async fn home(session: Session) -> String {
//!     format!("signed in: {}", session.owner().is_some())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let options = SessionOptions::new("thirty-two bytes of secret, or more").hardened();
//! let sessions = SessionFactory::new(options, MemoryStore::new())?;
//! let routes = warp::path::end().session(&sessions, home);
//!
//! // A request to the routes:
//! let cookie = session_testkit::cookie(&sessions, |session| session.sign_in(7)).await?;
//! let response = warp::test::request().header("cookie", cookie).reply(&routes).await;
//! assert_eq!(response.body(), "signed in: true");
//!
//! // A handler alone:
//! let request = TestRequest::new();
//! assert_eq!(home(request.session().await?).await, "signed in: false");
//! let next = request.finish().await?; // saves the session; `next.session()` shows what was saved
//! # let _ = next;
//! # Ok(())
//! # }
//! ```

mod arities;
mod error;
mod exchange;
mod factories;
mod filter;
mod finish;
mod handler;
mod named;
mod response;
mod route;

pub use error::{Error, recover};
pub use exchange::FromExchange;
pub use factories::Factories;
pub use filter::SessionFilter;
pub use handler::{Answer, Handler, Rejects, Replies};
pub use named::Named;
/// The library itself, in the version that this adapter uses.
pub use session_core;
/// Re-exports for programs, whose only dependencies for sessions are then this crate and that of a store.
pub use session_core::adapter::Notice;
pub use session_core::{
    Device, DeviceHandle, MemoryStore, OptionsError, Owner, SameSite, SessionFactory, SessionOptions,
    UnixTime, ValueError, ValueKey, ValueName,
};
pub use session_core::{Devices, ReadOnlySession, Session, UnloadedSession};

/// The program in the crate's README, compiled as a documentation test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
