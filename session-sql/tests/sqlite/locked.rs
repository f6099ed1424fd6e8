//! Calls on a database that another program has locked.

use std::time::{Duration, Instant};

use session_core::store::{
    Created, Loaded, SessionStore as _, StoreErrorKind, TouchPatience, Touched, Written,
};
use session_sql::SqliteOptions;
use sqlx::SqliteConnection;
use test_support::Visitor;

use crate::scene::{self, NOW, Scene, key, record, version};

/// Locks the database, until the connection is rolled back or dropped.
async fn lock(scene: &Scene) -> SqliteConnection {
    let mut lock = scene.connection().await;
    sqlx::raw_sql("begin immediate").execute(&mut lock).await.unwrap();
    lock
}

async fn unlock(mut lock: SqliteConnection) {
    sqlx::raw_sql("rollback").execute(&mut lock).await.unwrap();
}

#[tokio::test]
async fn a_locked_database_is_unavailable_in_time() {
    let scene = Scene::with(scene::impatient()).await;
    scene.create(1, &record(1)).await;
    let lock = lock(&scene).await;

    let begun = Instant::now();
    let error = scene.store.update(&key(1), &record(2), version(1), NOW).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable, "{}", scene::text(&error));
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(1)), "reads are not blocked");

    unlock(lock).await;
    assert_eq!(scene.store.touch(&key(1), None, NOW, TouchPatience::Full).await.unwrap(), Touched::Done);
}

#[tokio::test]
async fn a_statement_that_waits_too_long_for_a_lock_is_unavailable() {
    let mut options = SqliteOptions::default();
    options.busy_timeout = Duration::from_millis(50);
    let scene = Scene::with(options).await;
    let _lock = lock(&scene).await;
    let error = scene.store.delete(&key(1)).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    assert!(scene::text(&error).contains("database is locked"), "{}", scene::text(&error));
}

#[tokio::test]
async fn calls_that_queue_behind_a_lock_are_unavailable_in_time_too() {
    let scene = Scene::with(scene::impatient()).await;
    scene.create(1, &record(1)).await;
    let _lock = lock(&scene).await;

    let begun = Instant::now();
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

#[tokio::test]
async fn a_read_does_not_wait_for_its_touch_until_the_session_is_about_to_end() {
    let scene = Scene::new().await;
    let mut visitor = Visitor::of(scene.store.clone()).await;
    let lock = lock(&scene).await;
    for _ in 0..3 {
        visitor.read_without_touch().await;
    }
    visitor.read_with_touch(unlock(lock)).await;
}

#[tokio::test]
async fn a_brief_touch_makes_no_other_write_wait_for_less_or_for_longer() {
    let scene = Scene::new().await;
    for number in 1..=40 {
        scene.create(number, &record(1)).await;
    }
    let lock = lock(&scene).await;
    let (begun, store) = (Instant::now(), &scene.store);
    let touch = store.touch(&key(1), None, NOW, TouchPatience::Brief).await.unwrap_err();
    assert_eq!(touch.kind, StoreErrorKind::Unavailable);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());

    // More calls than connections, so that they share statements.
    let updates: Vec<_> = (1..=40)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { store.update(&key(number), &record(2), version(1), NOW).await })
        })
        .collect();
    let touch = store.touch(&key(1), None, NOW, TouchPatience::Brief).await.unwrap_err();
    assert_eq!(touch.kind, StoreErrorKind::Unavailable);
    tokio::time::sleep(Duration::from_secs(1)).await;
    unlock(lock).await;
    let unlocked = Instant::now();
    for update in updates {
        assert_eq!(update.await.unwrap().unwrap(), Written::Done);
    }
    assert_eq!(store.create(&key(41), &record(1), NOW).await.unwrap(), Created::Done);
    assert!(unlocked.elapsed() < Duration::from_secs(2), "{:?}", unlocked.elapsed());
}
