//! A save that goes on when nobody waits for it any more.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::Error;
use crate::headers::Effects;

/// Runs what is left of a save on the framework's runtime, when the client has hung up: `|rest| { tokio::spawn(rest); }`.
///
/// It is called from a `drop`, so it must not panic: without a runtime to give the rest to, it lets it go, and the change is lost. A
/// runtime that is dropped takes along what it was given; await [`SessionFactory::wait_for_saves`](crate::SessionFactory::wait_for_saves)
/// before.
pub type Detach = fn(Pin<Box<dyn Future<Output = ()> + Send>>);

type Saving = Pin<Box<dyn Future<Output = Result<Effects, Error>> + Send>>;

/// The end of an exchange, to be awaited before the response's head goes out.
///
/// # Errors
///
/// If the session could not be loaded or saved: the response is then a bare 503 (what [`Error::status`] says), without a cookie.
///
/// # Cancellation
///
/// If it is dropped before it is done, what is left is handed to the [`Detach`] function: the session is saved all the same. Hold it
/// only to poll it to its end: while one that has lost a comparison waits to be polled, other changes of the same session wait for it.
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
