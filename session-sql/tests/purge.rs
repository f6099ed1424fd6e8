//! Purges of expired sessions: clause 16 of the store contract.
#![allow(clippy::unwrap_used, reason = "only tests call this")]
#![cfg(feature = "sqlite")]

mod scene;

use std::time::Duration;

use scene::{NOW, Scene, after, expired, expiring, key, record, version};
use session_core::UnixTime;
use session_core::store::{Loaded, Record, SessionStore as _};

async fn purge(scene: &Scene, secs: i64, limit: u32) -> u64 {
    expired(&scene.store).purge(after(secs), limit).await.unwrap()
}

#[tokio::test]
async fn purge_removes_only_records_that_expired_before_the_given_time() {
    let scene = Scene::with_record(&expiring(1, after(59))).await;
    scene.create(2, &expiring(2, after(60))).await;
    scene.create(3, &Record { expires: None, ..record(3) }).await;
    assert_eq!(expired(&scene.other).purge(after(60), 100).await.unwrap(), 1);
    assert_eq!(scene.load(1, NOW).await, Loaded::Absent);
    assert_eq!(scene.load(2, NOW).await, Loaded::Found(expiring(2, after(60))));
    assert!(matches!(scene.load(3, NOW).await, Loaded::Found(_)));
}

#[tokio::test]
async fn a_batch_is_no_larger_than_its_limit() {
    let scene = Scene::new().await;
    for number in 0..10 {
        scene.create(number, &expiring(1, after(number.into()))).await;
    }
    scene.create(10, &record(1)).await;
    for (purged, left) in [(3, 8), (3, 5), (3, 2), (1, 1), (0, 1)] {
        assert_eq!(purge(&scene, 60, 3).await, purged);
        assert_eq!(scene.count("cwsession").await, left);
    }
    assert_eq!(scene.load(10, NOW).await, Loaded::Found(record(1)));
}

#[tokio::test]
async fn the_session_that_expired_first_is_purged_first() {
    let scene = Scene::new().await;
    for (number, secs) in [(1, 30), (2, 10), (3, 20)] {
        scene.create(number, &expiring(1, after(secs))).await;
    }
    purge(&scene, 60, 2).await;
    assert!(matches!(scene.load(1, NOW).await, Loaded::Found(_)));
}

#[tokio::test]
async fn a_touched_session_is_purged_after_its_new_expiry() {
    let scene = Scene::with_record(&expiring(1, after(60))).await;
    let _ = scene.store.touch(&key(1), Some(after(600)), NOW).await.unwrap();
    assert_eq!(purge(&scene, 100, 10).await, 0);
    assert_eq!(purge(&scene, 600, 10).await, 0);
    assert!(matches!(scene.load(1, NOW).await, Loaded::Found(_)));
    assert_eq!(purge(&scene, 601, 10).await, 1);
}

#[tokio::test]
async fn the_index_of_a_purge_is_not_written_at_each_touch() {
    let scene = Scene::with_record(&expiring(1, after(60))).await;
    let purge_date = async || {
        let text = "select purge_date from cwsession";
        let date: i64 = sqlx::query_scalar(text).fetch_one(&mut scene.connection().await).await.unwrap();
        UnixTime::from_millis(date)
    };
    for (now, expires, expected) in [(10, 70, 60), (60, 120, 60), (61, 121, 121), (62, 122, 121)] {
        let _ = scene.store.touch(&key(1), Some(after(expires)), after(now)).await.unwrap();
        assert_eq!(purge_date().await, after(expected), "{now}");
    }
}

#[tokio::test]
async fn touched_sessions_neither_hide_expired_ones_nor_are_purged_with_them() {
    let scene = Scene::new().await;
    for number in 0..5 {
        scene.create(number, &expiring(1, after(10))).await;
        let _ = scene.store.touch(&key(number), Some(after(60)), NOW).await.unwrap();
    }
    scene.create(9, &expiring(1, after(20))).await;
    for purged in [1, 0] {
        assert_eq!(purge(&scene, 60, 1).await, purged);
        assert_eq!(scene.count("cwsession").await, 5);
    }
}

#[tokio::test]
async fn a_session_with_an_earlier_expiry_than_before_is_purged_after_the_new_one() {
    let scene = Scene::with_record(&expiring(1, after(600))).await;
    let _ = scene.store.update(&key(1), &expiring(2, after(60)), version(1), NOW).await.unwrap();
    assert_eq!(purge(&scene, 61, 10).await, 1);
}

#[tokio::test]
async fn a_session_that_gets_an_expiry_is_purged_after_it() {
    let scene = Scene::with_record(&Record { expires: None, ..record(1) }).await;
    let _ = scene.store.update(&key(1), &expiring(2, after(60)), version(1), NOW).await.unwrap();
    assert_eq!(purge(&scene, 61, 10).await, 1);
}

