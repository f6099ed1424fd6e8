//! What a request did, as events on the target `session`. They name no session: no id, no key, no payload, no secret.

use std::error::Error;

/// Something ordinary.
#[cfg_attr(
    not(feature = "tracing"),
    allow(unused_variables, reason = "without the feature there is nobody to tell")
)]
pub(crate) fn event(what: &'static str) {
    #[cfg(feature = "tracing")]
    tracing::debug!(target: "session", "{what}");
}

/// Something that an operator wants to know, with its causes.
#[cfg_attr(
    not(feature = "tracing"),
    allow(unused_variables, reason = "without the feature there is nobody to tell")
)]
pub(crate) fn failure(what: &'static str, error: &(dyn Error + 'static)) {
    #[cfg(feature = "tracing")]
    tracing::warn!(target: "session", error, "{what}");
}
