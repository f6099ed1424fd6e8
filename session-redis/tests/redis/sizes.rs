//! The memory of a call, and the sizes that a store declares.

use session_core::Owner;
use session_core::store::{Created, Loaded, Record, SessionStore as _};
use test_support::sizes_of_calls;

use crate::scene::{NOW, Scene, key, owners, record};

/// The largest number of bytes that a call in flight may take. A service has thousands of them when its
/// server is slow. A command of the driver alone takes five kibibytes.
const LARGEST: usize = 9 << 10;

#[tokio::test]
async fn a_call_in_flight_takes_no_more_than_nine_kibibytes() {
    let sizes = sizes_of_calls(&Scene::new().await.store);
    assert_eq!(sizes.len(), 8);
    assert!(sizes.iter().all(|(_, size)| *size <= LARGEST), "{sizes:?}");
}

#[tokio::test]
async fn the_declared_sizes_are_those_of_the_documentation_and_can_be_stored() {
    let scene = Scene::new().await;
    let limits = scene.store.size_limits();
    assert_eq!((limits.payload, limits.owner, limits.label), (64 << 20, 4 << 10, 4 << 10));
    let mut largest: Record = record(1);
    largest.payload = vec![7; limits.payload].into();
    largest.owner = Some(Owner::from("o".repeat(limits.owner)));
    largest.label = Some("l".repeat(limits.label).into());
    assert_eq!(scene.store.create(&key(1), &largest, NOW).await.unwrap(), Created::Done);
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(largest));
    assert_eq!(owners(&scene.store).revoke(&"o".repeat(limits.owner).into(), None).await.unwrap(), 1);
}
