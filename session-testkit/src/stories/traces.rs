//! All that any crate traces, in this whole program.

use std::io;
use std::sync::{Mutex, Once, PoisonError};

use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::FmtSpan;

static TRACES: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static SUBSCRIBER: Once = Once::new();

/// Captures all events and spans of all crates from now on, unless the program has a subscriber of its own.
pub(crate) fn begin() {
    SUBSCRIBER.call_once(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(|| Capture)
            .finish();
        // Where there is another one, the story that the capture works fails, and says so.
        let _ = tracing::subscriber::set_global_default(subscriber);
    });
}

/// All events and spans of all crates so far, of every story that this program has told.
#[must_use]
pub fn captured() -> String {
    String::from_utf8_lossy(&TRACES.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

struct Capture;

impl io::Write for Capture {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        TRACES.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
