//! The hash function of the cookie's HMAC.

use std::str::FromStr;

/// The hash function of the cookie's HMAC: Python's `hashalg`.
///
/// ```
/// use session_core::pyramid::HashAlg;
///
/// assert_eq!("sha512".parse(), Ok(HashAlg::Sha512));
/// assert!("crc32".parse::<HashAlg>().unwrap_err().to_string().contains("hashalg"));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HashAlg {
    /// MD5, with a 16-byte MAC. MD5 is broken as a hash: use it only to take over cookies that were signed
    /// with it (feature `md5`).
    #[cfg(feature = "md5")]
    Md5,
    /// SHA-1, with a 20-byte MAC. Use it only to take over old cookies.
    Sha1,
    /// SHA-224, with a 28-byte MAC.
    Sha224,
    /// SHA-256, with a 32-byte MAC.
    Sha256,
    /// SHA-384, with a 48-byte MAC.
    Sha384,
    /// SHA-512, with a 64-byte MAC: the default of Pyramid and of this library.
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

/// The error for a `hashalg` that this library does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "hashalg {0:?} is not known; use sha512, sha384, sha256, sha224 or sha1, or md5 with the feature `md5`"
)]
pub struct UnknownHashAlg(String);
