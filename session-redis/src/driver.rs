//! The driver, behind one trait. To exchange it, this folder has to be changed, and what the API shows of it:
//! the client in `connect.rs`, the re-export in `lib.rs`, and two texts in `error.rs`.

mod commands;
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
