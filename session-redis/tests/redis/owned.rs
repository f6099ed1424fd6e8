//! The owner index on the server.

use std::time::Duration;

use session_core::UnixTime;
use session_core::store::{Created, Loaded, Record, SessionStore as _, TouchPatience, Touched, Written};

use crate::groups::cluster_url;
use crate::scene::{NOW, Scene, after, key, owned, owners, version};

/// One server, where the scripts change the index, and a cluster, where it is changed in steps.
pub(crate) async fn scenes() -> [Scene; 2] {
    [Scene::new().await, Scene::at(cluster_url()).await]
}

fn expiring(bits: u64, expires: UnixTime) -> Record {
    Record { expires: Some(expires), ..owned(bits, "ada") }
}

/// Checks that an index with one entry lists a session until its expiry.
async fn assert_covered(scene: &Scene, expires: UnixTime) {
    let index = scene.index("ada");
    let members = scene.raw.many("ZRANGE", &[&index, b"0", b"-1"]).await;
    assert_eq!(members.len(), 1);
    let cover = i64::from_be_bytes(members[0][8..16].try_into().unwrap());
    let value = scene.raw.bytes("GETRANGE", &[&scene.name(&key(1)), b"49", b"56"]).await;
    assert_eq!(value, cover.to_be_bytes(), "the session and its entry have the same cover");
    assert!(cover >= expires.as_millis(), "{cover}");
    let left = scene.raw.number("PTTL", &[&index]).await;
    let session = scene.raw.number("PTTL", &[&scene.name(&key(1))]).await;
    assert!(left >= session, "the index stays as long as the session: {left}, {session}");
    assert_eq!(scene.listed("ada").await, [key(1)]);
}

#[tokio::test]
async fn a_session_is_listed_as_long_as_it_lives_however_often_it_is_prolonged() {
    for scene in scenes().await {
        scene.create(1, &expiring(1, after(100))).await;
        assert_covered(&scene, after(100)).await;
        // Within the cover, and beyond it.
        for (round, secs) in [150, 250, 1_000, 100_000].into_iter().enumerate() {
            let next = expiring(round as u64 + 2, after(secs));
            let updated = scene.store.update(&key(1), &next, version(round as u64 + 1), NOW).await.unwrap();
            assert_eq!(updated, Written::Done);
            assert_covered(&scene, after(secs)).await;
        }
        for secs in [150_000, 300_000, 1_000_000] {
            assert_eq!(
                scene.store.touch(&key(1), Some(after(secs)), NOW, TouchPatience::Full).await.unwrap(),
                Touched::Done
            );
            assert_covered(&scene, after(secs)).await;
        }
    }
}

#[tokio::test]
async fn an_index_stays_as_long_as_the_longest_of_its_sessions() {
    for scene in scenes().await {
        scene.create(1, &expiring(1, after(1_000))).await;
        let left = scene.raw.number("PTTL", &[&scene.index("ada")]).await;
        scene.create(2, &expiring(2, after(10))).await;
        assert!(scene.raw.number("PTTL", &[&scene.index("ada")]).await > left - 10_000);
        let forever = Record { expires: None, ..owned(3, "ada") };
        scene.create(3, &forever).await;
        assert_eq!(scene.raw.number("PTTL", &[&scene.index("ada")]).await, -1);
        scene.create(4, &expiring(4, after(10))).await;
        assert_eq!(scene.raw.number("PTTL", &[&scene.index("ada")]).await, -1);
        assert_eq!(scene.listed("ada").await, [key(1), key(2), key(3), key(4)]);
    }
}

