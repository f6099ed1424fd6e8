//! The name of a factory, on the factory and on the sessions that come from it.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

/// A factory with the name `N`; or a [`Session`](crate::Session),
/// [`UnloadedSession`](crate::UnloadedSession), [`ReadOnlySession`](crate::ReadOnlySession) or
/// [`Devices`](crate::Devices) that a handler takes from that factory. It dereferences to `T`.
///
/// The name is a type that exists for this purpose. Give each factory its own `cookie_name`: a route with two
/// that have the same responds with 500 and [`Error::SameCookieName`](session_core::Error::SameCookieName).
/// See [Two factories in one application](crate#two-factories-in-one-application).
///
/// ```
/// use session_warp::{Error, Named, Session, SessionFactory, SessionFilter as _, UnloadedSession};
/// use warp::{Filter, Rejection, Reply};
///
/// struct Admin; // the name of the second factory
///
/// async fn page((session, admin): (Session, Named<Admin, Session>)) -> Result<String, Error> {
///     let name: Option<String> = session.get("name")?;
///     Ok(format!("{name:?}, as an administrator: {}", admin.owner().is_some()))
/// }
///
/// async fn leave_admin_area(admin: Named<Admin, UnloadedSession>) -> Result<&'static str, Error> {
///     admin.invalidate()?;
///     Ok("See you.")
/// }
///
/// fn site(
///     sessions: SessionFactory,
///     admin_sessions: SessionFactory,
/// ) -> impl Filter<Extract = (impl Reply,), Error = Rejection> + Clone {
///     let admin = Named::<Admin, _>::new(admin_sessions);
///     let both = (sessions, admin.clone());
///     warp::path("page")
///         .session(&both, page)
///         .or(warp::path("leave").and(warp::post()).session(&admin, leave_admin_area))
/// }
/// ```
///
/// A handler that takes a name which no factory of its route has does not compile.
pub struct Named<N, T> {
    inner: T,
    name: PhantomData<fn() -> N>,
}

impl<N, T> Named<N, T> {
    /// Puts the name on a factory; or on a session, for tests that call a handler directly.
    #[must_use]
    pub const fn new(inner: T) -> Self {
        Self { inner, name: PhantomData }
    }

    /// Returns the value without its name.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.inner
    }
}

impl<N, T> Deref for Named<N, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<N, T: Clone> Clone for Named<N, T> {
    fn clone(&self) -> Self {
        Self::new(self.inner.clone())
    }
}

impl<N, T: fmt::Debug> fmt::Debug for Named<N, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Named").field(&self.inner).finish()
    }
}
