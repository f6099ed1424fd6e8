//! The clauses of the store contract, in their order, on two stores that share a file.

mod scene;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use scene::{NOW, Scene, after, expired, expiring, key, owned, owners, record, version};
use session_core::{
    Created, Loaded, Owner, Record, SessionStore as _, StoreErrorKind, StoreKey, Touched, UnixTime, Version,
    Written,
};
use session_sql::SqliteStore;

// Clause 1.

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_sees_all_of_a_write_or_nothing() {
    let whole = |bits: u64| Record {
        payload: Arc::from(bits.to_string().repeat(300).into_bytes()),
        owner: Some(Owner::from(bits.to_string())),
        label: Some(bits.to_string().into()),
        ..record(bits)
    };
    let scene = Scene::with_record(&whole(1)).await;
    let writer = scene.store.clone();
    let writing = tokio::spawn(async move {
        for bits in 1..200 {
            let written = writer.update(&key(1), &whole(bits + 1), version(bits), NOW).await.unwrap();
            assert_eq!(written, Written::Done);
        }
    });
    while !writing.is_finished() {
        let Loaded::Found(found) = scene.load(1, NOW).await else { panic!("it is always there") };
        assert_eq!(found, whole(found.version.to_bits()));
    }
    writing.await.unwrap();
}

// Clause 2.

#[tokio::test]
async fn every_handle_sees_what_one_has_written() {
    let scene = Scene::with_record(&record(1)).await;
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(1)));

    scene.store.update(&key(1), &record(2), version(1), NOW).await.unwrap();
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(2)));

    scene.rename(1, 2, &record(3), 2).await;
    assert_eq!(scene.load(2, NOW).await, Loaded::Found(record(3)));

    scene.store.touch(&key(2), Some(after(5000)), NOW).await.unwrap();
    assert_eq!(scene.load(2, NOW).await, Loaded::Found(expiring(3, after(5000))));

    scene.store.delete(&key(2)).await.unwrap();
    assert_eq!(scene.load(2, NOW).await, Loaded::Absent);
}

// Clause 3.

#[tokio::test]
async fn payload_owner_and_label_come_back_byte_for_byte() {
    let all_bytes: Vec<u8> = (0..=255).collect();
    let large = vec![0xA5; 1 << 20];
    for (payload, text) in [
        (all_bytes.as_slice(), "it's \"quoted\" % _ \\"),
        (&[], ""),
        (&[0], "a\0b\0"),
        (&large, "größer \u{10FFFF}\n"),
    ] {
        let record = Record {
            payload: payload.into(),
            owner: Some(Owner::from(text)),
            label: Some(text.into()),
            ..record(1)
        };
        let scene = Scene::with_record(&record).await;
        assert_eq!(scene.load(1, NOW).await, Loaded::Found(record));
        assert_eq!(scene.keys_of(text, NOW).await, [key(1)]);
        assert_eq!(scene.keys_of(&format!("{text}\0"), NOW).await, []);
    }
}

#[tokio::test]
async fn times_and_versions_come_back_at_their_extremes() {
    let scene = Scene::new().await;
    let far = UnixTime::from_millis(i64::MAX);
    let long_ago = UnixTime::from_millis(i64::MIN);
    for (number, bits, created, timeout) in
        [(1, 0, long_ago, None), (2, u64::MAX, far, Some(0)), (3, 1 << 63, NOW, Some(i64::MAX as u64))]
    {
        let record = Record {
            created,
            used: created,
            expires: Some(far),
            timeout: timeout.map(Duration::from_secs),
            ..record(bits)
        };
        scene.create(number, &record).await;
        assert_eq!(scene.load(number, NOW).await, Loaded::Found(record));
    }
}

