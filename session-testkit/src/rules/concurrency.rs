//! L3: what happens when many call at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::manual_clock::ManualClock;
use rand::Rng as _;
use session_core::Owner;
use session_core::store::{Created, Loaded, Record, StoreKey, Touched, Version, Written};

use crate::histories::judgement::{Judged, judged_race};
use crate::histories::race::Patience;
use crate::program::overlap::overlap;
use crate::stage::Stage;
use crate::stage::actor::Actor;
use crate::stage::step::Played;
use crate::stage::tasks::{Lots, at_once, head_start};
use crate::violation::Violation;

crate::__concurrency! { __rules! { L3 } }

const TASKS: usize = 8;
const ROUNDS: usize = 10;
/// A watcher looks so often at most: it must not keep the one whom it watches from its work.
const LOOKS: usize = 10_000;
/// Each conflict is somebody else's success, and there are far fewer of those.
const ATTEMPTS: usize = 1_000;

async fn of_many_creates_of_one_key_one_is_kept(stage: &Stage) -> Played {
    for _ in 0..ROUNDS {
        let key = stage.key();
        let records: Arc<Vec<Record>> = Arc::new((0..TASKS).map(|_| stage.record()).collect());
        let made = at_once(stage.both(), TASKS, |actor, task| {
            let records = Arc::clone(&records);
            async move { Ok(actor.create(&key, &records[task]).await.value()? == Created::Done) }
        });
        let winners: Vec<usize> = winners(made.await?);
        let [winner] = winners[..] else { return Err(one_expected(stage, winners.len())) };
        stage.one.load(&key).await.is(Loaded::Found(records[winner].clone()))?;
    }
    Ok(())
}

fn winners(done: Vec<bool>) -> Vec<usize> {
    done.into_iter().enumerate().filter(|(_, done)| *done).map(|(task, _)| task).collect()
}

fn one_expected(stage: &Stage, got: usize) -> Violation {
    stage.violation("one of them done", format!("{got}"))
}

async fn of_many_updates_of_one_version_one_is_done(stage: &Stage) -> Played {
    for _ in 0..ROUNDS {
        let key = stage.key();
        let first = stage.kept(&key).await?;
        let records: Arc<Vec<Record>> = Arc::new((0..TASKS).map(|_| stage.record()).collect());
        let answers = at_once(stage.both(), TASKS, |actor, task| {
            let (records, expected) = (Arc::clone(&records), first.version);
            async move { actor.update(&key, &records[task], expected).await.value() }
        });
        let answers = answers.await?;
        let winners = winners(answers.iter().map(|answer| *answer == Written::Done).collect());
        let [winner] = winners[..] else { return Err(one_expected(stage, winners.len())) };
        let conflict = Written::Conflict(records[winner].clone());
        let others = answers.iter().filter(|answer| **answer != Written::Done);
        let told = others.clone().all(|answer| *answer == conflict);
        stage.holds(told, "a conflict with the one that was done", "another answer")?;
        stage.one.load(&key).await.is(Loaded::Found(records[winner].clone()))?;
    }
    Ok(())
}

async fn no_increment_is_lost(stage: &Stage) -> Played {
    increments(stage, vec![stage.one.clone()]).await
}

async fn no_increment_is_lost_across_handles(stage: &Stage) -> Played {
    increments(stage, stage.both()).await
}

/// A record whose payload is a number.
fn counting(record: Record, count: u64) -> Record {
    Record { payload: count.to_be_bytes().as_slice().into(), ..record }
}

fn count(record: &Record) -> u64 {
    record.payload.as_ref().try_into().map_or(u64::MAX, u64::from_be_bytes)
}

async fn increments(stage: &Stage, handles: Vec<Actor>) -> Played {
    const EACH: u64 = 25;
    let key = stage.key();
    stage.keep(&key, &counting(stage.record(), 0)).await?;
    let lots = Lots::of(stage);
    at_once(handles, TASKS, |actor, task| {
        let mut lots = lots.of_task(task);
        async move {
            for _ in 0..EACH {
                increment(&actor, &key, &mut lots).await?;
            }
            Ok(())
        }
    })
    .await?;
    let Loaded::Found(record) = stage.one.load(&key).await.value()? else {
        return Err(stage.violation("the counter", "no record"));
    };
    stage.holds(count(&record) == EACH * TASKS as u64, "a count of 200", count(&record).to_string())
}