#[tokio::test]
async fn two_owners_that_share_an_index_have_lists_and_revocations_of_their_own() {
    for scene in scenes().await {
        scene.create(1, &owned(1, "ada")).await;
        // The same index in the key names, and another owner: as if the hashes of both were the same.
        let name = scene.name(&key(1));
        scene.raw.call("SETRANGE", &[&name, b"61", b"bob"]).await;
        assert_eq!(scene.listed("ada").await, []);
        assert_eq!(owners(&scene.store).revoke(&"ada".into(), None).await.unwrap(), 0);
        scene.raw.call("SETRANGE", &[&name, b"61", b"ada"]).await;
        assert_eq!(scene.listed("ada").await, [key(1)]);
        // A longer name with the same beginning.
        scene.raw.call("SETRANGE", &[&name, b"57", &[0, 0, 0, 2]]).await;
        assert_eq!(owners(&scene.store).revoke(&"ada".into(), None).await.unwrap(), 0);
        scene.raw.call("SETRANGE", &[&name, b"57", &[0, 0, 0, 3]]).await;
        assert_eq!(owners(&scene.store).revoke(&"ada".into(), None).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn an_ended_or_changed_session_leaves_no_entry() {
    for scene in scenes().await {
        scene.create(1, &owned(1, "ada")).await;
        let index = scene.index("ada");
        let count = || async { scene.raw.number("ZCARD", &[&index]).await };
        let (store, [one, two, three]) = (&scene.store, [key(1), key(2), key(3)]);
        assert_eq!(store.rename(&one, &two, &owned(2, "ada"), version(1), NOW).await.unwrap(), Written::Done);
        assert_eq!(count().await, 1, "after a rename");
        assert_eq!(store.update(&two, &owned(3, "bob"), version(2), NOW).await.unwrap(), Written::Done);
        assert_eq!(count().await, 0, "after a change of the owner");
        assert_eq!(scene.listed("bob").await, [two]);
        assert_eq!(store.update(&two, &owned(4, "ada"), version(3), NOW).await.unwrap(), Written::Done);
        store.delete(&one).await.unwrap();
        assert_eq!(count().await, 0, "after a deletion by an earlier key");
        assert_eq!(store.create(&three, &owned(5, "ada"), NOW).await.unwrap(), Created::Done);
        assert_eq!(store.create(&three, &owned(6, "ada"), NOW).await.unwrap(), Created::Taken);
        let refused = store.rename(&two, &key(4), &owned(7, "ada"), version(4), NOW).await.unwrap();
        assert_eq!(refused, Written::Gone);
        assert_eq!(count().await, 1, "after refused writes");
        assert_eq!(owners(store).revoke(&"ada".into(), None).await.unwrap(), 1);
        assert_eq!(count().await, 0, "after a revocation");
    }
}

/// Returns the entry of a session that was never written, as a call leaves it that ended between two steps.
fn entry_of_nothing(line: u8, cover: UnixTime) -> Vec<u8> {
    [&[line; 8], &cover.as_millis().to_be_bytes(), &[line; 8], [line; 34].as_slice()].concat()
}

#[tokio::test]
async fn what_an_interrupted_call_leaves_in_the_index_does_no_harm() {
    for scene in scenes().await {
        scene.create(1, &owned(1, "ada")).await;
        let index = scene.index("ada");
        let own = scene.raw.many("ZRANGE", &[&index, b"0", b"-1"]).await.remove(0);
        // A create, a rename before and after its write, and a change of the owner.
        let mut renamed = own.clone();
        renamed[16..].fill(7);
        for entry in [entry_of_nothing(9, after(1_200)), renamed] {
            scene.raw.call("ZADD", &[&index, b"0", &entry]).await;
        }
        assert_eq!(scene.listed("ada").await, [key(1)]);
        let page = owners(&scene.store).list(&"ada".into(), None, 1, NOW).await.unwrap();
        assert!(page.sessions.len() <= 1);
        let renamed = scene.store.rename(&key(1), &key(2), &owned(2, "ada"), version(1), NOW).await.unwrap();
        assert_eq!(renamed, Written::Done);
        scene.raw.call("ZADD", &[&index, b"0", &own]).await;
        assert_eq!(scene.listed("ada").await, [key(2)]);
        assert_eq!(owners(&scene.store).revoke(&"ada".into(), None).await.unwrap(), 1);
        assert_eq!(scene.load(2, NOW).await, Loaded::Absent);
        assert_eq!(scene.listed("ada").await, []);
    }
}

#[tokio::test]
async fn entries_that_are_over_are_removed_by_later_ones() {
    for scene in scenes().await {
        scene.create(1, &owned(1, "ada")).await;
        let index = scene.index("ada");
        for line in 0..100 {
            scene.raw.call("ZADD", &[&index, b"0", &entry_of_nothing(line, after(-90_000))]).await;
        }
        for number in 2..200 {
            scene.create(number, &owned(u64::from(number) * 0x0101_0101_0101_0101, "ada")).await;
        }
        let left = scene.raw.number("ZCARD", &[&index]).await - 199;
        assert!(left <= 50, "{left} of 100 are left");
    }
}

#[tokio::test]
async fn a_create_that_arrives_once_more_removes_no_entry_of_the_session() {
    for scene in scenes().await {
        scene.create(1, &owned(1, "ada")).await;
        let updated = scene.store.update(&key(1), &owned(2, "ada"), version(1), NOW).await.unwrap();
        assert_eq!(updated, Written::Done);
        assert_eq!(scene.store.create(&key(1), &owned(1, "ada"), NOW).await.unwrap(), Created::Taken);
        assert_eq!(scene.listed("ada").await, [key(1)]);
        assert_eq!(owners(&scene.store).revoke(&"ada".into(), None).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn a_caller_whose_clock_is_hours_ahead_hides_no_session_from_its_owner() {
    for scene in scenes().await {
        // Its line is the last one, so that each entry that is made looks at it.
        scene.create(1, &owned(0xFEFE_FEFE_FEFE_FEFE, "ada")).await;
        let ahead = after(4 * 3_600);
        for number in 2..60 {
            let next = expiring(u64::from(number) * 0x0101_0101_0101_0101, after(4 * 3_600 + 1_200));
            assert_eq!(scene.store.create(&key(number), &next, ahead).await.unwrap(), Created::Done);
        }
        assert_eq!(owners(&scene.store).revoke(&"ada".into(), None).await.unwrap(), 59);
        assert_eq!(scene.load(1, NOW).await, Loaded::Absent);
    }
}

#[tokio::test]
async fn no_key_has_the_name_of_an_owner() {
    let scene = Scene::new().await;
    scene.create(1, &owned(1, "a-name")).await;
    let names = scene.raw.many("KEYS", &[format!("{}*", scene.options().prefix).as_bytes()]).await;
    assert_eq!(names.len(), 2);
    assert!(!names.iter().any(|name| name.windows(6).any(|part| part == b"a-name")));
}

#[tokio::test]
async fn a_revocation_runs_to_its_end_when_its_caller_is_gone() {
    for scene in scenes().await {
        for number in 0..200 {
            scene.create(number, &owned(number.into(), "ada")).await;
        }
        let ada = "ada".into();
        let revocation = owners(&scene.store).revoke(&ada, None);
        // The first poll begins it.
        assert!(tokio::time::timeout(Duration::ZERO, revocation).await.is_err());
        let mut waited = 0;
        while !scene.listed("ada").await.is_empty() {
            waited += 1;
            assert!(waited < 500, "the revocation goes on");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}
