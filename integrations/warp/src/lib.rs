//! Sessions for [warp](https://docs.rs/warp).

mod arities;
mod error;
mod exchange;
mod filter;
mod handler;
mod response;

pub use error::{Error, recover};
pub use exchange::FromExchange;
pub use filter::SessionFilter;
pub use handler::{Answer, Handler};
/// The library itself, in the version that this adapter is for.
pub use session_core;
pub use session_core::{Devices, Session, UnloadedSession};
