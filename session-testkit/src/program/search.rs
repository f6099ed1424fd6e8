//! The search for a program that a store gets wrong, and for the shortest one like it.

use std::sync::Arc;

use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};
use session_core::{ManualClock, SessionStore};
use tokio::runtime::Handle;

use crate::program::run::{Mismatch, run};
use crate::program::strategy::programs;

const STEPS: usize = 16;
const SHRINKS: u32 = 3_000;
/// Shrinking on a slow store stops here; what it has got to by then is shown.
const SHRINKING_MILLIS: u32 = 20_000;

/// Runs random programs on a store and on the model. Of one on which they differ, the error shows the shortest form found, and the
/// seed that leads to it again.
///
/// `fresh` gives the store of one program; it may be the same for all. This blocks: it is not for a task of the runtime, but for a
/// thread of its own, such as `tokio::task::spawn_blocking` runs it on.
pub(crate) fn check_programs<F>(
    fresh: impl Fn() -> F,
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
    let outcome = TestRunner::new(config).run(&programs(STEPS), |program| {
        one(&program).map_err(|mismatch| TestCaseError::fail(mismatch.to_string()))
    });
    match outcome {
        Ok(()) => Ok(()),
        Err(TestError::Fail(mismatch, _)) => Err(format!("seed {seed}, the program\n{mismatch}")),
        Err(TestError::Abort(reason)) => Err(format!("seed {seed}, no program was tried: {reason}")),
    }
}

#[cfg(test)]
mod tests {
    use session_core::{MemoryStore, UnixTime};

    use super::*;
    use crate::flawed::{Flawed, Slip};

    const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

    fn checked(
        store: impl Fn() -> Arc<dyn SessionStore> + Sync,
        cases: u32,
        seed: u64,
    ) -> Result<(), String> {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        check_programs(async || (store(), ManualClock::at(NOW)), cases, seed, runtime.handle())
    }

    #[test]
    fn programs_on_a_sound_store_agree_with_the_model() {
        checked(|| Arc::new(MemoryStore::new()), 3_000, 1).unwrap_or_else(|failure| panic!("{failure}"));
    }
}
