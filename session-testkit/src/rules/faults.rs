//! L5: calls that are dropped, records that cannot be reached, databases that start anew.

use std::time::{Duration, Instant};

use session_core::Owner;
use session_core::store::{Created, Loaded, Record, StoreErrorKind, StoreKey, Touched, Written};

use crate::histories::race::Patience;
use crate::rules::concurrency::races;
use crate::rules::records::tells_nothing_of;
use crate::stage::Stage;
use crate::stage::actor::Actor;
use crate::stage::describe::span;
use crate::stage::step::{Failure, Played};
use crate::stage::tasks::at_once;
use crate::violation::Violation;

crate::__faults! { __rules! { L5 } }

/// Calls are dropped after each number of polls up to this one, and then at random ones.
const POLLS: u32 = 24;

/// The record under the key, if there is one.
async fn at(actor: &Actor, key: &StoreKey) -> Result<Option<Record>, Violation> {
    Ok(match actor.load(key).await.value()? {
        Loaded::Found(record) => Some(record),
        Loaded::Moved { .. } | Loaded::Absent => None,
    })
}

async fn a_dropped_create_has_done_all_or_nothing(stage: &Stage) -> Played {
    for polls in 1..=POLLS {
        let (key, record) = (stage.key(), stage.owned("ada"));
        let create = stage.one.store.create(&key, &record, stage.start);
        stage.one.dropped("create", polls, create).await;
        let found = at(&stage.two, &key).await?;
        stage.holds(
            found.is_none() || found.as_ref() == Some(&record),
            "the whole record, or none",
            "another record",
        )?;
        // Whoever sends it again is told what is there.
        stage.one.create(&key, &record).await.is(Created::Done)?;
        stage.two.load(&key).await.is(Loaded::Found(record))?;
    }
    Ok(())
}

async fn a_dropped_update_has_done_all_or_nothing(stage: &Stage) -> Played {
    for polls in 1..=POLLS {
        let key = stage.key();
        let (first, second) = (stage.kept_for(&key, "ada").await?, stage.owned("grace"));
        let update = stage.one.store.update(&key, &second, first.version, stage.start);
        stage.one.dropped("update", polls, update).await;
        let found = at(&stage.two, &key).await?;
        let whole = found.as_ref() == Some(&first) || found.as_ref() == Some(&second);
        stage.holds(whole, "the record before, or the one after", "another one, or none")?;
        stage.updated(&key, &second, &first).await?;
    }
    Ok(())
}

async fn a_dropped_rename_has_done_all_or_nothing(stage: &Stage) -> Played {
    for polls in 1..=POLLS {
        let [old, new] = stage.keys();
        let (first, second) = (stage.kept(&old).await?, stage.record());
        let rename = stage.one.store.rename(&old, &new, &second, first.version, stage.start);
        stage.one.dropped("rename", polls, rename).await;
        let got = match &settled(stage, [&old, &new]).await? {
            [Loaded::Found(record), Loaded::Absent] if *record == first => Ok(()),
            [Loaded::Moved { owner: None }, Loaded::Found(record)] if *record == second => Ok(()),
            [Loaded::Found(_), Loaded::Found(_)] => Err("both keys have a record"),
            [Loaded::Absent, Loaded::Found(_)] => Err("the old key is unknown"),
            [Loaded::Found(_), _] | [_, Loaded::Found(_)] => Err("another record"),
            [_, _] => Err("neither key has a record"),
        };
        let expected = "the record under the old key, or under the new one, to which the old one was renamed";
        got.map_err(|got| stage.violation(expected, got))?;
        stage.renamed((&old, &new), &second, &first).await?;
    }
    Ok(())
}

/// Loads two keys as they are at one moment: a dropped call may still be under way in a server, and come between two looks.
async fn settled(stage: &Stage, keys: [&StoreKey; 2]) -> Result<[Loaded; 2], Violation> {
    loop {
        let first = stage.two.load(keys[0]).await.value()?;
        let second = stage.two.load(keys[1]).await.value()?;
        if stage.two.load(keys[0]).await.value()? == first {
            return Ok([first, second]);
        }
    }
}

async fn a_dropped_rename_leaves_the_session_listed_once(stage: &Stage) -> Played {
    let ada = "ada".into();
    for polls in 1..=POLLS {
        let [old, new] = stage.keys();
        let (first, second) = (stage.kept_for(&old, "ada").await?, stage.owned("ada"));
        let rename = stage.one.store.rename(&old, &new, &second, first.version, stage.start);
        stage.one.dropped("rename", polls, rename).await;
        let (mut listed, mut found) = (stage.two.list(&ada).await.value()?, at(&stage.two, &new).await?);
        while stage.two.list(&ada).await.value()? != listed {
            (listed, found) = (stage.two.list(&ada).await.value()?, at(&stage.two, &new).await?);
        }
        let keys: Vec<StoreKey> = listed.iter().map(|session| session.key).collect();
        let key = if found.is_some() { new } else { old };
        stage.holds(keys == [key], "the key that has the record listed", "another list")?;
        stage.one.delete(&old).await.is(())?;
        stage.one.revoke(&ada, None).await.value()?;
    }
    Ok(())
}

