//! The types with which a handler works on its session.

pub(crate) mod csrf;
pub(crate) mod devices;
pub(crate) mod finite;
pub(crate) mod flash;
pub(crate) mod json;
pub(crate) mod read_only;
pub(crate) mod session;
pub(crate) mod sign_in;
pub(crate) mod times;
pub(crate) mod unloaded;
pub(crate) mod value_key;
