//! A rule: one sentence of the contract, and the test that plays it.

use std::fmt;
use std::pin::Pin;

use crate::capability::Capability;
use crate::stage::Stage;
use crate::stage::step::Played;

/// What a rule is about. The levels build on one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Level {
    /// Records are kept byte for byte.
    L0,
    /// Time: deadlines, touches, purges.
    L1,
    /// Compare-and-set: no resurrection, renames in one step, no version that is good twice.
    L2,
    /// Linearizable when many call at once.
    L3,
    /// The sessions of an owner: lists and revocations.
    L4,
    /// Faults: dropped calls, outages, restarts.
    L5,
}

impl Level {
    /// The name of its module among the tests: `comparison`.
    #[must_use]
    pub const fn module(self) -> &'static str {
        match self {
            Self::L0 => "records",
            Self::L1 => "time",
            Self::L2 => "comparison",
            Self::L3 => "concurrency",
            Self::L4 => "owners",
            Self::L5 => "faults",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// One clause of the contract, as a test.
#[non_exhaustive]
pub struct Rule {
    /// Its name for ever: `SES-L2-008`.
    pub id: &'static str,
    /// What it is about.
    pub level: Level,
    /// The name of its `#[test]`.
    pub name: &'static str,
    /// What it demands.
    pub sentence: &'static str,
    /// Why: a clause of the contract, a promise, a CVE, a requirement of ASVS.
    pub reason: &'static str,
    /// What it can only be played with.
    pub needs: &'static [Capability],
    pub(crate) play: Play,
}

pub(crate) type Play = for<'s> fn(&'s Stage) -> Pin<Box<dyn Future<Output = Played> + Send + 's>>;

impl fmt::Debug for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rule").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id, self.sentence)
    }
}

/// The capability of this name.
#[doc(hidden)]
#[macro_export]
macro_rules! __capability {
    (owners) => {
        $crate::Capability::Owners
    };
    (purge) => {
        $crate::Capability::Purge
    };
    (virtual_time) => {
        $crate::Capability::VirtualTime
    };
    (second_handle) => {
        $crate::Capability::SecondHandle
    };
    (outages) => {
        $crate::Capability::Outages
    };
    (restarts) => {
        $crate::Capability::Restarts
    };
    ($($other:tt)+) => {
        compile_error!(concat!(
            "there is no capability `",
            stringify!($($other)+),
            "`; there are owners, purge, virtual_time, second_handle, outages and restarts"
        ))
    };
}

/// The rows of a table of rules, as a list of them.
#[doc(hidden)]
#[macro_export]
macro_rules! __rules {
    ({ $level:ident } $($id:literal $name:ident [$($need:ident)*] $sentence:literal $reason:literal;)*) => {
        /// The rules of this level.
        pub(crate) static RULES: &[$crate::rule::Rule] = &[$($crate::rule::Rule {
            id: $id,
            level: $crate::rule::Level::$level,
            name: stringify!($name),
            sentence: $sentence,
            reason: $reason,
            needs: &[$($crate::__capability!($need)),*],
            play: |stage| Box::pin($name(stage)),
        }),*];
    };
}
