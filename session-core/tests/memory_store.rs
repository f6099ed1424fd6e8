//! Tests of the store in memory against the contract of stores.

#![allow(clippy::unwrap_used, reason = "an unexpected error fails the test")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use session_core::store::{
    Created, Loaded, OwnerIndex, PurgeExpired, Record, SessionStore, StoreErrorKind, StoreKey, TouchPatience,
    Touched, Version, Written,
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
    store
        .list(&Owner::from(owner), None, 100, now)
        .await
        .unwrap()
        .sessions
        .into_iter()
        .map(|session| session.key)
        .collect()
}

#[tokio::test]
async fn a_record_comes_back_byte_for_byte_on_every_handle() {
    let store = with(&[(1, owned(1, "al\u{0}ice"))]).await;
    assert_eq!(load(&store.clone(), 1).await, Loaded::Found(owned(1, "al\u{0}ice")));
    assert_eq!(load(&store, 2).await, Loaded::Absent);
}

#[tokio::test]
async fn a_session_is_listed_until_its_expiry() {
    let expires = later(20);
    let store = with(&[(1, Record { expires: Some(expires), ..owned(1, "alice") })]).await;
    let last = UnixTime::from_millis(expires.as_millis() - 1);
    assert_eq!(listed(&store, "alice", last).await.len(), 1);
    assert_eq!(listed(&store, "alice", expires).await.len(), 0);
}

#[tokio::test]
async fn an_arc_of_a_store_is_a_store() {
    let store: Arc<dyn SessionStore> = Arc::new(with(&[(1, owned(1, "alice"))]).await);
    assert_eq!((store.name(), SessionStore::name(&store)), ("memory", "memory"));
    assert_eq!(SessionStore::load(&store, &key(1), NOW).await.unwrap(), Loaded::Found(owned(1, "alice")));
    let list = SessionStore::owner_index(&store)
        .unwrap()
        .list(&Owner::from("alice"), None, 100, NOW)
        .await
        .unwrap()
        .sessions;
    assert_eq!(list.len(), 1);
    SessionStore::delete(&store, &key(1)).await.unwrap();
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Absent);
    assert_eq!(SessionStore::expiry_purge(&store).unwrap().purge(NOW, 1).await.unwrap(), 0);
}

