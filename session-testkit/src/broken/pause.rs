//! Waiting for the other tasks.

use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

const STATEMENT: Duration = Duration::from_millis(1);

/// Lets the other tasks have a turn.
pub(super) async fn pause() {
    let mut has_waited = false;
    poll_fn(|cx| {
        if has_waited {
            return Poll::Ready(());
        }
        has_waited = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Waits as long as a slow statement takes: whoever wants to come in between does.
pub(super) async fn long_pause() {
    tokio::time::sleep(STATEMENT).await;
}
