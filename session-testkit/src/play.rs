//! Playing one rule on one store.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinError;

use crate::capability::Capability;
use crate::harness::{Harness, Time};
use crate::rule::Rule;
use crate::stage::Stage;
use crate::stage::describe::span;
use crate::stage::log::Log;
use crate::violation::Violation;

/// A rule that has not ended by then never will. The slowest takes a few seconds.
const PATIENCE: Duration = Duration::from_secs(120);
/// A rule whose steps came too late is played so often at most.
const TRIES: u32 = 5;
/// What a call may take beyond the store's deadline before it is taken for one that blocks its thread.
const GRACE: Duration = Duration::from_secs(10);

/// How a rule went.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// The store kept it.
    Kept,
    /// The store broke it.
    Broken(Violation),
    /// It was not played: it needs what the harness does not declare.
    NotDeclared(Capability),
    /// It was not played: the harness had no store for it, for this reason.
    NoStore(String),
}

/// Plays a rule. The seed decides the random choices that the rule makes.
pub(crate) async fn play(rule: &'static Rule, harness: Arc<dyn Harness>, seed: u64) -> Outcome {
    let declared = harness.capabilities();
    if let Some(missing) = rule.needs.iter().find(|need| !declared.contains(need)) {
        return Outcome::NotDeclared(*missing);
    }
    for _ in 1..TRIES {
        match play_once(rule, Arc::clone(&harness), seed).await {
            (Outcome::Broken(_), Verdict::Void) => {}
            (outcome, Verdict::Void | Verdict::Sound) => return outcome,
        }
    }
    play_once(rule, harness, seed).await.0
}

/// Whether an outcome counts: where time runs by itself a busy machine can make a step too late.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Sound,
    Void,
}

async fn play_once(rule: &'static Rule, harness: Arc<dyn Harness>, seed: u64) -> (Outcome, Verdict) {
    let seed = seed ^ seed_of(rule.id);
    let (patience, whole) = (harness.call_timeout() + GRACE, PATIENCE.max(longest(harness.time())));
    let stage = match tokio::spawn(Stage::set(harness, seed)).await {
        Ok(Ok(stage)) => stage,
        Ok(Err(error)) => return (Outcome::NoStore(error.to_string()), Verdict::Sound),
        Err(panic) => return (Outcome::NoStore(format!("a panic: {}", text_of(panic))), Verdict::Sound),
    };
    let log = stage.log().clone();
    let playing = tokio::spawn(AssertUnwindSafe(async move { (rule.play)(&stage).await }));
    let abort = playing.abort_handle();
    let outcome = tokio::select! {
        played = playing => match played {
            Ok(Ok(())) => Outcome::Kept,
            Ok(Err(violation)) => Outcome::Broken(violation),
            Err(panic) => Outcome::Broken(log.violation("no panic", format!("a panic: {}", text_of(panic)))),
        },
        stuck = stuck(&log, patience, whole) => {
            abort.abort();
            Outcome::Broken(log.violation("an end", stuck))
        }
    };
    (outcome, if log.is_void() { Verdict::Void } else { Verdict::Sound })
}

/// Longer than any rule waits for a clock that runs by itself.
fn longest(time: Time) -> Duration {
    match time {
        Time::Virtual => Duration::ZERO,
        Time::Real { granularity } => granularity * 400,
    }
}

/// Waits until a rule has made no step for so long after a call began, or has not ended in time; what to say of it.
async fn stuck(log: &Log, patience: Duration, whole: Duration) -> String {
    let began = Instant::now();
    let (mut steps, mut last) = (log.len(), Instant::now());
    loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        if log.len() != steps {
            (steps, last) = (log.len(), Instant::now());
        }
        if log.waits_for_an_answer() && last.elapsed() > patience {
            let waited = span(patience);
            return format!(
                "no answer to the last call within {waited}, and it cannot be called off: it blocks its thread (a lock that is taken \
                 twice, input or output that blocks)"
            );
        }
        if began.elapsed() > whole.max(patience * 2) {
            return format!("none within {}", span(began.elapsed()));
        }
    }
}

fn text_of(panic: JoinError) -> String {
    panic.try_into_panic().map_or("no message".to_owned(), |panic| message(&*panic))
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
