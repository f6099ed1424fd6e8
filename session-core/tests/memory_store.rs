//! The store in memory against its contract, clause by clause.

#![allow(clippy::unwrap_used, reason = "what a test expects may end it")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use session_core::store::{
    Created, Loaded, OwnerIndex, PurgeExpired, Record, SessionStore, StoreErrorKind, StoreKey, Touched,
    Version, Written,
};
use session_core::{MemoryStore, Owner, UnixTime};

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

fn key(n: u8) -> StoreKey {
    StoreKey::from_bytes([n; StoreKey::BYTES])
}

fn record(version: u64) -> Record {
    let mut record = Record::new([0, 159, 146, 150].as_slice(), NOW, Version::from_bits(version));
    record.expires = Some(later(1200));
    record
}

fn owned(version: u64, owner: &str) -> Record {
    Record { owner: Some(Owner::from(owner)), label: Some("a\u{0}é".into()), ..record(version) }
}

fn later(secs: u64) -> UnixTime {
    NOW + Duration::from_secs(secs)
}

fn version(n: u64) -> Version {
    Version::from_bits(n)
}

async fn with(records: &[(u8, Record)]) -> MemoryStore {
    let store = MemoryStore::new();
    for (n, record) in records {
        assert_eq!(store.create(&key(*n), record, NOW).await.unwrap(), Created::Done);
    }
    store
}

async fn load(store: &MemoryStore, n: u8) -> Loaded {
    store.load(&key(n), NOW).await.unwrap()
}

async fn listed(store: &MemoryStore, owner: &str, now: UnixTime) -> BTreeSet<StoreKey> {
    store.list(&Owner::from(owner), now).await.unwrap().into_iter().map(|session| session.key).collect()
}

#[tokio::test]
async fn a_record_comes_back_byte_for_byte_on_every_handle() {
    let store = with(&[(1, owned(1, "al\u{0}ice"))]).await;
    assert_eq!(load(&store.clone(), 1).await, Loaded::Found(owned(1, "al\u{0}ice")));
    assert_eq!(load(&store, 2).await, Loaded::Absent);
}

#[tokio::test]
async fn a_store_behind_an_arc_is_that_store() {
    let store: Arc<dyn SessionStore> = Arc::new(with(&[(1, owned(1, "alice"))]).await);
    assert_eq!((store.name(), SessionStore::name(&store)), ("memory", "memory"));
    assert_eq!(SessionStore::load(&store, &key(1), NOW).await.unwrap(), Loaded::Found(owned(1, "alice")));
    let list = SessionStore::owner_index(&store).unwrap().list(&Owner::from("alice"), NOW).await.unwrap();
    assert_eq!(list.len(), 1);
    SessionStore::delete(&store, &key(1)).await.unwrap();
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Absent);
    assert_eq!(SessionStore::expiry_purge(&store).unwrap().purge(NOW, 1).await.unwrap(), 0);
}

