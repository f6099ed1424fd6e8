//! What a handler does with its session.

pub(crate) mod csrf;
pub(crate) mod devices;
pub(crate) mod flash;
pub(crate) mod session;
pub(crate) mod unloaded;
pub(crate) mod value_key;
