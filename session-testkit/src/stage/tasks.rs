//! Many tasks at once, on the handles of a stage.

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use session_core::store::Version;

use crate::stage::Stage;
use crate::stage::actor::Actor;
use crate::violation::Violation;

/// Runs so many tasks at once, on the handles in turn, and waits for all. The first violation counts.
pub(crate) async fn at_once<T, Fut>(
    handles: Vec<Actor>,
    tasks: usize,
    task: impl Fn(Actor, usize) -> Fut,
) -> Result<Vec<T>, Violation>
where
    T: Send + 'static,
    Fut: Future<Output = Result<T, Violation>> + Send + 'static,
{
    let running: Vec<_> = (0..tasks)
        .map(|number| {
            let handle = handles[number % handles.len()].called(format!("task {}", number + 1));
            tokio::spawn(task(handle, number))
        })
        .collect();
    let mut ended = Vec::with_capacity(tasks);
    for task in running {
        // A panic of a store is the rule's to tell.
        ended.push(task.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())));
    }
    ended.into_iter().collect()
}

/// Lets the others go ahead a little, each round another bit: who comes first must not be left to the runtime alone.
pub(crate) async fn head_start(round: usize) {
    for _ in 0..round % 4 {
        tokio::task::yield_now().await;
    }
}

/// What a task draws lots with; the seed of the stage decides.
pub(crate) struct Lots {
    seed: u64,
    random: StdRng,
}

impl Lots {
    pub(crate) fn of(stage: &Stage) -> Self {
        let seed = stage.random(|random| random.next_u64());
        Self { seed, random: StdRng::seed_from_u64(seed) }
    }

    /// The lots of one of many tasks, which no other has.
    pub(crate) fn of_task(&self, task: usize) -> Self {
        let seed = self.seed.wrapping_add(task as u64 + 1);
        Self { seed, random: StdRng::seed_from_u64(seed) }
    }

    pub(crate) fn version(&mut self) -> Version {
        Version::from_bits(self.random.next_u64())
    }
}
