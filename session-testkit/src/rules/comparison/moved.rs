//! What is left of a key that was renamed.

use std::time::Duration;

use session_core::UnixTime;
use session_core::store::{Created, Loaded, Record, StoreKey, Touched, Written};

use crate::stage::Stage;
use crate::stage::step::Played;
use crate::violation::Violation;

pub(super) async fn a_rename_leaves_the_new_key(stage: &Stage) -> Played {
    let [old, new] = stage.keys();
    let (first, second) = (stage.kept(&old).await?, stage.owned("ada"));
    stage.renamed((&old, &new), &second, &first).await?;
    stage.one.load(&new).await.is(Loaded::Found(second))
}

pub(super) async fn a_rename_ends_the_old_key(stage: &Stage) -> Played {
    let [old, new] = stage.keys();
    let (first, second) = (stage.kept(&old).await?, stage.record());
    stage.renamed((&old, &new), &second, &first).await?;
    stage.one.load(&old).await.is(Loaded::Moved { owner: None })
}

pub(super) async fn a_moved_key_tells_the_owner_of_what_it_became(stage: &Stage) -> Played {
    let [old, new] = stage.keys();
    let (first, second, third) = (stage.kept(&old).await?, stage.owned("ada"), stage.owned("grace"));
    let moved = |owner: &str| Loaded::Moved { owner: Some(owner.into()) };
    stage.renamed((&old, &new), &second, &first).await?;
    stage.one.load(&old).await.is(moved("ada"))?;
    stage.updated(&new, &third, &second).await?;
    stage.one.load(&old).await.is(moved("grace"))
}

pub(super) async fn a_key_that_moved_twice_is_still_known(stage: &Stage) -> Played {
    let [a, b, c] = stage.keys();
    let (first, second, third) = (stage.kept(&a).await?, stage.record(), stage.owned("ada"));
    stage.renamed((&a, &b), &second, &first).await?;
    stage.renamed((&b, &c), &third, &second).await?;
    for key in [&a, &b] {
        stage.one.load(key).await.is(Loaded::Moved { owner: Some("ada".into()) })?;
    }
    stage.one.load(&c).await.is(Loaded::Found(third))
}

pub(super) async fn a_moved_key_is_absent_when_what_it_became_has_ended(stage: &Stage) -> Played {
    let ([a, b], _, second) = moved(stage).await?;
    stage.one.delete(&b).await.is(())?;
    stage.one.load(&a).await.is(Loaded::Absent)?;
    let ([c, d], _, third) = moved(stage).await?;
    let e = stage.key();
    stage.renamed((&d, &e), &second, &third).await?;
    stage.one.delete(&e).await.is(())?;
    for key in [&c, &d] {
        stage.one.load(key).await.is(Loaded::Absent)?;
    }
    Ok(())
}

/// A session that was renamed: its old and its new key, the record it had, and the one it has.
pub(super) async fn moved(stage: &Stage) -> Result<([StoreKey; 2], Record, Record), Violation> {
    let keys @ [old, new] = stage.keys();
    let (first, second) = (stage.kept(&old).await?, stage.record());
    stage.renamed((&old, &new), &second, &first).await?;
    Ok((keys, first, second))
}

pub(super) async fn an_update_does_not_follow_a_renamed_session(stage: &Stage) -> Played {
    let ([old, new], first, second) = moved(stage).await?;
    for expected in [first.version, second.version] {
        stage.one.update(&old, &stage.record(), expected).await.is(Written::Gone)?;
    }
    stage.one.load(&old).await.is(Loaded::Moved { owner: None })?;
    stage.one.load(&new).await.is(Loaded::Found(second))
}

pub(super) async fn a_touch_does_not_follow_a_renamed_session(stage: &Stage) -> Played {
    let ([old, new], _, second) = moved(stage).await?;
    for expires in [Some(stage.after(40)), None] {
        stage.one.touch(&old, expires).await.is(Touched::Gone)?;
    }
    stage.one.load(&old).await.is(Loaded::Moved { owner: None })?;
    stage.one.load(&new).await.is(Loaded::Found(second))
}

pub(super) async fn a_rename_does_not_follow_a_renamed_session(stage: &Stage) -> Played {
    let ([old, new], first, second) = moved(stage).await?;
    let third = stage.key();
    for expected in [first.version, second.version] {
        stage.one.rename(&old, &third, &stage.record(), expected).await.is(Written::Gone)?;
    }
    stage.one.load(&third).await.is(Loaded::Absent)?;
    stage.one.load(&new).await.is(Loaded::Found(second))
}

