//! Calls that share a statement: each does what it would do alone.

use std::time::Duration;

use session_core::UnixTime;
use session_core::store::{Loaded, Record, SessionStore as _, StoreError, TouchPatience, Written};
use tokio::task::JoinHandle;

use crate::scene::{NOW, Scene, after, expiring, key, owned, owners, record, version};

/// Makes calls at once, on a store of one connection. The first has a statement of its own, and the others
/// share one unless the store's batch size is 1.
async fn at_once<T>(calls: Vec<JoinHandle<Result<T, StoreError>>>) -> Vec<T> {
    let mut outcomes = Vec::new();
    for call in calls {
        outcomes.push(call.await.unwrap().unwrap());
    }
    outcomes
}

async fn load_all(scene: &Scene, loads: &[(u8, UnixTime)]) -> Vec<Loaded> {
    let load = |(number, now): &(u8, UnixTime)| {
        let (store, key, now) = (scene.store.clone(), key(*number), *now);
        tokio::spawn(async move { store.load(&key, now).await })
    };
    at_once(loads.iter().map(load).collect()).await
}

/// An update: the number of the key, the record, the expected version, and the now.
type Update = (u8, Record, u64, UnixTime);

async fn update_all(scene: &Scene, updates: &[Update]) -> Vec<Written> {
    let update = |(number, record, expected, now): &Update| {
        let (store, key, record, now) = (scene.store.clone(), key(*number), record.clone(), *now);
        let expected = version(*expected);
        tokio::spawn(async move { store.update(&key, &record, expected, now).await })
    };
    at_once(updates.iter().map(update).collect()).await
}

#[tokio::test]
async fn loads_that_share_a_statement_have_each_their_own_outcome() {
    let scene = Scene::of_one_connection(64).await;
    let full = Record {
        timeout: Some(Duration::from_secs(90)),
        label: Some("Firefox on Linux".into()),
        expires: None,
        ..owned(7, "grace")
    };
    scene.create(1, &full).await;
    scene.create(2, &expiring(1, after(10))).await;
    scene.create(3, &record(1)).await;
    scene.rename(3, 13, &owned(2, "ada"), 1).await;
    scene.create(4, &record(1)).await;
    scene.rename(4, 14, &record(2), 1).await;
    scene.store.delete(&key(14)).await.unwrap();
    scene.create(5, &expiring(1, after(30))).await;
    scene.rename(5, 15, &expiring(2, after(30)), 1).await;
    let found = |record: &Record| Loaded::Found(record.clone());
    let moved = Loaded::Moved { owner: Some("ada".into()) };
    let expected = [
        ((9, NOW), Loaded::Absent),
        ((1, after(1_000_000)), found(&full)),
        ((2, after(9)), found(&expiring(1, after(10)))),
        ((2, after(10)), Loaded::Absent),
        ((8, NOW), Loaded::Absent),
        ((3, NOW), moved.clone()),
        ((3, after(61)), Loaded::Absent),
        ((13, NOW), found(&owned(2, "ada"))),
        ((4, NOW), Loaded::Absent),
        ((14, NOW), Loaded::Absent),
        ((5, after(29)), Loaded::Moved { owner: None }),
        ((5, after(30)), Loaded::Absent),
        ((3, NOW), moved),
    ];
    let loads: Vec<_> = expected.iter().map(|(load, _)| *load).collect();
    for (loaded, (load, expected)) in load_all(&scene, &loads).await.iter().zip(&expected) {
        assert_eq!(loaded, expected, "{load:?}");
    }
}

