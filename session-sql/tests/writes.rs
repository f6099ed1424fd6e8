//! Writes, and how other handles read them: clauses 1, 2, 3 and 17 of the store contract.
#![cfg(feature = "sqlite")]

mod scene;

use std::sync::Arc;
use std::time::Duration;

use scene::{NOW, Scene, after, expiring, key, record, version};
use session_core::store::{Created, Loaded, Record, SessionStore as _, StoreKey, Written};
use session_core::{Owner, UnixTime};
use session_sql::SqliteStore;

// Clause 1.

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_sees_all_of_a_write_or_nothing() {
    let whole = |bits: u64| Record {
        payload: Arc::from(bits.to_string().repeat(300).into_bytes()),
        owner: Some(Owner::from(bits.to_string())),
        label: Some(bits.to_string().into()),
        ..record(bits)
    };
    let scene = Scene::with_record(&whole(1)).await;
    let writer = scene.store.clone();
    let writing = tokio::spawn(async move {
        for bits in 1..200 {
            let written = writer.update(&key(1), &whole(bits + 1), version(bits), NOW).await.unwrap();
            assert_eq!(written, Written::Done);
        }
    });
    while !writing.is_finished() {
        let Loaded::Found(found) = scene.load(1, NOW).await else { panic!("the session is always live") };
        assert_eq!(found, whole(found.version.to_bits()));
    }
    writing.await.unwrap();
}

// Clause 2.

#[tokio::test]
async fn every_handle_sees_the_writes_of_another() {
    let scene = Scene::with_record(&record(1)).await;
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(1)));

    let _ = scene.store.update(&key(1), &record(2), version(1), NOW).await.unwrap();
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(2)));

    scene.rename(1, 2, &record(3), 2).await;
    assert_eq!(scene.load(2, NOW).await, Loaded::Found(record(3)));

    let _ = scene.store.touch(&key(2), Some(after(5000)), NOW).await.unwrap();
    assert_eq!(scene.load(2, NOW).await, Loaded::Found(expiring(3, after(5000))));

    scene.store.delete(&key(2)).await.unwrap();
    assert_eq!(scene.load(2, NOW).await, Loaded::Absent);
}

// Clause 3.

#[tokio::test]
async fn payload_owner_and_label_come_back_byte_for_byte() {
    let all_bytes: Vec<u8> = (0..=255).collect();
    let large = vec![0xA5; 1 << 20];
    for (payload, text) in [
        (all_bytes.as_slice(), "it's \"quoted\" % _ \\"),
        (&[], ""),
        (&[0], "a\0b\0"),
        (&large, "größer \u{10FFFF}\n"),
    ] {
        let record = Record {
            payload: payload.into(),
            owner: Some(Owner::from(text)),
            label: Some(text.into()),
            ..record(1)
        };
        let scene = Scene::with_record(&record).await;
        assert_eq!(scene.load(1, NOW).await, Loaded::Found(record));
        assert_eq!(scene.keys_of(text, NOW).await, [key(1)]);
        assert_eq!(scene.keys_of(&format!("{text}\0"), NOW).await, []);
    }
}

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
async fn an_update_and_a_rename_replace_every_field() {
    let full = Record {
        payload: Arc::from([1]),
        created: after(1),
        last_used: after(2),
        expires: None,
        timeout: Some(Duration::from_secs(77)),
        owner: Some(Owner::from("ada")),
        label: Some("phone".into()),
        version: version(2),
    };
    let bare = Record { version: version(3), ..Record::new([].as_slice(), NOW, version(3)) };
    let scene = Scene::with_record(&record(1)).await;
    let _ = scene.store.update(&key(1), &full, version(1), NOW).await.unwrap();
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(full.clone()));
    let _ = scene.store.update(&key(1), &bare, version(2), NOW).await.unwrap();
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(bare));
    scene.rename(1, 2, &full, 3).await;
    assert_eq!(scene.load(2, NOW).await, Loaded::Found(full));
}

// Clause 17.

#[tokio::test]
async fn a_clone_is_another_handle_on_the_same_records() {
    let scene = Scene::with_record(&record(1)).await;
    let clone = scene.store.clone();
    assert_eq!(clone.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)));
    drop(scene.store);
    clone.delete(&key(1)).await.unwrap();
    assert_eq!(scene.other.load(&key(1), NOW).await.unwrap(), Loaded::Absent);
}

#[tokio::test]
async fn a_clone_of_a_store_in_memory_holds_the_same_records() {
    let store = SqliteStore::connect("sqlite::memory:").await.unwrap();
    store.migrate().await.unwrap();
    let clone = store.clone();
    let _ = store.create(&key(1), &record(1), NOW).await.unwrap();
    drop(store);
    assert_eq!(clone.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)));
}

// Beyond the contract.

#[tokio::test]
async fn the_store_has_a_name() {
    let scene = Scene::new().await;
    assert_eq!(scene.store.name(), "sqlite");
    assert_eq!(format!("{:?}", scene.store), "SqliteStore { table: TableName(cwsession), .. }");
}

#[tokio::test]
async fn keys_that_differ_in_the_last_byte_are_different_keys() {
    let scene = Scene::new().await;
    let mut bytes = [7; StoreKey::BYTES];
    bytes[StoreKey::BYTES - 1] = 8;
    let neighbour = StoreKey::from_bytes(bytes);
    scene.create(7, &record(1)).await;
    assert_eq!(scene.other.load(&neighbour, NOW).await.unwrap(), Loaded::Absent);
    assert_eq!(scene.other.create(&neighbour, &record(2), NOW).await.unwrap(), Created::Done);
    assert_eq!(scene.load(7, NOW).await, Loaded::Found(record(1)));
}