async fn a_dropped_touch_has_done_all_or_nothing(stage: &Stage) -> Played {
    for polls in 1..=POLLS {
        let key = stage.key();
        let before = stage.kept(&key).await?;
        let touch = stage.one.store.touch(&key, Some(stage.after(40)), stage.after(1));
        stage.one.at(stage.after(1)).dropped("touch", polls, touch).await;
        let after = Record { last_used: stage.after(1), expires: Some(stage.after(40)), ..before.clone() };
        let found = at(&stage.two.at(stage.after(1)), &key).await?;
        let whole = found.as_ref() == Some(&before) || found.as_ref() == Some(&after);
        stage.holds(whole, "the record as it was, or touched", "something else")?;
    }
    Ok(())
}

async fn a_dropped_delete_has_done_all_or_nothing(stage: &Stage) -> Played {
    for polls in 1..=POLLS {
        let key = stage.key();
        let record = stage.kept_for(&key, "ada").await?;
        stage.one.dropped("delete", polls, stage.one.store.delete(&key)).await;
        let look = async || -> Result<_, Violation> {
            Ok((at(&stage.two, &key).await?, stage.two.list(&"ada".into()).await.value()?.len()))
        };
        let mut found = look().await?;
        while at(&stage.two, &key).await? != found.0 {
            found = look().await?;
        }
        let (found, listed) = found;
        let whole = matches!((&found, listed), (None, 0)) || (found.as_ref() == Some(&record) && listed == 1);
        stage.holds(whole, "the session whole, or gone", "something between")?;
        stage.one.delete(&key).await.is(())?;
    }
    Ok(())
}

/// Counts the owner's sessions as they are at one moment: those on the list, and those whose record is there.
async fn counted(stage: &Stage, owner: &Owner, keys: &[StoreKey]) -> Result<(usize, usize), Violation> {
    loop {
        let listed = stage.two.list(owner).await.value()?.len();
        let mut found = 0;
        for key in keys {
            found += usize::from(at(&stage.two, key).await?.is_some());
        }
        if stage.two.list(owner).await.value()?.len() == listed {
            return Ok((listed, found));
        }
    }
}

async fn a_dropped_revocation_has_done_all_or_nothing(stage: &Stage) -> Played {
    let Some(owners) = stage.one.store.owner_index() else { return Ok(()) };
    let ada = Owner::from("ada");
    for polls in 1..=POLLS {
        let keys: [StoreKey; 4] = stage.keys();
        for key in &keys {
            stage.kept_for(key, "ada").await?;
        }
        let (except, kept) = if polls % 2 == 0 { (Some(&keys[0]), 1) } else { (None, 0) };
        stage.one.dropped("revoke", polls, owners.revoke(&ada, except)).await;
        let (listed, found) = counted(stage, &ada, &keys).await?;
        let whole = listed == found && (listed == 4 || listed == kept);
        let got = format!("{listed} listed, {found} with a record");
        stage.holds(whole, &format!("4 sessions listed and found, or {kept}"), got)?;
        if except.is_some() {
            stage.holds(
                at(&stage.two, &keys[0]).await?.is_some(),
                "the excepted session left",
                "it is gone",
            )?;
        }
        // What was dropped may still be under way in a server.
        let ended = stage.one.revoke(&ada, None).await.value()?;
        let possible = [kept, listed].map(|count| count as u64);
        stage.holds(possible.contains(&ended), "the rest ended", ended.to_string())?;
        stage.two.list(&ada).await.is(Vec::new())?;
        for key in &keys {
            stage.two.load(key).await.is(Loaded::Absent)?;
        }
    }
    Ok(())
}

/// Drops a call of each kind after this many polls, none of which changes the session under the key.
async fn drop_each_call(stage: &Stage, key: &StoreKey, polls: u32) {
    let (one, store, now) = (&stage.one, &stage.one.store, stage.start);
    let ([unknown, made, new], record) = (stage.keys(), stage.record());
    one.dropped("load", polls, store.load(key, now)).await;
    one.dropped("load", polls, store.load(&unknown, now)).await;
    one.dropped("create", polls, store.create(&made, &record, now)).await;
    one.dropped("update", polls, store.update(key, &record, stage.version(), now)).await;
    one.dropped("rename", polls, store.rename(&made, &new, &stage.record(), record.version, now)).await;
    one.dropped("touch", polls, store.touch(key, Some(stage.deadline()), now)).await;
    one.dropped("delete", polls, store.delete(&made)).await;
    if let Some(owners) = store.owner_index() {
        one.dropped("list", polls, owners.list(&"ada".into(), None, 10, now)).await;
        one.dropped("revoke", polls, owners.revoke(&"ada".into(), None)).await;
    }
    if let Some(purge) = store.expiry_purge() {
        one.dropped("purge", polls, purge.purge(now, 10)).await;
    }
}

