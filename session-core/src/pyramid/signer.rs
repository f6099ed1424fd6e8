//! The cookie's MAC, Pyramid's `HMAC(salt ‖ secret, body)`. Previous secrets can verify it, too.

use std::fmt;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::digest::OutputSizeUser;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};

use crate::pyramid::hash_alg::HashAlg;
use crate::pyramid::secret::{Salt, Secret, key};

/// Base64 as Python writes it, without padding.
///
/// Padding is accepted, as in Python. Other texts that Python accepts (other alphabets, junk, loose trailing
/// bits) are refused, because they would give one cookie many texts.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The label from which the keys for everything but the cookie's MAC are derived, so that no such value can
/// serve as a cookie's MAC.
const DERIVATION: &[u8] = b"session-core: derived values, version 1";

/// An HMAC whose key is set up, over a hash that is chosen at run time.
trait Keyed: Send + Sync {
    fn tag_len(&self) -> usize;
    fn append_tag(&self, body: &[u8], out: &mut Vec<u8>);
    fn verify(&self, body: &[u8], tag: &[u8]) -> bool;
}

impl<M: Mac + OutputSizeUser + Clone + Send + Sync> Keyed for M {
    fn tag_len(&self) -> usize {
        M::output_size()
    }

    fn append_tag(&self, body: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(&self.clone().chain_update(body).finalize().into_bytes());
    }

    fn verify(&self, body: &[u8], tag: &[u8]) -> bool {
        self.clone().chain_update(body).verify_slice(tag).is_ok()
    }
}

fn keyed<M: Mac + KeyInit + OutputSizeUser + Clone + Send + Sync + 'static>(key: &[u8]) -> Box<dyn Keyed> {
    Box::new(<M as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length"))
}

/// The keys that are computed once from a secret.
struct Keys {
    cookie: Box<dyn Keyed>,
    derivation: Hmac<Sha256>,
}

impl Keys {
    fn new(salt: &Salt, secret: &Secret, alg: HashAlg) -> Self {
        let key = key(salt, secret);
        let cookie = match alg {
            #[cfg(feature = "md5")]
            HashAlg::Md5 => keyed::<Hmac<md5::Md5>>(&key),
            HashAlg::Sha1 => keyed::<Hmac<Sha1>>(&key),
            HashAlg::Sha224 => keyed::<Hmac<Sha224>>(&key),
            HashAlg::Sha256 => keyed::<Hmac<Sha256>>(&key),
            HashAlg::Sha384 => keyed::<Hmac<Sha384>>(&key),
            HashAlg::Sha512 => keyed::<Hmac<Sha512>>(&key),
        };
        let derived = hmac_sha256(&key).chain_update(DERIVATION).finalize().into_bytes();
        Self { cookie, derivation: hmac_sha256(&derived) }
    }

    /// Returns the MAC that makes a value from `message` for one purpose.
    fn derivation(&self, purpose: &'static str, message: &[u8]) -> Hmac<Sha256> {
        self.derivation.clone().chain_update(purpose).chain_update([0]).chain_update(message)
    }
}

