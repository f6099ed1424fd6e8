//! Creation, expiry and deletion of sessions: clauses 4, 5, 6, 9 and 10 of the store contract.
#![cfg(feature = "sqlite")]

mod scene;

use std::time::Duration;

use scene::{NOW, Scene, after, expiring, key, owned, record, version};
use session_core::UnixTime;
use session_core::store::{Created, Loaded, Record, SessionStore as _, Touched, Written};

// Clause 4.

#[tokio::test]
async fn a_record_is_absent_from_its_expiry_on() {
    let expiry = after(60);
    let before = UnixTime::from_millis(expiry.as_millis() - 1);
    let scene = Scene::with_record(&Record { expires: Some(expiry), ..owned(1, "ada") }).await;
    assert!(matches!(scene.load(1, before).await, Loaded::Found(_)));
    assert_eq!(scene.keys_of("ada", before).await, [key(1)]);

    assert_eq!(scene.load(1, expiry).await, Loaded::Absent);
    assert_eq!(scene.keys_of("ada", expiry).await, []);
    let (store, expected) = (&scene.store, version(1));
    assert_eq!(store.update(&key(1), &record(2), expected, expiry).await.unwrap(), Written::Gone);
    assert_eq!(store.rename(&key(1), &key(2), &record(2), expected, expiry).await.unwrap(), Written::Gone);
    assert_eq!(store.touch(&key(1), Some(after(600)), expiry).await.unwrap(), Touched::Gone);

    assert_eq!(store.touch(&key(1), Some(after(600)), before).await.unwrap(), Touched::Done);
    assert_eq!(store.update(&key(1), &record(2), expected, before).await.unwrap(), Written::Done);
}

#[tokio::test]
async fn an_expired_record_is_not_a_conflict() {
    let scene = Scene::with_record(&expiring(1, after(60))).await;
    let stale = version(99);
    assert_eq!(scene.store.update(&key(1), &record(2), stale, after(60)).await.unwrap(), Written::Gone);
    let renamed = scene.store.rename(&key(1), &key(2), &record(2), stale, after(60)).await.unwrap();
    assert_eq!(renamed, Written::Gone);
}

// Clause 5.

#[tokio::test]
async fn create_does_not_replace_a_live_record() {
    let scene = Scene::with_record(&record(1)).await;
    assert_eq!(scene.other.create(&key(1), &record(2), NOW).await.unwrap(), Created::Taken);
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(1)));
}

#[tokio::test]
async fn create_does_not_replace_a_record_that_never_expires() {
    let forever = Record { expires: None, ..record(1) };
    let scene = Scene::with_record(&forever).await;
    assert_eq!(scene.other.create(&key(1), &record(2), after(1 << 40)).await.unwrap(), Created::Taken);
}

#[tokio::test]
async fn create_replaces_an_expired_record_entirely() {
    let old = Record {
        timeout: Some(Duration::from_secs(5)),
        label: Some("old".into()),
        expires: Some(after(60)),
        ..owned(1, "ada")
    };
    let scene = Scene::with_record(&old).await;
    let new = Record::new(b"new".as_slice(), after(60), version(2));
    assert_eq!(scene.store.create(&key(1), &new, after(60)).await.unwrap(), Created::Done);
    assert_eq!(scene.load(1, after(60)).await, Loaded::Found(new));
    assert_eq!(scene.keys_of("ada", NOW).await, []);
}

#[tokio::test]
async fn a_renamed_key_is_taken() {
    let scene = Scene::with_record(&record(1)).await;
    scene.rename(1, 2, &record(2), 1).await;
    assert_eq!(scene.other.create(&key(1), &record(3), after(60)).await.unwrap(), Created::Taken);
    assert_eq!(scene.load(1, after(60)).await, Loaded::Moved { owner: None });
}

#[tokio::test]
async fn deleting_a_renamed_session_deletes_its_rename_markers() {
    let scene = Scene::with_record(&record(1)).await;
    scene.rename(1, 2, &record(2), 1).await;
    scene.store.delete(&key(2)).await.unwrap();
    assert_eq!(scene.load(1, NOW).await, Loaded::Absent);
    assert_eq!(scene.count("cwsession_moved").await, 0);
    // SQLite gives the id of the deleted row to the next session.
    assert_eq!(scene.other.create(&key(3), &record(3), NOW).await.unwrap(), Created::Done);
    assert_eq!(scene.load(1, NOW).await, Loaded::Absent);
    scene.store.delete(&key(1)).await.unwrap();
    assert_eq!(scene.load(3, NOW).await, Loaded::Found(record(3)));
}

// Clause 6.