async fn dropped_calls_use_nothing_up(stage: &Stage) -> Played {
    let key = stage.key();
    let mut last = stage.kept(&key).await?;
    for round in 0..100 {
        // Most calls of a store have but few steps.
        let polls = if round % 2 == 0 { 1 + round / 2 % 4 } else { 1 + round % POLLS };
        drop_each_call(stage, &key, polls).await;
    }
    for _ in 0..10 {
        let next = stage.record();
        stage.one.load(&key).await.value()?;
        stage.updated(&key, &next, &last).await?;
        last = next;
    }
    stage.one.load(&key).await.is(Loaded::Found(last))
}

async fn histories_with_dropped_calls_are_linearizable(stage: &Stage) -> Played {
    races(stage, &stage.two, Patience::Short).await
}

async fn many_calls_at_once_all_end(stage: &Stage) -> Played {
    const TASKS: usize = 256;
    let key = stage.key();
    let record = stage.kept(&key).await?;
    let later = stage.after(40);
    at_once(vec![stage.one.clone()], TASKS, |actor, task| {
        let version = record.version;
        async move {
            match actor.load(&key).await.value()? {
                Loaded::Found(found) if found.version == version => {}
                Loaded::Found(_) | Loaded::Moved { .. } | Loaded::Absent => {
                    return actor.fails("the record", "another one, or none");
                }
            }
            if task % 8 == 0 { actor.touch(&key, Some(later)).await.is(Touched::Done) } else { Ok(()) }
        }
    })
    .await
    .map(drop)
}

/// Whose session it is that cannot be reached, and what it is called. No word of a message is like them.
const OWNER: &str = "owner-of-it";
const LABEL: &str = "label-of-it";

/// Everything that can be asked about a record while it cannot be reached, at once; each call ends with its failure.
async fn fail_all(stage: &Stage, key: &StoreKey, record: &Record) -> Result<Vec<Failure>, Violation> {
    const EXPECTED: &str = "an error: the records cannot be reached";
    let (one, other, owner) = (&stage.one, stage.key(), OWNER.into());
    let (next, version) = (Record { version: stage.version(), ..record.clone() }, record.version);
    let (loaded, unknown, created, updated, renamed, touched, deleted) = tokio::join!(
        one.load(key),
        one.load(&other),
        one.create(&other, &next),
        one.update(key, &next, version),
        one.rename(key, &other, &next, version),
        one.touch(key, Some(stage.after(40))),
        one.delete(key),
    );
    let mut failures = vec![
        loaded.failure(EXPECTED)?,
        unknown.failure(EXPECTED)?,
        created.failure(EXPECTED)?,
        updated.failure(EXPECTED)?,
        renamed.failure(EXPECTED)?,
        touched.failure(EXPECTED)?,
        deleted.failure(EXPECTED)?,
    ];
    if one.store.owner_index().is_some() {
        let (listed, revoked) = tokio::join!(one.list(&owner), one.revoke(&owner, None));
        failures.extend([listed.failure(EXPECTED)?, revoked.failure(EXPECTED)?]);
    }
    if one.store.expiry_purge().is_some() {
        failures.push(one.purge(stage.start, 10).await.failure(EXPECTED)?);
    }
    Ok(failures)
}

/// What became of the calls in one outage.
struct Failures {
    key: StoreKey,
    record: Record,
    all: Vec<Failure>,
    took: Duration,
}

/// Goes through each outage of the harness, with a record that was kept before it.
async fn in_each_outage(stage: &Stage) -> Result<Vec<Failures>, Violation> {
    let mut found = Vec::new();
    for (name, outage) in &stage.fresh.outages {
        let key = stage.key();
        let record = Record { label: Some(LABEL.into()), ..stage.owned(OWNER) };
        stage.keep(&key, &record).await?;
        // What a handle has read before must not be its answer now.
        stage.one.load(&key).await.is(Loaded::Found(record.clone()))?;
        if stage.one.store.owner_index().is_some() {
            stage.one.list(&OWNER.into()).await.value()?;
        }
        stage.log().note(format!("outage begins: {name}"));
        outage.begin().await;
        let began = Instant::now();
        let all = fail_all(stage, &key, &record).await;
        let took = began.elapsed();
        outage.end().await;
        stage.log().note(format!("outage ends: {name}"));
        found.push(Failures { key, record, all: all?, took });
    }
    Ok(found)
}

