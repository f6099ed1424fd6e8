//! A race of random calls on one store, recorded.

use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use session_core::UnixTime;
use session_core::store::{
    Created, Loaded, SessionStore, StoreError, StoreErrorKind, TouchPatience, Touched, Written,
};
use tokio::sync::Barrier;
use tokio::task::{JoinSet, yield_now};

use crate::histories::cast::{Cast, owner_number};
use crate::histories::choice::{Memory, next_call};
use crate::histories::history::{History, Outcome};
use crate::histories::store_call::{Letter, StoreAnswer, StoreCall};

/// The history of calls of a store.
pub(crate) type StoreHistory = History<StoreCall, StoreAnswer>;

/// At most so many calls of each task: more would overlap no better, and take longer to check.
const CALLS: usize = 6;

/// How long the tasks of a race wait for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    /// Until it comes.
    Endless,
    /// Of some calls they drop the future, after a random number of polls.
    Short,
}

/// Runs a race: some calls one after another, then two to four tasks at once, on one handle or the other, then a look at every key
/// through both. All of it is at the time `now`. The calls depend on `seed`, but how they meet does not.
///
/// The tasks are spawned on the runtime that this runs on; on one of several threads they meet more often.
pub(crate) async fn race(
    one: Arc<dyn SessionStore>,
    two: Arc<dyn SessionStore>,
    now: UnixTime,
    seed: u64,
    patience: Patience,
) -> (StoreHistory, u8) {
    let mut dice = StdRng::seed_from_u64(seed);
    let (keys, tasks) = (dice.random_range(2..=3), dice.random_range(2..=4));
    let track = Arc::new(Track { history: Mutex::default(), cast: Cast::new(now, seed), now });
    let handles = [one, two];
    let mut memory = Memory::of_keys(keys);
    for call in 0..dice.random_range(1..=CALLS) {
        let handle = handles[call % handles.len()].as_ref();
        track.next(0, handle, &mut memory, &mut dice, Patience::Endless).await;
    }
    run_at_once(&track, &handles, &memory, tasks, &mut dice, patience).await;
    for (handle, key) in handles.iter().flat_map(|handle| (0..keys).map(move |key| (handle, key))) {
        track.call(0, handle.as_ref(), &StoreCall::Load(Letter(key)), None).await;
    }
    let history = track.history().clone();
    (history, keys)
}

/// Lets the tasks go, all at the same moment.
async fn run_at_once(
    track: &Arc<Track>,
    handles: &[Arc<dyn SessionStore>],
    memory: &Memory,
    tasks: usize,
    dice: &mut StdRng,
    patience: Patience,
) {
    let start = Arc::new(Barrier::new(tasks));
    let mut running = JoinSet::new();
    for task in 1..=tasks {
        let (track, start, handle) =
            (Arc::clone(track), Arc::clone(&start), Arc::clone(&handles[task % handles.len()]));
        let (mut memory, mut dice) = (memory.clone(), StdRng::from_rng(dice));
        running.spawn(async move {
            start.wait().await;
            for _ in 0..dice.random_range(1..=CALLS) {
                track.next(task, handle.as_ref(), &mut memory, &mut dice, patience).await;
                if dice.random_bool(0.5) {
                    yield_now().await;
                }
            }
        });
    }
    running.join_all().await;
}

/// What all tasks of a race share.
struct Track {
    history: Mutex<StoreHistory>,
    cast: Cast,
    now: UnixTime,
}

impl Track {
    fn history(&self) -> std::sync::MutexGuard<'_, StoreHistory> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes up a call and makes it.
    async fn next(
        &self,
        task: usize,
        handle: &dyn SessionStore,
        memory: &mut Memory,
        dice: &mut StdRng,
        patience: Patience,
    ) {
        let call = next_call(memory, &self.cast, dice);
        let polls = match patience {
            Patience::Endless => None,
            Patience::Short => dice.random_ratio(1, 3).then(|| (1 << dice.random_range(0..10)) - 1),
        };
        let outcome = self.call(task, handle, &call, polls).await;
        memory.learn(&call, &outcome);
    }

    /// Makes a call and records it. It is dropped if it has not ended after so many polls.
    async fn call(
        &self,
        task: usize,
        handle: &dyn SessionStore,
        call: &StoreCall,
        polls: Option<u32>,
    ) -> Outcome<StoreAnswer> {
        let id = self.history().call(task, call.clone());
        let asked = ask(handle, call, &self.cast, self.now);
        let answer = match polls {
            None => Some(asked.await),
            Some(polls) => within(polls, asked).await,
        };
        let outcome = match answer {
            Some(Ok(answer)) => Outcome::Answered(answer),
            Some(Err(error)) => Outcome::Unknown(kind(&error)),
            None => Outcome::Unknown("dropped"),
        };
        match &outcome {
            Outcome::Answered(answer) => self.history().answer(id, answer.clone()),
            Outcome::Unknown(why) => self.history().lose(id, why),
        }
        outcome
    }
}

/// The future's output, unless that takes more polls.
async fn within<T>(polls: u32, future: impl Future<Output = T>) -> Option<T> {
    let patience = async {
        for _ in 0..polls {
            yield_now().await;
        }
    };
    tokio::pin!(future);
    tokio::select! {
        biased;
        output = &mut future, if polls > 0 => Some(output),
        () = patience => None,
    }
}

async fn ask(
    handle: &dyn SessionStore,
    call: &StoreCall,
    cast: &Cast,
    now: UnixTime,
) -> Result<StoreAnswer, StoreError> {
    let written = |written| match written {
        Written::Done => StoreAnswer::Done,
        Written::Conflict(record) => StoreAnswer::Conflict(cast.entry(&record)),
        Written::Gone => StoreAnswer::Gone,
    };
    Ok(match call {
        StoreCall::Load(key) => match handle.load(&cast.key(*key), now).await? {
            Loaded::Found(record) => StoreAnswer::Found(cast.entry(&record)),
            Loaded::Moved { owner } => StoreAnswer::Moved(owner.as_ref().and_then(owner_number)),
            Loaded::Absent => StoreAnswer::Absent,
        },
        StoreCall::Create(key, entry) => {
            match handle.create(&cast.key(*key), &cast.record(*entry), now).await? {
                Created::Done => StoreAnswer::Done,
                Created::Taken => StoreAnswer::Taken,
            }
        }
        StoreCall::Update { key, entry, expected } => {
            let (record, expected) = (cast.record(*entry), cast.version(*expected));
            written(handle.update(&cast.key(*key), &record, expected, now).await?)
        }
        StoreCall::Rename { old, new, entry, expected } => {
            let (record, expected) = (cast.record(*entry), cast.version(*expected));
            written(handle.rename(&cast.key(*old), &cast.key(*new), &record, expected, now).await?)
        }
        StoreCall::Touch(key, deadline) => {
            match handle.touch(&cast.key(*key), cast.expires(*deadline), now, TouchPatience::Full).await? {
                Touched::Done => StoreAnswer::Done,
                Touched::Gone => StoreAnswer::Gone,
            }
        }
        StoreCall::Delete(key) => {
            handle.delete(&cast.key(*key)).await?;
            StoreAnswer::Done
        }
    })
}

fn kind(error: &StoreError) -> &'static str {
    match error.kind {
        StoreErrorKind::Unavailable => "error: unavailable",
        StoreErrorKind::Corrupt => "error: corrupt",
        StoreErrorKind::Full => "error: full",
        StoreErrorKind::Other | _ => "error",
    }
}
