//! What not every store can do, or not every harness can show.

use std::fmt;

/// Something that a rule needs and a [`Harness`](crate::Harness) declares.
///
/// What is declared must pass its rules. What is not must not be there: a store without [`Capability::Owners`] answers `None` when it
/// is asked for its index. So nothing is left out by accident, and what was left out is listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// The store keeps an index by owner.
    Owners,
    /// The store removes expired records when it is told to; not so where the database does that by itself.
    Purge,
    /// The store goes by the caller's clock, which the kit moves at will ([`Time::Virtual`](crate::Time)).
    VirtualTime,
    /// The harness gives another handle on the same records.
    SecondHandle,
    /// The harness can keep the store from its records for a while.
    Outages,
    /// The harness can start the store's database anew, and the records outlive that.
    Restarts,
}

impl Capability {
    /// All there are.
    pub const ALL: [Self; 6] =
        [Self::Owners, Self::Purge, Self::VirtualTime, Self::SecondHandle, Self::Outages, Self::Restarts];

    /// What a plain store of one handle is taken to have.
    pub const DEFAULT: [Self; 3] = [Self::Owners, Self::Purge, Self::VirtualTime];

    /// Its name, as [`conformance!`](crate::conformance) takes it: `second_handle`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owners => "owners",
            Self::Purge => "purge",
            Self::VirtualTime => "virtual_time",
            Self::SecondHandle => "second_handle",
            Self::Outages => "outages",
            Self::Restarts => "restarts",
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
