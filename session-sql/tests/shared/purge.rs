//! Purges of expired sessions: their order, their batches and the index that they use.

use std::time::Duration;

use crate::scene::{NOW, Scene, after, expired, expiring, key, record};
use session_core::UnixTime;
use session_core::store::{Loaded, Record, SessionStore as _, TouchPatience};

async fn purge(scene: &Scene, secs: i64, limit: u32) -> u64 {
    expired(&scene.store).purge(after(secs), limit).await.unwrap()
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
async fn the_index_of_a_purge_is_not_written_at_each_touch() {
    let scene = Scene::with_record(&expiring(1, after(60))).await;
    let purge_date = async || {
        let text = "select purge_date from cwsession";
        let date: i64 = sqlx::query_scalar(text).fetch_one(&mut scene.connection().await).await.unwrap();
        UnixTime::from_millis(date)
    };
    for (now, expires, expected) in [(10, 70, 60), (60, 120, 60), (61, 121, 121), (62, 122, 121)] {
        let _ =
            scene.store.touch(&key(1), Some(after(expires)), after(now), TouchPatience::Full).await.unwrap();
        assert_eq!(purge_date().await, after(expected), "{now}");
    }
}

#[tokio::test]
async fn touched_sessions_neither_hide_expired_ones_nor_are_purged_with_them() {
    let scene = Scene::new().await;
    for number in 0..5 {
        scene.create(number, &expiring(1, after(10))).await;
        let _ = scene.store.touch(&key(number), Some(after(60)), NOW, TouchPatience::Full).await.unwrap();
    }
    scene.create(9, &expiring(1, after(20))).await;
    for purged in [1, 0] {
        assert_eq!(purge(&scene, 60, 1).await, purged);
        assert_eq!(scene.count("cwsession").await, 5);
    }
    purge(&scene, 60, 5).await;
    let early = format!("cwsession where purge_date < {}", after(60).as_millis());
    assert_eq!(scene.count(&early).await, 0, "the next purge looks at none of them again");
}

#[tokio::test]
async fn a_run_also_purges_a_session_that_has_meanwhile_expired_before_the_others() {
    let scene = Scene::new().await;
    for number in 0..5 {
        scene.create(number, &expiring(1, after(20))).await;
    }
    assert_eq!(purge(&scene, 60, 3).await, 3);
    scene.create(5, &expiring(1, after(10))).await;
    for (purged, left) in [(3, 0), (0, 0)] {
        assert_eq!(purge(&scene, 60, 4).await, purged);
        assert_eq!(scene.count("cwsession").await, left);
    }
}

#[tokio::test]
async fn two_runs_at_once_leave_no_expired_session() {
    let scene = Scene::new().await;
    for number in 0..100 {
        scene.create(number, &expiring(1, after(number.into()))).await;
    }
    let run = async || {
        let mut sum = 0;
        loop {
            let purged = purge(&scene, 200, 3).await;
            sum += purged;
            if purged < 3 {
                return sum;
            }
        }
    };
    let (one, two) = tokio::join!(run(), run());
    assert_eq!((one + two, scene.count("cwsession").await), (100, 0));
}

#[tokio::test]
async fn rename_markers_are_purged_with_the_records_once_they_have_expired() {
    let scene = Scene::with_record(&expiring(1, after(6000))).await;
    for step in 1..4 {
        scene.rename(step, step + 1, &expiring(u64::from(step) + 1, after(6000)), step.into()).await;
    }
    scene.create(9, &expiring(9, after(10))).await;
    assert_eq!(purge(&scene, 61, 2).await, 1, "the markers expire at 61");
    for (purged, left) in [(2, 2), (1, 1), (0, 1)] {
        assert_eq!(purge(&scene, 62, 2).await, purged);
        assert_eq!(scene.count("cwsession").await, left);
    }
    assert!(matches!(scene.load(4, after(62)).await, Loaded::Found(_)));
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
