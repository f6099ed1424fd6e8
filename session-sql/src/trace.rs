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

#[cfg(test)]
#[cfg(feature = "tracing")]
mod tests {
    use super::*;
    use std::io::{self, Read as _};
    use std::sync::Arc;

    /// What a subscriber writes of the events in `act`.
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
    fn a_count_is_told_for_debugging_and_a_failure_as_a_warning() {
        let count = told(|| counted("purged", 7));
        assert!(count.contains("DEBUG session: purged count=7"), "{count}");
        let warning = told(|| failure("purge failed", &"out of reach"));
        assert!(warning.contains("WARN session: purge failed error=out of reach"), "{warning}");
    }
}