/// Adds one to the counter, as often as others come first. What it was handed back is what it tries again with.
async fn increment(actor: &Actor, key: &StoreKey, lots: &mut Lots) -> Played {
    let mut seen = match actor.load(key).await.value()? {
        Loaded::Found(record) => record,
        Loaded::Moved { .. } | Loaded::Absent => return actor.fails("the counter", "no record"),
    };
    for _ in 0..ATTEMPTS {
        let next = Record { version: lots.version(), ..counting(seen.clone(), count(&seen) + 1) };
        match actor.update(key, &next, seen.version).await.value()? {
            Written::Done => return Ok(()),
            Written::Conflict(newer) if newer.version == seen.version => {
                return actor.fails("a conflict with another version", "one with the version expected");
            }
            Written::Conflict(newer) => seen = newer,
            Written::Gone => return actor.fails("the counter", "Gone"),
        }
    }
    actor.fails("an update that is done", "a conflict each time")
}

async fn of_many_renames_of_one_session_one_is_done(stage: &Stage) -> Played {
    for _ in 0..ROUNDS {
        let old = stage.key();
        let first = stage.kept(&old).await?;
        let plans: Vec<_> = (0..TASKS).map(|_| (stage.key(), stage.record())).collect();
        let plans = Arc::new(plans);
        let renamed = at_once(stage.both(), TASKS, |actor, task| {
            let (plans, expected) = (Arc::clone(&plans), first.version);
            async move {
                let (new, record) = &plans[task];
                Ok(actor.rename(&old, new, record, expected).await.value()? == Written::Done)
            }
        });
        let winners = winners(renamed.await?);
        let [winner] = winners[..] else { return Err(one_expected(stage, winners.len())) };
        for (task, (new, record)) in plans.iter().enumerate() {
            let there = if task == winner { Loaded::Found(record.clone()) } else { Loaded::Absent };
            stage.one.load(new).await.is(there)?;
        }
        stage.one.load(&old).await.is(Loaded::Moved { owner: None })?;
    }
    Ok(())
}

/// Renames a session a hundred times while `watch` looks on. The watcher is given a handle and all keys, in order.
async fn under_rename<F, Fut>(stage: &Stage, watch: F) -> Played
where
    F: Fn(Actor, Arc<Vec<StoreKey>>, Arc<AtomicBool>) -> Fut,
    Fut: Future<Output = Played> + Send + 'static,
{
    const RENAMES: usize = 100;
    let keys: Arc<Vec<StoreKey>> = Arc::new((0..=RENAMES).map(|_| stage.key()).collect());
    let mut last = stage.kept(&keys[0]).await?;
    let over = Arc::new(AtomicBool::new(false));
    let watching =
        tokio::spawn(watch(stage.two.called("watcher".into()), Arc::clone(&keys), Arc::clone(&over)));
    let mut renamed = Ok(());
    for pair in keys.windows(2) {
        let next = stage.record();
        renamed = stage.renamed((&pair[0], &pair[1]), &next, &last).await;
        if renamed.is_err() {
            break;
        }
        last = next;
        tokio::task::yield_now().await;
    }
    over.store(true, Ordering::SeqCst);
    watching.await.unwrap_or_else(|_| Err(stage.violation("no panic", "a panic of the watcher")))?;
    renamed
}

async fn a_session_under_rename_is_never_missing(stage: &Stage) -> Played {
    under_rename(stage, |watcher, keys, over| async move {
        let mut known = 0;
        for _ in 0..LOOKS {
            if over.load(Ordering::SeqCst) {
                break;
            }
            match watcher.load(&keys[known]).await.value()? {
                Loaded::Found(_) => {}
                Loaded::Moved { .. } => known += 1,
                Loaded::Absent => return watcher.fails("a record, or Moved", "Absent"),
            }
        }
        Ok(())
    })
    .await
}

