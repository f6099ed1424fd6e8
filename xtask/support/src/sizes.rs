//! The memory of calls.

use session_core::Owner;
use session_core::store::{SessionStore, TouchPatience};

use crate::records::{NOW, key, record, version};

/// Returns the number of bytes that each call of a store takes while it is in flight.
pub fn sizes_of_calls(store: &impl SessionStore) -> Vec<(&'static str, usize)> {
    let (record, ada) = (record(1), Owner::from("ada"));
    let (old, new) = (key(1), key(2));
    let mut sizes = vec![
        ("load", size_of_val(&*store.load(&old, NOW))),
        ("create", size_of_val(&*store.create(&old, &record, NOW))),
        ("update", size_of_val(&*store.update(&old, &record, version(1), NOW))),
        ("rename", size_of_val(&*store.rename(&old, &new, &record, version(1), NOW))),
        ("touch", size_of_val(&*store.touch(&old, None, NOW, TouchPatience::Full))),
        ("delete", size_of_val(&*store.delete(&old))),
    ];
    if let Some(owners) = store.owner_index() {
        sizes.push(("list", size_of_val(&*owners.list(&ada, None, 10, NOW))));
        sizes.push(("revoke", size_of_val(&*owners.revoke(&ada, None))));
    }
    if let Some(expired) = store.expiry_purge() {
        sizes.push(("purge", size_of_val(&*expired.purge(NOW, 10))));
    }
    sizes
}
