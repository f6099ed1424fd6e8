//! A save that goes on when nobody waits for it any more.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::Error;

/// Runs what is left of a save on the framework's runtime, when the client has hung up: `|rest| { tokio::spawn(rest); }`.
pub type Detach = fn(Pin<Box<dyn Future<Output = ()> + Send>>);

type Saving = Pin<Box<dyn Future<Output = Result<Effects, Error>> + Send>>;

/// What a response has to say of the session, in its headers. `Debug` does not show the cookie.
#[derive(Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "without its headers the session is lost to the browser"]
pub struct Effects {
    /// The text of a Set-Cookie header to append. The response's Cache-Control is then to be what
    /// [`private_cache_control`](crate::private_cache_control) makes of it.
    pub set_cookie: Option<String>,
    /// Whether the response depends on the cookie: its Vary is then to be what [`vary_with_cookie`](crate::vary_with_cookie) makes of
    /// it.
    pub vary: bool,
}

impl fmt::Debug for Effects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Effects")
            .field("sets_cookie", &self.set_cookie.is_some())
            .field("vary", &self.vary)
            .finish()
    }
}

/// The end of an exchange, to be awaited before the response's head goes out.
///
/// # Errors
///
/// If the session could not be loaded or saved: the response is then a bare 503 (what [`Error::status`] says), without a cookie.
///
/// # Cancellation
///
/// If it is dropped before it is done, what is left is handed to the [`Detach`] function: the session is saved all the same.
#[must_use = "the session is saved by awaiting this"]
pub struct Finish {
    step: Step,
    detach: Detach,
}

enum Step {
    Ready(Result<Effects, Error>),
    Saving(Saving),
    Done,
}

impl Finish {
    pub(crate) fn ready(result: Result<Effects, Error>, detach: Detach) -> Self {
        Self { step: Step::Ready(result), detach }
    }

    pub(crate) fn saving(
        saving: impl Future<Output = Result<Effects, Error>> + Send + 'static,
        detach: Detach,
    ) -> Self {
        Self { step: Step::Saving(Box::pin(saving)), detach }
    }
}

impl Future for Finish {
    type Output = Result<Effects, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match std::mem::replace(&mut self.step, Step::Done) {
            Step::Ready(result) => Poll::Ready(result),
            Step::Saving(mut saving) => {
                let polled = saving.as_mut().poll(context);
                if polled.is_pending() {
                    self.step = Step::Saving(saving);
                }
                polled
            }
            Step::Done => panic!("polled after it was done"),
        }
    }
}

impl Drop for Finish {
    fn drop(&mut self) {
        if let Step::Saving(saving) = std::mem::replace(&mut self.step, Step::Done) {
            (self.detach)(Box::pin(async {
                let _ = saving.await;
            }));
        }
    }
}

impl fmt::Debug for Finish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.step {
            Step::Ready(_) => "Finish(ready)",
            Step::Saving(_) => "Finish(saving)",
            Step::Done => "Finish(done)",
        })
    }
}
