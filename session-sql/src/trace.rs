//! Events about the connections, on the target `session`. They hold no key, owner, payload or password.

/// Logs an ordinary event, at debug level.
#[cfg_attr(
    not(feature = "tracing"),
    allow(unused_variables, reason = "without the feature nothing is logged")
)]
pub(crate) fn event(what: &'static str) {
    #[cfg(feature = "tracing")]
    tracing::debug!(target: "session", "{what}");
}

#[cfg(test)]
#[cfg(feature = "tracing")]
pub(crate) mod tests {
    use std::io::{self, PipeReader, Read as _};
    use std::sync::Arc;

    use tracing::subscriber::DefaultGuard;
    use tracing_subscriber::util::SubscriberInitExt as _;

    /// The events of this thread, until they are read.
    pub(crate) struct Log {
        reader: PipeReader,
        guard: DefaultGuard,
    }

    impl Log {
        pub(crate) fn begin() -> Self {
            let (reader, writer) = io::pipe().unwrap();
            let subscriber = tracing_subscriber::fmt()
                .with_max_level(tracing::Level::DEBUG)
                .with_ansi(false)
                .with_writer(Arc::new(writer))
                .finish();
            Self { reader, guard: subscriber.set_default() }
        }

        pub(crate) fn end(mut self) -> String {
            drop(self.guard);
            let mut text = String::new();
            self.reader.read_to_string(&mut text).unwrap();
            text
        }
    }
}
