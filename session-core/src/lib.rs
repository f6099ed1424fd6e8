//! Web sessions for any framework and any store.
//!
//! The data of a session lives in a store on the server; a signed cookie names it. A handler asks for its
//! [`Session`], which is then loaded, and changes it by plain method calls. When the handler has returned,
//! the session is saved in one atomic store call. The cookie is Pyramid's signed session cookie, to the byte,
//! so a site can move from Pyramid or CubicWeb to Rust.
//!
//! This page has what handlers and `main` need:
//!
//! * A handler takes a [`Session`], or an [`UnloadedSession`] to sign out, a [`ReadOnlySession`] in a page
//!   that polls, or [`Devices`] to list the sessions of its user. It takes them from the adapter for its
//!   framework: `session-axum`, `session-warp` or `session-rocket`.
//! * `main` makes a [`SessionFactory`] from [`SessionOptions`] and a store: [`MemoryStore`], or one on a
//!   server or in a file from `session-sql` or `session-redis`.
//!
//! Three modules are for other readers:
//!
//! * [`store`] for the author of a store,
//! * [`adapter`] for the author of an adapter for another web framework,
//! * [`pyramid`] for a site that moves from Python.
//!
//! ```
//! use session_core::{Error, Session, ValueKey};
//!
//! const VISITS: ValueKey<u32> = ValueKey::new("visits");
//!
//! fn visit(session: &Session) -> Result<String, Error> {
//!     let visits = session.update(VISITS, |n| n.unwrap_or(0) + 1)?; // parallel requests all count
//!     Ok(format!("visit {visits}"))
//! }
//!
//! fn sign_in(session: &Session, user_id: i64) -> Result<(), Error> {
//!     session.sign_in(user_id)?; // a new session ID and a new CSRF token
//!     session.flash("Welcome.")
//! }
//! ```
//!
//! # Features
//!
//! * `tracing`: events on the target `session`. They hold no session ID, store key, secret or payload.
//! * `tokio`: [`store::PurgeTask`], which removes expired sessions in the background.
//! * `md5`: Python's `hashalg="md5"`, to take over cookies that were signed with it. MD5 is broken as a hash.
//!   HMAC over MD5 is not broken yet, but sign nothing new with it.

pub mod adapter;
mod error;
mod handler;
mod id;
mod owner;
mod protocol;
pub mod pyramid;
mod random;
mod serializer;
mod setup;
pub mod store;
mod ticket;
mod time;
mod trace;

pub use error::Error;
pub use handler::devices::{BadDeviceHandle, Device, DeviceHandle, Devices};
pub use handler::read_only::ReadOnlySession;
pub use handler::session::Session;
pub use handler::unloaded::UnloadedSession;
pub use handler::value_key::{ValueKey, ValueName};
pub use owner::Owner;
pub use protocol::change::ValueError;
pub use pyramid::set_cookie::SameSite;
pub use setup::factory::SessionFactory;
pub use setup::options::SessionOptions;
pub use setup::options_error::OptionsError;
pub use store::memory::MemoryStore;
pub use time::UnixTime;
