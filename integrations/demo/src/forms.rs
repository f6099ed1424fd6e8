//! Forms that count only if they are ours.

use serde::Deserialize;
use session_core::Session;

/// No form of ours is longer, in bytes.
pub(crate) const LONGEST: u16 = 16 * 1024;

/// What a form sent, behind its CSRF token: there is no way to the fields but past the check.
#[derive(Debug, Deserialize)]
pub(crate) struct Guarded<T> {
    // A form without a token is refused like one with a wrong token.
    #[serde(default)]
    csrf: String,
    #[serde(flatten)]
    fields: T,
}

impl<T> Guarded<T> {
    /// The fields, if the form was made for this session.
    pub(crate) fn open(self, session: &Session) -> Option<T> {
        session.check_csrf(&self.csrf).then_some(self.fields)
    }
}

/// The fields of a form that is only a button.
#[derive(Debug, Deserialize)]
pub(crate) struct Button {}
