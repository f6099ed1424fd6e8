//! How long a renamed key is known, and what comes after.

use std::time::Duration;

use session_core::Owner;
use session_core::store::{Created, Loaded, RENAME_MARKER_LIFETIME, Record, StoreKey, Touched, Written};

use crate::stage::Stage;
use crate::stage::actor::Actor;
use crate::stage::step::Played;
use crate::violation::Violation;

use super::moved::moved;

/// The time for which a renamed key is known, in any case.
const MINUTE: Duration = Duration::from_secs(60);

pub(super) async fn a_renamed_key_is_known_for_a_minute(stage: &Stage) -> Played {
    let [a, b, c] = stage.keys();
    let first = stage.kept(&a).await?;
    let later = stage.after(3);
    let (second, third) = (stage.record(), stage.record());
    stage.one.at(later).rename(&a, &b, &second, first.version).await.is(Written::Done)?;
    stage
        .one
        .at(later + Duration::from_secs(30))
        .rename(&b, &c, &third, second.version)
        .await
        .is(Written::Done)?;
    let moved = Loaded::Moved { owner: None };
    stage.one.at(later + MINUTE).load(&a).await.is(moved.clone())?;
    stage.one.at(later + Duration::from_secs(30) + MINUTE).load(&b).await.is(moved)
}

pub(super) async fn a_moved_key_is_taken_for_a_minute(stage: &Stage) -> Played {
    let ([old, _], ..) = moved(stage).await?;
    let last = stage.one.at(stage.start + MINUTE);
    last.create(&old, &stage.record()).await.is(Created::Taken)?;
    last.load(&old).await.is(Loaded::Moved { owner: None })
}

pub(super) async fn a_renamed_key_is_free_once_its_marker_has_expired(stage: &Stage) -> Played {
    let later = stage.after(3);
    for is_created in [false, true] {
        let [old, new] = stage.keys();
        let (first, second) = (stage.kept(&old).await?, stage.owned("ada"));
        stage.one.at(later).rename(&old, &new, &second, first.version).await.is(Written::Done)?;
        let late = stage.one.at(later + RENAME_MARKER_LIFETIME);
        if !is_created {
            late.load(&old).await.is(Loaded::Absent)?;
        }
        let anew = stage.owned("grace");
        late.create(&old, &anew).await.is(Created::Done)?;
        late.load(&old).await.is(Loaded::Found(anew))?;
        late.load(&new).await.is(Loaded::Found(second))?;
    }
    Ok(())
}

pub(super) async fn a_rename_to_a_renamed_key_is_not_done(stage: &Stage) -> Played {
    let ([a, b], _, second) = moved(stage).await?;
    let other = stage.key();
    let third = stage.kept(&other).await?;
    for (key, record) in [(&b, &second), (&other, &third)] {
        match stage.one.rename(key, &a, &stage.record(), record.version).await.outcome() {
            Ok(Written::Done) => return Err(stage.violation("no success", "Done")),
            Ok(Written::Conflict(_) | Written::Gone) | Err(_) => {}
        }
        stage.one.load(key).await.is(Loaded::Found(record.clone()))?;
        stage.one.load(&a).await.is(Loaded::Moved { owner: None })?;
    }
    Ok(())
}

/// A session whose first key is forgotten, and another one under that key.
async fn used_anew(stage: &Stage) -> Result<([StoreKey; 2], Record, Record), Violation> {
    let (keys, _, before) = moved(stage).await?;
    let anew = stage.owned("grace");
    stage.one.at(stage.after(5)).create(&keys[0], &anew).await.is(Created::Done)?;
    Ok((keys, before, anew))
}

