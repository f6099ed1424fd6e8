//! The example of a store of one's own keeps every rule of what it declares.

#[path = "../examples/file_store/entry.rs"]
mod entry;
#[path = "../examples/file_store/harness.rs"]
mod harness;
#[path = "../examples/file_store/store.rs"]
mod store;

session_testkit::conformance!(file_store, harness::Folders, [purge, virtual_time, second_handle]);
