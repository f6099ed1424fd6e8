//! Web sessions for any framework and any store.
//!
//! The cookie is Pyramid's signed session cookie, to the byte: what Python signs this library verifies, and the other way round. What
//! is in a session lives in a [`SessionStore`]; the cookie names it. A session is loaded when a handler asks for it, changed by plain
//! calls, and saved in one atomic store call when the handler has returned.
//!
//! * A web service uses an adapter (`session-axum` and its siblings) and a store (`session-sql`, or [`MemoryStore`]).
//! * The author of a store implements [`SessionStore`], whose clauses are numbered.
//! * The author of an adapter drives an [`Exchange`].
//!
//! ```
//! use session_core::{Error, MemoryStore, SessionFactory, SessionOptions};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let options = SessionOptions::new("thirty-two bytes of secret, or more");
//! let sessions = SessionFactory::new(options, MemoryStore::new())?;
//!
//! // What an adapter does for each request:
//! let exchange = sessions.begin([]);
//! let session = exchange.session().await?;
//! session.insert("name", "Ada")?;
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
//! # Features
//!
//! * `tracing`: events on the target `session`. They hold no id, key, secret or payload.
//! * `md5`: Python's `hashalg="md5"`, for taking over cookies that were signed with it. MD5 is broken as a hash. An HMAC over it still
//!   stands, but it is the first to fall; sign nothing new with it.

mod cache;
mod change;
mod contention;
mod cookie;
mod csrf;
mod devices;
mod error;
mod exchange;
mod expiry;
mod factory;
mod finish;
mod flash;
mod headers;
mod id;
mod key;
mod memory;
mod open;
mod options;
mod owner;
mod plan;
mod random;
mod record;
mod replay;
mod save;
mod serializer;
mod session;
mod signer;
mod state;
mod store;
mod ticket;
mod time;
mod trace;
mod unloaded;

pub use async_trait::async_trait;

pub use change::ValueError;
pub use cookie::{BadCookieName, CookieAttributes, CookieName, SameSite, UnknownSameSite};
pub use devices::{BadDeviceHandle, Device, DeviceHandle, Devices};
pub use error::Error;
pub use exchange::Exchange;
pub use factory::SessionFactory;
pub use finish::Finish;
pub use headers::{Effects, ResponseHeaders};
pub use id::StoreKey;
pub use key::{ValueKey, ValueName};
pub use memory::MemoryStore;
pub use options::{OptionsError, SessionOptions};
pub use owner::Owner;
pub use record::{Record, Version};
pub use serializer::{JsonSerializer, Serializer, SerializerError};
pub use session::Session;
pub use signer::{HashAlg, Salt, Secret, Signer, UnknownHashAlg};
pub use store::{
    Created, Loaded, OwnedSession, OwnerIndex, PurgeExpired, SessionStore, StoreError, StoreErrorKind,
    Touched, Written,
};
pub use ticket::CookieBody;
pub use time::{Clock, ManualClock, SystemClock, UnixTime};
pub use unloaded::UnloadedSession;
