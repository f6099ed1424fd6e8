//! The signals that stop the process.

use std::io;
use std::time::Duration;

use tokio::sync::oneshot;

/// The time that open requests have to finish after the first signal.
const GRACE: Duration = Duration::from_secs(5);

/// A listener for Ctrl-C and SIGTERM, which misses no signal after it is created.
#[derive(Debug)]
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupts: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminations: tokio::signal::unix::Signal,
}

impl Signals {
    /// Returns the two stages of the shutdown as futures, which must be polled concurrently.
    ///
    /// The first completes at the first signal: the server stops accepting requests. The second completes at
    /// the second signal, or after a grace period of 5 seconds: the server drops the requests that are still
    /// open.
    pub(crate) fn stages(mut self) -> (impl Future<Output = ()> + Send, impl Future<Output = ()> + Send) {
        let (first, first_is_over) = oneshot::channel::<()>();
        let at_once = async move {
            self.next().await;
            drop(first);
            tokio::select! {
                () = self.next() => (),
                () = tokio::time::sleep(GRACE) => (),
            }
        };
        (async { drop(first_is_over.await) }, at_once)
    }
}

#[cfg(unix)]
impl Signals {
    pub(crate) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let interrupts = signal(SignalKind::interrupt())?;
        Ok(Self { interrupts, terminations: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupts.recv() => (),
            _ = self.terminations.recv() => (),
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
