//! Forms that are accepted only with the CSRF token of the session.

use serde::Deserialize;
use session_core::Session;

/// The longest form that the site accepts, in bytes.
pub(crate) const LONGEST: u16 = 16 * 1024;

/// The fields of a form, which can be read only after its CSRF token has been checked.
#[derive(Debug, Deserialize)]
pub(crate) struct Guarded<T> {
    // A form without a token is refused in the same way as one with a wrong token.
    #[serde(default)]
    csrf: String,
    #[serde(flatten)]
    fields: T,
}

impl<T> Guarded<T> {
    /// Returns the fields, or `None` if the token is not this session's.
    pub(crate) fn open(self, session: &Session) -> Option<T> {
        session.check_csrf(&self.csrf).then_some(self.fields)
    }
}

/// The fields of a form that consists of a button only.
#[derive(Debug, Deserialize)]
pub(crate) struct Button {}
