//! The rules as real tests: one `#[test]` for each.

use crate::capability::Capability;
use crate::harness::Harness;
use crate::play::Outcome;
use crate::suite::Suite;

/// Makes a module of tests that prove a store: one `#[test]` for each rule, on a runtime that the kit brings.
///
/// It takes the module's name (not that of a crate that is used beside it), a [`Harness`](crate::Harness), and what the harness
/// declares. Without the latter that is `[owners, purge, virtual_time]`. Rules that need what is not declared are marked `#[ignore]`,
/// with the reason. The harness is an expression in the new module, which sees what the one around it has in scope.
///
/// ```
/// # // A doctest is no test program: this shows that it compiles.
/// use session_core::MemoryStore;
///
/// session_testkit::conformance!(memory, MemoryStore::new);
/// # fn main() {}
/// ```
///
/// A store with a harness of its own, and more to show than one handle:
///
/// ```
/// use session_core::MemoryStore;
/// use session_core::store::async_trait;
/// use session_testkit::{Capability, Fresh, Harness, HarnessError};
///
/// struct Memory;
///
/// #[async_trait]
/// impl Harness for Memory {
///     async fn fresh(&self) -> Result<Fresh, HarnessError> {
///         let store = MemoryStore::new();
///         Ok(Fresh::new(store.clone()).second(store))
///     }
///
///     fn capabilities(&self) -> Vec<Capability> {
///         vec![Capability::Owners, Capability::Purge, Capability::VirtualTime, Capability::SecondHandle]
///     }
/// }
///
/// session_testkit::conformance!(memory, Memory, [owners, purge, virtual_time, second_handle]);
/// # fn main() {}
/// ```
///
/// `cargo test memory` then runs all rules, `cargo test memory::comparison` those of one level, and
/// `cargo test an_update_never_creates` one.
#[macro_export]
macro_rules! conformance {
    ($name:ident, $harness:expr $(,)?) => {
        $crate::conformance!($name, $harness, [owners, purge, virtual_time]);
    };
    ($name:ident, $harness:expr, [$($capability:ident),* $(,)?] $(,)?) => {
        mod $name {
            #[allow(unused_imports, reason = "the harness may be named by a path of its own")]
            use super::*;

            fn harness() -> impl $crate::Harness {
                $harness
            }

            #[test]
            fn the_tests_are_those_of_what_the_harness_declares() {
                $crate::__private::agree(&harness(), &[$($crate::__capability!($capability)),*]);
            }

            $crate::__levels! { { $($capability)* } }
        }
    };
}

/// A module for each level.
#[doc(hidden)]
#[macro_export]
macro_rules! __levels {
    ($declared:tt) => {
        mod records {
            $crate::__records! { __tests! $declared }
        }
        mod time {
            $crate::__time! { __tests! $declared }
        }
        mod comparison {
            $crate::__comparison! { __tests! $declared }
        }
        mod concurrency {
            $crate::__concurrency! { __tests! $declared }
        }
        mod owners {
            $crate::__owners! { __tests! $declared }
        }
        mod faults {
            $crate::__faults! { __tests! $declared }
        }
    };
}

/// The rows of a table of rules, as tests.
#[doc(hidden)]
#[macro_export]
macro_rules! __tests {
    ($declared:tt $($id:literal $name:ident $needs:tt $sentence:literal $reason:literal;)*) => {
        $($crate::__test! { $id $name $needs $declared $declared })*
    };
}

