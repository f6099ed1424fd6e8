//! Entries of the owner index that belong to no session.

use session_core::store::{Loaded, SessionStore as _, Written};
use tokio::task::JoinHandle;

use crate::owned::scenes;
use crate::scene::{NOW, key, owned, owners, record, version};

#[tokio::test]
async fn an_entry_of_an_ended_session_does_not_lead_to_a_later_one_under_its_key() {
    for scene in scenes().await {
        let (index, store, two) = (scene.index("ada"), &scene.store, key(2));
        scene.create(1, &owned(1, "ada")).await;
        let ended = scene.raw.many("ZRANGE", &[&index, b"0", b"-1"]).await.remove(0);
        store.delete(&key(1)).await.unwrap();
        scene.create(1, &owned(2, "ada")).await;
        let renamed = store.rename(&key(1), &two, &owned(3, "ada"), version(2), NOW).await.unwrap();
        assert_eq!(renamed, Written::Done);
        // As a call leaves it that ended between two steps.
        scene.raw.call("ZADD", &[&index, b"0", &ended]).await;
        assert_eq!(scene.listed("ada").await, [two]);
        assert_eq!(owners(store).revoke(&"ada".into(), Some(&two)).await.unwrap(), 0);
        assert_eq!(scene.load(2, NOW).await, Loaded::Found(owned(3, "ada")));
        assert_eq!(owners(store).revoke(&"ada".into(), None).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn writes_at_once_of_which_one_succeeds_leave_one_entry() {
    for scene in scenes().await {
        let count = || async { scene.raw.number("ZCARD", &[&scene.index("ada")]).await };
        scene.create(1, &record(1)).await;
        let updates = (2..10).map(|bits| {
            let store = scene.store.clone();
            let new = owned(bits, "ada");
            tokio::spawn(async move { store.update(&key(1), &new, version(1), NOW).await.unwrap() })
        });
        assert_one_is_done(updates.collect()).await;
        assert_eq!(count().await, 1, "after updates");

        let Loaded::Found(found) = scene.load(1, NOW).await else { panic!("the session is there") };
        let renames = (12..20).map(|number| {
            let store = scene.store.clone();
            let new = owned(number.into(), "ada");
            tokio::spawn(async move {
                store.rename(&key(1), &key(number), &new, found.version, NOW).await.unwrap()
            })
        });
        assert_one_is_done(renames.collect()).await;
        assert_eq!(count().await, 1, "after renames");
        assert_eq!(scene.listed("ada").await.len(), 1);
    }
}

async fn assert_one_is_done(writes: Vec<JoinHandle<Written>>) {
    let mut done = 0;
    for write in writes {
        done += u32::from(write.await.unwrap() == Written::Done);
    }
    assert_eq!(done, 1);
}
