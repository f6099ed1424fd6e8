//! The driver, behind one trait. Whoever exchanges the driver changes this folder only.

mod contract;
mod fred;
mod settings;

pub(crate) use self::contract::{Command, Driver, Reply};
pub(crate) use self::fred::Fred;
