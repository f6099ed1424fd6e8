//! The owner of a session, as the application names its users.

use std::fmt;
use std::sync::Arc;

/// The owner of a session: the name, number or other ID by which the application knows a signed-in user.
///
/// An owner is kept byte for byte. `Debug` is redacted, because an owner is often an e-mail address or a
/// name.
///
/// ```
/// use session_core::Owner;
///
/// assert_eq!(Owner::from(77).as_str(), "77");
/// assert_eq!(format!("{:?}", Owner::from("alice")), "Owner(..)");
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owner(Arc<str>);

impl Owner {
    /// Returns the owner as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Owner(..)")
    }
}

impl From<&str> for Owner {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Owner {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&String> for Owner {
    fn from(text: &String) -> Self {
        Self(text.as_str().into())
    }
}

macro_rules! from_integer {
    ($($integer:ty),*) => {
        $(impl From<$integer> for Owner {
            fn from(number: $integer) -> Self {
                Self(number.to_string().into())
            }
        })*
    };
}

from_integer!(i32, i64, i128, u32, u64, u128);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_the_text_of_the_string_or_number_it_was_made_from() {
        let text = "-7".to_owned();
        for owner in [Owner::from("-7"), Owner::from(&text), Owner::from(text), Owner::from(-7_i64)] {
            assert_eq!(owner.as_str(), "-7");
        }
    }

    #[test]
    fn nothing_prints_an_owner() {
        assert_eq!(format!("{:?}", Owner::from("hush")), "Owner(..)");
    }
}
