//! Servers that do not know the scripts.

use std::sync::Arc;

use session_core::store::{Loaded, SessionStore as _, TouchPatience, Touched, Written};
use test_support::{Figures, Writers};

use crate::scene::{NOW, Scene, after, key, owned, owners, record, version};
use crate::server::OwnServer;

/// The number of times that the server forgets the scripts.
const TIMES: u32 = 50;

#[tokio::test]
async fn each_call_gives_its_script_to_a_server_that_has_forgotten_it() {
    let server = OwnServer::take();
    let scene = Scene::at(server.url()).await;
    let (store, [one, two]) = (&scene.store, [key(1), key(2)]);
    let forget = || server.command(&["script", "flush"]);
    forget();
    scene.create(1, &owned(1, "ada")).await;
    forget();
    assert_eq!(store.update(&one, &owned(2, "ada"), version(1), NOW).await.unwrap(), Written::Done);
    forget();
    assert_eq!(store.touch(&one, Some(after(5_000)), NOW, TouchPatience::Full).await.unwrap(), Touched::Done);
    forget();
    assert_eq!(store.rename(&one, &two, &owned(3, "ada"), version(2), NOW).await.unwrap(), Written::Done);
    forget();
    assert!(matches!(scene.load(1, NOW).await, Loaded::Moved { .. }));
    forget();
    assert_eq!(scene.listed("ada").await, [two]);
    forget();
    assert_eq!(owners(store).revoke(&"ada".into(), None).await.unwrap(), 1);
    forget();
    scene.create(3, &record(1)).await;
    store.delete(&key(3)).await.unwrap();
    assert_eq!(scene.load(3, NOW).await, Loaded::Absent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_fails_while_the_server_forgets_its_scripts_again_and_again() {
    let server = Arc::new(OwnServer::take());
    let scene = Scene::at(server.url()).await;
    let writers = Writers::start(&scene.store);
    let server = Arc::clone(&server);
    let forget = move || (0..TIMES).for_each(|_| drop(server.command(&["script", "flush"])));
    tokio::task::spawn_blocking(forget).await.unwrap();
    let courses = writers.end().await;
    let figures = Figures::of(&courses, &scene.other).await;
    println!("scripts forgotten {TIMES} times: {figures:?}");
    assert!(figures.acknowledged > 200, "{figures:?}");
    assert_eq!((figures.unknown, figures.lost, figures.neither), (0, 0, 0), "{figures:?}");
}
