//! Events of background work, on the target `session`. They contain no key, owner or payload.

use std::fmt::Display;

/// Emits a warning about an error.
#[cfg_attr(
    not(feature = "tracing"),
    allow(unused_variables, reason = "without the feature no event is emitted")
)]
pub(crate) fn failure(what: &'static str, error: &dyn Display) {
    #[cfg(feature = "tracing")]
    tracing::warn!(target: "session", %error, "{what}");
}

/// Emits a debug event with a count.
#[cfg_attr(
    not(feature = "tracing"),
    allow(unused_variables, reason = "without the feature no event is emitted")
)]
pub(crate) fn counted(what: &'static str, count: u64) {
    #[cfg(feature = "tracing")]
    tracing::debug!(target: "session", count, "{what}");
}

#[cfg(test)]
#[cfg(feature = "tracing")]
mod tests {
    use super::*;
    use std::io::{self, Read as _};
    use std::sync::Arc;

    /// Returns the text that a subscriber writes about the events in `act`.
    fn told(act: impl FnOnce()) -> String {
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
    fn a_count_is_a_debug_event_and_a_failure_is_a_warning() {
        let count = told(|| counted("purged", 7));
        assert!(count.contains("DEBUG session: purged count=7"), "{count}");
        let warning = told(|| failure("purge failed", &"out of reach"));
        assert!(warning.contains("WARN session: purge failed error=out of reach"), "{warning}");
    }
}
