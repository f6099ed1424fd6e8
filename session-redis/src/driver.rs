//! The driver, behind one trait. To exchange it, only this folder has to be changed.

mod contract;
mod doubt;
mod fred;
mod said;
mod settings;
#[cfg(any(feature = "enable-rustls", feature = "enable-rustls-ring"))]
mod tls;
mod url;
mod watch;

pub(crate) use self::contract::{Command, Driver, Reply};
pub(crate) use self::fred::Fred;