fn hmac_sha256(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

/// A signer of cookies, which also verifies with older secrets.
///
/// A cookie's value is `base64url(HMAC(salt ‖ secret, body) ‖ body)`, as in Python's
/// `webob.cookies.SignedSerializer`, and each verifies the cookies of the other. The keys are set up once.
///
/// To replace a secret without signing anyone out, make the new secret the active one, and keep the old one
/// among the accepted ones until the last cookie that it signed has timed out. Each cookie is signed anew
/// when it is next sent.
///
/// ```
/// use session_core::pyramid::{HashAlg, Salt, Secret, Signer};
///
/// let old = Secret::from("the old secret, thirty-two bytes long");
/// let new = Secret::from("the new secret, thirty-two bytes long");
/// let before = Signer::new(&old, &[], &Salt::default(), HashAlg::Sha512);
/// let after = Signer::new(&new, &[old], &Salt::default(), HashAlg::Sha512);
///
/// let cookie = before.sign(b"[1, 2, {}]");
/// assert_eq!(after.verify(&cookie).unwrap(), b"[1, 2, {}]");
/// assert!(before.verify(&after.sign(b"[1, 2, {}]")).is_none());
/// ```
pub struct Signer {
    active: Keys,
    accepted: Vec<Keys>,
}

impl Signer {
    /// Creates a signer that signs with `active`, and verifies with `active` first and then with each of
    /// `accepted`.
    #[must_use]
    pub fn new(active: &Secret, accepted: &[Secret], salt: &Salt, alg: HashAlg) -> Self {
        Self {
            active: Keys::new(salt, active, alg),
            accepted: accepted.iter().map(|secret| Keys::new(salt, secret, alg)).collect(),
        }
    }

    /// Returns the cookie's value for this body, in the characters of unpadded base64url.
    #[must_use]
    pub fn sign(&self, body: &[u8]) -> String {
        let mut bytes = Vec::with_capacity(self.active.cookie.tag_len() + body.len());
        self.active.cookie.append_tag(body, &mut bytes);
        bytes.extend_from_slice(body);
        BASE64.encode(bytes)
    }

    /// Returns the body of a value that one of the secrets has signed, or `None`. MACs are compared in
    /// constant time.
    #[must_use]
    pub fn verify(&self, value: &str) -> Option<Vec<u8>> {
        let mut bytes = BASE64.decode(value).ok()?;
        let (tag, body) = bytes.split_at_checked(self.active.cookie.tag_len())?;
        self.keys().find(|keys| keys.cookie.verify(body, tag))?;
        bytes.drain(..self.active.cookie.tag_len());
        Some(bytes)
    }

    /// Derives a value from `message` and the active secret, for one purpose. It reveals nothing about the
    /// secret or the cookie.
    pub(crate) fn derive(&self, purpose: &'static str, message: &[u8]) -> [u8; 32] {
        self.active.derivation(purpose, message).finalize().into_bytes().into()
    }

    /// Tells whether one of the secrets derives `value`. Compares in constant time.
    pub(crate) fn is_derived(&self, purpose: &'static str, message: &[u8], value: &[u8]) -> bool {
        self.keys().any(|keys| keys.derivation(purpose, message).verify_slice(value).is_ok())
    }

    fn keys(&self) -> impl Iterator<Item = &Keys> {
        std::iter::once(&self.active).chain(&self.accepted)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("accepted", &self.accepted.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALGS: [HashAlg; 5] =
        [HashAlg::Sha1, HashAlg::Sha224, HashAlg::Sha256, HashAlg::Sha384, HashAlg::Sha512];

    fn signer(secret: &str, accepted: &[Secret], alg: HashAlg) -> Signer {
        Signer::new(&Secret::from(secret), accepted, &Salt::default(), alg)
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let secret = Secret::from("hush");
        let printed = format!(
            "{secret:?} {:?} {:?}",
            Salt::from("hush"),
            signer("hush", std::slice::from_ref(&secret), HashAlg::Sha1)
        );
        assert_eq!(printed, "Secret(..) Salt(..) Signer { accepted: 1, .. }");
        assert_eq!(format!("{:?}", Salt::NONE), "Salt(none)");
    }

    #[test]
    fn a_hash_is_named_as_in_python_and_an_unknown_one_is_refused_by_name() {
        let names = ["sha1", "sha224", "sha256", "sha384", "sha512"];
        assert_eq!(names.map(str::parse), ALGS.map(Ok));
        #[cfg(feature = "md5")]
        assert_eq!("md5".parse(), Ok(HashAlg::Md5));
        assert!("SHA512".parse::<HashAlg>().unwrap_err().to_string().starts_with("hashalg \"SHA512\""));
    }

    #[test]
    fn only_the_active_secret_signs() {
        let both = signer("new", &[Secret::from("old")], HashAlg::Sha256);
        let value = both.sign(b"body");
        assert!(signer("new", &[], HashAlg::Sha256).verify(&value).is_some());
        assert!(signer("old", &[], HashAlg::Sha256).verify(&value).is_none());
    }

    #[test]
    fn values_that_no_signer_made_are_refused() {
        let signer = signer("secret", &[], HashAlg::Sha512);
        let zeros = BASE64.encode([0; 64]);
        let unsigned = BASE64.encode("[1,2,{}]");
        for value in ["", "=", "AAAA", "\u{2603}", zeros.as_str(), unsigned.as_str(), "[1,2,{}]"] {
            assert!(signer.verify(value).is_none(), "{value}");
        }
    }

    #[test]
    fn derived_values_differ_by_purpose_message_and_secret_and_those_of_an_old_secret_are_accepted() {
        let old = signer("old", &[], HashAlg::Sha512);
        let new = signer("new", &[Secret::from("old")], HashAlg::Sha512);
        let value = old.derive("csrf", b"id");
        assert!(new.is_derived("csrf", b"id", &value));
        assert!(!old.is_derived("csrf", b"id", &new.derive("csrf", b"id")));
        assert!(!old.is_derived("device", b"id", &value));
        assert!(!old.is_derived("csrf", b"other", &value));
        assert!(!old.is_derived("csrf", b"id", &value[..31]));
    }

    #[cfg(feature = "md5")]
    #[test]
    fn md5_signs_sixteen_bytes() {
        let signer = signer("secret", &[], HashAlg::Md5);
        assert_eq!(signer.verify(&signer.sign(b"body")).as_deref(), Some(&b"body"[..]));
        assert_eq!(BASE64.decode(signer.sign(b"")).unwrap().len(), 16);
    }

    proptest! {
        #[test]
        fn a_signed_body_verifies(body: Vec<u8>, which in 0..ALGS.len()) {
            let signer = signer("secret", &[], ALGS[which]);
            let value = signer.sign(&body);
            prop_assert_eq!(signer.verify(&value), Some(body));
        }

        #[test]
        fn any_single_flipped_bit_is_refused(body in prop::collection::vec(any::<u8>(), 0..80), which in 0..ALGS.len(), at: prop::sample::Index) {
            let signer = signer("secret", &[], ALGS[which]);
            let mut bytes = BASE64.decode(signer.sign(&body)).unwrap();
            let bit = at.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(signer.verify(&BASE64.encode(bytes)), None);
        }

        #[test]
        fn any_flipped_bit_of_the_text_is_refused(body in prop::collection::vec(any::<u8>(), 0..80), at: prop::sample::Index) {
            let signer = signer("secret", &[], HashAlg::Sha256);
            let mut text = signer.sign(&body).into_bytes();
            let bit = at.index(text.len() * 7);
            text[bit / 7] ^= 1 << (bit % 7);
            prop_assert_eq!(signer.verify(std::str::from_utf8(&text).unwrap()), None);
        }

        #[test]
        fn verifying_never_panics(value in "\\PC*") {
            let _ = signer("secret", &[], HashAlg::Sha512).verify(&value);
        }
    }
}