#[tokio::test]
async fn create_replaces_no_live_record_and_repeats_its_own() {
    let store = with(&[(1, record(1))]).await;
    assert_eq!(store.create(&key(1), &record(2), NOW).await.unwrap(), Created::Taken);
    assert_eq!(store.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
    assert_eq!(load(&store, 1).await, Loaded::Found(record(1)));
    assert_eq!(store.len(), 1);
    assert_eq!(store.create(&key(1), &record(3), later(1200)).await.unwrap(), Created::Done);
    assert_eq!(store.len(), 1);
}

#[tokio::test]
async fn update_compares_and_never_creates_or_revives() {
    let store = with(&[(1, record(1))]).await;
    let update = async |n, new, expected, now| {
        store.update(&key(n), &record(new), version(expected), now).await.unwrap()
    };
    assert_eq!(update(1, 2, 9, NOW).await, Written::Conflict(record(1)));
    assert_eq!(update(1, 2, 1, NOW).await, Written::Done);
    assert_eq!(update(1, 2, 1, NOW).await, Written::Done, "its own write is no conflict");
    assert_eq!(update(2, 3, 1, NOW).await, Written::Gone);
    assert_eq!(update(1, 3, 2, later(1200)).await, Written::Gone);
    store.delete(&key(1)).await.unwrap();
    assert_eq!(update(1, 3, 2, NOW).await, Written::Gone);
    assert!(store.is_empty());
}

#[tokio::test]
async fn rename_leaves_exactly_the_new_key_and_tells_of_the_old_one() {
    let store = with(&[(1, record(1))]).await;
    let rename = async |old, new, to, expected| {
        store.rename(&key(old), &key(new), &to, version(expected), NOW).await.unwrap()
    };
    assert_eq!(rename(1, 2, owned(2, "alice"), 9).await, Written::Conflict(record(1)));
    assert_eq!(rename(1, 2, owned(2, "alice"), 1).await, Written::Done);
    assert_eq!(rename(1, 2, owned(2, "alice"), 1).await, Written::Done, "its own write is done");
    assert_eq!(rename(1, 3, record(3), 1).await, Written::Gone);
    assert_eq!(load(&store, 1).await, Loaded::Moved { owner: Some(Owner::from("alice")) });
    assert_eq!(load(&store, 2).await, Loaded::Found(owned(2, "alice")));
    assert_eq!(store.create(&key(1), &record(4), NOW).await.unwrap(), Created::Taken);
    assert_eq!(store.update(&key(1), &record(4), version(2), NOW).await.unwrap(), Written::Gone);
    assert_eq!(store.touch(&key(1), None, NOW).await.unwrap(), Touched::Gone);
    assert_eq!(store.len(), 1);
}

#[tokio::test]
async fn a_key_that_moved_twice_is_still_known_for_a_minute_and_then_forgotten() {
    let store = with(&[(1, record(1))]).await;
    let _ = store.rename(&key(1), &key(2), &record(2), version(1), NOW).await.unwrap();
    let _ = store.rename(&key(2), &key(3), &record(3), version(2), NOW).await.unwrap();
    assert_eq!(store.load(&key(1), later(60)).await.unwrap(), Loaded::Moved { owner: None });
    assert_eq!(store.load(&key(1), later(61)).await.unwrap(), Loaded::Absent);
    store.delete(&key(1)).await.unwrap();
    assert!(store.is_empty());
    assert_eq!(store.load(&key(2), NOW).await.unwrap(), Loaded::Absent);
}

#[tokio::test]
async fn a_session_made_anew_under_a_key_is_not_what_an_earlier_one_became() {
    for end in [NOW, later(1200)] {
        let store = with(&[(1, record(1))]).await;
        let _ = store.rename(&key(1), &key(2), &record(2), version(1), later(1190)).await.unwrap();
        if end == NOW {
            store.delete(&key(2)).await.unwrap();
        }
        let anew = Record { expires: None, ..owned(3, "mallory") };
        assert_eq!(store.create(&key(2), &anew, later(1200)).await.unwrap(), Created::Done);
        assert_eq!(store.load(&key(1), later(1200)).await.unwrap(), Loaded::Absent);
        store.delete(&key(1)).await.unwrap();
        assert_eq!(store.load(&key(2), later(1200)).await.unwrap(), Loaded::Found(anew));
    }
}

#[tokio::test]
async fn a_key_that_moved_can_be_created_again_once_it_is_forgotten() {
    let store = with(&[(1, record(1))]).await;
    let _ = store.rename(&key(1), &key(2), &record(2), version(1), NOW).await.unwrap();
    let last = UnixTime::from_millis(later(61).as_millis() - 1);
    assert_eq!(store.create(&key(1), &record(3), last).await.unwrap(), Created::Taken);
    assert_eq!(store.create(&key(1), &record(3), later(61)).await.unwrap(), Created::Done);
    assert_eq!(load(&store, 1).await, Loaded::Found(record(3)));
    assert_eq!(store.len(), 2);
}

#[tokio::test]
async fn a_taken_new_key_is_an_error_and_nothing_is_lost() {
    let store = with(&[(1, record(1)), (2, record(2))]).await;
    assert!(store.rename(&key(1), &key(2), &record(3), version(1), NOW).await.is_err());
    assert_eq!(load(&store, 1).await, Loaded::Found(record(1)));
    assert_eq!(load(&store, 2).await, Loaded::Found(record(2)));
}

#[tokio::test]
async fn touch_keeps_payload_and_version_and_never_shortens() {
    let store = with(&[(1, record(1))]).await;
    let touched = async |expires, now| {
        assert_eq!(store.touch(&key(1), expires, now).await.unwrap(), Touched::Done);
        let Loaded::Found(found) = store.load(&key(1), now).await.unwrap() else { panic!("a record") };
        assert_eq!((&found.payload, found.version, found.created), (&record(1).payload, version(1), NOW));
        (found.expires, found.last_used)
    };
    assert_eq!(touched(Some(later(2000)), later(10)).await, (Some(later(2000)), later(10)));
    assert_eq!(touched(Some(later(1000)), later(5)).await, (Some(later(2000)), later(10)));
    assert_eq!(touched(None, later(20)).await, (None, later(20)));
    assert_eq!(touched(Some(later(3000)), later(30)).await, (None, later(30)));
    assert_eq!(store.touch(&key(2), None, NOW).await.unwrap(), Touched::Gone);
}

#[tokio::test]
async fn a_record_is_absent_to_every_call_from_its_deadline_on() {
    let store = with(&[(1, owned(1, "alice"))]).await;
    let last = UnixTime::from_millis(later(1200).as_millis() - 1);
    assert_eq!(store.load(&key(1), last).await.unwrap(), Loaded::Found(owned(1, "alice")));
    assert_eq!(store.load(&key(1), later(1200)).await.unwrap(), Loaded::Absent);
    assert_eq!(store.touch(&key(1), None, later(1200)).await.unwrap(), Touched::Gone);
    let renamed = store.rename(&key(1), &key(2), &record(2), version(1), later(1200)).await.unwrap();
    assert_eq!(renamed, Written::Gone);
    assert!(listed(&store, "alice", later(1200)).await.is_empty());
}

#[tokio::test]
async fn an_owner_lists_and_revokes_exactly_its_live_sessions() {
    let store =
        with(&[(1, owned(1, "alice")), (2, owned(2, "alice")), (3, owned(3, "bob")), (4, record(4))]).await;
    let _ = store.rename(&key(2), &key(5), &owned(5, "alice"), version(2), NOW).await.unwrap();
    let _ = store.update(&key(4), &owned(6, "alice"), version(4), NOW).await.unwrap();
    assert_eq!(listed(&store, "alice", NOW).await, BTreeSet::from([key(1), key(4), key(5)]));
    assert_eq!(listed(&store, "bob", NOW).await, BTreeSet::from([key(3)]));
    assert_eq!(store.revoke(&Owner::from("alice"), Some(&key(5))).await.unwrap(), 2);
    assert_eq!(listed(&store, "alice", NOW).await, BTreeSet::from([key(5)]));
    assert_eq!(store.revoke(&Owner::from("alice"), None).await.unwrap(), 1);
    assert_eq!(store.revoke(&Owner::from("nobody"), None).await.unwrap(), 0);
    assert_eq!(store.len(), 1);
}

#[tokio::test]
async fn a_revocation_keeps_what_the_excepted_session_has_become() {
    let store = with(&[(1, owned(1, "alice")), (2, owned(2, "alice"))]).await;
    let _ = store.rename(&key(1), &key(3), &owned(3, "alice"), version(1), NOW).await.unwrap();
    assert_eq!(store.revoke(&Owner::from("alice"), Some(&key(1))).await.unwrap(), 1);
    assert_eq!(listed(&store, "alice", NOW).await, BTreeSet::from([key(3)]));
}

#[tokio::test]
async fn a_session_that_changes_its_owner_leaves_the_old_ones_list() {
    let store = with(&[(1, owned(1, "alice"))]).await;
    let _ = store.update(&key(1), &owned(2, "bob"), version(1), NOW).await.unwrap();
    assert!(listed(&store, "alice", NOW).await.is_empty());
    assert_eq!(listed(&store, "bob", NOW).await.len(), 1);
    assert_eq!(store.revoke(&Owner::from("alice"), None).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_revocation_leaves_nothing_of_a_session_that_is_renewed_or_written_meanwhile() {
    for round in 0..200_u32 {
        let store = with(&[(0, owned(0, "alice"))]).await;
        let writer = tokio::spawn({
            let store = store.clone();
            async move {
                for n in 1..50_u8 {
                    let record = owned(u64::from(n), "alice");
                    let expected = version(u64::from(n) - 1);
                    let written = match n % 2 {
                        0 => store.rename(&key((n - 1) / 2), &key(n / 2), &record, expected, NOW).await,
                        _ => store.update(&key(n / 2), &record, expected, NOW).await,
                    };
                    if written.unwrap() != Written::Done {
                        return;
                    }
                    tokio::task::yield_now().await;
                }
            }
        });
        for _ in 0..round % 20 {
            tokio::task::yield_now().await;
            assert!(listed(&store, "alice", NOW).await.len() == 1, "a live session is always listed, once");
        }
        assert_eq!(store.revoke(&Owner::from("alice"), None).await.unwrap(), 1, "round {round}");
        writer.await.unwrap();
        assert!(store.is_empty(), "round {round}");
    }
}

#[tokio::test]
async fn purge_removes_only_what_expired_before_in_batches() {
    let store = MemoryStore::new();
    for n in 0..10 {
        let mut record = owned(u64::from(n), "alice");
        record.expires = (n < 8).then(|| later(u64::from(n)));
        let _ = store.create(&key(n), &record, NOW).await.unwrap();
    }
    let purge: &dyn PurgeExpired = store.expiry_purge().unwrap();
    assert_eq!(purge.purge(later(5), 3).await.unwrap(), 3);
    assert_eq!(purge.purge(later(5), 3).await.unwrap(), 2);
    assert_eq!(purge.purge(later(5), 3).await.unwrap(), 0);
    assert_eq!(store.len(), 5);
    assert_eq!(listed(&store, "alice", NOW).await.len(), 5);
}

#[tokio::test]
async fn purge_removes_what_a_rename_left_behind_only_when_its_time_is_over() {
    let store = with(&[(1, record(1))]).await;
    let _ = store.rename(&key(1), &key(2), &record(2), version(1), NOW).await.unwrap();
    let purge: &dyn PurgeExpired = &store;
    assert_eq!(purge.purge(later(61), 10).await.unwrap(), 0);
    assert_eq!(purge.purge(UnixTime::from_millis(later(61).as_millis() + 1), 10).await.unwrap(), 1);
    assert_eq!(format!("{store:?}"), "MemoryStore { len: 1, remains: 0, .. }");
}

#[tokio::test]
async fn a_bounded_store_refuses_one_more_and_puts_no_live_session_out() {
    let store = MemoryStore::bounded(2);
    let _ = store.create(&key(1), &record(1), NOW).await.unwrap();
    let _ = store.create(&key(2), &record(2), NOW).await.unwrap();
    let error = store.create(&key(3), &record(3), NOW).await.unwrap_err();
    assert_eq!((error.store, error.kind), ("memory", StoreErrorKind::Full));
    assert_eq!(store.create(&key(2), &record(9), NOW).await.unwrap_err().kind, StoreErrorKind::Full);
    assert_eq!(load(&store, 1).await, Loaded::Found(record(1)));
    assert_eq!(store.update(&key(1), &record(4), version(1), NOW).await.unwrap(), Written::Done);
    assert_eq!(store.rename(&key(1), &key(5), &record(5), version(4), NOW).await.unwrap(), Written::Done);
    assert_eq!(
        store.create(&key(3), &record(3), later(1201)).await.unwrap(),
        Created::Done,
        "expired ones make room"
    );
    assert_eq!(store.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_bound_holds_when_many_come_at_once() {
    let store = Arc::new(MemoryStore::bounded(50));
    let tasks: Vec<_> = (0..100)
        .map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.create(&key(n), &record(n.into()), NOW).await.is_ok() })
        })
        .collect();
    let mut kept = 0;
    for task in tasks {
        kept += usize::from(task.await.unwrap());
    }
    assert_eq!((kept, store.len()), (50, 50));
}

#[tokio::test]
async fn sessions_that_expire_are_swept_as_new_ones_come() {
    let store = MemoryStore::new();
    for n in 0..20_000_u64 {
        let mut bytes = [0; StoreKey::BYTES];
        bytes[..8].copy_from_slice(&n.wrapping_mul(0x9E37_79B9_7F4A_7C15).to_be_bytes());
        let mut record = record(n);
        record.expires = Some(later(n + 10));
        let _ = store.create(&StoreKey::from_bytes(bytes), &record, later(n)).await.unwrap();
    }
    assert!(store.len() < 64 * 64 + 100, "{}", store.len());
}

/// A key of the shard that all of these are in.
fn neighbour(n: u64) -> StoreKey {
    let mut bytes = [0; StoreKey::BYTES];
    bytes[2..10].copy_from_slice(&n.to_be_bytes());
    StoreKey::from_bytes(bytes)
}

#[tokio::test]
async fn a_shard_is_swept_when_it_has_doubled_and_not_with_each_session_that_comes() {
    let store = MemoryStore::new();
    let create = async |n, expires, now| {
        let record = Record { expires, ..record(n) };
        let _ = store.create(&neighbour(n), &record, now).await.unwrap();
        store.len()
    };
    for n in 0..65 {
        create(n, None, NOW).await;
    }
    assert_eq!(create(65, Some(later(1)), NOW).await, 66);
    for n in 66..128 {
        assert_eq!(create(n, None, later(2)).await as u64, n + 1);
    }
    assert_eq!(create(128, None, later(2)).await, 128, "the one that expired is gone");
}

#[tokio::test]
async fn what_renames_leave_behind_is_swept_as_more_come_and_the_oldest_key_still_ends_the_session() {
    let store = with(&[(0, record(0))]).await;
    for n in 0..20_000 {
        let mut record = record(n + 1);
        record.expires = None;
        let renamed =
            store.rename(&neighbour(n), &neighbour(n + 1), &record, version(n), later(n)).await.unwrap();
        assert_eq!(renamed, Written::Done);
    }
    assert_eq!(store.load(&neighbour(19_990), later(20_000)).await.unwrap(), Loaded::Moved { owner: None });
    assert!(format!("{store:?}").contains("remains: "), "{store:?}");
    let remains: usize = format!("{store:?}")
        .split("remains: ")
        .nth(1)
        .unwrap()
        .split([',', ' '])
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!(remains < 1_000, "{remains}");
    store.delete(&neighbour(19_990)).await.unwrap();
    assert!(store.is_empty());
}

#[tokio::test]
async fn a_full_store_looks_for_room_once_a_second() {
    let store = MemoryStore::bounded(1);
    let _ = store.create(&key(1), &record(1), NOW).await.unwrap();
    let create = async |millis| store.create(&key(2), &record(2), UnixTime::from_millis(millis)).await;
    let deadline = later(1200).as_millis();
    assert!(create(deadline - 1).await.is_err());
    assert!(create(deadline + 1).await.is_err(), "it has just looked");
    assert!(create(deadline + 1_000).await.is_ok());
}

#[tokio::test]
async fn a_full_store_looks_for_room_at_once_when_the_clock_was_set_back() {
    let store = MemoryStore::bounded(1);
    let forever = Record { expires: None, ..record(1) };
    let _ = store.create(&key(1), &forever, NOW).await.unwrap();
    assert!(store.create(&key(2), &record(2), later(1000)).await.is_err(), "it has looked");
    store.delete(&key(1)).await.unwrap();
    let short = Record { expires: Some(later(10)), ..record(3) };
    let _ = store.create(&key(3), &short, NOW).await.unwrap();
    assert!(store.create(&key(2), &record(2), later(1000)).await.is_err(), "it has just looked");
    assert_eq!(store.create(&key(2), &record(2), later(20)).await.unwrap(), Created::Done);
}
