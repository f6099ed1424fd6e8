//! A session whose key, owner, payload and label no error may contain.

use session_core::store::{Record, StoreError};

use crate::records::{owned, text};

/// The parts of the session under `key(b'K')`, as text, in hexadecimal and as a list of bytes. The name of a
/// test's database has a random number in decimal, so that no part is in it by chance.
const PARTS: [&str; 9] =
    ["hush-hush", "grace", "secret label", "KKKK", "4b4b", "4B4B", "75, 75", "68757368", "6772616365"];

/// Creates the session's record.
pub fn secret() -> Record {
    let payload = b"hush-hush".as_slice().into();
    Record { payload, label: Some("secret label".into()), ..owned(1, "grace@example.org") }
}

/// Fails if the error contains a part of the session.
pub fn assert_contains_no_secret(error: &StoreError) {
    let shown = format!("{} {error:?}", text(error));
    for part in PARTS {
        assert!(!shown.contains(part), "{shown}");
    }
}
