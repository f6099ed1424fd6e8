//! The memory of a call, and the sizes that a store declares.

use session_core::Owner;
use session_core::store::{Created, Loaded, Record, SessionStore as _};

use crate::scene::{NOW, Scene, key, owners, record, version};

/// The largest number of bytes that a call in flight may take. A service has thousands of them when its
/// server is slow. A command of the driver alone takes five kibibytes.
const LARGEST: usize = 9 << 10;

#[tokio::test]
async fn a_call_in_flight_takes_no_more_than_nine_kibibytes() {
    let scene = Scene::new().await;
    let (store, record, ada) = (&scene.store, record(1), Owner::from("ada"));
    let (old, new) = (key(1), key(2));
    let sizes = [
        ("load", size_of_val(&*store.load(&old, NOW))),
        ("create", size_of_val(&*store.create(&old, &record, NOW))),
        ("update", size_of_val(&*store.update(&old, &record, version(1), NOW))),
        ("rename", size_of_val(&*store.rename(&old, &new, &record, version(1), NOW))),
        ("touch", size_of_val(&*store.touch(&old, None, NOW))),
        ("delete", size_of_val(&*store.delete(&old))),
        ("list", size_of_val(&*owners(store).list(&ada, None, 10, NOW))),
        ("revoke", size_of_val(&*owners(store).revoke(&ada, None))),
    ];
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