async fn a_session_under_rename_is_never_double(stage: &Stage) -> Played {
    under_rename(stage, |watcher, keys, over| async move {
        let mut next = 1;
        for _ in 0..LOOKS {
            if over.load(Ordering::SeqCst) || next == keys.len() {
                break;
            }
            match watcher.load(&keys[next]).await.value()? {
                Loaded::Absent => continue,
                Loaded::Found(_) | Loaded::Moved { .. } => {}
            }
            if let Loaded::Found(_) = watcher.load(&keys[next - 1]).await.value()? {
                return watcher.fails("Moved, as the new key has been read", "a record under the old key");
            }
            next += 1;
        }
        Ok(())
    })
    .await
}

/// Runs a call and a delete of the same key at once; whatever came first, the keys are gone.
async fn beside_a_delete<F, Fut>(stage: &Stage, call: F) -> Played
where
    F: Fn(Actor, [StoreKey; 2], Record, Record) -> Fut,
    Fut: Future<Output = Played> + Send + 'static,
{
    for round in 0..4 * ROUNDS {
        let keys @ [key, other] = stage.keys();
        let first = stage.kept(&key).await?;
        let calling = tokio::spawn(call(stage.one.called("writer".into()), keys, stage.record(), first));
        let deleting = {
            let actor = stage.two.called("sign-out".into());
            tokio::spawn(async move {
                head_start(round).await;
                actor.delete(&key).await.is(())
            })
        };
        for task in [calling, deleting] {
            task.await.unwrap_or_else(|_| Err(stage.violation("no panic", "a panic")))?;
        }
        stage.one.load(&key).await.is(Loaded::Absent)?;
        stage.one.load(&other).await.is(Loaded::Absent)?;
    }
    Ok(())
}

async fn an_update_beside_a_delete_revives_nothing(stage: &Stage) -> Played {
    beside_a_delete(stage, |actor, [key, _], next, first| async move {
        actor.update(&key, &next, first.version).await.value().map(drop)
    })
    .await
}

async fn a_touch_beside_a_delete_revives_nothing(stage: &Stage) -> Played {
    let later = stage.after(40);
    beside_a_delete(stage, move |actor, [key, _], _, _| async move {
        actor.touch(&key, Some(later)).await.value().map(drop)
    })
    .await
}

async fn a_rename_beside_a_delete_leaves_nothing(stage: &Stage) -> Played {
    beside_a_delete(stage, |actor, [key, new], next, first| async move {
        actor.rename(&key, &new, &next, first.version).await.value().map(drop)
    })
    .await
}

/// A record all of whose fields say the same number.
fn consistent(record: Record, number: u64) -> Record {
    let text = number.to_string();
    Record {
        owner: Some(Owner::from(text.as_str())),
        label: Some(text.as_str().into()),
        version: Version::from_bits(number),
        payload: text.repeat(200).into_bytes().into(),
        ..record
    }
}

async fn no_reader_sees_half_a_write(stage: &Stage) -> Played {
    let key = stage.key();
    let base = stage.record();
    stage.keep(&key, &consistent(base.clone(), 0)).await?;
    let writer = {
        let (actor, base) = (stage.one.called("writer".into()), base.clone());
        tokio::spawn(async move {
            for number in 1..100 {
                let next = consistent(base.clone(), number);
                actor.update(&key, &next, Version::from_bits(number - 1)).await.is(Written::Done)?;
            }
            Ok(())
        })
    };
    at_once(stage.both(), 2, |reader, _| {
        let base = base.clone();
        async move {
            for _ in 0..100 {
                let Loaded::Found(record) = reader.load(&key).await.value()? else {
                    return reader.fails("all of one write", "no record");
                };
                if record != consistent(base.clone(), record.version.to_bits()) {
                    return reader.fails("all of one write", "parts of two");
                }
            }
            Ok(())
        }
    })
    .await?;
    writer.await.unwrap_or_else(|_| Err(stage.violation("no panic", "a panic of the writer")))
}

