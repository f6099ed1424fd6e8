//! Events about requests and background work, on the target `session`. They hold no session ID, store key,
//! payload or secret.

use std::error::Error;

/// Logs an ordinary event, at debug level.
#[cfg_attr(
    not(feature = "tracing"),
    allow(unused_variables, reason = "without the feature nothing is logged")
)]
pub(crate) fn event(what: &'static str) {
    #[cfg(feature = "tracing")]
    tracing::debug!(target: "session", "{what}");
}

/// Logs a count, at debug level.
#[cfg(feature = "tokio")]
#[cfg_attr(
    not(feature = "tracing"),
    allow(unused_variables, reason = "without the feature nothing is logged")
)]
pub(crate) fn counted(what: &'static str, count: u64) {
    #[cfg(feature = "tracing")]
    tracing::debug!(target: "session", count, "{what}");
}

/// Logs a failure for the operator with its causes, as a warning.
#[cfg_attr(
    not(feature = "tracing"),
    allow(unused_variables, reason = "without the feature nothing is logged")
)]
pub(crate) fn failure(what: &'static str, error: &(dyn Error + 'static)) {
    #[cfg(feature = "tracing")]
    tracing::warn!(target: "session", error, "{what}");
}

#[cfg(test)]
#[cfg(feature = "tracing")]
mod tests {
    use super::*;
    use crate::serializer::SerializerError;
    use std::io::{self, Read as _};
    use std::sync::Arc;

    /// Returns the text that a subscriber writes about the events in `act`.
    fn logged(act: impl FnOnce()) -> String {
        let (mut reader, writer) = io::pipe().unwrap();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_ansi(false)
            .with_writer(Arc::new(writer))
            .finish();
        tracing::subscriber::with_default(subscriber, act);
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        text
    }

    #[test]
    fn ordinary_events_are_logged_for_debugging_and_failures_as_warnings() {
        let ordinary = logged(|| event("conflict"));
        assert!(ordinary.contains("DEBUG session: conflict"), "{ordinary}");
        #[cfg(feature = "tokio")]
        assert!(logged(|| counted("purged", 7)).contains("DEBUG session: purged count=7"));
        let error = SerializerError::new("the bytes are not JSON");
        let warning = logged(|| failure("load failed", &error));
        assert!(warning.contains("WARN session: load failed"), "{warning}");
        assert!(warning.contains("the bytes are not JSON"), "{warning}");
    }
}
