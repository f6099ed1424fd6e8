//! The keys and the values in Redis.

pub(crate) mod keys;
pub(crate) mod value;
