//! The token that proves that a form is ours: made of the session's id, so that it needs no write and changes with it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::Error;
use crate::handler::session::Session;
use crate::protocol::change::Change;
use crate::protocol::state::Intent;
use crate::random;

const PURPOSE: &str = "csrf";

impl Session {
    /// The token to put into the session's forms: 43 characters of base64url. It is the same in parallel requests and until the
    /// session is renewed, and tells nothing about the id. Asking for it stores a session that is new: its id has been given away.
    ///
    /// Under a cookie whose session a parallel request has just renewed, no token counts: a sign-in form that is sent twice, and whose
    /// first answer is lost, is refused until that cookie is forgotten, a minute later. Say so on the page that refuses it.
    ///
    /// ```
    /// # use session_core::{Error, Session};
    /// # fn doc(session: &Session) -> Result<(), Error> {
    /// let form = format!(r#"<input type="hidden" name="csrf" value="{}">"#, session.csrf_token()?);
    /// // and when the form comes back:
    /// # let submitted = "";
    /// if !session.check_csrf(submitted) {
    ///     // refuse it
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Finished`] if the session is new and the response has begun.
    pub fn csrf_token(&self) -> Result<String, Error> {
        let stored = {
            let state = self.lock();
            let goes_on = matches!(state.intent(), Intent::Keep | Intent::Renew | Intent::SignIn);
            state.record().is_some() && goes_on || state.log().is_forced()
        };
        if !stored {
            self.edit(|state| state.change(Change::ForceCreate))?;
        }
        let token = self.settings().signer.derive(PURPOSE, self.lock().id().as_bytes());
        Ok(URL_SAFE_NO_PAD.encode(token))
    }

    /// Another token, by another id: see [`Session::renew`]. Forms with the old token are refused from the response on.
    ///
    /// # Errors
    ///
    /// [`Error::Finished`] if the response has begun.
    pub fn new_csrf_token(&self) -> Result<String, Error> {
        self.edit(|state| {
            state.renew(random::rotated(state.fresh_id()));
            Ok(())
        })?;
        self.csrf_token()
    }

    /// Whether a form's token is this session's. Compares in constant time; tokens made under an older secret that is still accepted
    /// count too.
    #[must_use]
    pub fn check_csrf(&self, token: &str) -> bool {
        let mut bytes = [0; 32];
        match URL_SAFE_NO_PAD.decode_slice(token, &mut bytes) {
            Ok(32) => self.settings().signer.is_derived(PURPOSE, self.lock().id().as_bytes(), &bytes),
            Ok(_) | Err(_) => false,
        }
    }
}
