//! The protocol, pure: what a session is during a request, and what is written and sent in the end.

pub(crate) mod change;
pub(crate) mod expiry;
pub(crate) mod open;
pub(crate) mod plan;
pub(crate) mod replay;
pub(crate) mod state;

#[cfg(test)]
mod tests;
