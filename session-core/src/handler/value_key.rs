//! The names of values in a session, with their types where the user wants that.

use std::fmt;
use std::marker::PhantomData;

/// A value's name together with its type, so that neither can be mistaken.
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
    /// The key called `name`.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self { name, value: PhantomData }
    }

    /// The key's name.
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

/// What names a value of type `T` in a session: a [`ValueKey<T>`], or a bare name, which goes with any type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name a session value of type `{T}`",
    note = "use a `&str`, or a `ValueKey` declared with the type of the value"
)]
pub trait ValueName<T> {
    /// The name.
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
