//! Two hundred requests at once that each count one up make two hundred.

use std::time::Duration;

use crate::support::{Database, Setup, Site, routes};

const REQUESTS: usize = 200;

/// Gives a request all the time that it needs, on a machine that is slow.
fn patient(mut setup: Setup) -> Site {
    setup.options.conflict_deadline = Duration::from_secs(60);
    setup.open()
}

/// All requests have loaded the session before the first of them counts.
async fn all_count(site: &Site) {
    let browser = site.visitor("name", "Ada").await;
    let requests: Vec<_> = (0..REQUESTS).map(|_| browser.start("/slow/count")).collect();
    for _ in &requests {
        site.slow.arrived().await;
    }
    for _ in &requests {
        site.slow.open();
    }
    for request in requests {
        let answer = request.await.unwrap();
        assert_eq!(answer.status, 200, "{:?}", answer.error);
    }
    assert_eq!(browser.text("/entries").await, format!(r#"{{"count":{REQUESTS},"name":"Ada"}}"#));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_the_memory_store_all_count() {
    let site = patient(Setup::new(routes()));
    all_count(&site).await;
    assert_eq!(site.rows(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_sqlite_all_count() {
    let database = Database::new();
    let site = patient(database.setup().await);
    all_count(&site).await;
    assert_eq!(database.rows().await, 1);
}
