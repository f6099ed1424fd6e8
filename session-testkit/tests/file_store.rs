//! The example of a store of one's own keeps every rule of what it declares.

#[path = "../examples/file_store/harness.rs"]
mod harness;
#[path = "../examples/file_store/store.rs"]
mod store;

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use session_core::UnixTime;
use session_core::store::{
    Record, SessionStore as _, StoreErrorKind, StoreKey, TouchPatience, Touched, Version,
};
use tempfile::TempDir;

session_testkit::conformance!(file_store, harness::Folders, [purge, virtual_time, second_handle]);

const KEY: StoreKey = StoreKey::from_bytes([7; StoreKey::BYTES]);
const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

/// A store with one session, in a folder of its own.
async fn with_a_session() -> (TempDir, store::FileStore) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = store::FileStore::open(folder.path()).expect("a store");
    let record = Record::new(b"{}".as_slice(), NOW, Version::from_bits(1));
    let _ = store.create(&KEY, &record, NOW).await.expect("it is created");
    (folder, store)
}

#[tokio::test]
async fn a_brief_touch_does_not_wait_for_the_lock() {
    let (folder, store) = with_a_session().await;
    let lock = std::fs::File::create(folder.path().join("lock")).expect("the file of the lock");
    lock.lock().expect("the lock is free");
    let (end, ended) = mpsc::channel::<()>();
    // A touch that waited would otherwise wait for ever.
    let holder = thread::spawn(move || {
        let _ = ended.recv_timeout(Duration::from_secs(5));
        lock.unlock()
    });
    let touch = async || store.touch(&KEY, None, NOW, TouchPatience::Brief).await;
    assert_eq!(touch().await.expect_err("the lock is held").kind, StoreErrorKind::Unavailable);
    drop(end);
    holder.join().expect("the holder does not panic").expect("the lock is held");
    assert_eq!(touch().await.expect("the lock is free"), Touched::Done);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_corrupt_and_not_absent() {
    let (folder, store) = with_a_session().await;
    for file in std::fs::read_dir(folder.path()).expect("the folder") {
        std::fs::write(file.expect("a file").path(), "not an entry").expect("it is written");
    }
    let error = store.load(&KEY, NOW).await.expect_err("the file is damaged");
    assert_eq!(error.kind, StoreErrorKind::Corrupt);
}
