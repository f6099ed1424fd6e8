//! The driver, behind one trait. To exchange it, only this folder has to be changed.

mod connection;
pub(crate) mod contract;
mod current;
mod doubt;
pub(crate) mod fred;
mod said;
mod settings;
#[cfg(any(feature = "enable-rustls", feature = "enable-rustls-ring"))]
mod tls;
mod url;
mod watch;