async fn a_touch_beside_an_update_takes_nothing_back(stage: &Stage) -> Played {
    let key = stage.key();
    stage.keep(&key, &counting(stage.record(), 0)).await?;
    let (lots, later) = (Lots::of(stage), stage.after(40));
    at_once(stage.both(), 4, |actor, task| {
        let mut lots = lots.of_task(task);
        async move {
            for _ in 0..25 {
                match task % 2 {
                    0 => increment(&actor, &key, &mut lots).await?,
                    _ => actor.touch(&key, Some(later)).await.is(Touched::Done)?,
                }
            }
            Ok(())
        }
    })
    .await?;
    let Loaded::Found(record) = stage.one.load(&key).await.value()? else {
        return Err(stage.violation("the counter", "no record"));
    };
    stage.holds(count(&record) == 50, "a count of 50", count(&record).to_string())
}

async fn a_purge_beside_a_touch_keeps_the_session(stage: &Stage) -> Played {
    for round in 0..4 * ROUNDS {
        let key = stage.key();
        stage.kept(&key).await?;
        let (early, late) = (stage.before(stage.deadline()), stage.after(21));
        let (toucher, purger) = (stage.one.at(early), stage.two.called("purge".into()).at(late));
        let purging = tokio::spawn(async move { purger.purge(late, 100).await.value() });
        head_start(round).await;
        let touched = toucher.touch(&key, Some(stage.after(60))).await.value()?;
        purging.await.unwrap_or_else(|_| Err(stage.violation("no panic", "a panic of the purge")))?;
        let found = stage.one.at(late).load(&key).await.value()?;
        let is_kept = matches!(found, Loaded::Found(_));
        let say = |kept: bool| if kept { "the session kept" } else { "no session" };
        stage.holds((touched == Touched::Done) == is_kept, say(touched == Touched::Done), say(is_kept))?;
        stage.one.delete(&key).await.is(())?;
    }
    Ok(())
}

async fn the_same_update_sent_twice_at_once_counts_once(stage: &Stage) -> Played {
    for _ in 0..ROUNDS {
        let key = stage.key();
        let (first, second, third) = (stage.kept(&key).await?, stage.record(), stage.record());
        let (one, two) = (stage.one.clone(), stage.two.called("its twin".into()));
        let sends = |actor: Actor, next: Record| async move {
            actor.update(&key, &next, first.version).await.is(Written::Done)
        };
        let (one, two) =
            tokio::join!(tokio::spawn(sends(one, second.clone())), tokio::spawn(sends(two, second.clone())));
        for sent in [one, two] {
            sent.unwrap_or_else(|_| Err(stage.violation("no panic", "a panic")))?;
        }
        stage.one.load(&key).await.is(Loaded::Found(second.clone()))?;
        stage.updated(&key, &third, &second).await?;
    }
    Ok(())
}

async fn many_sessions_can_be_made_at_once(stage: &Stage) -> Played {
    let sessions: Vec<_> = (0..64).map(|_| (stage.key(), stage.owned("ada"))).collect();
    let sessions = Arc::new(sessions);
    at_once(stage.both(), sessions.len(), |actor, task| {
        let sessions = Arc::clone(&sessions);
        async move { actor.create(&sessions[task].0, &sessions[task].1).await.is(Created::Done) }
    })
    .await?;
    for (key, record) in sessions.iter() {
        stage.two.load(key).await.is(Loaded::Found(record.clone()))?;
    }
    Ok(())
}

async fn histories_are_linearizable(stage: &Stage) -> Played {
    races(stage, &stage.one, Patience::Endless).await
}

async fn histories_across_handles_are_linearizable(stage: &Stage) -> Played {
    races(stage, &stage.two, Patience::Endless).await
}

/// Races of random calls on the first handle and this one, judged one by one.
pub(crate) async fn races(stage: &Stage, other: &Actor, patience: Patience) -> Played {
    const RACES: u32 = 40;
    let mut undecided = 0;
    for _ in 0..RACES {
        let seed = stage.random(|random| random.next_u64());
        let stores = (Arc::clone(&stage.one.store), Arc::clone(&other.store));
        match judged_race(stores.0, stores.1, stage.start, seed, patience).await {
            Ok(Judged::Explained) => {}
            Ok(Judged::Undecided) => undecided += 1,
            Err(failure) => return Err(stage.violation("an order that explains the answers", failure)),
        }
    }
    let decided = format!("{} of {RACES} histories", RACES - undecided);
    stage.holds(undecided < RACES / 2, "a verdict on most histories", decided)
}

