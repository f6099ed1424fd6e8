//! Events about the connection, on the target `session`. They hold no key, owner, payload or password.

/// Logs an ordinary event, at debug level.
#[cfg_attr(
    not(feature = "tracing"),
    allow(unused_variables, reason = "without the feature nothing is logged")
)]
pub(crate) fn event(what: &'static str) {
    #[cfg(feature = "tracing")]
    tracing::debug!(target: "session", "{what}");
}

/// Logs something that the operator should know, as a warning, with what the driver or the server says.
#[cfg_attr(
    not(feature = "tracing"),
    allow(unused_variables, reason = "without the feature nothing is logged")
)]
pub(crate) fn warning(what: &'static str, said: &str) {
    #[cfg(feature = "tracing")]
    tracing::warn!(target: "session", said, "{what}");
}
