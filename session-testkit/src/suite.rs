//! All rules, one after another, on one store: for a binary, and for whoever wants a report.

use std::sync::Arc;
use std::time::Instant;

use tokio::runtime::{Builder, Runtime};

use crate::harness::Harness;
use crate::play::play;
use crate::report::{Report, Row};
use crate::rule::Rule;
use crate::rules;
use crate::seed::seed;

/// The rules, to be run on the stores of one harness.
///
/// ```
/// use session_core::MemoryStore;
/// use session_testkit::Suite;
///
/// let report = Suite::new(MemoryStore::new).only("a_touch_never_shortens").run();
/// assert_eq!(report.exit_code(), 0, "{report}");
/// ```
#[must_use = "a suite does nothing until it is run"]
pub struct Suite {
    harness: Arc<dyn Harness>,
    seed: u64,
    only: String,
}

impl Suite {
    /// All rules on this harness. The variable `SESSION_TESTKIT_SEED` is the seed of their random choices; without it, each run has a new one.
    ///
    /// # Panics
    ///
    /// If the variable is set and is no number.
    pub fn new(harness: impl Harness) -> Self {
        Self { harness: Arc::new(harness), seed: seed(), only: String::new() }
    }

    /// With lots that are the same each time.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Only the rules whose id, name or level contains this text: `SES-L2`, `comparison`, `an_update_never_creates`.
    pub fn only(self, text: &str) -> Self {
        Self { only: text.to_owned(), ..self }
    }

    /// Runs the rules, on a runtime of its own. All violations are collected.
    ///
    /// # Panics
    ///
    /// If the machine has no thread for the runtime.
    #[must_use]
    pub fn run(self) -> Report {
        // A thread of its own, since the caller may be on a runtime already.
        std::thread::scope(|scope| {
            let running = scope.spawn(|| {
                let runtime = runtime();
                let report = runtime.block_on(self.play_all());
                // A store that has blocked its thread for ever must not keep the report from its reader.
                runtime.shutdown_background();
                report
            });
            running.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    async fn play_all(&self) -> Report {
        let store = self.store_name().await;
        let mut rows = Vec::new();
        for rule in rules::all().filter(|rule| self.wants(rule)) {
            let began = Instant::now();
            let outcome = play(rule, Arc::clone(&self.harness), self.seed).await;
            rows.push(Row { rule, outcome, took: began.elapsed() });
        }
        Report { store, seed: self.seed, rows }
    }

    /// The name that the stores give themselves. A harness that has none to offer, or panics, says so at each rule.
    async fn store_name(&self) -> String {
        let harness = Arc::clone(&self.harness);
        let fresh = tokio::spawn(async move { harness.fresh().await.map(|fresh| fresh.store.name()) });
        fresh.await.ok().and_then(Result::ok).unwrap_or("(none)").to_owned()
    }

    fn wants(&self, rule: &Rule) -> bool {
        [rule.id, rule.name, rule.level.module()].iter().any(|text| text.contains(&self.only))
    }
}

impl std::fmt::Debug for Suite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Suite").field("seed", &self.seed).field("only", &self.only).finish_non_exhaustive()
    }
}

/// The runtime that the kit brings.
pub(crate) fn runtime() -> Runtime {
    let runtime = Builder::new_multi_thread().worker_threads(4).enable_all().build();
    runtime.expect("a machine that runs tests has threads")
}
