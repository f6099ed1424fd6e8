//! Conditional writes: clauses 7 and 13 of the store contract.
#![allow(clippy::unwrap_used, reason = "only tests call this")]
#![cfg(feature = "sqlite")]

mod scene;

use std::sync::Arc;

use scene::{NOW, Scene, key, owned, record, version};
use session_core::store::{Created, Loaded, Record, SessionStore as _, StoreErrorKind, Written};
use session_sql::SqliteStore;

// Clause 7.

#[tokio::test]
async fn a_conflict_shows_the_committed_record() {
    let current = Record { label: Some("phone".into()), ..owned(2, "ada") };
    let scene = Scene::with_record(&record(1)).await;
    let _ = scene.other.update(&key(1), &current, version(1), NOW).await.unwrap();
    let conflict = Written::Conflict(current);
    assert_eq!(scene.store.update(&key(1), &record(3), version(1), NOW).await.unwrap(), conflict);
    assert_eq!(scene.store.rename(&key(1), &key(2), &record(3), version(1), NOW).await.unwrap(), conflict);
    assert_eq!(scene.load(2, NOW).await, Loaded::Absent);
}

#[tokio::test]
async fn the_version_of_a_deleted_session_is_not_current() {
    let scene = Scene::with_record(&record(1)).await;
    scene.other.delete(&key(1)).await.unwrap();
    scene.create(1, &record(2)).await;
    let written = scene.store.update(&key(1), &record(3), version(1), NOW).await.unwrap();
    assert_eq!(written, Written::Conflict(record(2)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_increments_all_count() {
    let zero = Record { payload: Arc::from(0_u64.to_be_bytes()), ..record(0) };
    let scene = Scene::with_record(&zero).await;
    let tasks: Vec<_> = (1..=8)
        .map(|task| {
            let store = if task % 2 == 0 { scene.store.clone() } else { scene.other.clone() };
            tokio::spawn(async move {
                for turn in 0..25 {
                    increment(&store, task * 1_000_000 + turn * 10_000).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let Loaded::Found(found) = scene.load(1, NOW).await else { panic!("the session is live") };
    assert_eq!(*found.payload, 200_u64.to_be_bytes());
}

/// Adds one to the counter, and retries after each conflict. Every attempt writes a version of its own.
async fn increment(store: &SqliteStore, first_bits: u64) {
    let Loaded::Found(mut found) = store.load(&key(1), NOW).await.unwrap() else {
        panic!("the session is live")
    };
    for bits in first_bits.. {
        let count = u64::from_be_bytes((*found.payload).try_into().unwrap());
        let next =
            Record { payload: Arc::from((count + 1).to_be_bytes()), version: version(bits), ..found.clone() };
        match store.update(&key(1), &next, found.version, NOW).await.unwrap() {
            Written::Done => return,
            Written::Conflict(newer) => {
                assert_ne!(newer.version, found.version);
                found = newer;
            }
            Written::Gone => panic!("nothing ends the session"),
        }
    }
}

// Clause 13.

#[tokio::test]
async fn a_write_that_finds_its_own_version_is_done() {
    let scene = Scene::with_record(&record(1)).await;
    assert_eq!(scene.other.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
    for _ in 0..2 {
        let updated = scene.other.update(&key(1), &record(2), version(1), NOW).await.unwrap();
        assert_eq!(updated, Written::Done);
    }
    for _ in 0..2 {
        let renamed = scene.other.rename(&key(1), &key(2), &record(3), version(2), NOW).await.unwrap();
        assert_eq!(renamed, Written::Done);
    }
    assert_eq!(scene.load(2, NOW).await, Loaded::Found(record(3)));
    assert_eq!(scene.count("cwsession").await, 1);
}

#[tokio::test]
async fn a_rename_onto_another_session_is_refused() {
    let scene = Scene::with_record(&record(1)).await;
    scene.create(2, &record(2)).await;
    let error = scene.store.rename(&key(1), &key(2), &record(3), version(1), NOW).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Other);
    assert!(scene::text(&error).contains("the new key is taken"), "{}", scene::text(&error));
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(1)));
    assert_eq!(scene.load(2, NOW).await, Loaded::Found(record(2)));
}

#[tokio::test]
async fn a_rename_onto_a_renamed_key_is_refused() {
    let scene = Scene::with_record(&record(1)).await;
    scene.rename(1, 2, &record(2), 1).await;
    let error = scene.store.rename(&key(2), &key(1), &record(3), version(2), NOW).await.unwrap_err();
    assert!(scene::text(&error).contains("the new key is taken"), "{}", scene::text(&error));
    assert_eq!(scene.load(2, NOW).await, Loaded::Found(record(2)));
}
