//! Playing one rule on one store.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use crate::capability::Capability;
use crate::harness::Harness;
use crate::rule::Rule;
use crate::stage::Stage;
use crate::stage::describe::span;
use crate::violation::Violation;

/// A rule that has not ended by then never will. The slowest takes a few seconds.
const PATIENCE: Duration = Duration::from_secs(120);

/// How a rule went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The store kept it.
    Kept,
    /// The store broke it.
    Broken(Violation),
    /// It was not played: it needs what the harness does not declare.
    NotDeclared(Capability),
}

/// Plays a rule. The seed decides what the rule draws by lot.
pub(crate) async fn play(rule: &'static Rule, harness: Arc<dyn Harness>, seed: u64) -> Outcome {
    let declared = harness.capabilities();
    if let Some(missing) = rule.needs.iter().find(|need| !declared.contains(need)) {
        return Outcome::NotDeclared(*missing);
    }
    let stage = match Stage::set(harness.as_ref(), seed ^ seed_of(rule.id)).await {
        Ok(stage) => stage,
        Err(error) => return broken("a store from the harness", format!("error: {error}")),
    };
    let log = stage.log().clone();
    let playing = tokio::spawn(AssertUnwindSafe(async move { (rule.play)(&stage).await }));
    let abort = playing.abort_handle();
    match tokio::time::timeout(PATIENCE, playing).await {
        Ok(Ok(Ok(()))) => Outcome::Kept,
        Ok(Ok(Err(violation))) => Outcome::Broken(violation),
        Ok(Err(panic)) => {
            let text = panic.try_into_panic().map_or("no message".to_owned(), |panic| message(&*panic));
            Outcome::Broken(log.violation("no panic", format!("a panic: {text}")))
        }
        Err(_) => {
            abort.abort();
            Outcome::Broken(log.violation("an end", format!("none within {}", span(PATIENCE))))
        }
    }
}

fn broken(expected: &str, got: String) -> Outcome {
    Outcome::Broken(Violation { expected: expected.to_owned(), got, steps: Vec::new() })
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no message".to_owned())
}

/// Each rule draws lots of its own (FNV-1a of its id).
fn seed_of(id: &str) -> u64 {
    id.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
