//! The MAC over the cookie: Pyramid's `HMAC(salt ‖ secret, body)`, with more than one secret where one is being replaced.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::digest::OutputSizeUser;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};

/// Python writes no padding. It reads some, and so does this; what else it lets through (other alphabets, junk, loose
/// trailing bits) makes many texts of one cookie, and is refused.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What the keys of everything but the cookie's MAC are derived by, so that no such value can serve as a cookie's MAC.
const DERIVATION: &[u8] = b"session-core: derived values, version 1";

/// The hash under the HMAC: Python's `hashalg`.
///
/// ```
/// use session_core::HashAlg;
///
/// assert_eq!("sha512".parse(), Ok(HashAlg::Sha512));
/// assert!("crc32".parse::<HashAlg>().unwrap_err().to_string().contains("hashalg"));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HashAlg {
    /// MD5, a 16-byte MAC. Broken as a hash; only for taking over cookies that were signed with it (feature `md5`).
    #[cfg(feature = "md5")]
    Md5,
    /// SHA-1, a 20-byte MAC. For taking over old cookies.
    Sha1,
    /// SHA-224, a 28-byte MAC.
    Sha224,
    /// SHA-256, a 32-byte MAC.
    Sha256,
    /// SHA-384, a 48-byte MAC.
    Sha384,
    /// SHA-512, a 64-byte MAC: Pyramid's default and this library's.
    #[default]
    Sha512,
}

impl FromStr for HashAlg {
    type Err = UnknownHashAlg;

    fn from_str(name: &str) -> Result<Self, UnknownHashAlg> {
        match name {
            #[cfg(feature = "md5")]
            "md5" => Ok(Self::Md5),
            "sha1" => Ok(Self::Sha1),
            "sha224" => Ok(Self::Sha224),
            "sha256" => Ok(Self::Sha256),
            "sha384" => Ok(Self::Sha384),
            "sha512" => Ok(Self::Sha512),
            _ => Err(UnknownHashAlg(name.to_owned())),
        }
    }
}

/// A `hashalg` that this library does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "hashalg {0:?} is not known; use sha512, sha384, sha256, sha224 or sha1, or md5 with the feature `md5`"
)]
pub struct UnknownHashAlg(String);

/// Text or bytes, since Python makes the key of the two differently.
#[derive(Clone, PartialEq, Eq)]
enum KeyPart {
    Text(String),
    Bytes(Vec<u8>),
}

impl KeyPart {
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Bytes(bytes) => bytes.len(),
        }
    }

    fn latin1(&self) -> Option<Vec<u8>> {
        match self {
            Self::Text(text) => text.chars().map(|c| u8::try_from(c).ok()).collect(),
            Self::Bytes(bytes) => Some(bytes.clone()),
        }
    }

    fn utf8(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

/// What the cookies are signed with. Text and bytes are kept apart, since Python encodes text in its own way. `Debug` is redacted.
///
/// ```
/// use session_core::Secret;
///
/// let secret = Secret::from("a secret of at least thirty-two bytes");
/// assert_eq!(format!("{secret:?}"), "Secret(..)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(KeyPart);

impl Secret {
    /// Length in bytes (of text: in UTF-8).
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it is one byte, again and again.
    pub(crate) fn is_one_byte(&self) -> bool {
        self.0.utf8().windows(2).all(|two| two[0] == two[1])
    }

    /// Whether the secret is this text, or these bytes of it.
    pub(crate) fn is_text(&self, text: &str) -> bool {
        self.0.utf8() == text.as_bytes()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(KeyPart::Text(text.to_owned()))
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(KeyPart::Text(text))
    }
}

impl From<&[u8]> for Secret {
    fn from(bytes: &[u8]) -> Self {
        Self(KeyPart::Bytes(bytes.to_owned()))
    }
}

impl From<Vec<u8>> for Secret {
    fn from(bytes: Vec<u8>) -> Self {
        Self(KeyPart::Bytes(bytes))
    }
}

/// What stands before the secret in the key: Python's `salt`, by default `pyramid.session.`. Its `None` is the empty salt.
///
/// The two are joined without a mark between them, as Python joins them: salt `ab` with secret `cd` is salt `abc` with secret `d`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salt(SaltPart);

#[derive(Clone, PartialEq, Eq)]
struct SaltPart(KeyPart);

impl fmt::Debug for SaltPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "none" } else { ".." })
    }
}

impl Salt {
    /// No salt: Python's `salt=None`.
    pub const NONE: Self = Self(SaltPart(KeyPart::Bytes(Vec::new())));
}

impl Default for Salt {
    fn default() -> Self {
        Self::from("pyramid.session.")
    }
}

impl From<&str> for Salt {
    fn from(text: &str) -> Self {
        Self(SaltPart(KeyPart::Text(text.to_owned())))
    }
}

