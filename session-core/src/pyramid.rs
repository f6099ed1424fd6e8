//! Pyramid's cookie format, for the options that Python's parameters need and for sites that move from
//! Python.
//!
//! A site that keeps the default formats does not need this module. A site that moves from Pyramid or
//! CubicWeb sets [`SessionOptions::hashalg`](crate::SessionOptions::hashalg),
//! [`salt`](crate::SessionOptions::salt) and [`serializer`](crate::SessionOptions::serializer) as they were
//! in Python. To read the cookies of Pyramid's own cookie sessions, use [`CookieBody`] and [`Signer`].

pub(crate) mod body;
pub(crate) mod cookie_header;
pub(crate) mod cookie_name;
pub(crate) mod flash;
pub(crate) mod hash_alg;
pub(crate) mod secret;
pub(crate) mod set_cookie;
pub(crate) mod signer;

pub use crate::serializer::{JsonSerializer, Serializer, SerializerError};
pub use body::CookieBody;
pub use cookie_name::{BadCookieName, CookieName};
pub use hash_alg::{HashAlg, UnknownHashAlg};
pub use secret::{Salt, Secret};
pub use set_cookie::{CookieAttributes, UnknownSameSite};
pub use signer::Signer;
