//! The example of a store of one's own keeps every rule of what it declares.

#[path = "../examples/file_store/harness.rs"]
mod harness;
#[path = "../examples/file_store/store.rs"]
mod store;

session_testkit::conformance!(file_store, harness::Folders, [purge, virtual_time, second_handle]);

#[tokio::test]
async fn a_file_that_cannot_be_read_is_corrupt_and_not_absent() {
    use session_core::UnixTime;
    use session_core::store::{Record, SessionStore as _, StoreErrorKind, StoreKey, Version};

    let folder = tempfile::tempdir().expect("a temporary folder");
    let store = store::FileStore::open(folder.path()).expect("a store");
    let (key, now) = (StoreKey::from_bytes([7; StoreKey::BYTES]), UnixTime::from_secs(1_700_000_000));
    let record = Record::new(b"{}".as_slice(), now, Version::from_bits(1));
    let _ = store.create(&key, &record, now).await.expect("it is created");
    for file in std::fs::read_dir(folder.path()).expect("the folder") {
        std::fs::write(file.expect("a file").path(), "not an entry").expect("it is written");
    }
    let error = store.load(&key, now).await.expect_err("the file is damaged");
    assert_eq!(error.kind, StoreErrorKind::Corrupt);
}
