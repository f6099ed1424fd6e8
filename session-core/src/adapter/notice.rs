//! The outcomes of a save of which the handler could not know.

/// An outcome of a save that the handler could not know of, for the log or for another response.
///
/// The response itself is the handler's. The notice is in
/// [`Effects::notice`](crate::adapter::Effects::notice), and the adapters pass it on: on axum and warp in the
/// response's extensions. If several sessions of one request have a notice, they pass on that of the session
/// which is saved first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Notice {
    /// The handler's changes were not saved, because another request has ended the session or given it a new
    /// ID in the meantime. With the option
    /// [`fail_on_dropped_changes`](crate::SessionOptions::fail_on_dropped_changes) this is an error instead.
    ChangesDropped,
    /// The sign-in by [`Session::sign_in_exclusively`](crate::Session::sign_in_exclusively) was undone,
    /// because another sign-in of the same user overlapped with it, and asked for its session later. No
    /// cookie was sent.
    SignInSuperseded,
}
