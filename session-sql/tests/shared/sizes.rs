//! The memory of a call.

use session_core::Owner;
use session_core::store::SessionStore as _;

use crate::scene::{NOW, Scene, expired, key, owners, record, version};

/// The largest number of bytes that a call in flight may take. A service has thousands of them when its
/// database is slow.
const LARGEST: usize = 8 << 10;

#[tokio::test]
async fn a_call_in_flight_takes_no_more_than_eight_kibibytes() {
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
        ("purge", size_of_val(&*expired(store).purge(NOW, 10))),
    ];
    assert!(sizes.iter().all(|(_, size)| *size <= LARGEST), "{sizes:?}");
}