#[tokio::test]
async fn no_write_but_create_makes_a_record() {
    let scene = Scene::new().await;
    let store = &scene.store;
    assert_eq!(store.update(&key(1), &record(2), version(1), NOW).await.unwrap(), Written::Gone);
    assert_eq!(store.rename(&key(1), &key(2), &record(2), version(1), NOW).await.unwrap(), Written::Gone);
    assert_eq!(store.touch(&key(1), None, NOW).await.unwrap(), Touched::Gone);
    assert_eq!(scene.load(1, NOW).await, Loaded::Absent);
    assert_eq!(scene.load(2, NOW).await, Loaded::Absent);
    assert_eq!(scene.count("cwsession").await, 0);
}

#[tokio::test]
async fn no_write_revives_a_deleted_session() {
    let scene = Scene::with_record(&record(1)).await;
    scene.other.delete(&key(1)).await.unwrap();
    let store = &scene.store;
    assert_eq!(store.update(&key(1), &record(2), version(1), NOW).await.unwrap(), Written::Gone);
    assert_eq!(store.rename(&key(1), &key(2), &record(2), version(1), NOW).await.unwrap(), Written::Gone);
    assert_eq!(store.touch(&key(1), None, NOW).await.unwrap(), Touched::Gone);
    assert_eq!(scene.count("cwsession").await, 0);
}

#[tokio::test]
async fn no_write_reaches_a_session_under_its_previous_key() {
    let scene = Scene::with_record(&record(1)).await;
    scene.rename(1, 2, &record(2), 1).await;
    let other = &scene.other;
    for expected in [1, 2] {
        let expected = version(expected);
        assert_eq!(other.update(&key(1), &record(3), expected, NOW).await.unwrap(), Written::Gone);
        assert_eq!(other.rename(&key(1), &key(3), &record(3), expected, NOW).await.unwrap(), Written::Gone);
    }
    assert_eq!(other.touch(&key(1), None, NOW).await.unwrap(), Touched::Gone);
    assert_eq!(scene.load(2, NOW).await, Loaded::Found(record(2)));
    assert_eq!(scene.load(3, NOW).await, Loaded::Absent);
}

// Clause 9.

#[tokio::test]
async fn delete_can_be_repeated() {
    let scene = Scene::with_record(&record(1)).await;
    for _ in 0..3 {
        scene.store.delete(&key(1)).await.unwrap();
        assert_eq!(scene.load(1, NOW).await, Loaded::Absent);
    }
    scene.store.delete(&key(9)).await.unwrap();
}

#[tokio::test]
async fn deleting_any_key_of_a_chain_of_renames_ends_the_session() {
    for number in 1..=4 {
        let scene = Scene::with_record(&record(1)).await;
        for step in 1..4 {
            scene.rename(step, step + 1, &record(u64::from(step) + 1), step.into()).await;
        }
        scene.other.delete(&key(number)).await.unwrap();
        assert_eq!(scene.count("cwsession").await, 0);
        for number in 1..=4 {
            assert_eq!(scene.load(number, NOW).await, Loaded::Absent);
        }
    }
}

#[tokio::test]
async fn delete_ends_no_other_session() {
    let scene = Scene::with_record(&record(1)).await;
    scene.create(5, &record(5)).await;
    scene.rename(5, 6, &record(6), 5).await;
    scene.store.delete(&key(1)).await.unwrap();
    assert_eq!(scene.load(6, NOW).await, Loaded::Found(record(6)));
}

#[tokio::test]
async fn deleting_a_key_that_is_in_use_again_keeps_the_session_that_was_renamed_from_it() {
    let scene = Scene::with_record(&record(1)).await;
    scene.rename(1, 2, &Record { expires: None, ..record(2) }, 1).await;
    let later = after(100_000);
    assert_eq!(
        scene.store.create(&key(1), &expiring(3, after(200_000)), later).await.unwrap(),
        Created::Done
    );
    scene.store.delete(&key(1)).await.unwrap();
    assert!(matches!(scene.load(2, later).await, Loaded::Found(_)));
}

// Clause 10.

#[tokio::test]
async fn touch_sets_the_later_expiry() {
    for (stored, asked, expected) in [
        (Some(60), Some(120), Some(120)),
        (Some(120), Some(60), Some(120)),
        (Some(60), None, None),
        (None, Some(60), None),
        (None, None, None),
    ] {
        let stored = Record { expires: stored.map(after), ..owned(1, "ada") };
        let scene = Scene::with_record(&stored).await;
        assert_eq!(scene.other.touch(&key(1), asked.map(after), after(30)).await.unwrap(), Touched::Done);
        let touched = Record { expires: expected.map(after), last_used: after(30), ..stored };
        assert_eq!(scene.load(1, after(30)).await, Loaded::Found(touched));
    }
}

#[tokio::test]
async fn touch_does_not_move_last_used_back() {
    let scene = Scene::with_record(&Record { last_used: after(30), ..record(1) }).await;
    let _ = scene.store.touch(&key(1), Some(after(2000)), after(10)).await.unwrap();
    let Loaded::Found(found) = scene.load(1, NOW).await else { panic!("the session is live") };
    assert_eq!(found.last_used, after(30));
}
