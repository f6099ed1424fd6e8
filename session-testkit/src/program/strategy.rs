//! Which programs are tried. What shrinks goes to the left and to the smaller.

use std::time::Duration;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use crate::program::step::{BROWSERS, Browser, Cookie, Deed, Name, Program, Step, User};

/// Times around the limits of the model's site.
const WAITS: [u64; 16] = [
    1, 999, 1_000, 3_001, 30_000, 59_999, 61_000, 119_000, 120_000, 121_000, 600_000, 1_199_999, 1_200_000,
    1_200_001, 3_600_000, 7_200_000,
];
/// Shorter and longer than that of the site.
const TIMEOUTS: [u32; 4] = [30, 600, 3_000, 1_000_000];

/// What programs may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deeds {
    All,
    /// What does without an index by owner.
    NoRevocations,
}

/// Programs of at most so many steps.
pub(crate) fn programs(steps: usize, deeds: Deeds) -> impl Strategy<Value = Program> {
    vec(step(deeds), 1..=steps).prop_map(|steps| Program { steps })
}

fn step(deeds: Deeds) -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (browser(), cookie(), vec(deed(deeds), 0..4))
            .prop_map(|(browser, cookie, deeds)| Step::Request { browser, cookie, deeds }),
        1 => (browser(), cookie()).prop_map(|(browser, cookie)| Step::LogOut { browser, cookie }),
        // Long waits end everything, so most are short.
        3 => prop_oneof![
            5 => select(&WAITS[..10]),
            1 => select(&WAITS[10..]),
        ].prop_map(|millis| Step::Wait(Duration::from_millis(millis))),
        1 => Just(Step::Purge),
    ]
}

fn browser() -> impl Strategy<Value = Browser> {
    (0..BROWSERS).prop_map(Browser)
}

fn cookie() -> impl Strategy<Value = Cookie> {
    prop_oneof![1 => Just(Cookie::Own), 1 => (0..6_usize).prop_map(Cookie::Any)]
}

fn name() -> impl Strategy<Value = Name> {
    select(&Name::ALL[..])
}

/// A deed; those that read or write come more often than those that end something.
fn deed(deeds: Deeds) -> impl Strategy<Value = Deed> {
    let end = match deeds {
        Deeds::All => Deed::RevokeOthers,
        Deeds::NoRevocations => Deed::Invalidate,
    };
    prop_oneof![
        1 => name().prop_map(Deed::Get),
        3 => (name(), 0..10_u32).prop_map(|(name, value)| Deed::Insert(name, value)),
        1 => name().prop_map(Deed::Remove),
        3 => name().prop_map(Deed::Count),
        1 => Just(Deed::Clear),
        2 => (0..10_u32).prop_map(Deed::Flash),
        1 => Just(Deed::PopFlash),
        3 => Just(Deed::Renew),
        3 => select(&User::ALL[..]).prop_map(Deed::SignIn),
        1 => Just(Deed::Invalidate),
        1 => option::of(select(&TIMEOUTS[..])).prop_map(Deed::SetTimeout),
        1 => Just(end),
    ]
}
