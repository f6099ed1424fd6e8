//! Two hundred requests at once that each count one up make two hundred.

use std::time::Duration;

use crate::stories::{Framework, Setup};

const REQUESTS: usize = 200;

/// All requests have loaded the session before the first of them counts.
pub(super) async fn two_hundred_requests_at_once_that_count_make_two_hundred(on: &dyn Framework) {
    let mut setup = Setup::new();
    // A slow machine has all the time that it needs.
    setup.options.conflict_timeout = Duration::from_secs(60);
    let site = setup.open(on).await;
    let browser = site.visitor("name", "Ada").await;
    let requests: Vec<_> = (0..REQUESTS).map(|_| browser.start("/slow/count")).collect();
    for _ in &requests {
        site.slow.arrived().await;
    }
    for _ in &requests {
        site.slow.open();
    }
    for request in requests {
        assert_eq!(request.await.status, 200);
    }
    assert_eq!(browser.text("/entries").await, format!(r#"{{"count":{REQUESTS},"name":"Ada"}}"#));
    assert_eq!(site.rows(), 1);
}
