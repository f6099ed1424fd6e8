//! Attempts that are repeated because the database itself did nothing.

use std::time::Duration;

use rand::RngExt as _;
use tokio::time::{Instant, sleep};

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
                let pause = Duration::from_millis(rand::rng().random_range(5..50));
                sleep(pause).await;
            }
            outcome => return outcome,
        }
    }
}