#[tokio::test]
async fn an_update_and_a_rename_replace_every_field() {
    let full = Record {
        payload: Arc::from([1]),
        created: after(1),
        used: after(2),
        expires: None,
        timeout: Some(Duration::from_secs(77)),
        owner: Some(Owner::from("ada")),
        label: Some("phone".into()),
        version: version(2),
    };
    let bare = Record { version: version(3), ..Record::new([].as_slice(), NOW, version(3)) };
    let scene = Scene::with_record(&record(1)).await;
    scene.store.update(&key(1), &full, version(1), NOW).await.unwrap();
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(full.clone()));
    scene.store.update(&key(1), &bare, version(2), NOW).await.unwrap();
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(bare));
    scene.rename(1, 2, &full, 3).await;
    assert_eq!(scene.load(2, NOW).await, Loaded::Found(full));
}

// Clause 4.

#[tokio::test]
async fn a_record_is_absent_from_its_deadline_on() {
    let deadline = after(60);
    let before = UnixTime::from_millis(deadline.as_millis() - 1);
    let scene = Scene::with_record(&Record { expires: Some(deadline), ..owned(1, "ada") }).await;
    assert!(matches!(scene.load(1, before).await, Loaded::Found(_)));
    assert_eq!(scene.keys_of("ada", before).await, [key(1)]);

    assert_eq!(scene.load(1, deadline).await, Loaded::Absent);
    assert_eq!(scene.keys_of("ada", deadline).await, []);
    let (store, expected) = (&scene.store, version(1));
    assert_eq!(store.update(&key(1), &record(2), expected, deadline).await.unwrap(), Written::Gone);
    assert_eq!(store.rename(&key(1), &key(2), &record(2), expected, deadline).await.unwrap(), Written::Gone);
    assert_eq!(store.touch(&key(1), Some(after(600)), deadline).await.unwrap(), Touched::Gone);

    assert_eq!(store.touch(&key(1), Some(after(600)), before).await.unwrap(), Touched::Done);
    assert_eq!(store.update(&key(1), &record(2), expected, before).await.unwrap(), Written::Done);
}

#[tokio::test]
async fn an_expired_record_is_no_conflict() {
    let scene = Scene::with_record(&expiring(1, after(60))).await;
    let stale = version(99);
    assert_eq!(scene.store.update(&key(1), &record(2), stale, after(60)).await.unwrap(), Written::Gone);
    let renamed = scene.store.rename(&key(1), &key(2), &record(2), stale, after(60)).await.unwrap();
    assert_eq!(renamed, Written::Gone);
}

// Clause 5.

#[tokio::test]
async fn create_does_not_replace_a_live_record() {
    let scene = Scene::with_record(&record(1)).await;
    assert_eq!(scene.other.create(&key(1), &record(2), NOW).await.unwrap(), Created::Taken);
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(1)));
}

#[tokio::test]
async fn create_does_not_replace_a_record_that_never_expires() {
    let forever = Record { expires: None, ..record(1) };
    let scene = Scene::with_record(&forever).await;
    assert_eq!(scene.other.create(&key(1), &record(2), after(1 << 40)).await.unwrap(), Created::Taken);
}

#[tokio::test]
async fn create_puts_a_whole_new_record_in_the_place_of_an_expired_one() {
    let old = Record {
        timeout: Some(Duration::from_secs(5)),
        label: Some("old".into()),
        expires: Some(after(60)),
        ..owned(1, "ada")
    };
    let scene = Scene::with_record(&old).await;
    let new = Record::new(b"new".as_slice(), after(60), version(2));
    assert_eq!(scene.store.create(&key(1), &new, after(60)).await.unwrap(), Created::Done);
    assert_eq!(scene.load(1, after(60)).await, Loaded::Found(new));
    assert_eq!(scene.keys_of("ada", NOW).await, []);
}

#[tokio::test]
async fn a_key_that_has_moved_is_taken() {
    let scene = Scene::with_record(&record(1)).await;
    scene.rename(1, 2, &record(2), 1).await;
    assert_eq!(scene.other.create(&key(1), &record(3), after(60)).await.unwrap(), Created::Taken);
    assert_eq!(scene.load(1, after(60)).await, Loaded::Moved { owner: None });
}

