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

#[cfg(test)]
#[cfg(feature = "tracing")]
mod tests {
    use super::*;
    use crate::serializer::SerializerError;
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
    fn what_is_ordinary_is_told_for_debugging_and_what_is_not_as_a_warning() {
        let ordinary = told(|| event("conflict"));
        assert!(ordinary.contains("DEBUG session: conflict"), "{ordinary}");
        let error = SerializerError::new("the bytes are not JSON");
        let warning = told(|| failure("load failed", &error));
        assert!(warning.contains("WARN session: load failed"), "{warning}");
        assert!(warning.contains("the bytes are not JSON"), "{warning}");
    }
}