async fn an_outage_is_an_error_and_not_an_answer(stage: &Stage) -> Played {
    for failure in in_each_outage(stage).await?.into_iter().flat_map(|failures| failures.all) {
        let kind = match failure {
            Failure::Error(error) if error.kind == StoreErrorKind::Unavailable => continue,
            Failure::Error(error) => format!("the kind {:?}", error.kind),
            Failure::Late(_) => "no answer".to_owned(),
        };
        return Err(stage.violation("an error of the kind Unavailable", kind));
    }
    Ok(())
}

async fn an_outage_ends_each_call_in_time(stage: &Stage) -> Played {
    for Failures { all, took, .. } in in_each_outage(stage).await? {
        let late = all.iter().any(|failure| matches!(failure, Failure::Late(_)));
        // The calls were made at once, but for three groups of them.
        let longest = stage.patience * 3;
        stage.holds(
            !late && took < longest,
            &format!("each call ended within {}", span(stage.patience)),
            span(took),
        )?;
    }
    Ok(())
}

async fn an_error_names_the_store_and_nothing_of_a_record(stage: &Stage) -> Played {
    let name = stage.one.store.name();
    for Failures { key, record, all, .. } in in_each_outage(stage).await? {
        for failure in all {
            tells_nothing_of(stage, &format!("{} {failure:?}", failure.text()), &key, &record)?;
            if let Failure::Error(error) = failure {
                stage.holds(error.store == name, name, error.store)?;
            }
        }
    }
    Ok(())
}

async fn the_same_handle_works_after_an_outage(stage: &Stage) -> Played {
    in_each_outage(stage).await?;
    let key = stage.key();
    let (first, second) = (stage.kept(&key).await?, stage.record());
    stage.updated(&key, &second, &first).await?;
    stage.one.load(&key).await.is(Loaded::Found(second))?;
    stage.one.delete(&key).await.is(())
}

async fn what_was_kept_before_an_outage_is_there_after_it(stage: &Stage) -> Played {
    for (name, outage) in &stage.fresh.outages {
        let [old, new] = stage.keys();
        let (first, second) = (stage.kept(&old).await?, stage.owned(name));
        stage.renamed((&old, &new), &second, &first).await?;
        stage.log().note(format!("outage: {name}"));
        outage.begin().await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        outage.end().await;
        stage.one.load(&new).await.is(Loaded::Found(second.clone()))?;
        stage.one.load(&old).await.is(Loaded::Moved { owner: Some((*name).into()) })?;
        if stage.one.store.owner_index().is_some() {
            let listed = stage.one.list(&(*name).into()).await.value()?.len();
            stage.holds(listed == 1, "one session listed", listed.to_string())?;
        }
    }
    Ok(())
}

/// A handle on what the database has after it was started anew.
async fn restarted(stage: &Stage) -> Result<Actor, Violation> {
    let Some(restart) = &stage.fresh.restart else {
        return Err(stage.violation("a way to restart", "none"));
    };
    stage.log().note("restart".to_owned());
    let store = restart.restart().await;
    let store =
        store.map_err(|error| stage.violation("a store after the restart", format!("error: {error}")))?;
    Ok(stage.one.on("after", store))
}

async fn a_restart_keeps_every_record(stage: &Stage) -> Played {
    let mut kept = Vec::new();
    for _ in 0..20 {
        let key = stage.key();
        kept.push((key, stage.kept_for(&key, "ada").await?));
    }
    let second = stage.owned("grace");
    stage.updated(&kept[0].0, &second, &kept[0].1).await?;
    kept[0].1 = second;
    let after = restarted(stage).await?;
    for (key, record) in kept {
        after.load(&key).await.is(Loaded::Found(record))?;
    }
    Ok(())
}

async fn a_restart_keeps_where_sessions_have_moved(stage: &Stage) -> Played {
    let [old, new] = stage.keys();
    let (first, second) = (stage.kept(&old).await?, stage.record());
    stage.renamed((&old, &new), &second, &first).await?;
    let after = restarted(stage).await?;
    after.load(&old).await.is(Loaded::Moved { owner: None })?;
    after.rename(&old, &stage.key(), &stage.record(), first.version).await.is(Written::Gone)?;
    after.delete(&old).await.is(())?;
    after.load(&new).await.is(Loaded::Absent)
}

async fn a_restart_keeps_the_lists_of_owners(stage: &Stage) -> Played {
    let [a, b] = stage.keys();
    stage.kept_for(&a, "ada").await?;
    stage.kept_for(&b, "ada").await?;
    let after = restarted(stage).await?;
    let listed = after.list(&"ada".into()).await.value()?.len();
    stage.holds(listed == 2, "2 sessions listed", listed.to_string())?;
    after.revoke(&"ada".into(), Some(&a)).await.is(1)?;
    after.load(&b).await.is(Loaded::Absent)
}
