//! The events of a test.

use std::io::{self, PipeReader, Read as _};
use std::sync::Arc;

use tracing::subscriber::DefaultGuard;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The events of this thread, until they are read.
#[derive(Debug)]
pub struct Log {
    reader: PipeReader,
    guard: DefaultGuard,
}

impl Log {
    /// Begins to note the events of this thread.
    pub fn begin() -> Self {
        let (reader, writer) = io::pipe().unwrap();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_ansi(false)
            .with_writer(Arc::new(writer))
            .finish();
        Self { reader, guard: subscriber.set_default() }
    }

    /// Returns the events on the target `session`, a line for each.
    pub fn end(mut self) -> String {
        drop(self.guard);
        let mut text = String::new();
        self.reader.read_to_string(&mut text).unwrap();
        text.lines().filter(|line| line.contains(" session: ")).map(|line| format!("{line}\n")).collect()
    }
}