impl From<String> for Salt {
    fn from(text: String) -> Self {
        Self(SaltPart(KeyPart::Text(text)))
    }
}

impl From<Vec<u8>> for Salt {
    fn from(bytes: Vec<u8>) -> Self {
        Self(SaltPart(KeyPart::Bytes(bytes)))
    }
}

/// The key as Python makes it (webob's `SignedSerializer`): both parts in Latin-1 if both can be, else both in UTF-8; bytes as they are.
fn key(salt: &Salt, secret: &Secret) -> Vec<u8> {
    let (salt, secret) = (&salt.0.0, &secret.0);
    match (salt.latin1(), secret.latin1()) {
        (Some(salt), Some(secret)) => [salt, secret].concat(),
        (Some(_), None) | (None, Some(_)) | (None, None) => [salt.utf8(), secret.utf8()].concat(),
    }
}

/// An HMAC whose key is set up, over a hash chosen at run time.
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

/// All that is computed of one secret, once.
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

    /// The MAC of a value that depends on `message`, made for one purpose.
    fn derivation(&self, purpose: &'static str, message: &[u8]) -> Hmac<Sha256> {
        self.derivation.clone().chain_update(purpose).chain_update([0]).chain_update(message)
    }
}

fn hmac_sha256(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

/// Signs with one secret, and verifies with it and with older ones: `base64url(HMAC(salt ‖ secret, body) ‖ body)`.
///
/// The keys are set up once. What Python's `webob.cookies.SignedSerializer` signs this verifies, and the other way round. To
/// replace a secret without logging anyone out, make the new one the active one and keep the old one among the accepted until
/// the last cookie that it signed has timed out: each cookie is signed anew when it is next sent.
///
/// ```
/// use session_core::{HashAlg, Salt, Secret, Signer};
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
    /// A signer that signs with `active`, and verifies with it first and then with each of `accepted`.
    #[must_use]
    pub fn new(active: &Secret, accepted: &[Secret], salt: &Salt, alg: HashAlg) -> Self {
        Self {
            active: Keys::new(salt, active, alg),
            accepted: accepted.iter().map(|secret| Keys::new(salt, secret, alg)).collect(),
        }
    }

    /// The cookie's value for this body: characters of unpadded base64url.
    #[must_use]
    pub fn sign(&self, body: &[u8]) -> String {
        let mut bytes = Vec::with_capacity(self.active.cookie.tag_len() + body.len());
        self.active.cookie.append_tag(body, &mut bytes);
        bytes.extend_from_slice(body);
        BASE64.encode(bytes)
    }

    /// The body of a value that one of the secrets signed, or `None`. Compares in constant time.
    #[must_use]
    pub fn verify(&self, value: &str) -> Option<Vec<u8>> {
        let mut bytes = BASE64.decode(value).ok()?;
        let (tag, body) = bytes.split_at_checked(self.active.cookie.tag_len())?;
        self.keys().find(|keys| keys.cookie.verify(body, tag))?;
        bytes.drain(..self.active.cookie.tag_len());
        Some(bytes)
    }

    /// A value that depends on `message` and the active secret, for one purpose. It tells nothing about the secret or the cookie.
    pub(crate) fn derive(&self, purpose: &'static str, message: &[u8]) -> [u8; 32] {
        self.active.derivation(purpose, message).finalize().into_bytes().into()
    }

    /// Whether one of the secrets derives `value`. Compares in constant time.
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
    fn the_key_is_latin_1_only_if_both_parts_can_be() {
        let latin = key(&Salt::from("abc"), &Secret::from("é"));
        assert_eq!(latin, b"abc\xE9");
        let utf8 = key(&Salt::from("☃"), &Secret::from("é"));
        assert_eq!(utf8, "☃é".as_bytes());
        let bytes = key(&Salt::NONE, &Secret::from(&b"\xFF"[..]));
        assert_eq!(bytes, b"\xFF");
    }

    #[test]
    fn texts_and_bytes_are_salts_and_secrets_whether_owned_or_not() {
        let salts = [Salt::from("a"), Salt::from("a".to_owned()), Salt::from(b"a".to_vec())];
        let secrets = [
            Secret::from("b"),
            Secret::from("b".to_owned()),
            Secret::from(&b"b"[..]),
            Secret::from(b"b".to_vec()),
        ];
        for (salt, secret) in salts.iter().flat_map(|salt| secrets.iter().map(move |secret| (salt, secret))) {
            assert_eq!(key(salt, secret), b"ab");
        }
    }

    #[test]
    fn nothing_prints_a_secret() {
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
    fn derived_values_differ_by_purpose_message_and_secret_and_old_ones_are_still_known() {
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
        fn what_is_signed_verifies(body: Vec<u8>, which in 0..ALGS.len()) {
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
