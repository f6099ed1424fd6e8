//! The names of the values in a session, with or without the type of the value.

use std::fmt;
use std::marker::PhantomData;

/// The name of a session value together with the type of the value.
///
/// Declare it once as a constant, so that every use has the same name and the same type.
///
/// ```
/// use session_core::ValueKey;
///
/// const VISITS: ValueKey<u32> = ValueKey::new("visits");
/// assert_eq!(VISITS.name(), "visits");
/// ```
pub struct ValueKey<T> {
    name: &'static str,
    value: PhantomData<fn() -> T>,
}

impl<T> ValueKey<T> {
    /// Creates the key of the value called `name`.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, value: PhantomData }
    }

    /// Returns the name of the value.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl<T> Clone for ValueKey<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ValueKey<T> {}

impl<T> fmt::Debug for ValueKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ValueKey").field(&self.name).finish()
    }
}

/// The name of a session value of type `T`: a [`ValueKey<T>`], or a `&str` or `&String`, which may name a
/// value of any type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name a session value of type `{T}`",
    note = "use a `&str`, or a `ValueKey` declared with the type of the value"
)]
pub trait ValueName<T> {
    /// Returns the name of the value.
    fn as_name(&self) -> &str;
}

impl<T> ValueName<T> for ValueKey<T> {
    fn as_name(&self) -> &str {
        self.name
    }
}

impl<T> ValueName<T> for &str {
    fn as_name(&self) -> &str {
        self
    }
}

impl<T> ValueName<T> for &String {
    fn as_name(&self) -> &str {
        self
    }
}
