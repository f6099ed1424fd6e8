//! Touches of a row that another transaction has locked.

use std::time::{Duration, Instant};

use session_core::store::{Loaded, SessionStore as _, StoreErrorKind, TouchPatience};
use test_support::Visitor;

use crate::database::execute;
use crate::scene::{NOW, Scene, key, record, text};

const LOCK: &str = "begin; select id from cwsession for update";

#[tokio::test]
async fn a_read_does_not_wait_for_its_touch_until_the_session_is_about_to_end() {
    let scene = Scene::new().await;
    let mut visitor = Visitor::of(scene.store.clone()).await;
    let mut lock = scene.connection().await;
    execute(&mut lock, LOCK).await;
    for _ in 0..3 {
        visitor.read_without_touch().await;
    }
    visitor.read_with_touch(async { execute(&mut lock, "rollback").await }).await;
}

#[tokio::test]
async fn a_brief_touch_leaves_its_connection_to_other_calls() {
    let scene = Scene::of_one_connection(1).await;
    scene.create(1, &record(1)).await;
    // The connection knows the statement.
    let touch = async || scene.store.touch(&key(1), None, NOW, TouchPatience::Brief).await;
    let _ = touch().await.unwrap();
    let mut lock = scene.connection().await;
    execute(&mut lock, LOCK).await;
    let begun = Instant::now();
    for _ in 0..3 {
        let error = touch().await.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Unavailable, "{}", text(&error));
        assert!(matches!(scene.store.load(&key(1), NOW).await.unwrap(), Loaded::Found(_)));
    }
    assert!(begun.elapsed() < Duration::from_millis(2_500), "{:?}", begun.elapsed());
    execute(&mut lock, "rollback").await;
    let _ = touch().await.unwrap();
}
