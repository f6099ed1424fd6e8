//! A short life of a session in a store, to see at the start that the store allows every call.

use std::time::Duration;

use session_core::Owner;
use session_core::adapter::{Clock as _, SystemClock};
use session_core::store::{OwnerIndex, Record, SessionStore, StoreError, StoreKey, TouchPatience, Version};

/// The longest time for which an interrupted trial leaves something in the store.
const LIFE: Duration = Duration::from_secs(60);

/// Creates, changes and ends a session of a random owner.
///
/// # Errors
///
/// Fails if a call fails, for example because the user of the store has no right to make it.
pub(crate) async fn run(store: &(impl SessionStore + OwnerIndex)) -> Result<(), StoreError> {
    let (now, [key, new]) = (SystemClock.now(), keys());
    let owner = Owner::from(format!("trial {:016x}", rand::random::<u64>()));
    let visitor = Record { expires: Some(now + LIFE), ..Record::new(b"{}".as_slice(), now, version()) };
    let user = Record { owner: Some(owner.clone()), version: version(), ..visitor.clone() };
    // Only the errors matter. What the calls return follows from the contract.
    let _ = store.create(&key, &visitor, now).await?;
    let _ = store.load(&key, now).await?;
    let _ = store.touch(&key, visitor.expires, now, TouchPatience::Full).await?;
    let _ = store.rename(&key, &new, &user, visitor.version, now).await?;
    let _ = store.list(&owner, None, 1, now).await?;
    let _ = store.revoke(&owner, Some(&key)).await?;
    store.delete(&key).await
}

/// Draws two keys that one session can have, one after the other: their placement is the same.
fn keys() -> [StoreKey; 2] {
    let placement: [u8; 2] = rand::random();
    [(); 2].map(|()| {
        let mut bytes: [u8; StoreKey::BYTES] = rand::random();
        bytes[..2].copy_from_slice(&placement);
        StoreKey::from_bytes(bytes)
    })
}

fn version() -> Version {
    Version::from_bits(rand::random())
}
