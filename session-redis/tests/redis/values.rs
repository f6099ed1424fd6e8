//! The values on the server.

use session_core::store::{
    Created, Loaded, RENAME_MARKER_LIFETIME, Record, SessionStore as _, StoreErrorKind, TouchPatience,
    Touched, Written,
};

use crate::scene::{NOW, Scene, after, expiring, key, owned, owners, record, version};

/// The value of a session in a format that is not known yet.
const NEXT_FORMAT: &[u8] = b"T is the first byte of the next format, which may be as long as it likes to be";

#[tokio::test]
async fn the_server_keeps_a_session_for_a_minute_after_its_expiry() {
    let scene = Scene::with_record(&expiring(1, after(100))).await;
    let left = || async { scene.raw.number("PTTL", &[&scene.name(&key(1))]).await };
    // The clocks of the callers may differ, and the call took some time.
    let range = |expiry: i64| expiry + 55_000..=expiry + 61_000;
    assert!(range(100_000).contains(&left().await), "{}", left().await);
    assert_eq!(
        scene.store.update(&key(1), &expiring(2, after(50)), version(1), NOW).await.unwrap(),
        Written::Done
    );
    assert!(range(50_000).contains(&left().await), "{}", left().await);
    assert_eq!(
        scene.store.touch(&key(1), Some(after(200)), NOW, TouchPatience::Full).await.unwrap(),
        Touched::Done
    );
    assert!(range(200_000).contains(&left().await), "{}", left().await);
    assert_eq!(scene.store.touch(&key(1), None, NOW, TouchPatience::Full).await.unwrap(), Touched::Done);
    assert_eq!(left().await, -1, "it stays");
}

#[tokio::test]
async fn a_caller_whose_clock_is_behind_finds_a_session_until_its_own_time_comes() {
    let scene = Scene::with_record(&expiring(1, after(1))).await;
    tokio::time::sleep(std::time::Duration::from_millis(1_200)).await;
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(expiring(1, after(1))));
    assert_eq!(scene.load(1, after(1)).await, Loaded::Absent);
}

#[tokio::test]
async fn a_rename_marker_and_its_line_leave_the_server_by_themselves() {
    let scene = Scene::with_record(&record(1)).await;
    assert_eq!(
        scene.store.rename(&key(1), &key(2), &record(2), version(1), NOW).await.unwrap(),
        Written::Done
    );
    let names = scene.raw.many("KEYS", &[format!("{}*", scene.options().prefix).as_bytes()]).await;
    assert_eq!(names.len(), 3);
    for name in names.iter().filter(|name| **name != scene.name(&key(2))) {
        let left = scene.raw.number("PTTL", &[name]).await;
        assert!((60_000..=130_000).contains(&left), "{left}");
    }
}

#[tokio::test]
async fn a_version_that_looks_like_the_time_in_a_rename_marker_is_not_found_there() {
    let scene = Scene::with_record(&record(1)).await;
    assert_eq!(
        scene.store.rename(&key(1), &key(2), &record(2), version(1), NOW).await.unwrap(),
        Written::Done
    );
    let until = NOW + RENAME_MARKER_LIFETIME;
    let new = record(until.as_millis() as u64);
    assert_eq!(scene.store.create(&key(1), &new, NOW).await.unwrap(), Created::Taken);
}

#[tokio::test]
async fn a_value_of_another_format_is_corrupt_and_stays_as_it_is() {
    let scene = Scene::new().await;
    let (one, two) = (key(1), key(2));
    scene.raw.call("SET", &[&scene.name(&one), NEXT_FORMAT]).await;
    let (store, new) = (&scene.store, owned(1, "ada"));
    for (call, outcome) in [
        ("load", store.load(&one, NOW).await.map(drop)),
        ("create", store.create(&one, &record(1), NOW).await.map(drop)),
        ("create with an owner", store.create(&one, &new, NOW).await.map(drop)),
        ("update", store.update(&one, &new, version(2), NOW).await.map(drop)),
        ("rename", store.rename(&one, &two, &new, version(2), NOW).await.map(drop)),
        ("touch", store.touch(&one, None, NOW, TouchPatience::Full).await.map(drop)),
    ] {
        assert_eq!(outcome.unwrap_err().kind, StoreErrorKind::Corrupt, "{call}");
        assert_eq!(scene.raw.bytes("GET", &[&scene.name(&one)]).await, NEXT_FORMAT, "{call}");
    }
    assert!(scene.listed("ada").await.is_empty());
}

