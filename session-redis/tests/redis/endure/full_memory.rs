//! A server without memory for more.

use session_core::store::{Loaded, Record, SessionStore as _, StoreErrorKind};
use test_servers::Redis;
use test_support::{Figures, Writers, random_key};
use tokio::task::block_in_place;

use crate::prefix::Prefix;
use crate::scene::{NOW, record, text};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_memory_is_full_loses_nothing_and_recovers() {
    let server = block_in_place(|| Redis::start_with(&[("maxmemory", "20mb")]).unwrap());
    let prefix = Prefix::at(server.url());
    let store = prefix.store().await;
    let mut large = record(1);
    large.payload = vec![7; 100_000].into();
    let mut keys = Vec::new();
    let writers = Writers::start(&store);
    let error = loop {
        let key = random_key();
        match store.create(&key, &large, NOW).await {
            Ok(_) => keys.push(key),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind, StoreErrorKind::Full, "{}", text(&error));
    assert!(text(&error).contains("maxmemory"), "{}", text(&error));
    let courses = writers.failed().await;
    for key in &keys {
        assert_eq!(store.load(key, NOW).await.unwrap(), Loaded::Found(Record { ..large.clone() }));
    }
    let figures = Figures::of(&courses, &store).await;
    println!("full memory: {figures:?}");
    assert!(figures.full > 0, "{figures:?}");
    assert_eq!((figures.lost, figures.neither, figures.full_but_done), (0, 0, 0), "{figures:?}");
    // Signing out makes room.
    for key in &keys {
        store.delete(key).await.unwrap();
    }
    let _ = store.create(&random_key(), &large, NOW).await.unwrap();
}
