//! The sessions of an owner: clauses 11 and 12 of the store contract.
#![allow(clippy::unwrap_used, reason = "only tests call this")]
#![cfg(feature = "sqlite")]

mod scene;

use std::time::Duration;

use scene::{NOW, Scene, after, key, owned, owners, record, version};
use session_core::Owner;
use session_core::store::{Loaded, Record, SessionStore as _, StoreKey, Written};
use session_sql::SqliteStore;

// Clause 11.

#[tokio::test]
async fn a_list_has_every_live_session_of_the_owner_and_no_other() {
    let scene = Scene::with_record(&owned(1, "ada")).await;
    scene.create(2, &owned(2, "ada")).await;
    scene.create(3, &owned(3, "bob")).await;
    scene.create(4, &record(4)).await;
    scene.create(5, &Record { expires: Some(after(10)), ..owned(5, "ada") }).await;
    scene.create(6, &Record { expires: None, ..owned(6, "ada") }).await;
    assert_eq!(scene.keys_of("ada", after(10)).await, [key(1), key(2), key(6)]);
    assert_eq!(scene.keys_of("bob", after(10)).await, [key(3)]);
    assert_eq!(scene.keys_of("eve", after(10)).await, []);
}

#[tokio::test]
async fn a_list_reflects_every_write() {
    let scene = Scene::with_record(&record(1)).await;
    let _ = scene.store.update(&key(1), &owned(2, "ada"), version(1), NOW).await.unwrap();
    assert_eq!(scene.keys_of("ada", NOW).await, [key(1)]);
    scene.rename(1, 2, &owned(3, "ada"), 2).await;
    assert_eq!(scene.keys_of("ada", NOW).await, [key(2)]);
    let _ = scene.store.update(&key(2), &owned(4, "bob"), version(3), NOW).await.unwrap();
    assert_eq!(scene.keys_of("ada", NOW).await, []);
    assert_eq!(scene.keys_of("bob", NOW).await, [key(2)]);
    scene.store.delete(&key(2)).await.unwrap();
    assert_eq!(scene.keys_of("bob", NOW).await, []);
}

#[tokio::test]
async fn a_list_has_each_sessions_times_and_label() {
    let listed =
        Record { created: after(1), last_used: after(2), label: Some("phone".into()), ..owned(1, "ada") };
    let scene = Scene::with_record(&listed).await;
    let sessions = owners(&scene.other).list(&Owner::from("ada"), None, 100, NOW).await.unwrap().sessions;
    assert_eq!(sessions.len(), 1);
    assert_eq!((sessions[0].created, sessions[0].last_used), (after(1), after(2)));
    assert_eq!(sessions[0].label.as_deref(), Some("phone"));
}

// Clause 12.

#[tokio::test]
async fn revoke_ends_all_sessions_of_the_owner_except_the_one_to_keep() {
    let scene = Scene::with_record(&owned(1, "ada")).await;
    scene.create(2, &owned(2, "ada")).await;
    scene.create(3, &owned(3, "ada")).await;
    scene.create(4, &owned(4, "bob")).await;
    let (ada, keep) = (Owner::from("ada"), key(2));
    assert_eq!(owners(&scene.store).revoke(&ada, Some(&keep)).await.unwrap(), 2);
    assert_eq!(scene.keys_of("ada", NOW).await, [keep]);
    assert_eq!(owners(&scene.store).revoke(&ada, None).await.unwrap(), 1);
    assert_eq!(scene.keys_of("ada", NOW).await, []);
    assert_eq!(owners(&scene.store).revoke(&ada, None).await.unwrap(), 0);
    assert_eq!(scene.keys_of("bob", NOW).await, [key(4)]);
}

#[tokio::test]
async fn revoke_keeps_the_excepted_session_after_a_rename() {
    let scene = Scene::with_record(&owned(1, "ada")).await;
    scene.create(5, &owned(5, "ada")).await;
    scene.rename(1, 2, &owned(2, "ada"), 1).await;
    assert_eq!(owners(&scene.other).revoke(&Owner::from("ada"), Some(&key(1))).await.unwrap(), 1);
    assert_eq!(scene.keys_of("ada", NOW).await, [key(2)]);
}

#[tokio::test]
async fn revoke_ends_a_session_that_was_renamed() {
    let scene = Scene::with_record(&owned(1, "ada")).await;
    scene.rename(1, 2, &owned(2, "ada"), 1).await;
    assert_eq!(owners(&scene.other).revoke(&Owner::from("ada"), None).await.unwrap(), 1);
    assert_eq!(scene.load(1, NOW).await, Loaded::Absent);
    assert_eq!(scene.load(2, NOW).await, Loaded::Absent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn revoke_ends_a_session_that_is_renamed_all_the_time() {
    for _ in 0..20 {
        let scene = Scene::with_record(&owned(1, "ada")).await;
        let renaming = tokio::spawn(rename_until_gone(scene.store.clone()));
        tokio::time::sleep(Duration::from_millis(3)).await;
        assert_eq!(owners(&scene.other).revoke(&Owner::from("ada"), None).await.unwrap(), 1);
        renaming.await.unwrap();
        assert_eq!(scene.keys_of("ada", NOW).await, []);
        assert_eq!(scene.count("cwsession").await, 0);
    }
}

/// Renames the session of `key(1)` again and again, until it has ended.
async fn rename_until_gone(store: SqliteStore) {
    let mut old = key(1);
    for step in 1_u64.. {
        let mut bytes = *key(1).as_bytes();
        bytes[..8].copy_from_slice(&step.to_be_bytes());
        let new = StoreKey::from_bytes(bytes);
        let next = owned(step + 1, "ada");
        match store.rename(&old, &new, &next, version(step), NOW).await.unwrap() {
            Written::Done => old = new,
            Written::Gone => return,
            Written::Conflict(_) => panic!("nothing else writes"),
        }
        // SQLite's writers do not queue, so a writer that never pauses can keep the others waiting.
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
