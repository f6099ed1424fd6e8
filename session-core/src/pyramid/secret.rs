//! The secret and the salt, which Python joins into the key of the cookie's HMAC.

use std::fmt;

/// Text or bytes. Python makes the key from the two in different ways.
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

/// The secret that cookies are signed with.
///
/// Text and bytes are kept apart, because Python encodes text in its own way. `Debug` does not show the
/// secret.
///
/// ```
/// use session_core::pyramid::Secret;
///
/// let secret = Secret::from("a secret of at least thirty-two bytes");
/// assert_eq!(format!("{secret:?}"), "Secret(..)");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(KeyPart);

impl Secret {
    /// Returns the length in bytes; text counts in UTF-8.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Tells whether the secret is one byte, repeated.
    pub(crate) fn is_one_byte(&self) -> bool {
        self.0.utf8().windows(2).all(|two| two[0] == two[1])
    }

    /// Tells whether the secret is this text or its bytes.
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

/// The salt, which stands before the secret in the key: Python's `salt`, by default `pyramid.session.`.
///
/// Python's `None` is the empty salt. The two are joined without a separator, as in Python: salt `ab` with
/// secret `cd` makes the same key as salt `abc` with secret `d`.
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
    /// The empty salt: Python's `salt=None`.
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

/// Makes the key as Python does (webob's `SignedSerializer`): both parts in Latin-1 if both can be, otherwise
/// both in UTF-8. Bytes stay as they are.
pub(crate) fn key(salt: &Salt, secret: &Secret) -> Vec<u8> {
    let (salt, secret) = (&salt.0.0, &secret.0);
    match (salt.latin1(), secret.latin1()) {
        (Some(salt), Some(secret)) => [salt, secret].concat(),
        (Some(_), None) | (None, Some(_)) | (None, None) => [salt.utf8(), secret.utf8()].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
