//! When the process is to stop.

use std::io;
use std::time::Duration;

use tokio::sync::oneshot;

/// How long open requests may take to end.
const GRACE: Duration = Duration::from_secs(5);

/// Ctrl-C and SIGTERM, from the moment at which this is made.
#[derive(Debug)]
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupts: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminations: tokio::signal::unix::Signal,
}

impl Signals {
    /// The end in two stages, to be polled side by side: the first is over when no new request is to be taken, the second when
    /// there is no more patience with the open ones (after a while, or at the second signal).
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
