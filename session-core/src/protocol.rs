//! The protocol, in pure functions: a session's state during a request, and the writes and cookies at its
//! end.

pub(crate) mod change;
pub(crate) mod exclusive;
pub(crate) mod expiry;
pub(crate) mod open;
pub(crate) mod outcome;
pub(crate) mod plan;
pub(crate) mod refusal;
pub(crate) mod replay;
pub(crate) mod sizes;
pub(crate) mod state;

#[cfg(test)]
mod tests;