#[tokio::test]
async fn a_renamed_session_is_purged_after_its_new_expiry() {
    let scene = Scene::with_record(&expiring(1, after(600))).await;
    scene.rename(1, 2, &expiring(2, after(60)), 1).await;
    assert_eq!(purge(&scene, 61, 10).await, 1);
    assert_eq!(scene.load(2, NOW).await, Loaded::Absent);
}

#[tokio::test]
async fn a_session_that_loses_its_expiry_is_never_purged() {
    let scene = Scene::with_record(&expiring(1, after(60))).await;
    let _ = scene.store.touch(&key(1), None, NOW).await.unwrap();
    for _ in 0..2 {
        assert_eq!(purge(&scene, 1 << 40, 10).await, 0);
    }
    assert!(matches!(scene.load(1, after(1 << 40)).await, Loaded::Found(_)));
    let _ = scene.store.update(&key(1), &expiring(2, after(60)), version(1), NOW).await.unwrap();
    assert_eq!(purge(&scene, 61, 10).await, 1, "it is purged once it has an expiry again");
}

#[tokio::test]
async fn a_record_that_replaces_an_expired_one_is_purged_after_its_own_expiry() {
    let scene = Scene::with_record(&expiring(1, after(60))).await;
    let _ = scene.store.create(&key(1), &expiring(2, after(6000)), after(100)).await.unwrap();
    assert_eq!(purge(&scene, 200, 10).await, 0);
    assert_eq!(purge(&scene, 6001, 10).await, 1);
}

/// Sessions with random expiries, touched and updated at random, are purged once they have expired.
#[tokio::test]
async fn after_random_writes_the_purge_removes_exactly_the_expired_sessions() {
    let scene = Scene::new().await;
    let mut expiries: Vec<Option<i64>> = vec![None; 40];
    let mut random = 1_u64;
    let mut next = |below: u64| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) % below
    };
    for number in 0..40_u8 {
        let expiry = (next(5) > 0).then(|| 100 + next(400) as i64);
        let created = Record { expires: expiry.map(after), ..record(0) };
        scene.create(number, &created).await;
        expiries[usize::from(number)] = expiry;
    }
    for step in 1..400 {
        let number = next(40) as u8;
        let expiry = (next(8) > 0).then(|| 100 + next(400) as i64);
        let stored = &mut expiries[usize::from(number)];
        let now = after(next(100) as i64);
        let Loaded::Found(found) = scene.load(number, now).await else {
            panic!("every session is live until 100")
        };
        if next(2) == 0 {
            let _ = scene.store.touch(&key(number), expiry.map(after), now).await.unwrap();
            *stored = stored.zip(expiry).map(|(stored, asked)| stored.max(asked));
        } else {
            let changed = Record { expires: expiry.map(after), last_used: now, ..record(step) };
            let _ = scene.store.update(&key(number), &changed, found.version, now).await.unwrap();
            *stored = expiry;
        }
    }
    for secs in (100..520).step_by(20) {
        while purge(&scene, secs, 3).await == 3 {}
        let expected = expiries.iter().filter(|expiry| expiry.is_none_or(|expiry| expiry >= secs)).count();
        assert_eq!(scene.count("cwsession").await, expected as i64, "{secs}");
    }
}

#[tokio::test]
async fn rename_markers_are_purged_once_they_have_expired() {
    let scene = Scene::with_record(&expiring(1, after(6000))).await;
    for step in 1..4 {
        scene.rename(step, step + 1, &expiring(u64::from(step) + 1, after(6000)), step.into()).await;
    }
    assert_eq!(purge(&scene, 61, 2).await, 0);
    assert_eq!(scene.load(1, after(60)).await, Loaded::Moved { owner: None });
    for purged in [2, 1, 0] {
        assert_eq!(purge(&scene, 62, 2).await, purged);
    }
    assert_eq!(scene.count("cwsession_moved").await, 0);
    assert!(matches!(scene.load(4, after(62)).await, Loaded::Found(_)));
}

#[tokio::test]
async fn purging_a_record_removes_its_rename_markers() {
    let scene = Scene::with_record(&expiring(1, after(10))).await;
    scene.rename(1, 2, &expiring(2, after(10)), 1).await;
    assert_eq!(purge(&scene, 50, 10).await, 1);
    assert_eq!(scene.count("cwsession_moved").await, 0);
}

#[tokio::test]
async fn the_stores_own_task_purges() {
    let scene = Scene::with_record(&expiring(1, after(60))).await;
    scene.create(2, &Record { expires: None, ..record(2) }).await;
    let task = scene.store.spawn_purge(Duration::ZERO);
    for _ in 0..500 {
        if task.purged() == 1 {
            assert_eq!(scene.count("cwsession").await, 1);
            assert_eq!(task.failures(), 0);
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the task has not purged within five seconds");
}
