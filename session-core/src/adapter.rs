//! Types for the author of an adapter for a web framework.
//!
//! An adapter turns a framework's HTTP types into bytes and back, and makes no decision about sessions. For
//! each request it begins an [`Exchange`] with the Cookie headers, hands out the session to the handlers that
//! ask for it, finishes the exchange with the status of the response, and applies the [`Effects`] to the
//! response's headers through its [`ResponseHeaders`]. It gives the factory a
//! [spawner](crate::SessionFactory::with_spawner) once, so that a save is completed even if the client hangs
//! up.
//!
//! ```
//! use session_core::{Error, MemoryStore, SessionFactory, SessionOptions};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let options = SessionOptions::new("thirty-two bytes of secret, or more");
//! let sessions = SessionFactory::new(options, MemoryStore::new())?;
//! let sessions = sessions.with_spawner(|rest| {
//!     if let Ok(runtime) = tokio::runtime::Handle::try_current() {
//!         runtime.spawn(rest);
//!     }
//! });
//!
//! // A request without a cookie:
//! let exchange = sessions.begin([]);
//! exchange.session().await?.insert("name", "Ada")?;
//! let effects = exchange.finish(200).await?;
//!
//! // The browser sends the cookie back:
//! let cookie = effects.set_cookie.unwrap();
//! let exchange = sessions.begin([cookie.split(';').next().unwrap().as_bytes()]);
//! assert_eq!(exchange.session().await?.get::<String>("name")?.as_deref(), Some("Ada"));
//! # Ok(())
//! # }
//! ```
//!
//! A program can have several factories, such as one for the site and one for its admin area, and a handler
//! can use sessions of each. [`Exchanges`] keeps the exchanges of such a request, by the [`Name`] of the
//! factory.
//!
//! The crate `session-testkit` contains the HTTP stories that every adapter must pass, and a guide to
//! building an adapter.

pub(crate) mod cache;
pub(crate) mod contention;
pub(crate) mod exchange;
pub(crate) mod exchanges;
pub(crate) mod finish;
pub(crate) mod headers;
pub(crate) mod notice;
pub(crate) mod owned;
pub(crate) mod save;

pub use crate::time::{Clock, SystemClock};
pub use exchange::Exchange;
pub use exchanges::{Exchanges, Name};
pub use finish::Finish;
pub use headers::{Effects, ResponseHeaders};
pub use notice::Notice;
