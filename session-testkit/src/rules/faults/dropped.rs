//! Calls that are dropped on their way.

use session_core::Owner;
use session_core::store::{Created, Loaded, Record, StoreKey, TouchPatience};

use crate::stage::Stage;
use crate::stage::actor::Actor;
use crate::stage::step::Played;
use crate::violation::Violation;

/// Calls are dropped after each number of polls up to this one, and then at random ones.
const POLLS: u32 = 24;

/// The record under the key, if there is one.
async fn at(actor: &Actor, key: &StoreKey) -> Result<Option<Record>, Violation> {
    Ok(match actor.load(key).await.value()? {
        Loaded::Found(record) => Some(record),
        Loaded::Moved { .. } | Loaded::Absent => None,
    })
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

/// Drops a call of each kind after this many polls, none of which changes the session under the key.
async fn drop_each_call(stage: &Stage, key: &StoreKey, polls: u32) {
    let (one, store, now) = (&stage.one, &stage.one.store, stage.start);
    let ([unknown, made, new], record) = (stage.keys(), stage.record());
    one.dropped("load", polls, store.load(key, now)).await;
    one.dropped("load", polls, store.load(&unknown, now)).await;
    one.dropped("create", polls, store.create(&made, &record, now)).await;
    one.dropped("update", polls, store.update(key, &record, stage.version(), now)).await;
    one.dropped("rename", polls, store.rename(&made, &new, &stage.record(), record.version, now)).await;
    one.dropped("touch", polls, store.touch(key, Some(stage.deadline()), now, TouchPatience::Full)).await;
    one.dropped("delete", polls, store.delete(&made)).await;
    if let Some(owners) = store.owner_index() {
        one.dropped("list", polls, owners.list(&"ada".into(), None, 10, now)).await;
        one.dropped("revoke", polls, owners.revoke(&"ada".into(), None)).await;
    }
    if let Some(purge) = store.expiry_purge() {
        one.dropped("purge", polls, purge.purge(now, 10)).await;
    }
}

pub(super) async fn a_dropped_create_has_done_all_or_nothing(stage: &Stage) -> Played {
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

pub(super) async fn a_dropped_update_has_done_all_or_nothing(stage: &Stage) -> Played {
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

pub(super) async fn a_dropped_rename_has_done_all_or_nothing(stage: &Stage) -> Played {
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

pub(super) async fn a_dropped_rename_leaves_the_session_listed_once(stage: &Stage) -> Played {
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

pub(super) async fn a_dropped_touch_has_done_all_or_nothing(stage: &Stage) -> Played {
    for polls in 1..=POLLS {
        let key = stage.key();
        let before = stage.kept(&key).await?;
        let touch = stage.one.store.touch(&key, Some(stage.after(40)), stage.after(1), TouchPatience::Full);
        stage.one.at(stage.after(1)).dropped("touch", polls, touch).await;
        let after = Record { last_used: stage.after(1), expires: Some(stage.after(40)), ..before.clone() };
        let found = at(&stage.two.at(stage.after(1)), &key).await?;
        let whole = found.as_ref() == Some(&before) || found.as_ref() == Some(&after);
        stage.holds(whole, "the record as it was, or touched", "something else")?;
    }
    Ok(())
}

pub(super) async fn a_dropped_delete_has_done_all_or_nothing(stage: &Stage) -> Played {
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

pub(super) async fn a_dropped_revocation_has_done_all_or_nothing(stage: &Stage) -> Played {
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

pub(super) async fn dropped_calls_use_nothing_up(stage: &Stage) -> Played {
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
