//! Lists and revocations beside what others do at the same time.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use session_core::store::{Created, Loaded, Record, StoreKey, Touched, Written};
use session_core::{Owner, UnixTime};

use super::pages::PageReader;
use super::{ADA, all_absent, list_is, sessions};
use crate::stage::Stage;
use crate::stage::actor::Actor;
use crate::stage::step::Played;
use crate::stage::tasks::{Lots, at_once, head_start};

/// Renames and updates a session until it is gone, or so many times.
async fn rename_on(
    stage: &Stage,
    keys: &[StoreKey],
    mut last: Record,
    over: &AtomicBool,
) -> Result<bool, crate::Violation> {
    for pair in keys.windows(2) {
        let next = stage.owned(ADA);
        match stage.one.rename(&pair[0], &pair[1], &next, last.version).await.value()? {
            Written::Done => last = next,
            Written::Gone => return Ok(true),
            Written::Conflict(_) => {
                return stage.one.fails("Done or Gone", "Conflict, but nobody else writes");
            }
        }
        if over.load(Ordering::SeqCst) {
            return Ok(false);
        }
        let next = stage.owned(ADA);
        match stage.one.update(&pair[1], &next, last.version).await.value()? {
            Written::Done => last = next,
            Written::Gone => return Ok(true),
            Written::Conflict(_) => {
                return stage.one.fails("Done or Gone", "Conflict, but nobody else writes");
            }
        }
        // A store with one writer at a time must let the other one in.
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    Ok(false)
}

pub(super) async fn a_revocation_beside_renames_leaves_nothing(stage: &Stage) -> Played {
    for _ in 0..20 {
        let keys: Vec<StoreKey> = (0..300).map(|_| stage.key()).collect();
        let first = stage.kept_for(&keys[0], ADA).await?;
        let revoker = stage.two.called("revoker".into());
        let revoking = tokio::spawn(async move {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            revoker.revoke(&ADA.into(), None).await.is(1)
        });
        let gone = rename_on(stage, &keys, first, &AtomicBool::new(false)).await?;
        revoking.await.unwrap_or_else(|_| Err(stage.violation("no panic", "a panic")))?;
        stage.holds(gone, "the session gone", "it is renamed on and on")?;
        list_is(stage, ADA, &[]).await?;
    }
    Ok(())
}

pub(super) async fn a_revocation_beside_creates_leaves_none_that_was_there(stage: &Stage) -> Played {
    for _ in 0..5 {
        let before = sessions(stage, ADA, 5).await?;
        let made: Arc<Vec<_>> = Arc::new((0..20).map(|_| (stage.key(), stage.owned(ADA))).collect());
        let making = at_once(vec![stage.two.clone()], 4, |actor, task| {
            let made = Arc::clone(&made);
            async move {
                for (key, record) in &made[task * 5..task * 5 + 5] {
                    actor.create(key, record).await.is(Created::Done)?;
                }
                Ok(())
            }
        });
        let ada = Owner::from(ADA);
        let (revoked, made_all) = tokio::join!(stage.one.revoke(&ada, None), making);
        revoked.value()?;
        made_all?;
        all_absent(stage, &before).await?;
        let mut left = Vec::new();
        for (key, record) in made.iter() {
            if stage.one.load(key).await.value()? == Loaded::Found(record.clone()) {
                left.push((*key, record.clone()));
            }
        }
        list_is(stage, ADA, &left).await?;
        stage.one.revoke(&ADA.into(), None).await.is(left.len() as u64)?;
    }
    Ok(())
}

pub(super) async fn a_list_beside_renames_shows_the_session_once(stage: &Stage) -> Played {
    let keys: Vec<StoreKey> = (0..200).map(|_| stage.key()).collect();
    let first = stage.kept_for(&keys[0], ADA).await?;
    let over = Arc::new(AtomicBool::new(false));
    let lister = stage.two.called("lister".into());
    let listing = {
        let over = Arc::clone(&over);
        tokio::spawn(async move {
            let mut seen = HashSet::new();
            for turn in 0..10_000 {
                let list = lister.list(&ADA.into()).await.value()?;
                let [session] = &list[..] else {
                    return lister.fails("one session listed", &format!("{}", list.len()));
                };
                seen.insert(session.key);
                // A hundred lists before the first rename would tell nothing.
                if turn >= 100 && seen.len() >= 10 {
                    break;
                }
            }
            over.store(true, Ordering::SeqCst);
            Ok(())
        })
    };
    let renamed = rename_on(stage, &keys, first, &over).await;
    listing.await.unwrap_or_else(|_| Err(stage.violation("no panic", "a panic of the lister")))?;
    renamed.map(drop)
}

/// How many sessions are renamed while their list is read, and how often each.
const RENAMED: (usize, usize) = (8, 200);

pub(super) async fn pages_beside_racing_renames_miss_no_session(stage: &Stage) -> Played {
    let (count, renames) = RENAMED;
    let chain = || (0..renames).map(|_| (stage.key(), stage.owned(ADA))).collect::<Vec<_>>();
    let chains: Arc<Vec<Vec<(StoreKey, Record)>>> = Arc::new((0..count).map(|_| chain()).collect());
    for chain in chains.iter() {
        stage.keep(&chain[0].0, &chain[0].1).await?;
    }
    let over = Arc::new(AtomicBool::new(false));
    let running = at_once(stage.both(), 1 + count, |actor, task| {
        let (chains, over) = (Arc::clone(&chains), Arc::clone(&over));
        async move {
            let Some(number) = task.checked_sub(1) else {
                let read = read_pages(&actor, &chains).await;
                over.store(true, Ordering::SeqCst);
                return read;
            };
            for pair in chains[number].windows(2) {
                let [(old, last), (new, next)] = pair else { continue };
                actor.rename(old, new, next, last.version).await.is(Written::Done)?;
                if over.load(Ordering::SeqCst) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            Ok(())
        }
    });
    running.await.map(drop)
}

/// Reads the whole list again and again, and expects each session on it.
async fn read_pages(actor: &Actor, chains: &[Vec<(StoreKey, Record)>]) -> Played {
    for _ in 0..20 {
        let mut reader = PageReader::new(actor, ADA, 2);
        reader.rest().await?;
        let keys: HashSet<StoreKey> = reader.seen.iter().map(|session| session.key).collect();
        let is_seen = |chain: &&Vec<(StoreKey, Record)>| chain.iter().any(|(key, _)| keys.contains(key));
        let seen = chains.iter().filter(is_seen).count();
        if seen < chains.len() {
            return actor.fails(&format!("{} sessions", chains.len()), &format!("{seen} sessions"));
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    Ok(())
}

pub(super) async fn a_revocation_beside_renames_leaves_the_one_excepted(stage: &Stage) -> Played {
    for _ in 0..20 {
        let keys: Vec<StoreKey> = (0..300).map(|_| stage.key()).collect();
        let first = stage.kept_for(&keys[0], ADA).await?;
        let (revoker, over, excepted) =
            (stage.two.called("revoker".into()), Arc::new(AtomicBool::new(false)), keys[0]);
        let revoking = {
            let over = Arc::clone(&over);
            tokio::spawn(async move {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                let revoked = revoker.revoke(&ADA.into(), Some(&excepted)).await.is(0);
                over.store(true, Ordering::SeqCst);
                revoked
            })
        };
        let gone = rename_on(stage, &keys, first, &over).await?;
        revoking.await.unwrap_or_else(|_| Err(stage.violation("no panic", "a panic")))?;
        stage.holds(!gone, "the excepted session left", "it is gone")?;
        stage.one.revoke(&ADA.into(), None).await.is(1)?;
    }
    Ok(())
}

pub(super) async fn a_revocation_beside_writes_leaves_nothing(stage: &Stage) -> Played {
    let later = stage.after(40);
    for round in 0..20 {
        let all = sessions(stage, ADA, 2).await?;
        let (updated, touched) = (all[0].clone(), all[1].0);
        let (lots, over) = (Lots::of(stage), Arc::new(AtomicBool::new(false)));
        let ended = at_once(stage.both(), 3, |actor, task| {
            let (mut lots, (key, first)) = (lots.of_task(task), updated.clone());
            let over = Arc::clone(&over);
            async move {
                match task {
                    0 => {
                        head_start(round).await;
                        let revoked = actor.revoke(&ADA.into(), None).await;
                        over.store(true, Ordering::SeqCst);
                        revoked.is(2)
                    }
                    1 => update_until_gone(&actor, &key, first, (&mut lots, &over)).await,
                    _ => touch_until_gone(&actor, &touched, later, &over).await,
                }
            }
        });
        ended.await?;
        all_absent(stage, &all).await?;
        list_is(stage, ADA, &[]).await?;
    }
    Ok(())
}

/// A writer goes on so often at most; whoever revokes has had its turn long before.
const WRITES: usize = 2_000;

async fn update_until_gone(
    actor: &Actor,
    key: &StoreKey,
    first: Record,
    (lots, over): (&mut Lots, &AtomicBool),
) -> Played {
    let mut expected = first.version;
    for _ in 0..WRITES {
        let is_over = over.load(Ordering::SeqCst);
        let next = Record { version: lots.version(), ..first.clone() };
        match actor.update(key, &next, expected).await.value()? {
            Written::Done if is_over => return actor.fails("Gone, as it was revoked before", "Done"),
            Written::Done => expected = next.version,
            Written::Gone => return Ok(()),
            Written::Conflict(_) => return actor.fails("Done or Gone", "Conflict, but nobody else writes"),
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    actor.fails("the session gone", "it is updated on and on")
}

async fn touch_until_gone(actor: &Actor, key: &StoreKey, later: UnixTime, over: &AtomicBool) -> Played {
    for _ in 0..WRITES {
        let is_over = over.load(Ordering::SeqCst);
        match actor.touch(key, Some(later)).await.value()? {
            Touched::Done if is_over => return actor.fails("Gone, as it was revoked before", "Done"),
            Touched::Done => {}
            Touched::Gone => return Ok(()),
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    actor.fails("the session gone", "it is touched on and on")
}