#[tokio::test]
async fn no_rename_overwrites_a_value_of_another_format() {
    let scene = Scene::with_record(&record(1)).await;
    scene.raw.call("SET", &[&scene.name(&key(2)), NEXT_FORMAT]).await;
    scene.store.rename(&key(1), &key(2), &record(2), version(1), NOW).await.unwrap_err();
    assert_eq!(scene.raw.bytes("GET", &[&scene.name(&key(2))]).await, NEXT_FORMAT);
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(1)));
}

#[tokio::test]
async fn a_list_and_a_revocation_name_a_value_of_another_format_and_the_others_are_ended() {
    let scene = Scene::with_record(&owned(1, "ada")).await;
    scene.create(2, &owned(2, "ada")).await;
    scene.raw.call("SET", &[&scene.name(&key(1)), NEXT_FORMAT]).await;
    let error = owners(&scene.store).list(&"ada".into(), None, 10, NOW).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Corrupt);
    let error = owners(&scene.store).revoke(&"ada".into(), None).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Corrupt);
    assert_eq!(scene.raw.bytes("GET", &[&scene.name(&key(1))]).await, NEXT_FORMAT);
    assert_eq!(scene.load(2, NOW).await, Loaded::Absent);
}

#[tokio::test]
async fn a_session_that_was_cut_short_keeps_no_other_from_being_ended() {
    for length in [1, 40, 50, 61, 66] {
        let scene = Scene::with_record(&owned(1, "ada")).await;
        scene.create(2, &owned(2, "ada")).await;
        let value = scene.raw.bytes("GET", &[&scene.name(&key(1))]).await;
        scene.raw.call("SET", &[&scene.name(&key(1)), &value[..length]]).await;
        let ended = owners(&scene.store).revoke(&"ada".into(), None).await;
        // A session whose owner can be read is ended, whatever follows.
        let expected = if length > 65 { Ok(2) } else { Err(StoreErrorKind::Corrupt) };
        assert_eq!(ended.map_err(|error| error.kind), expected, "{length}");
        assert_eq!(scene.load(2, NOW).await, Loaded::Absent, "{length}");
        if length > 61 {
            continue;
        }
        scene.create(3, &owned(3, "ada")).await;
        let listed = owners(&scene.store).list(&"ada".into(), None, 10, NOW).await;
        assert_eq!(listed.unwrap_err().kind, StoreErrorKind::Corrupt, "{length}");
    }
}

#[tokio::test]
async fn a_key_that_holds_no_text_is_corrupt() {
    let scene = Scene::new().await;
    scene.raw.call("RPUSH", &[&scene.name(&key(1)), b"one"]).await;
    let store = &scene.store;
    for outcome in [
        store.load(&key(1), NOW).await.map(drop),
        store.create(&key(1), &owned(1, "ada"), NOW).await.map(drop),
        store.update(&key(1), &record(2), version(1), NOW).await.map(drop),
        store.touch(&key(1), None, NOW, TouchPatience::Full).await.map(drop),
    ] {
        assert_eq!(outcome.unwrap_err().kind, StoreErrorKind::Corrupt);
    }
}

#[tokio::test]
async fn a_session_that_never_expires_stays_on_the_server() {
    let scene = Scene::with_record(&Record { expires: None, ..record(1) }).await;
    assert_eq!(scene.raw.number("PTTL", &[&scene.name(&key(1))]).await, -1);
    // Far beyond what the server's numbers can hold, when it adds its own time.
    let far = Record { expires: Some(session_core::UnixTime::from_millis(i64::MAX - 1)), ..record(2) };
    assert_eq!(scene.store.create(&key(2), &far, NOW).await.unwrap(), Created::Done);
    assert_eq!(scene.load(2, NOW).await, Loaded::Found(far));
}