#[tokio::test]
async fn a_key_that_has_moved_is_taken_even_if_what_it_became_has_ended() {
    let scene = Scene::with_record(&record(1)).await;
    scene.rename(1, 2, &record(2), 1).await;
    scene.store.delete(&key(2)).await.unwrap();
    assert_eq!(scene.other.create(&key(1), &record(3), after(60)).await.unwrap(), Created::Taken);
    assert_eq!(scene.load(1, after(60)).await, Loaded::Absent);
}

// Clause 6.

#[tokio::test]
async fn no_write_but_create_makes_a_record() {
    let scene = Scene::new().await;
    let store = &scene.store;
    assert_eq!(store.update(&key(1), &record(2), version(1), NOW).await.unwrap(), Written::Gone);
    assert_eq!(store.rename(&key(1), &key(2), &record(2), version(1), NOW).await.unwrap(), Written::Gone);
    assert_eq!(store.touch(&key(1), None, NOW).await.unwrap(), Touched::Gone);
    assert_eq!(scene.load(1, NOW).await, Loaded::Absent);
    assert_eq!(scene.load(2, NOW).await, Loaded::Absent);
    assert_eq!(scene.count("cwsession").await, 0);
}

#[tokio::test]
async fn no_write_revives_a_deleted_session() {
    let scene = Scene::with_record(&record(1)).await;
    scene.other.delete(&key(1)).await.unwrap();
    let store = &scene.store;
    assert_eq!(store.update(&key(1), &record(2), version(1), NOW).await.unwrap(), Written::Gone);
    assert_eq!(store.rename(&key(1), &key(2), &record(2), version(1), NOW).await.unwrap(), Written::Gone);
    assert_eq!(store.touch(&key(1), None, NOW).await.unwrap(), Touched::Gone);
    assert_eq!(scene.count("cwsession").await, 0);
}

#[tokio::test]
async fn no_write_reaches_a_session_under_the_key_that_it_had_before() {
    let scene = Scene::with_record(&record(1)).await;
    scene.rename(1, 2, &record(2), 1).await;
    let other = &scene.other;
    for expected in [1, 2] {
        let expected = version(expected);
        assert_eq!(other.update(&key(1), &record(3), expected, NOW).await.unwrap(), Written::Gone);
        assert_eq!(other.rename(&key(1), &key(3), &record(3), expected, NOW).await.unwrap(), Written::Gone);
    }
    assert_eq!(other.touch(&key(1), None, NOW).await.unwrap(), Touched::Gone);
    assert_eq!(scene.load(2, NOW).await, Loaded::Found(record(2)));
    assert_eq!(scene.load(3, NOW).await, Loaded::Absent);
}

// Clause 7.

#[tokio::test]
async fn a_conflict_shows_the_committed_record() {
    let current = Record { label: Some("phone".into()), ..owned(2, "ada") };
    let scene = Scene::with_record(&record(1)).await;
    scene.other.update(&key(1), &current, version(1), NOW).await.unwrap();
    let conflict = Written::Conflict(current);
    assert_eq!(scene.store.update(&key(1), &record(3), version(1), NOW).await.unwrap(), conflict);
    assert_eq!(scene.store.rename(&key(1), &key(2), &record(3), version(1), NOW).await.unwrap(), conflict);
    assert_eq!(scene.load(2, NOW).await, Loaded::Absent);
}

