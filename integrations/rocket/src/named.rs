//! The request guard of a session whose fairing has a name.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use rocket::request::{FromRequest, Outcome};
use rocket::{Ignite, Request, Rocket, Sentinel};

use crate::error::GuardError;
use crate::guard::{FromExchange, guard, is_missing};

/// A [`Session`](crate::Session), [`UnloadedSession`](crate::UnloadedSession),
/// [`ReadOnlySession`](crate::ReadOnlySession) or [`Devices`](crate::Devices)
/// of the fairing with the name `N`. It dereferences to `T`.
///
/// The name is a type that exists for this purpose. See
/// [Two factories in one application](crate#two-factories-in-one-application).
///
/// ```
/// # use rocket::{get, post};
/// use session_rocket::{Error, Named, Session, UnloadedSession};
///
/// struct Admin; // the name of the second factory
///
/// #[get("/")]
/// async fn page(session: Session, admin: Named<Admin, Session>) -> Result<String, Error> {
///     let name: Option<String> = session.get("name")?;
///     Ok(format!("{name:?}, as an administrator: {}", admin.owner().is_some()))
/// }
///
/// #[post("/leave")]
/// async fn leave_admin_area(admin: Named<Admin, UnloadedSession>) -> Result<(), Error> {
///     Ok(admin.invalidate()?)
/// }
/// # let _ = rocket::routes![page, leave_admin_area];
/// ```
///
/// If no fairing has that name, Rocket does not launch, and its log says what to attach.
pub struct Named<N, T> {
    inner: T,
    name: PhantomData<fn() -> N>,
}

impl<N, T> Named<N, T> {
    /// Puts a name on a value, for tests that call a handler directly.
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

#[rocket::async_trait]
impl<'r, N: 'static, T: FromExchange> FromRequest<'r> for Named<N, T> {
    type Error = GuardError;

    async fn from_request(request: &'r Request<'_>) -> Outcome<Self, GuardError> {
        guard::<N, T>(request).await.map(Self::new)
    }
}

impl<N: 'static, T> Sentinel for Named<N, T> {
    fn abort(rocket: &Rocket<Ignite>) -> bool {
        is_missing::<N>(rocket)
    }
}
