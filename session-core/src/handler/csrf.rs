//! The CSRF token, which proves that a form comes from our own pages. It is derived from the session ID, so
//! it needs no write of its own and changes with the ID.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::error::Error;
use crate::handler::session::Session;
use crate::protocol::change::Change;
use crate::protocol::state::Intent;
use crate::random;

const PURPOSE: &str = "csrf";

impl Session {
    /// Returns the CSRF token for the session's forms: 43 characters of base64url.
    ///
    /// The token is the same in parallel requests and until the session gets a new ID. It reveals nothing
    /// about the session ID. A new session is stored when its token is asked for, even if it is empty,
    /// because the token depends on its ID.
    ///
    /// After [`Session::sign_in`] or [`Session::renew`] this method returns the token of the new ID, and
    /// [`Session::check_csrf`] refuses the old one. So check a form before you sign in.
    ///
    /// One case needs a text on the page that refuses a form: a browser sends a sign-in form twice, and the
    /// response to the first one is lost. The browser then still has the cookie of the old ID. The store
    /// remembers that ID for about a minute, and in that time every token is refused. After it, the visitor
    /// has a new session with a new token: ask the user to try again then.
    ///
    /// ```
    /// # use session_core::{Error, Session};
    /// # fn doc(session: &Session) -> Result<(), Error> {
    /// let form = format!(r#"<input type="hidden" name="csrf" value="{}">"#, session.csrf_token()?);
    /// // when the form comes back:
    /// # let submitted = "";
    /// if !session.check_csrf(submitted) {
    ///     // refuse the form
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns [`Error::Finished`] if the session is new and the response has begun.
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

    /// Renews the session, as [`Session::renew`] does, and returns its new CSRF token. Forms with the old
    /// token are refused from now on.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Finished`] if the response has begun.
    pub fn new_csrf_token(&self) -> Result<String, Error> {
        self.edit(|state| {
            state.renew(random::rotated(state.fresh_id()));
            Ok(())
        })?;
        self.csrf_token()
    }

    /// Tells whether `token` is the CSRF token of this session. Tokens that were made with one of the
    /// [`previous_secrets`](crate::SessionOptions::previous_secrets) are valid too. The comparison takes
    /// constant time.
    #[must_use]
    pub fn check_csrf(&self, token: &str) -> bool {
        let mut bytes = [0; 32];
        match URL_SAFE_NO_PAD.decode_slice(token, &mut bytes) {
            Ok(32) => self.settings().signer.is_derived(PURPOSE, self.lock().id().as_bytes(), &bytes),
            Ok(_) | Err(_) => false,
        }
    }
}
