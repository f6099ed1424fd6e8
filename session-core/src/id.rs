//! The session ID: the secret in the cookie.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use crate::store::key::{PLACEMENT_BYTES, StoreKey};

/// The length of the random part of an ID: 128 bits from a generator that the operating system seeds (ASVS
/// 5.0, 7.2.3).
pub(crate) const RANDOM_BYTES: usize = 16;
const ID_BYTES: usize = PLACEMENT_BYTES + RANDOM_BYTES;

/// The secret in the cookie. Anyone who has it has access to the session.
///
/// Only the library makes IDs. It never accepts one from a client (session fixation, CVE-2024-38513). An ID
/// cannot be printed: `Debug` is redacted, and no method hands its text out of the crate.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct SessionId([u8; ID_BYTES]);

impl SessionId {
    /// Creates an ID from random bytes.
    pub(crate) fn from_random(bytes: [u8; ID_BYTES]) -> Self {
        Self(bytes)
    }

    /// Returns another ID for the same session, with the same placement and new random bytes.
    pub(crate) fn rotated(&self, random: [u8; RANDOM_BYTES]) -> Self {
        let mut bytes = self.0;
        bytes[PLACEMENT_BYTES..].copy_from_slice(&random);
        Self(bytes)
    }

    /// Parses the text that [`SessionId::to_text`] returns. Returns `None` for every other text.
    pub(crate) fn from_text(text: &str) -> Option<Self> {
        let mut bytes = [0; ID_BYTES];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(ID_BYTES) => Some(Self(bytes)),
            Ok(_) | Err(_) => None,
        }
    }

    /// Returns the ID as text, for the body of the cookie.
    pub(crate) fn to_text(self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Returns the key under which a store keeps the session of this ID if its cookie is called
    /// `cookie_name`.
    ///
    /// The key depends on the cookie's name, so two factories that share a secret and a store do not accept
    /// each other's cookies.
    pub(crate) fn store_key(&self, cookie_name: &str) -> StoreKey {
        let digest =
            Sha256::new().chain_update(cookie_name).chain_update([0]).chain_update(self.0).finalize();
        let mut bytes = [0; StoreKey::BYTES];
        bytes[..PLACEMENT_BYTES].copy_from_slice(&self.0[..PLACEMENT_BYTES]);
        bytes[PLACEMENT_BYTES..].copy_from_slice(&digest);
        StoreKey::from_bytes(bytes)
    }

    /// Returns the bytes of the ID, from which the CSRF token is derived.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionId(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn nothing_prints_an_id_or_a_key() {
        let id = SessionId::from_random([0xAB; ID_BYTES]);
        assert_eq!(format!("{id:?}"), "SessionId(..)");
        assert_eq!(format!("{:?}", id.store_key("session")), "StoreKey(..)");
    }

    #[test]
    fn a_renewal_keeps_the_placement_and_nothing_else() {
        let id = SessionId::from_random([1; ID_BYTES]);
        let renewed = id.rotated([2; RANDOM_BYTES]);
        assert_eq!(renewed.as_bytes()[..PLACEMENT_BYTES], id.as_bytes()[..PLACEMENT_BYTES]);
        assert_eq!(renewed.as_bytes()[PLACEMENT_BYTES..], [2; RANDOM_BYTES]);
        assert_eq!(renewed.store_key("a").placement(), id.store_key("a").placement());
    }

    #[test]
    fn the_cookies_name_is_part_of_the_key() {
        let id = SessionId::from_random([3; ID_BYTES]);
        assert_ne!(id.store_key("a"), id.store_key("b"));
        assert_eq!(id.store_key("a"), id.store_key("a"));
    }

    proptest! {
        #[test]
        fn the_text_form_is_read_back_and_has_one_length(bytes: [u8; ID_BYTES]) {
            let id = SessionId::from_random(bytes);
            let text = id.to_text();
            prop_assert_eq!(text.len(), 24);
            prop_assert_eq!(SessionId::from_text(&text), Some(id));
        }

        #[test]
        fn every_other_text_is_refused(text in ".{0,40}") {
            match SessionId::from_text(&text) {
                None => {}
                Some(id) => prop_assert_eq!(id.to_text(), text),
            }
        }
    }
}