pub(super) async fn a_session_under_a_forgotten_key_is_one_of_its_own(stage: &Stage) -> Played {
    let late = stage.one.at(stage.after(5));
    let ([key, other], before, anew) = used_anew(stage).await?;
    late.load(&key).await.is(Loaded::Found(anew))?;
    late.delete(&key).await.is(())?;
    late.load(&key).await.is(Loaded::Absent)?;
    late.load(&other).await.is(Loaded::Found(before))?;

    let ([key, other], before, anew) = used_anew(stage).await?;
    let (new, renamed) = (stage.key(), stage.owned("grace"));
    late.rename(&key, &new, &renamed, anew.version).await.is(Written::Done)?;
    late.load(&key).await.is(Loaded::Moved { owner: Some("grace".into()) })?;
    late.delete(&key).await.is(())?;
    late.load(&new).await.is(Loaded::Absent)?;
    late.load(&other).await.is(Loaded::Found(before))
}

/// The ways in which a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Delete,
    Revocation,
    Expiry,
    Purge,
}

/// A session that was renamed, and a new one under its last key or under another key.
struct Successor {
    end: End,
    owner: String,
    old: StoreKey,
    new: StoreKey,
    key: StoreKey,
}

pub(super) async fn a_session_made_anew_is_not_what_an_earlier_one_became(stage: &Stage) -> Played {
    let store = &stage.one.store;
    let soon = stage.start + Duration::from_millis(500);
    let mut all = Vec::new();
    for end in [End::Delete, End::Revocation, End::Expiry, End::Purge] {
        let is_possible = match end {
            End::Delete | End::Expiry => true,
            End::Revocation => store.owner_index().is_some(),
            End::Purge => store.expiry_purge().is_some(),
        };
        for is_under_the_same_key in [true, false].into_iter().filter(|_| is_possible) {
            let [old, new, other] = stage.keys();
            let owner = format!("{end:?} {is_under_the_same_key}");
            let (first, second) = (stage.kept(&old).await?, stage.owned(&owner));
            let expires = if end == End::Expiry || end == End::Purge { soon } else { stage.deadline() };
            let second = Record { expires: Some(expires), ..second };
            stage.renamed((&old, &new), &second, &first).await?;
            all.push(Successor {
                end,
                owner,
                old,
                new,
                key: if is_under_the_same_key { new } else { other },
            });
        }
    }
    for successor in &all {
        let later = match successor.end {
            End::Delete | End::Revocation => stage.one.clone(),
            End::Expiry | End::Purge => stage.one.at(stage.from(soon) + Duration::from_millis(1)),
        };
        successor.has_nothing_to_do_with_the_renamed_key(stage, &later).await?;
    }
    Ok(())
}

impl Successor {
    async fn has_nothing_to_do_with_the_renamed_key(&self, stage: &Stage, later: &Actor) -> Played {
        match self.end {
            End::Expiry => {}
            End::Delete => later.delete(&self.new).await.is(())?,
            End::Revocation => later.revoke(&Owner::from(self.owner.as_str()), None).await.is(1)?,
            End::Purge => later.purge(later.now, 100).await.value().map(drop)?,
        }
        let anew = stage.owned("grace");
        later.create(&self.key, &anew).await.is(Created::Done)?;
        later.load(&self.old).await.is(Loaded::Absent)?;
        later.delete(&self.old).await.is(())?;
        later.load(&self.key).await.is(Loaded::Found(anew))
    }
}

pub(super) async fn an_old_key_is_never_good_again(stage: &Stage) -> Played {
    let ([old, new], first, second) = moved(stage).await?;
    let late = stage.one.at(stage.after(5));
    for purge in [false, true] {
        if let (true, Some(_)) = (purge, late.store.expiry_purge()) {
            late.purge(stage.after(5), 100).await.value()?;
        }
        if let Loaded::Found(_) = late.load(&old).await.value()? {
            return Err(stage.violation("Moved or Absent", "a record"));
        }
        late.update(&old, &stage.record(), first.version).await.is(Written::Gone)?;
        late.touch(&old, None).await.is(Touched::Gone)?;
        late.rename(&old, &stage.key(), &stage.record(), first.version).await.is(Written::Gone)?;
        late.load(&new).await.is(Loaded::Found(second.clone()))?;
    }
    Ok(())
}
