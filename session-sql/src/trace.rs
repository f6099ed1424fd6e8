//! What happened in the background, as events on the target `session`. They name no session, owner or payload.

use std::fmt::Display;

/// Something that an operator wants to know.
#[cfg_attr(
    not(feature = "tracing"),
    allow(unused_variables, reason = "without the feature there is nobody to tell")
)]
pub(crate) fn failure(what: &'static str, error: &dyn Display) {
    #[cfg(feature = "tracing")]
    tracing::warn!(target: "session", %error, "{what}");
}

/// Something ordinary.
#[cfg_attr(
    not(feature = "tracing"),
    allow(unused_variables, reason = "without the feature there is nobody to tell")
)]
pub(crate) fn counted(what: &'static str, count: u64) {
    #[cfg(feature = "tracing")]
    tracing::debug!(target: "session", count, "{what}");
}
