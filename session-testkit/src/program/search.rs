//! The search for a program that a store gets wrong, and for the shortest one like it.

use std::sync::Arc;

use crate::manual_clock::ManualClock;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};
use session_core::store::SessionStore;
use tokio::runtime::Handle;

use crate::program::run::{Mismatch, run};
use crate::program::step::Program;
use crate::program::strategy::{Deeds, programs};

const STEPS: usize = 20;
const SHRINKS: u32 = 3_000;
/// Shrinking on a slow store stops here; what it has got to by then is shown.
const SHRINKING_MILLIS: u32 = 20_000;

/// Runs random programs on a store and on the model. Of one on which they differ, the error shows the shortest form found.
///
/// `deeds` is for stores without an index by owner. `fresh` gives the store of one program; it may be the same for all. This blocks: it is not for a task of the runtime, but for a
/// thread of its own, such as `tokio::task::spawn_blocking` runs it on.
pub(crate) fn check_programs<F>(
    fresh: impl Fn() -> F,
    deeds: Deeds,
    cases: u32,
    seed: u64,
    handle: &Handle,
) -> Result<(), String>
where
    F: Future<Output = (Arc<dyn SessionStore>, ManualClock)>,
{
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: SHRINKS,
        max_shrink_time: SHRINKING_MILLIS,
        rng_seed: RngSeed::Fixed(seed),
        ..Config::default()
    };
    let one = |program: &_| -> Result<(), Mismatch> {
        handle.block_on(async {
            let (store, clock) = fresh().await;
            run(store, &clock, program).await
        })
    };
    let outcome = TestRunner::new(config).run(&programs(STEPS, deeds), |program| {
        one(&program).map_err(|mismatch| TestCaseError::fail(mismatch.to_string()))
    });
    match outcome {
        Ok(()) => Ok(()),
        Err(TestError::Fail(mismatch, program)) => {
            let shortest =
                shortest(program, one).map_or(mismatch.to_string(), |mismatch| mismatch.to_string());
            Err(format!("the program\n{shortest}"))
        }
        Err(TestError::Abort(reason)) => Err(format!("seed {seed}, no program was tried: {reason}")),
    }
}

/// Leaves out of a failing program whatever it fails without. Proptest does so before it makes the parts simpler, and that may have
/// made others needless.
fn shortest(mut program: Program, run: impl Fn(&Program) -> Result<(), Mismatch>) -> Option<Mismatch> {
    let mut shortest = None;
    while let Some((shorter, mismatch)) = program
        .without_one_part()
        .into_iter()
        .find_map(|shorter| run(&shorter).err().map(|mismatch| (shorter, mismatch)))
    {
        (program, shortest) = (shorter, Some(mismatch));
    }
    shortest
}

#[cfg(test)]
mod tests {
    use session_core::{MemoryStore, UnixTime};

    use super::*;
    use crate::broken::{BrokenStore, Flaw};

    const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

    fn checked(
        store: impl Fn() -> Arc<dyn SessionStore> + Sync,
        cases: u32,
        seed: u64,
    ) -> Result<(), String> {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        check_programs(async || (store(), ManualClock::at(NOW)), Deeds::All, cases, seed, runtime.handle())
    }

    #[test]
    fn programs_on_a_sound_store_agree_with_the_model() {
        checked(|| Arc::new(MemoryStore::new()), 400, 1).unwrap_or_else(|failure| panic!("{failure}"));
    }

    /// The failure that a flaw leads to, and the steps of the program in it.
    fn caught(flaw: Flaw) -> (String, usize) {
        let failure = checked(|| Arc::new(BrokenStore::with(flaw)), 2_000, 1).unwrap_err();
        println!("{failure}");
        let steps = failure.lines().filter(|line| line.starts_with("   ")).count();
        (failure, steps)
    }

    macro_rules! flaws_that_show_in_a_program {
        ($($name:ident: $flaw:ident in $steps:literal steps, with $text:literal;)*) => {
            $(#[test]
            fn $name() {
                let (failure, steps) = caught(Flaw::$flaw);
                assert!(steps <= $steps, "{failure}");
                assert!(failure.contains($text), "{failure}");
            })*
        };
    }

    flaws_that_show_in_a_program! {
        a_store_that_keeps_the_renamed_key_is_caught: RenameKeepsBoth in 2 steps, with "renew";
        a_store_that_forgets_where_keys_went_is_caught: ForgetsMovedKeys in 3 steps, with "with cookie";
        a_store_that_deletes_no_moved_key_is_caught: DeleteLeavesTheMoved in 3 steps, with "with cookie 1";
        a_store_that_loses_the_owner_is_caught: RenamesLoseTheOwner in 2 steps, with "sign in";
        a_store_that_does_not_note_a_touch_is_caught: TouchLeavesTheDeadline in 4 steps, with "wait";
        a_store_that_ignores_deadlines_is_caught: IgnoresDeadlines in 3 steps, with "wait";
        a_store_that_revokes_the_excepted_session_is_caught: RevokesTheExcepted in 2 steps, with "revoke others";
    }
}
