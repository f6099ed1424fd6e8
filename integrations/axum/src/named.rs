//! The extractor of a session whose factory has a name.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Deref;

use axum_core::extract::{FromRequestParts, OptionalFromRequestParts};
use http::Extensions;
use http::request::Parts;
use session_core::adapter::Name;

use crate::error::{Error, Rejection};
use crate::extract::{FromExchange, extract, if_layered};

/// A [`Session`](crate::Session), [`UnloadedSession`](crate::UnloadedSession),
/// [`ReadOnlySession`](crate::ReadOnlySession) or [`Devices`](crate::Devices)
/// of the factory whose layer has the name `N`. It dereferences to `T`.
///
/// The name is a type that exists for this purpose. See
/// [Two factories in one application](crate#two-factories-in-one-application).
///
/// ```
/// use session_axum::{Error, Named, Session, UnloadedSession};
///
/// struct Admin; // the name of the second factory
///
/// async fn page(session: Session, admin: Named<Admin, Session>) -> Result<String, Error> {
///     let name: Option<String> = session.get("name")?;
///     Ok(format!("{name:?}, as an administrator: {}", admin.owner().is_some()))
/// }
///
/// async fn leave_admin_area(admin: Named<Admin, UnloadedSession>) -> Result<(), Error> {
///     Ok(admin.invalidate()?)
/// }
/// # let _ = axum::Router::<()>::new()
/// #     .route("/", axum::routing::get(page).post(leave_admin_area));
/// ```
///
/// Without a layer of that name the response is a 500 whose text says which layer to add. `Option<Named<N,
/// T>>` is then `None`.
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

impl<N: 'static, T: FromExchange> Named<N, T> {
    /// Takes the value from a request with these extensions, for services without axum's extractors.
    ///
    /// # Errors
    ///
    /// Returns [`Rejection::MissingLayer`] if no layer has this name, and [`Rejection::Session`] if the
    /// session cannot be loaded.
    ///
    /// # Cancellation
    ///
    /// Dropping the future loses nothing; the next call loads the session again.
    pub async fn of(extensions: &Extensions) -> Result<Self, Rejection> {
        extract(extensions, Some(Name::of::<N>())).await.map(Self::new)
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

impl<N: 'static, T: FromExchange, S: Send + Sync> FromRequestParts<S> for Named<N, T> {
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Rejection> {
        Self::of(&parts.extensions).await
    }
}

/// Extracts `None` only if no layer has this name. A session that cannot be loaded is still a rejection.
impl<N: 'static, T: FromExchange, S: Send + Sync> OptionalFromRequestParts<S> for Named<N, T> {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Error> {
        if_layered(Self::of(&parts.extensions).await)
    }
}
