//! Calls that end before their statements, which wait for a lock of the whole table.

use std::time::Duration;

use session_core::store::{Loaded, SessionStore as _, StoreErrorKind};

use crate::database::{LOCK_TABLE, UNLOCK_TABLE, execute};
use crate::scene::{NOW, Scene, key};

#[tokio::test]
async fn calls_that_run_out_of_time_leave_no_more_statements_than_connections() {
    for batch_size in [1, 64] {
        let scene = Scene::with(|options| {
            options.call_timeout = Duration::from_millis(300);
            (options.connections, options.batch_size) = (2, batch_size);
        })
        .await;
        let mut lock = scene.connection().await;
        execute(&mut lock, LOCK_TABLE).await;
        for _ in 0..6 {
            let calls = [1, 2, 3, 4].map(|number| {
                let store = scene.store.clone();
                tokio::spawn(async move { store.load(&key(number), NOW).await.unwrap_err().kind })
            });
            for call in calls {
                assert_eq!(call.await.unwrap(), StoreErrorKind::Unavailable);
            }
            assert!(scene.count(&scene.waiting()).await <= 2);
        }
        execute(&mut lock, UNLOCK_TABLE).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(scene.load(1, NOW).await, Loaded::Absent);
    }
}

#[tokio::test]
async fn the_connection_of_a_dropped_call_is_used_again_though_the_server_has_ended_the_statement() {
    let scene = Scene::with(|options| {
        options.call_timeout = Duration::from_secs(3);
        (options.connections, options.batch_size) = (1, 1);
    })
    .await;
    let mut lock = scene.connection().await;
    execute(&mut lock, LOCK_TABLE).await;
    let store = scene.store.clone();
    let call = tokio::spawn(async move { store.load(&key(1), NOW).await });
    while scene.count(&scene.waiting()).await == 0 {
        assert!(!call.is_finished());
    }
    let of_store = scene.number(&format!("select max(id) from {}", scene.waiting())).await;
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    while scene.count(&scene.waiting()).await > 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    execute(&mut lock, UNLOCK_TABLE).await;
    assert_eq!(scene.store.load(&key(1), NOW).await.unwrap(), Loaded::Absent);
    assert_eq!(scene.count(&format!("{} where id = {of_store}", scene.connections())).await, 1);
}
