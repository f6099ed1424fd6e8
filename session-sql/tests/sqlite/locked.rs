//! Calls on a database that another program has locked.

use std::time::Duration;

use session_core::store::{Loaded, SessionStore as _, StoreErrorKind, Touched};
use session_sql::SqliteOptions;

use crate::scene::{self, NOW, Scene, key, record, version};

#[tokio::test]
async fn a_locked_database_is_unavailable_in_time() {
    let scene = Scene::with(scene::impatient()).await;
    scene.create(1, &record(1)).await;
    let mut lock = scene.connection().await;
    sqlx::raw_sql("begin immediate").execute(&mut lock).await.unwrap();

    let begun = std::time::Instant::now();
    let error = scene.store.update(&key(1), &record(2), version(1), NOW).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable, "{}", scene::text(&error));
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(1)), "reads are not blocked");

    sqlx::raw_sql("rollback").execute(&mut lock).await.unwrap();
    assert_eq!(scene.store.touch(&key(1), None, NOW).await.unwrap(), Touched::Done);
}

#[tokio::test]
async fn a_statement_that_waits_too_long_for_a_lock_is_unavailable() {
    let mut options = SqliteOptions::default();
    options.busy_timeout = Duration::from_millis(50);
    let scene = Scene::with(options).await;
    let mut lock = scene.connection().await;
    sqlx::raw_sql("begin immediate").execute(&mut lock).await.unwrap();
    let error = scene.store.delete(&key(1)).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    assert!(scene::text(&error).contains("database is locked"), "{}", scene::text(&error));
}

#[tokio::test]
async fn calls_that_queue_behind_a_lock_are_unavailable_in_time_too() {
    let scene = Scene::with(scene::impatient()).await;
    scene.create(1, &record(1)).await;
    let mut lock = scene.connection().await;
    sqlx::raw_sql("begin immediate").execute(&mut lock).await.unwrap();

    let begun = std::time::Instant::now();
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let store = scene.store.clone();
            tokio::spawn(async move { store.delete(&key(1)).await.unwrap_err().kind })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), StoreErrorKind::Unavailable);
    }
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}
