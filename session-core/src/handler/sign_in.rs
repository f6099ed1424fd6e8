//! The beginning and the end of a signed-in session.

use crate::error::Error;
use crate::handler::session::Session;
use crate::owner::Owner;
use crate::random;

impl Session {
    /// Signs `owner` in. Call it after the password was checked.
    ///
    /// [`Session::owner`] and [`Session::csrf_token`] return the new owner and the new token at once. When
    /// the session is saved, its old ID stops working, so anyone who knew the old ID has no access to it
    /// (prevents session fixation), and its absolute lifetime begins again. All values are kept, for instance
    /// the cart of the visitor. If another owner was signed in, all values, label and timeout are discarded
    /// first, with the changes that this request has made before.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Finished`] if the response has begun.
    #[doc(alias("login", "log_in"))]
    pub fn sign_in(&self, owner: impl Into<Owner>) -> Result<(), Error> {
        let owner = owner.into();
        self.edit(|state| {
            state.sign_in(owner, random::rotated(state.fresh_id()));
            Ok(())
        })
    }

    /// Signs `owner` in as [`Session::sign_in`] does, and ends all other sessions of this owner, so that a
    /// user is signed in on one device at a time.
    ///
    /// The other sessions end when the response is made, after this session was saved. If the same user signs
    /// in on several devices at once, exactly one of them stays signed in: the one that asked for its session
    /// last. (None does in one case: a device that is signed in already signs in again just when another one
    /// is about to end its session.) The others get no cookie, and the adapter gets a
    /// [`Notice::SignInSuperseded`](crate::adapter::Notice::SignInSuperseded). The clocks of the servers
    /// decide who was last, so they should agree. A session that seems to begin more than 5 minutes later is
    /// ended, as one from a wrong clock.
    ///
    /// Factories that share a store share its owners, so sessions of the other factories end too.
    ///
    /// This costs one store call for a list of the user's sessions (one for each 1000) and one for each
    /// session that ends. It needs a store with an index by owner; with another store the request fails, and
    /// nobody is signed in. If one of these calls fails, the response is a 503 without a cookie, and some of
    /// the sessions may have ended.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Finished`] if the response has begun.
    pub fn sign_in_exclusively(&self, owner: impl Into<Owner>) -> Result<(), Error> {
        let owner = owner.into();
        self.edit(|state| {
            state.sign_in(owner, random::rotated(state.fresh_id()));
            state.make_exclusive();
            Ok(())
        })
    }

    /// Gives the session a new ID and a new CSRF token, and keeps everything else. The old ID stops working
    /// when the session is saved, the old token at once. Call it when the rights of the user change.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Finished`] if the response has begun.
    #[doc(alias("regenerate", "rotate", "cycle_id"))]
    pub fn renew(&self) -> Result<(), Error> {
        self.edit(|state| {
            state.renew(random::rotated(state.fresh_id()));
            Ok(())
        })
    }

    /// Signs out: ends the session and discards its contents.
    ///
    /// When the response is made, the stored session is deleted and the cookie is removed. That holds even if
    /// a parallel request changes or renews the session in the meantime. Changes that the handler makes after
    /// this call, such as a flash message, begin another session with a new ID and nothing of the old
    /// contents.
    ///
    /// Exception: if the visitor had no stored session, such changes are saved only together with a
    /// [`Session::sign_in`]. So a sign-out without a session stores nothing.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Finished`] if the response has begun.
    #[doc(alias("sign_out", "log_out", "logout", "destroy"))]
    pub fn invalidate(&self) -> Result<(), Error> {
        self.edit(|state| {
            state.invalidate(random::rotated(state.fresh_id()));
            Ok(())
        })
    }
}