#[tokio::test]
async fn create_replaces_no_live_record_and_a_repeated_create_is_done() {
    let store = with(&[(1, record(1))]).await;
    assert_eq!(store.create(&key(1), &record(2), NOW).await.unwrap(), Created::Taken);
    assert_eq!(store.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
    assert_eq!(load(&store, 1).await, Loaded::Found(record(1)));
    assert_eq!(store.len(), 1);
    assert_eq!(store.create(&key(1), &record(3), later(1200)).await.unwrap(), Created::Done);
    assert_eq!(store.len(), 1);
}

#[tokio::test]
async fn update_compares_the_version_and_never_creates_or_revives_a_record() {
    let store = with(&[(1, record(1))]).await;
    let update = async |n, new, expected, now| {
        store.update(&key(n), &record(new), version(expected), now).await.unwrap()
    };
    assert_eq!(update(1, 2, 9, NOW).await, Written::Conflict(record(1)));
    assert_eq!(update(1, 2, 1, NOW).await, Written::Done);
    assert_eq!(update(1, 2, 1, NOW).await, Written::Done, "a repeated update is done");
    assert_eq!(update(2, 3, 1, NOW).await, Written::Gone);
    assert_eq!(update(1, 3, 2, later(1200)).await, Written::Gone);
    store.delete(&key(1)).await.unwrap();
    assert_eq!(update(1, 3, 2, NOW).await, Written::Gone);
    assert!(store.is_empty());
}

#[tokio::test]
async fn after_a_rename_the_session_is_under_the_new_key_only_and_the_old_key_reads_moved() {
    let store = with(&[(1, record(1))]).await;
    let rename = async |old, new, to, expected| {
        store.rename(&key(old), &key(new), &to, version(expected), NOW).await.unwrap()
    };
    assert_eq!(rename(1, 2, owned(2, "alice"), 9).await, Written::Conflict(record(1)));
    assert_eq!(rename(1, 2, owned(2, "alice"), 1).await, Written::Done);
    assert_eq!(rename(1, 2, owned(2, "alice"), 1).await, Written::Done, "a repeated rename is done");
    assert_eq!(rename(1, 3, record(3), 1).await, Written::Gone);
    assert_eq!(load(&store, 1).await, Loaded::Moved { owner: Some(Owner::from("alice")) });
    assert_eq!(load(&store, 2).await, Loaded::Found(owned(2, "alice")));
    assert_eq!(store.create(&key(1), &record(4), NOW).await.unwrap(), Created::Taken);
    assert_eq!(store.update(&key(1), &record(4), version(2), NOW).await.unwrap(), Written::Gone);
    assert_eq!(store.touch(&key(1), None, NOW, TouchPatience::Full).await.unwrap(), Touched::Gone);
    assert_eq!(store.len(), 1);
}

#[tokio::test]
async fn the_first_key_of_a_session_that_was_renamed_twice_reads_moved_for_a_minute() {
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
async fn a_renamed_key_does_not_lead_to_a_later_session_under_the_new_key() {
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
async fn a_renamed_key_is_taken_until_its_rename_marker_expires() {
    let store = with(&[(1, record(1))]).await;
    let _ = store.rename(&key(1), &key(2), &record(2), version(1), NOW).await.unwrap();
    let last = UnixTime::from_millis(later(61).as_millis() - 1);
    assert_eq!(store.create(&key(1), &record(3), last).await.unwrap(), Created::Taken);
    assert_eq!(store.create(&key(1), &record(3), later(61)).await.unwrap(), Created::Done);
    assert_eq!(load(&store, 1).await, Loaded::Found(record(3)));
    assert_eq!(store.len(), 2);
}

#[tokio::test]
async fn a_rename_to_a_taken_key_fails_and_changes_nothing() {
    let store = with(&[(1, record(1)), (2, record(2))]).await;
    assert!(store.rename(&key(1), &key(2), &record(3), version(1), NOW).await.is_err());
    assert_eq!(load(&store, 1).await, Loaded::Found(record(1)));
    assert_eq!(load(&store, 2).await, Loaded::Found(record(2)));
}

#[tokio::test]
async fn touch_keeps_payload_and_version_and_never_moves_the_expiry_back() {
    let store = with(&[(1, record(1))]).await;
    let touched = async |expires, now| {
        assert_eq!(store.touch(&key(1), expires, now, TouchPatience::Full).await.unwrap(), Touched::Done);
        let Loaded::Found(found) = store.load(&key(1), now).await.unwrap() else { panic!("a record") };
        assert_eq!((&found.payload, found.version, found.created), (&record(1).payload, version(1), NOW));
        (found.expires, found.last_used)
    };
    assert_eq!(touched(Some(later(2000)), later(10)).await, (Some(later(2000)), later(10)));
    assert_eq!(touched(Some(later(1000)), later(5)).await, (Some(later(2000)), later(10)));
    assert_eq!(touched(None, later(20)).await, (None, later(20)));
    assert_eq!(touched(Some(later(3000)), later(30)).await, (None, later(30)));
    assert_eq!(store.touch(&key(2), None, NOW, TouchPatience::Full).await.unwrap(), Touched::Gone);
}

#[tokio::test]
async fn a_record_is_absent_to_every_call_from_its_expiry_on() {
    let store = with(&[(1, owned(1, "alice"))]).await;
    let last = UnixTime::from_millis(later(1200).as_millis() - 1);
    assert_eq!(store.load(&key(1), last).await.unwrap(), Loaded::Found(owned(1, "alice")));
    assert_eq!(store.load(&key(1), later(1200)).await.unwrap(), Loaded::Absent);
    assert_eq!(store.touch(&key(1), None, later(1200), TouchPatience::Full).await.unwrap(), Touched::Gone);
    let renamed = store.rename(&key(1), &key(2), &record(2), version(1), later(1200)).await.unwrap();
    assert_eq!(renamed, Written::Gone);
    assert!(listed(&store, "alice", later(1200)).await.is_empty());
}

#[tokio::test]
async fn list_and_revoke_cover_exactly_the_live_sessions_of_the_owner() {
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
async fn revoke_keeps_the_excepted_session_if_it_was_renamed() {
    let store = with(&[(1, owned(1, "alice")), (2, owned(2, "alice"))]).await;
    let _ = store.rename(&key(1), &key(3), &owned(3, "alice"), version(1), NOW).await.unwrap();
    assert_eq!(store.revoke(&Owner::from("alice"), Some(&key(1))).await.unwrap(), 1);
    assert_eq!(listed(&store, "alice", NOW).await, BTreeSet::from([key(3)]));
}

#[tokio::test]
async fn a_session_that_changes_its_owner_leaves_the_list_of_the_old_owner() {
    let store = with(&[(1, owned(1, "alice"))]).await;
    let _ = store.update(&key(1), &owned(2, "bob"), version(1), NOW).await.unwrap();
    assert!(listed(&store, "alice", NOW).await.is_empty());
    assert_eq!(listed(&store, "bob", NOW).await.len(), 1);
    assert_eq!(store.revoke(&Owner::from("alice"), None).await.unwrap(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn revoke_deletes_a_session_that_is_renamed_or_updated_concurrently() {
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
async fn purge_removes_only_records_that_expired_before_the_given_time_and_in_batches() {
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
async fn purge_removes_a_rename_marker_only_after_it_has_expired() {
    let store = with(&[(1, record(1))]).await;
    let _ = store.rename(&key(1), &key(2), &record(2), version(1), NOW).await.unwrap();
    let purge: &dyn PurgeExpired = &store;
    assert_eq!(purge.purge(later(61), 10).await.unwrap(), 0);
    assert_eq!(purge.purge(UnixTime::from_millis(later(61).as_millis() + 1), 10).await.unwrap(), 1);
    assert_eq!(format!("{store:?}"), "MemoryStore { len: 1, rename_markers: 0, .. }");
}

#[tokio::test]
async fn a_full_store_refuses_another_session_and_evicts_no_live_one() {
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
        "expired sessions make room"
    );
    assert_eq!(store.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_bound_holds_when_many_sessions_are_created_at_once() {
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
async fn expired_sessions_are_swept_as_new_ones_are_created() {
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

/// Returns one of many keys that are all in the same shard.
fn neighbour(n: u64) -> StoreKey {
    let mut bytes = [0; StoreKey::BYTES];
    bytes[2..10].copy_from_slice(&n.to_be_bytes());
    StoreKey::from_bytes(bytes)
}

#[tokio::test]
async fn a_shard_is_swept_when_it_has_doubled_and_not_at_each_create() {
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
    assert_eq!(create(128, None, later(2)).await, 128, "the expired session is removed");
}

#[tokio::test]
async fn expired_rename_markers_are_swept_and_deleting_a_renamed_key_deletes_the_session() {
    let store = with(&[(0, record(0))]).await;
    for n in 0..20_000 {
        let mut record = record(n + 1);
        record.expires = None;
        let renamed =
            store.rename(&neighbour(n), &neighbour(n + 1), &record, version(n), later(n)).await.unwrap();
        assert_eq!(renamed, Written::Done);
    }
    assert_eq!(store.load(&neighbour(19_990), later(20_000)).await.unwrap(), Loaded::Moved { owner: None });
    assert!(format!("{store:?}").contains("rename_markers: "), "{store:?}");
    let rename_markers: usize = format!("{store:?}")
        .split("rename_markers: ")
        .nth(1)
        .unwrap()
        .split([',', ' '])
        .next()
        .unwrap()
        .parse()
        .unwrap();
    assert!(rename_markers < 1_000, "{rename_markers}");
    store.delete(&neighbour(19_990)).await.unwrap();
    assert!(store.is_empty());
}

#[tokio::test]
async fn a_full_store_looks_for_expired_sessions_once_a_second() {
    let store = MemoryStore::bounded(1);
    let _ = store.create(&key(1), &record(1), NOW).await.unwrap();
    let create = async |millis| store.create(&key(2), &record(2), UnixTime::from_millis(millis)).await;
    let expiry = later(1200).as_millis();
    assert!(create(expiry - 1).await.is_err());
    assert!(create(expiry + 1).await.is_err(), "the store was swept just now");
    assert!(create(expiry + 1_000).await.is_ok());
}

#[tokio::test]
async fn a_full_store_looks_for_expired_sessions_at_once_if_the_clock_was_set_back() {
    let store = MemoryStore::bounded(1);
    let forever = Record { expires: None, ..record(1) };
    let _ = store.create(&key(1), &forever, NOW).await.unwrap();
    assert!(store.create(&key(2), &record(2), later(1000)).await.is_err(), "the store has looked for room");
    store.delete(&key(1)).await.unwrap();
    let short = Record { expires: Some(later(10)), ..record(3) };
    let _ = store.create(&key(3), &short, NOW).await.unwrap();
    assert!(store.create(&key(2), &record(2), later(1000)).await.is_err(), "the store was swept just now");
    assert_eq!(store.create(&key(2), &record(2), later(20)).await.unwrap(), Created::Done);
}