pub(super) async fn a_key_that_has_moved_is_taken(stage: &Stage) -> Played {
    let ([old, new], _, second) = moved(stage).await?;
    stage.one.create(&old, &stage.record()).await.is(Created::Taken)?;
    stage.one.load(&old).await.is(Loaded::Moved { owner: None })?;
    stage.one.load(&new).await.is(Loaded::Found(second))
}

pub(super) async fn deleting_a_moved_key_ends_what_it_became(stage: &Stage) -> Played {
    let ([old, new], ..) = moved(stage).await?;
    stage.one.delete(&old).await.is(())?;
    stage.one.load(&new).await.is(Loaded::Absent)?;
    stage.one.load(&old).await.is(Loaded::Absent)
}

pub(super) async fn deleting_the_oldest_key_ends_what_it_became(stage: &Stage) -> Played {
    // Each of the four keys is tried on a session of its own.
    for number in 0..4 {
        let keys: [StoreKey; 4] = stage.keys();
        let mut last = stage.kept(&keys[0]).await?;
        for pair in keys.windows(2) {
            let next = stage.record();
            stage.renamed((&pair[0], &pair[1]), &next, &last).await?;
            last = next;
        }
        stage.one.delete(&keys[number]).await.is(())?;
        for key in &keys {
            stage.one.load(key).await.is(Loaded::Absent)?;
        }
    }
    Ok(())
}

pub(super) async fn a_moved_key_is_absent_when_what_it_became_has_expired(stage: &Stage) -> Played {
    let [a, b] = stage.keys();
    let ([c, d], _, third) = moved(stage).await?;
    let (first, e) = (stage.kept(&a).await?, stage.key());
    // Within the minute for which the old key is known.
    let soon: UnixTime = stage.start + Duration::from_millis(200);
    stage.renamed((&a, &b), &stage.expiring(soon), &first).await?;
    stage.renamed((&d, &e), &stage.expiring(soon), &third).await?;
    for key in [&a, &c, &d] {
        stage.one.at(stage.from(soon)).load(key).await.is(Loaded::Absent)?;
    }
    Ok(())
}

pub(super) async fn a_rename_that_is_replayed_late_changes_nothing(stage: &Stage) -> Played {
    let ([old, new], first, second) = moved(stage).await?;
    let third = stage.record();
    stage.updated(&new, &third, &second).await?;
    // What it is answered is of no interest; it has been answered before.
    let _ = stage.one.rename(&old, &new, &second, first.version).await;
    stage.one.load(&old).await.is(Loaded::Moved { owner: None })?;
    stage.one.load(&new).await.is(Loaded::Found(third))
}

pub(super) async fn a_moved_key_is_known_whatever_the_deadlines_were(stage: &Stage) -> Played {
    let seconds = |n| stage.start + Duration::from_secs(n);
    let [a, b, c, d] = stage.keys();
    let (first, other) = (stage.expiring(seconds(10)), stage.record());
    stage.keep(&a, &first).await?;
    stage.renamed((&a, &b), &stage.record(), &first).await?;
    stage.keep(&c, &other).await?;
    stage.renamed((&c, &d), &stage.expiring(seconds(10)), &other).await?;
    stage.touched(&d, stage.deadline(), seconds(5)).await?;
    for key in [&a, &c] {
        stage.one.at(seconds(59)).load(key).await.is(Loaded::Moved { owner: None })?;
    }
    Ok(())
}

pub(super) async fn a_rename_replayed_after_the_end_revives_nothing(stage: &Stage) -> Played {
    let ([old, new], first, second) = moved(stage).await?;
    stage.one.delete(&new).await.is(())?;
    let _ = stage.one.rename(&old, &new, &second, first.version).await;
    stage.one.load(&new).await.is(Loaded::Absent)?;
    stage.one.load(&old).await.is(Loaded::Absent)
}

pub(super) async fn every_earlier_key_is_known(stage: &Stage) -> Played {
    let keys: [StoreKey; 10] = stage.keys();
    let mut last = stage.kept(&keys[0]).await?;
    for pair in keys.windows(2) {
        let next = stage.record();
        stage.renamed((&pair[0], &pair[1]), &next, &last).await?;
        last = next;
    }
    for key in &keys[..9] {
        stage.one.load(key).await.is(Loaded::Moved { owner: None })?;
    }
    stage.one.delete(&keys[0]).await.is(())?;
    for key in &keys {
        stage.one.load(key).await.is(Loaded::Absent)?;
    }
    Ok(())
}
