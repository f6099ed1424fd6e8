//! Attempts that are repeated because the database itself did nothing.

use std::time::Duration;

use rand::RngExt as _;
use tokio::time::{Instant, sleep};

use crate::trace;

/// Repeats `attempt`, for as long as `patience`, while it fails with an error that says that nothing was
/// done: SQLite's database is busy, or a server has rolled the transaction back.
///
/// SQLite's own busy timeout does not cover all such waits: it does not apply to the change to WAL mode, and
/// a migration may take longer.
pub(crate) async fn retry<T, E, F>(
    patience: Duration,
    did_nothing: impl Fn(&E) -> bool,
    mut attempt: impl FnMut() -> F,
) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
{
    let until = Instant::now() + patience;
    loop {
        let outcome = attempt().await;
        let left = until.saturating_duration_since(Instant::now());
        match outcome {
            Err(error) if did_nothing(&error) && !left.is_zero() => {
                trace::event("the database did nothing, because of a lock or a conflict, and is asked again");
                let pause = Duration::from_millis(rand::rng().random_range(5..50));
                sleep(pause).await;
            }
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
#[cfg(feature = "tracing")]
mod tests {
    use super::*;
    use crate::trace::tests::Log;

    #[tokio::test(start_paused = true)]
    async fn each_repetition_is_logged() {
        let (log, mut left) = (Log::begin(), 3);
        let attempt = || {
            left -= 1;
            std::future::ready(if left > 0 { Err("busy") } else { Ok(()) })
        };
        retry(Duration::from_secs(9), |_| true, attempt).await.unwrap();
        assert_eq!(log.end().matches("is asked again").count(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_end_is_given_up_and_what_did_something_is_not_repeated() {
        let mut attempts = 0;
        let mut attempt = || {
            attempts += 1;
            std::future::ready(Err::<(), _>("busy"))
        };
        retry(Duration::from_secs(1), |_| true, &mut attempt).await.unwrap_err();
        assert!((20..=200).contains(&attempts), "{attempts}");
        let before = attempts;
        let attempt = || {
            attempts += 1;
            std::future::ready(Err::<(), _>("full"))
        };
        retry(Duration::from_secs(1), |error| *error == "busy", attempt).await.unwrap_err();
        assert_eq!(attempts, before + 1);
    }
}
