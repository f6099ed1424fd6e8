//! The future that ends an exchange. With a spawner, its save is completed even if the client hangs up.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::adapter::headers::Effects;
use crate::error::Error;

/// A function that runs the rest of a save on the framework's runtime when the client has hung up.
#[derive(Clone)]
pub(crate) struct Spawner(Arc<dyn Fn(Rest) + Send + Sync>);

/// The rest of a save.
type Rest = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Spawner {
    pub(crate) fn new(spawn: impl Fn(Rest) + Send + Sync + 'static) -> Self {
        Self(Arc::new(spawn))
    }
}

impl fmt::Debug for Spawner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Spawner(..)")
    }
}

type Saving = Pin<Box<dyn Future<Output = Result<Effects, Error>> + Send>>;

/// The end of an exchange, to be awaited before the head of the response is sent.
///
/// # Errors
///
/// Fails with
///
/// * [`Error::Store`] if the session could not be loaded or saved,
/// * [`Error::Contended`] if other requests changed the session for all of `conflict_timeout`,
/// * [`Error::Value`] if a change does not fit a value that another request has written in the meantime,
/// * [`Error::Finished`] if the exchange was finished before.
///
/// The response is then an empty one with the status [`Error::status`] and without a cookie.
///
/// # Cancellation
///
/// If the future is dropped before it is done, the rest of the save goes to the factory's
/// [spawner](crate::SessionFactory::with_spawner), so the session is still saved. Without a spawner the
/// change may be lost. Poll the future promptly: after a version conflict, other requests for this session
/// wait behind it.
#[must_use = "await this to save the session"]
pub struct Finish {
    step: Step,
}

enum Step {
    Ready(Result<Effects, Error>),
    Saving(Saving, Option<Spawner>),
    Done,
}

impl Finish {
    pub(crate) fn ready(result: Result<Effects, Error>) -> Self {
        Self { step: Step::Ready(result) }
    }

    pub(crate) fn saving(
        saving: impl Future<Output = Result<Effects, Error>> + Send + 'static,
        spawner: Option<Spawner>,
    ) -> Self {
        Self { step: Step::Saving(Box::pin(saving), spawner) }
    }
}

impl Future for Finish {
    type Output = Result<Effects, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match std::mem::replace(&mut self.step, Step::Done) {
            Step::Ready(result) => Poll::Ready(result),
            Step::Saving(mut saving, spawner) => {
                let polled = saving.as_mut().poll(context);
                if polled.is_pending() {
                    self.step = Step::Saving(saving, spawner);
                }
                polled
            }
            Step::Done => panic!("`Finish` was polled after it was done"),
        }
    }
}

impl Drop for Finish {
    fn drop(&mut self) {
        if let Step::Saving(saving, Some(Spawner(spawn))) = std::mem::replace(&mut self.step, Step::Done) {
            spawn(Box::pin(async {
                let _ = saving.await;
            }));
        }
    }
}

impl fmt::Debug for Finish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.step {
            Step::Ready(_) => "Finish(ready)",
            Step::Saving(..) => "Finish(saving)",
            Step::Done => "Finish(done)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spawner_prints_nothing_but_its_name() {
        assert_eq!(format!("{:?}", Spawner::new(drop)), "Spawner(..)");
    }
}
