//! The hash under the cookie's HMAC.

use std::str::FromStr;

/// The hash under the HMAC: Python's `hashalg`.
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