/// Creates sessions in every state, updates them, and returns the outcomes and the rows.
async fn updated(batch_size: u32) -> (Vec<Written>, Vec<Loaded>, Vec<Option<i64>>) {
    let scene = Scene::of_one_connection(batch_size).await;
    for number in 1..=9 {
        scene.create(number, &expiring(1, after(100))).await;
    }
    scene.rename(9, 19, &expiring(2, after(100)), 1).await;
    scene.create(10, &Record { expires: None, ..record(1) }).await;
    let _ = scene.store.touch(&key(8), Some(after(300)), NOW, TouchPatience::Full).await.unwrap();
    let full = Record { timeout: Some(Duration::from_secs(90)), label: Some("a".into()), ..owned(2, "ada") };
    let updates = [
        (1, record(2), 1, NOW),
        (2, full, 1, NOW),
        (3, record(2), 9, NOW),
        (4, record(2), 1, after(99)),
        (5, record(2), 1, after(100)),
        (6, expiring(2, after(90)), 1, after(50)),
        (7, expiring(2, after(200)), 1, after(50)),
        (8, expiring(2, after(400)), 1, after(150)),
        (9, record(3), 0, NOW),
        (19, Record { expires: None, ..record(3) }, 2, NOW),
        (10, record(2), 1, NOW),
        (11, record(2), 1, NOW),
        (1, record(3), 2, NOW),
    ];
    let outcomes = update_all(&scene, &updates).await;
    let mut rows = Vec::new();
    for (number, ..) in &updates {
        rows.push(scene.load(*number, NOW).await);
    }
    let purge_dates = "select purge_date from cwsession order by id";
    let purge_dates = sqlx::query_scalar(purge_dates).fetch_all(&mut scene.connection().await).await.unwrap();
    (outcomes, rows, purge_dates)
}

#[tokio::test]
async fn no_name_of_a_table_is_mistaken_for_a_part_of_a_statement() {
    for name in ["given", "found", "renamed", "ended", "g", "s", "t", "f", "e", "key", "values"] {
        let scene = Scene::of_one_connection_and_table(name).await;
        for number in 1..4 {
            scene.create(number, &owned(1, "ada")).await;
        }
        let updates = [1, 2, 3].map(|number| (number, owned(2, "ada"), 1, NOW));
        let updated = update_all(&scene, &updates).await;
        assert!(updated.iter().all(|updated| *updated == Written::Done), "{name}");
        scene.rename(1, 9, &owned(3, "ada"), 2).await;
        let loaded = load_all(&scene, &[(1, NOW), (9, NOW), (2, NOW)]).await;
        let moved = Loaded::Moved { owner: Some("ada".into()) };
        assert_eq!(loaded, [moved, Loaded::Found(owned(3, "ada")), Loaded::Found(owned(2, "ada"))], "{name}");
        assert_eq!(owners(&scene.store).revoke(&"ada".into(), None).await.unwrap(), 3, "{name}");
    }
}

#[tokio::test]
async fn updates_that_share_a_statement_do_what_each_would_do_alone() {
    let (outcomes, rows, purge_dates) = updated(64).await;
    let done: Vec<_> = outcomes.iter().map(|outcome| *outcome == Written::Done).collect();
    let expected = [1, 1, 0, 1, 0, 1, 1, 1, 0, 1, 1, 0, 1].map(|done| done == 1);
    assert_eq!(done, expected, "{outcomes:?}");
    assert_eq!(rows[0], Loaded::Found(record(3)));
    assert_eq!((outcomes, rows, purge_dates), updated(1).await);
}

#[tokio::test]
async fn a_shared_statement_updates_no_session_that_has_expired_nor_one_of_another_version() {
    for (expires, expected) in [(after(10), 1), (after(100), 9)] {
        let scene = Scene::of_one_connection(64).await;
        for number in [1, 2, 4] {
            scene.create(number, &expiring(1, after(100))).await;
        }
        scene.create(3, &expiring(1, expires)).await;
        let update = |number, expected| (number, expiring(2, after(100)), expected, after(10));
        let updates = [update(1, 1), update(2, 1), update(3, expected), update(4, 1)];
        let outcomes = update_all(&scene, &updates).await;
        let done: Vec<_> = outcomes.iter().map(|outcome| *outcome == Written::Done).collect();
        assert_eq!(done, [true, true, false, true], "{outcomes:?}");
        assert_eq!(scene.load(3, NOW).await, Loaded::Found(expiring(1, expires)));
    }
}