/// One rule as a test: ignored, if one of its needs is not among what is declared. The first list is of the needs that are left, the
/// second of what is left to be compared with the first of them, the third of all that is declared.
#[doc(hidden)]
#[macro_export]
macro_rules! __test {
    ($id:literal $name:ident [] $left:tt $declared:tt) => {
        #[test]
        fn $name() {
            $crate::__private::check($id, super::harness());
        }
    };
    ($id:literal $name:ident [owners $($needs:ident)*] { owners $($left:ident)* } $declared:tt) => {
        $crate::__test! { $id $name [$($needs)*] $declared $declared }
    };
    ($id:literal $name:ident [purge $($needs:ident)*] { purge $($left:ident)* } $declared:tt) => {
        $crate::__test! { $id $name [$($needs)*] $declared $declared }
    };
    ($id:literal $name:ident [virtual_time $($needs:ident)*] { virtual_time $($left:ident)* } $declared:tt) => {
        $crate::__test! { $id $name [$($needs)*] $declared $declared }
    };
    ($id:literal $name:ident [second_handle $($needs:ident)*] { second_handle $($left:ident)* } $declared:tt) => {
        $crate::__test! { $id $name [$($needs)*] $declared $declared }
    };
    ($id:literal $name:ident [outages $($needs:ident)*] { outages $($left:ident)* } $declared:tt) => {
        $crate::__test! { $id $name [$($needs)*] $declared $declared }
    };
    ($id:literal $name:ident [restarts $($needs:ident)*] { restarts $($left:ident)* } $declared:tt) => {
        $crate::__test! { $id $name [$($needs)*] $declared $declared }
    };
    ($id:literal $name:ident $needs:tt { $other:ident $($left:ident)* } $declared:tt) => {
        $crate::__test! { $id $name $needs { $($left)* } $declared }
    };
    ($id:literal $name:ident [owners $($needs:ident)*] {} $declared:tt) => {
        $crate::__ignored! { $id $name "not declared: owners" }
    };
    ($id:literal $name:ident [purge $($needs:ident)*] {} $declared:tt) => {
        $crate::__ignored! { $id $name "not declared: purge" }
    };
    ($id:literal $name:ident [virtual_time $($needs:ident)*] {} $declared:tt) => {
        $crate::__ignored! { $id $name "not declared: virtual_time" }
    };
    ($id:literal $name:ident [second_handle $($needs:ident)*] {} $declared:tt) => {
        $crate::__ignored! { $id $name "not declared: second_handle" }
    };
    ($id:literal $name:ident [outages $($needs:ident)*] {} $declared:tt) => {
        $crate::__ignored! { $id $name "not declared: outages" }
    };
    ($id:literal $name:ident [restarts $($needs:ident)*] {} $declared:tt) => {
        $crate::__ignored! { $id $name "not declared: restarts" }
    };
}

/// A rule that is not played, as a test that says why.
#[doc(hidden)]
#[macro_export]
macro_rules! __ignored {
    ($id:literal $name:ident $reason:literal) => {
        #[test]
        #[ignore = $reason]
        fn $name() {
            $crate::__private::check($id, super::harness());
        }
    };
}

/// Plays one rule, and panics with its text if it is broken or cannot be played.
///
/// # Panics
///
/// If the rule is not kept.
#[track_caller]
pub fn check(id: &str, harness: impl Harness) {
    let report = Suite::new(harness).only(id).run();
    let Some(row) = report.rows.first() else { panic!("there is no rule {id}") };
    match &row.outcome {
        Outcome::Kept => {}
        Outcome::Broken(_) => panic!(
            "the session store {} breaks a rule of its contract\n\n{row}\n{}\n",
            report.store,
            row.again(report.seed)
        ),
        Outcome::NotDeclared(capability) => panic!(
            "{id} was not played: `Harness::capabilities` does not declare {capability}; if the macro lists it, let both say the same"
        ),
        Outcome::NoStore(error) => panic!("{id} was not played: the harness has no store to offer: {error}"),
    }
}

/// Fails if the tests that the macro made are not those that the harness declares.
///
/// # Panics
///
/// If they differ.
#[track_caller]
pub fn agree(harness: &dyn Harness, listed: &[Capability]) {
    let declared = harness.capabilities();
    let names = |of: &[Capability], without: &[Capability]| {
        let names: Vec<&str> = of.iter().filter(|one| !without.contains(one)).map(|one| one.name()).collect();
        names.join(", ")
    };
    let (missing, extra) = (names(&declared, listed), names(listed, &declared));
    assert!(
        missing.is_empty(),
        "the harness declares what the macro does not list; add to the macro's list: {missing}"
    );
    assert!(
        extra.is_empty(),
        "the macro lists what the harness does not declare; declare it in `Harness::capabilities`, or take it off the list: {extra}"
    );
}
