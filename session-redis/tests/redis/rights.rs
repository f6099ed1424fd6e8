//! The rights that a store needs.

use session_core::store::{
    Created, Loaded, SessionStore as _, StoreError, StoreErrorKind, TouchPatience, Touched, Written,
};
use session_redis::RedisStore;

use crate::groups::cluster_nodes;
use crate::scene::{NOW, Scene, after, key, owned, owners, text, version};
use crate::server::OwnServer;

/// The rights that the README names, without those to the keys and `+info`.
const RIGHTS: &str = "+get +set +del +exists +getrange +setrange +pexpire +persist +pttl +zadd +zrem +zcard \
    +zrangebylex +evalsha +eval +ping";
/// The further rights for a cluster.
const CLUSTER: &str = "+cluster|slots +cluster|info";

/// Makes the words of a command that creates a user with these rights to the scene's keys.
fn user(scene: &Scene, name: &str, rights: &str) -> Vec<String> {
    let keys = format!("~{}*", scene.options().prefix);
    let words = ["acl", "setuser", name, "reset", "on", ">hush", &keys];
    words.into_iter().chain(rights.split_whitespace()).map(str::to_owned).collect()
}

fn url(scene: &Scene, user: &str) -> String {
    let (scheme, rest) = scene.url().split_once("://").unwrap();
    format!("{scheme}://{user}:hush@{}", rest.split_once('@').unwrap().1)
}

/// Makes each call, on sessions that differ for each round.
async fn make_each_call(store: &RedisStore, round: u8) -> Result<(), StoreError> {
    let (one, two, ada) = (key(2 * round), key(2 * round + 1), format!("ada {round}"));
    assert_eq!(store.create(&one, &owned(1, &ada), NOW).await?, Created::Done);
    assert_eq!(store.create(&one, &owned(9, &ada), NOW).await?, Created::Taken);
    assert_eq!(store.load(&one, NOW).await?, Loaded::Found(owned(1, &ada)));
    assert_eq!(store.update(&one, &owned(2, "bob"), version(1), NOW).await?, Written::Done);
    assert_eq!(store.touch(&one, Some(after(100_000)), NOW, TouchPatience::Full).await?, Touched::Done);
    assert_eq!(store.touch(&one, None, NOW, TouchPatience::Full).await?, Touched::Done);
    assert_eq!(store.rename(&one, &two, &owned(3, &ada), version(2), NOW).await?, Written::Done);
    assert!(matches!(store.load(&one, NOW).await?, Loaded::Moved { .. }));
    let ada = ada.as_str().into();
    assert_eq!(owners(store).list(&ada, None, 10, NOW).await?.sessions.len(), 1);
    assert_eq!(owners(store).revoke(&ada, Some(&two)).await?, 0);
    assert_eq!(owners(store).revoke(&ada, None).await?, 1);
    store.delete(&two).await?;
    store.ping().await
}

#[tokio::test]
async fn the_rights_that_the_readme_names_suffice_and_each_one_is_needed() {
    // Nobody else gives this server its scripts.
    let server = OwnServer::take();
    let scene = Scene::at(server.url()).await;
    let name = scene.options().prefix.to_string().replace(':', "");
    let allow = async |rights: &str, round| {
        let words = user(&scene, &name, rights);
        let words: Vec<&[u8]> = words.iter().map(String::as_bytes).collect();
        scene.raw.call("ACL", &words[1..]).await;
        let store = RedisStore::connect_with(&url(&scene, &name), scene.options()).await.unwrap();
        make_each_call(&store, round).await
    };
    assert_eq!(include_str!("../../README.md").matches(&RIGHTS.replace("    ", "")).count(), 2);
    allow(RIGHTS, 0).await.unwrap();
    for (round, right) in (1..).zip(RIGHTS.split_whitespace()) {
        scene.raw.call("SCRIPT", &[b"FLUSH"]).await;
        let others: Vec<_> = RIGHTS.split_whitespace().filter(|other| *other != right).collect();
        let error = allow(&others.join(" "), round).await.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Other, "{right}: {}", text(&error));
        let shown = text(&error);
        assert!(shown.contains("give the user +get"), "{right}: {shown}");
    }
    scene.raw.call("ACL", &[b"DELUSER", name.as_bytes()]).await;
}

#[tokio::test]
async fn the_rights_that_the_readme_names_suffice_on_a_cluster() {
    let (scene, name) = (Scene::at(crate::groups::cluster_url()).await, "web");
    let words = user(&scene, name, &format!("{RIGHTS} {CLUSTER}"));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    cluster_nodes(&words);
    let store = RedisStore::connect_with(&url(&scene, name), scene.options()).await.unwrap();
    make_each_call(&store, 0).await.unwrap();
    store.close().await;
    cluster_nodes(&["acl", "deluser", name]);
}

#[tokio::test]
async fn no_key_of_others_is_touched() {
    let scene = Scene::new().await;
    let other = Scene::new().await;
    scene.create(1, &owned(1, "ada")).await;
    assert_eq!(other.load(1, NOW).await, Loaded::Absent);
    assert_eq!(other.listed("ada").await, []);
    assert_eq!(owners(&other.store).revoke(&"ada".into(), None).await.unwrap(), 0);
    other.store.delete(&key(1)).await.unwrap();
    assert_eq!(scene.listed("ada").await, [key(1)]);
}
