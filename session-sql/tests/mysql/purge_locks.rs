//! Purges while another transaction has locked a row.

use std::time::{Duration, Instant};

use session_core::store::Loaded;
use sqlx::mysql::MySqlConnection;

use crate::database::execute;
use crate::scene::{NOW, Scene, after, expired, expiring, record};

/// The largest number of rows that a purge deletes.
const LIMIT: u32 = 100;

/// Creates ten sessions that expire after ten seconds, and four that live longer.
async fn sessions() -> Scene {
    let scene = Scene::new().await;
    for number in 0..10 {
        scene.create(number, &expiring(1, after(10))).await;
    }
    for number in 10..14 {
        scene.create(number, &record(1)).await;
    }
    scene
}

/// Locks the session with the first or the last id, until the connection is dropped.
async fn lock(scene: &Scene, order: &str) -> MySqlConnection {
    let mut connection = scene.connection().await;
    let lock = format!("begin; select id from cwsession order by id {order} limit 1 for update");
    execute(&mut connection, &lock).await;
    connection
}

async fn purge(scene: &Scene) -> u64 {
    purge_at_most(scene, LIMIT).await
}

/// Purges what expires in the first minute. Fails if that waits for a lock.
async fn purge_at_most(scene: &Scene, limit: u32) -> u64 {
    let begun = Instant::now();
    let purged = expired(&scene.store).purge(after(60), limit).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    purged
}

#[tokio::test]
async fn a_purge_does_not_wait_for_a_live_session_that_is_locked() {
    let scene = sessions().await;
    let _lock = lock(&scene, "desc").await;
    assert_eq!(purge(&scene).await, 10);
    assert_eq!(scene.load(13, NOW).await, Loaded::Found(record(1)));
}

#[tokio::test]
async fn a_purge_leaves_out_an_expired_session_that_is_locked() {
    let scene = sessions().await;
    let mut lock = lock(&scene, "asc").await;
    assert_eq!(purge(&scene).await, 9);
    execute(&mut lock, "rollback").await;
    assert_eq!(purge(&scene).await, 1);
    assert_eq!(scene.count("cwsession").await, 4);
}

#[tokio::test]
async fn a_purge_removes_another_session_in_place_of_one_that_is_locked() {
    let scene = sessions().await;
    let _lock = lock(&scene, "asc").await;
    for (purged, left) in [(4, 10), (4, 6), (1, 5)] {
        assert_eq!(purge_at_most(&scene, 4).await, purged);
        assert_eq!(scene.count("cwsession").await, left);
    }
}

#[tokio::test]
async fn a_purge_keeps_a_session_that_is_prolonged_meanwhile() {
    let scene = sessions().await;
    let mut lock = lock(&scene, "asc").await;
    let later = after(6_000).as_millis();
    execute(&mut lock, &format!("update cwsession set expires = {later} order by id limit 1")).await;
    assert_eq!(purge(&scene).await, 9);
    execute(&mut lock, "commit").await;
    assert_eq!(purge(&scene).await, 0);
    assert!(matches!(scene.load(0, after(60)).await, Loaded::Found(_)));
}