async fn overlapping_requests_add_up(stage: &Stage) -> Played {
    const OVERLAPS: u32 = 40;
    let clock = ManualClock::at(stage.start);
    for _ in 0..OVERLAPS {
        let seed = stage.random(|random| random.next_u64());
        let stores = (Arc::clone(&stage.one.store), Arc::clone(&stage.two.store));
        let ended = overlap(stores.0, stores.1, &clock, seed).await;
        ended.map_err(|failure| stage.violation("what the model says", failure))?;
    }
    Ok(())
}

async fn a_create_beside_a_delete_is_never_refused(stage: &Stage) -> Played {
    let (key, record) = (stage.key(), stage.record());
    let creating = Arc::new(AtomicUsize::new(2));
    at_once(stage.both(), 3, |actor, task| {
        let (record, creating) = (record.clone(), Arc::clone(&creating));
        async move {
            if task == 0 {
                return delete_meanwhile(&actor, &key, &creating).await;
            }
            let created = create_again(&actor, &key, &record).await;
            creating.fetch_sub(1, Ordering::SeqCst);
            created
        }
    })
    .await
    .map(drop)
}

/// How often each of two tasks creates the same session.
const CREATES: usize = 200;

async fn create_again(actor: &Actor, key: &StoreKey, record: &Record) -> Played {
    for _ in 0..CREATES {
        actor.create(key, record).await.is(Created::Done)?;
    }
    Ok(())
}

/// Deletes as long as others create: a create that takes its time must not be left alone.
async fn delete_meanwhile(actor: &Actor, key: &StoreKey, creating: &AtomicUsize) -> Played {
    for _ in 0..10 * CREATES {
        if creating.load(Ordering::SeqCst) == 0 {
            break;
        }
        actor.delete(key).await.is(())?;
    }
    Ok(())
}

async fn a_log_out_with_an_old_key_beside_a_rename_ends_the_session(stage: &Stage) -> Played {
    for round in 0..4 * ROUNDS {
        let keys @ [old, new, newest] = stage.keys();
        let (first, second, third) = (stage.kept(&old).await?, stage.record(), stage.record());
        stage.renamed((&old, &new), &second, &first).await?;
        at_once(stage.both(), 2, |actor, task| {
            let (third, expected) = (third.clone(), second.version);
            async move {
                if task == 0 {
                    head_start(round).await;
                    return actor.rename(&new, &newest, &third, expected).await.value().map(drop);
                }
                actor.delete(&old).await.is(())
            }
        })
        .await?;
        for key in &keys {
            stage.one.load(key).await.is(Loaded::Absent)?;
        }
    }
    Ok(())
}

async fn a_purge_beside_a_write_keeps_the_session(stage: &Stage) -> Played {
    let (early, late) = (stage.before(stage.deadline()), stage.after(21));
    for round in 0..4 * ROUNDS {
        let [key, new] = stage.keys();
        let (first, next) = (stage.kept(&key).await?, stage.expiring(stage.after(60)));
        let purger = stage.two.called("purge".into()).at(late);
        let purging = tokio::spawn(async move { purger.purge(late, 100).await.value() });
        head_start(round).await;
        let writer = stage.one.at(early);
        let (written, at) = match round % 2 {
            0 => (writer.update(&key, &next, first.version).await.value()?, key),
            _ => (writer.rename(&key, &new, &next, first.version).await.value()?, new),
        };
        purging.await.unwrap_or_else(|_| Err(stage.violation("no panic", "a panic of the purge")))?;
        let there = if written == Written::Done { Loaded::Found(next) } else { Loaded::Absent };
        stage.one.at(late).load(&at).await.is(there)?;
        stage.one.delete(&at).await.is(())?;
    }
    Ok(())
}
