//! Renamed keys: clause 8 of the store contract.
#![cfg(feature = "sqlite")]

mod scene;

use scene::{NOW, Scene, after, expiring, key, owned, record, version};
use session_core::store::{Created, Loaded, Record, SessionStore as _, Written};
use session_core::{Owner, UnixTime};

// Clause 8.

#[tokio::test]
async fn after_a_rename_the_old_key_is_known_for_a_minute() {
    let scene = Scene::with_record(&record(1)).await;
    scene.rename(1, 2, &owned(2, "ada"), 1).await;
    assert_eq!(scene.load(2, NOW).await, Loaded::Found(owned(2, "ada")));
    let moved = Loaded::Moved { owner: Some(Owner::from("ada")) };
    assert_eq!(scene.load(1, NOW).await, moved);
    assert_eq!(scene.load(1, after(60)).await, moved);
    assert_eq!(scene.load(1, after(61)).await, Loaded::Absent);
    assert_eq!(scene.count("cwsession").await, 1);
}

#[tokio::test]
async fn every_old_key_of_a_chain_of_renames_is_a_renamed_key() {
    let scene = Scene::with_record(&owned(1, "ada")).await;
    for step in 1..6 {
        scene.rename(step, step + 1, &owned(u64::from(step) + 1, "ada"), step.into()).await;
    }
    for number in 1..6 {
        assert_eq!(scene.load(number, after(60)).await, Loaded::Moved { owner: Some(Owner::from("ada")) });
    }
    assert_eq!(scene.load(6, after(60)).await, Loaded::Found(owned(6, "ada")));
}

#[tokio::test]
async fn loading_a_renamed_key_returns_the_present_owner() {
    let scene = Scene::with_record(&record(1)).await;
    scene.rename(1, 2, &owned(2, "ada"), 1).await;
    scene.rename(2, 3, &owned(3, "bob"), 2).await;
    assert_eq!(scene.load(1, NOW).await, Loaded::Moved { owner: Some(Owner::from("bob")) });
}

#[tokio::test]
async fn a_renamed_key_is_absent_once_its_session_has_ended() {
    for ends_by_expiry in [true, false] {
        let scene = Scene::with_record(&record(1)).await;
        scene.rename(1, 2, &expiring(2, after(60)), 1).await;
        scene.rename(2, 3, &expiring(3, after(60)), 2).await;
        if !ends_by_expiry {
            scene.store.delete(&key(3)).await.unwrap();
        }
        let now = if ends_by_expiry { after(60) } else { NOW };
        for number in 1..=3 {
            assert_eq!(scene.load(number, now).await, Loaded::Absent);
        }
    }
}

#[tokio::test]
async fn a_rename_marker_lasts_from_the_time_of_the_call() {
    // The record was last used long ago. Only the time that is passed to the call counts.
    let scene = Scene::with_record(&record(1)).await;
    let idle = Record { last_used: UnixTime::from_secs(0), ..record(2) };
    scene.rename(1, 2, &idle, 1).await;
    assert_eq!(scene.load(1, after(60)).await, Loaded::Moved { owner: None });
}

#[tokio::test]
async fn a_key_that_is_renamed_again_after_years_leads_to_its_latest_session() {
    let scene = Scene::with_record(&record(1)).await;
    scene.rename(1, 2, &Record { expires: None, ..record(2) }, 1).await;
    let later = after(100_000_000);
    let again = expiring(3, after(100_001_000));
    assert_eq!(scene.store.create(&key(1), &again, later).await.unwrap(), Created::Done);
    let again = Record { owner: Some(Owner::from("bob")), ..expiring(4, after(100_001_000)) };
    let renamed = scene.store.rename(&key(1), &key(3), &again, version(3), later).await.unwrap();
    assert_eq!(renamed, Written::Done);
    assert_eq!(scene.load(1, later).await, Loaded::Moved { owner: Some(Owner::from("bob")) });
}
