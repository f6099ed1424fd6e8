//! The rows of the table.

use std::time::Duration;

use session_core::UnixTime;
use session_core::store::{Created, Loaded, Record, SessionStore as _, StoreErrorKind};

use crate::scene::{self, NOW, Scene, after, key, owned, record, version};

#[tokio::test]
async fn times_and_versions_come_back_at_their_extremes() {
    let scene = Scene::new().await;
    let far = UnixTime::from_millis(i64::MAX);
    let long_ago = UnixTime::from_millis(i64::MIN);
    for (number, bits, created, timeout) in
        [(1, 0, long_ago, None), (2, u64::MAX, far, Some(0)), (3, 1 << 63, NOW, Some(i64::MAX as u64))]
    {
        let record = Record {
            created,
            last_used: created,
            expires: Some(far),
            timeout: timeout.map(Duration::from_secs),
            ..record(bits)
        };
        scene.create(number, &record).await;
        assert_eq!(scene.load(number, NOW).await, Loaded::Found(record));
    }
}

#[tokio::test]
async fn a_rename_marker_is_a_row_that_lasts_for_61_seconds() {
    let scene = Scene::with_record(&record(1)).await;
    scene.rename(1, 2, &owned(2, "ada"), 1).await;
    assert_eq!(scene.count("cwsession where moved_to is not null").await, 1);
    let moved = Loaded::Moved { owner: Some("ada".into()) };
    assert_eq!(scene.load(1, UnixTime::from_millis(after(61).as_millis() - 1)).await, moved);
    assert_eq!(scene.load(1, after(61)).await, Loaded::Absent);
}

#[tokio::test]
async fn the_rename_marker_of_a_session_that_has_ended_leads_nowhere() {
    let scene = Scene::with_record(&record(1)).await;
    scene.rename(1, 2, &record(2), 1).await;
    scene.store.delete(&key(2)).await.unwrap();
    // The next session would get the id of the deleted one if the marker did not have a higher one.
    scene.create(3, &owned(3, "ada")).await;
    assert_eq!(scene.count("cwsession where moved_to >= id").await, 0);
    assert_eq!(scene.load(1, NOW).await, Loaded::Absent);
    scene.store.delete(&key(1)).await.unwrap();
    assert_eq!(scene.load(3, NOW).await, Loaded::Found(owned(3, "ada")));
    assert_eq!(scene.store.create(&key(1), &record(4), NOW).await.unwrap(), Created::Taken);
    assert_eq!(scene.store.create(&key(1), &record(4), after(61)).await.unwrap(), Created::Done);
    assert_eq!(scene.count("cwsession").await, 2);
}

#[tokio::test]
async fn a_rename_to_a_key_that_is_in_use_is_an_error_and_changes_nothing() {
    let scene = Scene::with_record(&record(1)).await;
    scene.rename(1, 2, &record(2), 1).await;
    scene.create(3, &record(3)).await;
    for taken in [1, 3] {
        let rename = scene.store.rename(&key(2), &key(taken), &record(4), version(2), NOW).await;
        let error = rename.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Other);
        assert!(scene::text(&error).contains("the new key is taken"), "{}", scene::text(&error));
    }
    assert_eq!(scene.load(1, NOW).await, Loaded::Moved { owner: None });
    assert_eq!(scene.load(2, NOW).await, Loaded::Found(record(2)));
    assert_eq!(scene.load(3, NOW).await, Loaded::Found(record(3)));
}
