//! The judgement on a race: explained, or a text that says why not.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, io, process};

use session_core::UnixTime;
use session_core::store::SessionStore;

use crate::histories::linearizability::{Verdict, Violation, check};
use crate::histories::race::{Patience, StoreHistory, race};
use crate::histories::store_call::{StoreAnswer, StoreCall};
use crate::histories::store_specification::StoreSpecification;

/// The variable that names the folder for histories; without it they go to the folder for temporary files.
const FOLDER: &str = "SESSION_TESTKIT_HISTORIES";
/// Far more states than a race of this size has led to, and still checked in a few seconds.
const BUDGET: usize = 100_000;

type StoreViolation = Violation<StoreCall, StoreAnswer>;

/// What was found in a history in which nothing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judged {
    Explained,
    /// It was too much to search.
    Undecided,
}

/// Runs one race and judges it. The error is the text of the failure, which names the file that the history is kept in.
pub(crate) async fn judged_race(
    one: Arc<dyn SessionStore>,
    two: Arc<dyn SessionStore>,
    now: UnixTime,
    seed: u64,
    patience: Patience,
) -> Result<Judged, String> {
    let (history, keys) = race(one, two, now, seed, patience).await;
    judge(&history, keys).map_err(|violation| keep(&violation.to_string(), &history, seed))
}

/// Judges a history part by part.
fn judge(history: &StoreHistory, keys: u8) -> Result<Judged, Box<StoreViolation>> {
    let mut judged = Judged::Explained;
    for part in history.by_key(StoreCall::keys) {
        match check(&StoreSpecification { keys }, &part, BUDGET) {
            Verdict::Linearizable => {}
            Verdict::Undecided => judged = Judged::Undecided,
            Verdict::Violated(violation) => return Err(Box::new(violation)),
        }
    }
    Ok(judged)
}

/// Writes the history to a file; the text of the failure.
fn keep(violation: &str, history: &StoreHistory, seed: u64) -> String {
    let text = format!("history {seed}\n\n{violation}\nthe whole history:\n\n{history}");
    match write(&text, seed) {
        Ok(path) => format!(
            "history {seed}, which no order explains\n{violation}the whole history is in {}",
            path.display()
        ),
        Err(error) => format!("{text}\nit could not be written to a file: {error}"),
    }
}

fn write(text: &str, seed: u64) -> io::Result<PathBuf> {
    static WRITTEN: AtomicU32 = AtomicU32::new(0);
    let folder = env::var_os(FOLDER).map_or_else(env::temp_dir, PathBuf::from);
    fs::create_dir_all(&folder)?;
    let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
    let path = folder.join(format!("session-history-{seed}-{}-{number}.txt", process::id()));
    fs::write(&path, text)?;
    Ok(path)
}

#[cfg(test)]
mod tests;
