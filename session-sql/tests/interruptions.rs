//! Calls that are dropped, and calls that time out: clauses 14 and 15 of the store contract.
#![cfg(feature = "sqlite")]

mod scene;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use scene::{NOW, Scene, after, expired, key, owned, owners, record, version};
use session_core::Owner;
use session_core::store::{Loaded, SessionStore as _, StoreErrorKind, Touched};
use session_sql::SqliteOptions;

// Clause 14.

/// Polls the future at most `polls` times, and drops it.
async fn dropped_after(polls: usize, future: impl Future) {
    let mut future = pin!(future);
    for _ in 0..polls {
        let is_ready = poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await;
        if is_ready {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_update_is_done_or_not() {
    let scene = Scene::with_record(&owned(1, "1")).await;
    let mut bits = 1;
    for turn in 0..300 {
        let (old, new) = (owned(bits, &bits.to_string()), owned(bits + 1, &(bits + 1).to_string()));
        dropped_after(1 + turn % 7, scene.store.update(&key(1), &new, old.version, NOW)).await;
        let Loaded::Found(found) = scene.load(1, NOW).await else { panic!("the session is live") };
        assert!(found == old || found == new, "{found:?}");
        // The dropped update may still be running. The next write through the same store runs after it.
        assert_eq!(scene.store.touch(&key(1), old.expires, NOW).await.unwrap(), Touched::Done);
        let Loaded::Found(found) = scene.load(1, NOW).await else { panic!("the session is live") };
        assert!(found == old || found == new, "{found:?}");
        bits = found.version.to_bits();
    }
    assert!(bits > 1, "no dropped call took effect");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_rename_is_done_or_not() {
    let scene = Scene::with_record(&owned(1, "ada")).await;
    let mut at = 1_u8;
    for turn in 0..200 {
        let new = owned(u64::from(at) + 1, "ada");
        let rename = (key(at), key(at + 1), version(at.into()));
        dropped_after(1 + turn % 7, scene.store.rename(&rename.0, &rename.1, &new, rename.2, NOW)).await;
        assert_eq!(scene.store.touch(&key(99), None, NOW).await.unwrap(), Touched::Gone);
        let is_done = matches!(scene.load(at + 1, NOW).await, Loaded::Found(_));
        let old = scene.load(at, NOW).await;
        assert_eq!(is_done, matches!(old, Loaded::Moved { .. }), "{old:?}");
        assert_eq!(scene.keys_of("ada", NOW).await, [key(if is_done { at + 1 } else { at })]);
        at += u8::from(is_done);
        if at == 98 {
            return;
        }
    }
    assert!(at > 1, "no dropped call took effect");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropped_calls_leave_the_connections_usable() {
    let scene = Scene::with_record(&owned(1, "ada")).await;
    let (store, ada) = (&scene.store, Owner::from("ada"));
    for turn in 0..200_usize {
        let polls = 1 + turn % 5;
        dropped_after(polls, store.load(&key(1), NOW)).await;
        dropped_after(polls, store.load(&key(8), NOW)).await;
        dropped_after(polls, store.create(&key(2), &record(2), NOW)).await;
        dropped_after(polls, store.delete(&key(2))).await;
        dropped_after(polls, store.touch(&key(1), Some(after(2000)), NOW)).await;
        dropped_after(polls, owners(store).list(&ada, None, 100, NOW)).await;
        dropped_after(polls, owners(store).revoke(&Owner::from("eve"), None)).await;
        dropped_after(polls, expired(store).purge(NOW, 10)).await;
    }
    for _ in 0..10 {
        assert!(matches!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(_)));
        assert_eq!(store.touch(&key(1), None, NOW).await.unwrap(), Touched::Done);
    }
}

// Clause 15.

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