#[tokio::test]
async fn a_version_of_a_former_life_is_not_current() {
    let scene = Scene::with_record(&record(1)).await;
    scene.other.delete(&key(1)).await.unwrap();
    scene.create(1, &record(2)).await;
    let written = scene.store.update(&key(1), &record(3), version(1), NOW).await.unwrap();
    assert_eq!(written, Written::Conflict(record(2)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parallel_increments_all_count() {
    let zero = Record { payload: Arc::from(0_u64.to_be_bytes()), ..record(0) };
    let scene = Scene::with_record(&zero).await;
    let tasks: Vec<_> = (1..=8)
        .map(|task| {
            let store = if task % 2 == 0 { scene.store.clone() } else { scene.other.clone() };
            tokio::spawn(async move {
                for turn in 0..25 {
                    increment(&store, task * 1_000_000 + turn * 10_000).await;
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let Loaded::Found(found) = scene.load(1, NOW).await else { panic!("it is there") };
    assert_eq!(*found.payload, 200_u64.to_be_bytes());
}

/// Adds one, on whatever came first. Every try has a version of its own.
async fn increment(store: &SqliteStore, first_bits: u64) {
    let Loaded::Found(mut found) = store.load(&key(1), NOW).await.unwrap() else { panic!("it is there") };
    for bits in first_bits.. {
        let count = u64::from_be_bytes((*found.payload).try_into().unwrap());
        let next =
            Record { payload: Arc::from((count + 1).to_be_bytes()), version: version(bits), ..found.clone() };
        match store.update(&key(1), &next, found.version, NOW).await.unwrap() {
            Written::Done => return,
            Written::Conflict(newer) => {
                assert_ne!(newer.version, found.version);
                found = newer;
            }
            Written::Gone => panic!("nobody ends it"),
        }
    }
}

// Clause 8.

#[tokio::test]
async fn a_rename_leaves_the_new_key_and_a_trace_of_the_old() {
    let scene = Scene::with_record(&record(1)).await;
    scene.rename(1, 2, &owned(2, "ada"), 1).await;
    assert_eq!(scene.load(2, NOW).await, Loaded::Found(owned(2, "ada")));
    let moved = Loaded::Moved { owner: Some(Owner::from("ada")) };
    assert_eq!(scene.load(1, NOW).await, moved);
    assert_eq!(scene.load(1, after(60)).await, moved);
    assert_eq!(scene.load(1, after(300)).await, Loaded::Absent);
    assert_eq!(scene.count("cwsession").await, 1);
}

#[tokio::test]
async fn every_key_of_a_chain_of_renames_has_moved() {
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
async fn a_moved_key_tells_the_owner_of_what_it_became_last() {
    let scene = Scene::with_record(&record(1)).await;
    scene.rename(1, 2, &owned(2, "ada"), 1).await;
    scene.rename(2, 3, &owned(3, "bob"), 2).await;
    assert_eq!(scene.load(1, NOW).await, Loaded::Moved { owner: Some(Owner::from("bob")) });
}

#[tokio::test]
async fn what_has_moved_is_absent_once_it_has_ended() {
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
async fn a_rename_is_remembered_from_when_it_happened() {
    // The record says it was used long ago; the call says when it is made.
    let scene = Scene::with_record(&record(1)).await;
    let idle = Record { used: UnixTime::from_secs(0), ..record(2) };
    scene.rename(1, 2, &idle, 1).await;
    assert_eq!(scene.load(1, after(299)).await, Loaded::Moved { owner: None });
}

#[tokio::test]
async fn a_key_that_moves_again_after_years_has_moved_to_its_last_place() {
    let scene = Scene::with_record(&record(1)).await;
    scene.rename(1, 2, &record(2), 1).await;
    scene.store.delete(&key(2)).await.unwrap();
    let later = after(100_000_000);
    let again = expiring(3, after(100_001_000));
    assert_eq!(scene.store.create(&key(1), &again, later).await.unwrap(), Created::Done);
    let again = Record { owner: Some(Owner::from("bob")), ..expiring(4, after(100_001_000)) };
    let renamed = scene.store.rename(&key(1), &key(3), &again, version(3), later).await.unwrap();
    assert_eq!(renamed, Written::Done);
    assert_eq!(scene.load(1, later).await, Loaded::Moved { owner: Some(Owner::from("bob")) });
}

// Clause 9.

#[tokio::test]
async fn delete_can_be_repeated() {
    let scene = Scene::with_record(&record(1)).await;
    for _ in 0..3 {
        scene.store.delete(&key(1)).await.unwrap();
        assert_eq!(scene.load(1, NOW).await, Loaded::Absent);
    }
    scene.store.delete(&key(9)).await.unwrap();
}

#[tokio::test]
async fn deleting_any_key_of_a_chain_ends_what_it_became() {
    for number in 1..=4 {
        let scene = Scene::with_record(&record(1)).await;
        for step in 1..4 {
            scene.rename(step, step + 1, &record(u64::from(step) + 1), step.into()).await;
        }
        scene.other.delete(&key(number)).await.unwrap();
        assert_eq!(scene.count("cwsession").await, 0);
        for number in 1..=4 {
            assert_eq!(scene.load(number, NOW).await, Loaded::Absent);
        }
    }
}

#[tokio::test]
async fn delete_ends_no_other_session() {
    let scene = Scene::with_record(&record(1)).await;
    scene.create(5, &record(5)).await;
    scene.rename(5, 6, &record(6), 5).await;
    scene.store.delete(&key(1)).await.unwrap();
    assert_eq!(scene.load(6, NOW).await, Loaded::Found(record(6)));
}

#[tokio::test]
async fn deleting_a_key_that_is_in_use_again_leaves_what_it_once_became() {
    let scene = Scene::with_record(&record(1)).await;
    scene.rename(1, 2, &Record { expires: None, ..record(2) }, 1).await;
    let later = after(100_000);
    assert_eq!(
        scene.store.create(&key(1), &expiring(3, after(200_000)), later).await.unwrap(),
        Created::Done
    );
    scene.store.delete(&key(1)).await.unwrap();
    assert!(matches!(scene.load(2, later).await, Loaded::Found(_)));
}

// Clause 10.

#[tokio::test]
async fn touch_sets_the_later_deadline() {
    for (stored, asked, expected) in [
        (Some(60), Some(120), Some(120)),
        (Some(120), Some(60), Some(120)),
        (Some(60), None, None),
        (None, Some(60), None),
        (None, None, None),
    ] {
        let stored = Record { expires: stored.map(after), ..owned(1, "ada") };
        let scene = Scene::with_record(&stored).await;
        assert_eq!(scene.other.touch(&key(1), asked.map(after), after(30)).await.unwrap(), Touched::Done);
        let touched = Record { expires: expected.map(after), used: after(30), ..stored };
        assert_eq!(scene.load(1, after(30)).await, Loaded::Found(touched));
    }
}

#[tokio::test]
async fn touch_does_not_move_used_back() {
    let scene = Scene::with_record(&Record { used: after(30), ..record(1) }).await;
    scene.store.touch(&key(1), Some(after(2000)), after(10)).await.unwrap();
    let Loaded::Found(found) = scene.load(1, NOW).await else { panic!("it is there") };
    assert_eq!(found.used, after(30));
}

// Clause 11.

#[tokio::test]
async fn a_list_has_every_live_session_of_the_owner_and_no_other() {
    let scene = Scene::with_record(&owned(1, "ada")).await;
    scene.create(2, &owned(2, "ada")).await;
    scene.create(3, &owned(3, "bob")).await;
    scene.create(4, &record(4)).await;
    scene.create(5, &Record { expires: Some(after(10)), ..owned(5, "ada") }).await;
    scene.create(6, &Record { expires: None, ..owned(6, "ada") }).await;
    assert_eq!(scene.keys_of("ada", after(10)).await, [key(1), key(2), key(6)]);
    assert_eq!(scene.keys_of("bob", after(10)).await, [key(3)]);
    assert_eq!(scene.keys_of("eve", after(10)).await, []);
}

#[tokio::test]
async fn a_list_follows_every_write() {
    let scene = Scene::with_record(&record(1)).await;
    scene.store.update(&key(1), &owned(2, "ada"), version(1), NOW).await.unwrap();
    assert_eq!(scene.keys_of("ada", NOW).await, [key(1)]);
    scene.rename(1, 2, &owned(3, "ada"), 2).await;
    assert_eq!(scene.keys_of("ada", NOW).await, [key(2)]);
    scene.store.update(&key(2), &owned(4, "bob"), version(3), NOW).await.unwrap();
    assert_eq!(scene.keys_of("ada", NOW).await, []);
    assert_eq!(scene.keys_of("bob", NOW).await, [key(2)]);
    scene.store.delete(&key(2)).await.unwrap();
    assert_eq!(scene.keys_of("bob", NOW).await, []);
}

#[tokio::test]
async fn a_list_tells_when_a_session_began_and_was_used_and_its_label() {
    let listed = Record { created: after(1), used: after(2), label: Some("phone".into()), ..owned(1, "ada") };
    let scene = Scene::with_record(&listed).await;
    let sessions = owners(&scene.other).list(&Owner::from("ada"), NOW).await.unwrap();
    assert_eq!(sessions.len(), 1);
    assert_eq!((sessions[0].created, sessions[0].used), (after(1), after(2)));
    assert_eq!(sessions[0].label.as_deref(), Some("phone"));
}

// Clause 12.

#[tokio::test]
async fn revoke_ends_all_sessions_of_the_owner_but_the_one_to_keep() {
    let scene = Scene::with_record(&owned(1, "ada")).await;
    scene.create(2, &owned(2, "ada")).await;
    scene.create(3, &owned(3, "ada")).await;
    scene.create(4, &owned(4, "bob")).await;
    let (ada, keep) = (Owner::from("ada"), key(2));
    assert_eq!(owners(&scene.store).revoke(&ada, Some(&keep)).await.unwrap(), 2);
    assert_eq!(scene.keys_of("ada", NOW).await, [keep]);
    assert_eq!(owners(&scene.store).revoke(&ada, None).await.unwrap(), 1);
    assert_eq!(scene.keys_of("ada", NOW).await, []);
    assert_eq!(owners(&scene.store).revoke(&ada, None).await.unwrap(), 0);
    assert_eq!(scene.keys_of("bob", NOW).await, [key(4)]);
}

#[tokio::test]
async fn revoke_ends_what_a_session_became() {
    let scene = Scene::with_record(&owned(1, "ada")).await;
    scene.rename(1, 2, &owned(2, "ada"), 1).await;
    assert_eq!(owners(&scene.other).revoke(&Owner::from("ada"), None).await.unwrap(), 1);
    assert_eq!(scene.load(1, NOW).await, Loaded::Absent);
    assert_eq!(scene.load(2, NOW).await, Loaded::Absent);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn revoke_ends_a_session_that_is_renamed_all_the_time() {
    for _ in 0..20 {
        let scene = Scene::with_record(&owned(1, "ada")).await;
        let renamer = scene.store.clone();
        let renaming = tokio::spawn(async move {
            for step in 1..200_u8 {
                let next = owned(u64::from(step) + 1, "ada");
                let renamed =
                    renamer.rename(&key(step), &key(step + 1), &next, version(step.into()), NOW).await;
                if renamed.unwrap() == Written::Gone {
                    return;
                }
            }
            panic!("nobody revoked it");
        });
        tokio::time::sleep(Duration::from_millis(3)).await;
        assert_eq!(owners(&scene.other).revoke(&Owner::from("ada"), None).await.unwrap(), 1);
        renaming.await.unwrap();
        assert_eq!(scene.keys_of("ada", NOW).await, []);
        assert_eq!(scene.count("cwsession").await, 0);
    }
}

// Clause 13.

#[tokio::test]
async fn a_write_that_finds_its_own_version_is_done() {
    let scene = Scene::with_record(&record(1)).await;
    assert_eq!(scene.other.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
    for _ in 0..2 {
        let updated = scene.other.update(&key(1), &record(2), version(1), NOW).await.unwrap();
        assert_eq!(updated, Written::Done);
    }
    for _ in 0..2 {
        let renamed = scene.other.rename(&key(1), &key(2), &record(3), version(2), NOW).await.unwrap();
        assert_eq!(renamed, Written::Done);
    }
    assert_eq!(scene.load(2, NOW).await, Loaded::Found(record(3)));
    assert_eq!(scene.count("cwsession").await, 1);
}

#[tokio::test]
async fn a_rename_onto_another_session_is_refused() {
    let scene = Scene::with_record(&record(1)).await;
    scene.create(2, &record(2)).await;
    let error = scene.store.rename(&key(1), &key(2), &record(3), version(1), NOW).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Other);
    assert!(scene::text(&error).contains("the new key is taken"), "{}", scene::text(&error));
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(1)));
    assert_eq!(scene.load(2, NOW).await, Loaded::Found(record(2)));
}

#[tokio::test]
async fn a_rename_onto_a_key_that_has_moved_is_refused() {
    let scene = Scene::with_record(&record(1)).await;
    scene.rename(1, 2, &record(2), 1).await;
    let error = scene.store.rename(&key(2), &key(1), &record(3), version(2), NOW).await.unwrap_err();
    assert!(scene::text(&error).contains("the new key is taken"), "{}", scene::text(&error));
    assert_eq!(scene.load(2, NOW).await, Loaded::Found(record(2)));
}

// Clause 14.

/// Polls the future this many times and drops it.
async fn dropped_after(polls: usize, future: impl Future) {
    let mut future = pin!(future);
    for _ in 0..polls {
        let is_ready = poll_fn(|context| Poll::Ready(future.as_mut().poll(context).is_ready())).await;
        if is_ready {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_update_is_done_or_not() {
    let scene = Scene::with_record(&owned(1, "1")).await;
    let mut bits = 1;
    for turn in 0..300 {
        let (old, new) = (owned(bits, &bits.to_string()), owned(bits + 1, &(bits + 1).to_string()));
        dropped_after(1 + turn % 7, scene.store.update(&key(1), &new, old.version, NOW)).await;
        let Loaded::Found(found) = scene.load(1, NOW).await else { panic!("it is there") };
        assert!(found == old || found == new, "{found:?}");
        // What was dropped may still be on its way. The next write of the same store comes after it.
        assert_eq!(scene.store.touch(&key(1), old.expires, NOW).await.unwrap(), Touched::Done);
        let Loaded::Found(found) = scene.load(1, NOW).await else { panic!("it is there") };
        assert!(found == old || found == new, "{found:?}");
        bits = found.version.to_bits();
    }
    assert!(bits > 1, "none was done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_rename_is_done_or_not() {
    let scene = Scene::with_record(&owned(1, "ada")).await;
    let mut at = 1_u8;
    for turn in 0..200 {
        let new = owned(u64::from(at) + 1, "ada");
        let rename = (key(at), key(at + 1), version(at.into()));
        dropped_after(1 + turn % 7, scene.store.rename(&rename.0, &rename.1, &new, rename.2, NOW)).await;
        assert_eq!(scene.store.touch(&key(99), None, NOW).await.unwrap(), Touched::Gone);
        let is_done = matches!(scene.load(at + 1, NOW).await, Loaded::Found(_));
        let old = scene.load(at, NOW).await;
        assert_eq!(is_done, matches!(old, Loaded::Moved { .. }), "{old:?}");
        assert_eq!(scene.keys_of("ada", NOW).await, [key(if is_done { at + 1 } else { at })]);
        at += u8::from(is_done);
        if at == 98 {
            return;
        }
    }
    assert!(at > 1, "none was done");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropped_calls_leave_the_connections_usable() {
    let scene = Scene::with_record(&owned(1, "ada")).await;
    let (store, ada) = (&scene.store, Owner::from("ada"));
    for turn in 0..200_usize {
        let polls = 1 + turn % 5;
        dropped_after(polls, store.load(&key(1), NOW)).await;
        dropped_after(polls, store.load(&key(8), NOW)).await;
        dropped_after(polls, store.create(&key(2), &record(2), NOW)).await;
        dropped_after(polls, store.delete(&key(2))).await;
        dropped_after(polls, store.touch(&key(1), Some(after(2000)), NOW)).await;
        dropped_after(polls, owners(store).list(&ada, NOW)).await;
        dropped_after(polls, owners(store).revoke(&Owner::from("eve"), None)).await;
        dropped_after(polls, expired(store).purge(NOW, 10)).await;
    }
    for _ in 0..10 {
        assert!(matches!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(_)));
        assert_eq!(store.touch(&key(1), None, NOW).await.unwrap(), Touched::Done);
    }
}

// Clause 15.

#[tokio::test]
async fn a_locked_database_is_unavailable_in_time() {
    let scene = Scene::with(scene::impatient()).await;
    scene.create(1, &record(1)).await;
    let mut lock = scene.connection().await;
    sqlx::raw_sql("begin immediate").execute(&mut lock).await.unwrap();

    let begun = std::time::Instant::now();
    let error = scene.store.update(&key(1), &record(2), version(1), NOW).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable, "{}", scene::text(&error));
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(1)), "reading goes on");

    sqlx::raw_sql("rollback").execute(&mut lock).await.unwrap();
    assert_eq!(scene.store.touch(&key(1), None, NOW).await.unwrap(), Touched::Done);
}

#[tokio::test]
async fn calls_that_queue_behind_a_lock_are_unavailable_in_time_too() {
    let scene = Scene::with(scene::impatient()).await;
    scene.create(1, &record(1)).await;
    let mut lock = scene.connection().await;
    sqlx::raw_sql("begin immediate").execute(&mut lock).await.unwrap();

    let begun = std::time::Instant::now();
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let store = scene.store.clone();
            tokio::spawn(async move { store.delete(&key(1)).await.unwrap_err().kind })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), StoreErrorKind::Unavailable);
    }
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

// Clause 16.

#[tokio::test]
async fn purge_removes_what_expired_before_the_time_given_and_nothing_else() {
    let scene = Scene::with_record(&expiring(1, after(59))).await;
    scene.create(2, &expiring(2, after(60))).await;
    scene.create(3, &Record { expires: None, ..record(3) }).await;
    assert_eq!(expired(&scene.other).purge(after(60), 100).await.unwrap(), 1);
    assert_eq!(scene.load(1, NOW).await, Loaded::Absent);
    assert_eq!(scene.load(2, NOW).await, Loaded::Found(expiring(2, after(60))));
    assert!(matches!(scene.load(3, NOW).await, Loaded::Found(_)));
}

// Clause 17.

#[tokio::test]
async fn a_clone_is_another_handle_on_the_same_records() {
    let scene = Scene::with_record(&record(1)).await;
    let clone = scene.store.clone();
    assert_eq!(clone.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)));
    drop(scene.store);
    clone.delete(&key(1)).await.unwrap();
    assert_eq!(scene.other.load(&key(1), NOW).await.unwrap(), Loaded::Absent);
}

#[tokio::test]
async fn a_clone_of_a_store_in_memory_holds_the_same_records() {
    let store = SqliteStore::connect("sqlite::memory:").await.unwrap();
    store.migrate().await.unwrap();
    let clone = store.clone();
    store.create(&key(1), &record(1), NOW).await.unwrap();
    drop(store);
    assert_eq!(clone.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)));
}

// Beside the clauses.

#[tokio::test]
async fn the_store_says_its_name() {
    let scene = Scene::new().await;
    assert_eq!(scene.store.name(), "sqlite");
    assert_eq!(format!("{:?}", scene.store), "SqliteStore { table: TableName(cwsession), .. }");
}

#[tokio::test]
async fn the_whole_key_counts() {
    let scene = Scene::new().await;
    let mut bytes = [7; StoreKey::BYTES];
    bytes[StoreKey::BYTES - 1] = 8;
    let neighbour = StoreKey::from_bytes(bytes);
    scene.create(7, &record(1)).await;
    assert_eq!(scene.other.load(&neighbour, NOW).await.unwrap(), Loaded::Absent);
    assert_eq!(scene.other.create(&neighbour, &record(2), NOW).await.unwrap(), Created::Done);
    assert_eq!(scene.load(7, NOW).await, Loaded::Found(record(1)));
    assert_ne!(Version::from_bits(1), version(2));
}
