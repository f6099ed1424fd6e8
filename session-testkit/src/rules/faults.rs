//! L5: calls that are dropped, records that cannot be reached, databases that start anew.

mod dropped;

use std::time::{Duration, Instant};

use session_core::store::{Loaded, Record, StoreErrorKind, StoreKey, Touched, Written};

use crate::histories::race::Patience;
use crate::rules::concurrency::races;
use crate::rules::records::tells_nothing_of;
use crate::stage::Stage;
use crate::stage::actor::Actor;
use crate::stage::describe::span;
use crate::stage::step::{Failure, Played};
use crate::stage::tasks::at_once;
use crate::violation::Violation;

use dropped::{
    a_dropped_create_has_done_all_or_nothing, a_dropped_delete_has_done_all_or_nothing,
    a_dropped_rename_has_done_all_or_nothing, a_dropped_rename_leaves_the_session_listed_once,
    a_dropped_revocation_has_done_all_or_nothing, a_dropped_touch_has_done_all_or_nothing,
    a_dropped_update_has_done_all_or_nothing, dropped_calls_use_nothing_up,
};

crate::__faults! { __rules! { L5 } }

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
