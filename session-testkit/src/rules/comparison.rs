//! L2: who may write over whom, and what a rename leaves behind.

use std::sync::Arc;
use std::time::Duration;

use rand::Rng as _;
use session_core::{Created, Loaded, ManualClock, Record, StoreKey, Touched, UnixTime, Version, Written};
use tokio::runtime::Handle;

use crate::program::search::check_programs;
use crate::program::strategy::Deeds;
use crate::stage::Stage;
use crate::stage::step::Played;
use crate::violation::Violation;

crate::__comparison! { __rules! { L2 } }

async fn a_live_key_is_taken(stage: &Stage) -> Played {
    let key = stage.key();
    stage.kept(&key).await?;
    stage.one.create(&key, &stage.record()).await.is(Created::Taken)?;
    let last = stage.before(stage.deadline());
    stage.one.at(last).create(&key, &stage.expiring(stage.after(40))).await.is(Created::Taken)
}

async fn a_refused_create_changes_nothing(stage: &Stage) -> Played {
    let key = stage.key();
    let record = stage.kept_for(&key, "ada").await?;
    let other = Record { expires: Some(stage.after(40)), ..stage.owned("grace") };
    stage.one.create(&key, &other).await.value()?;
    stage.one.load(&key).await.is(Loaded::Found(record))
}

async fn a_create_that_finds_its_own_record_is_done(stage: &Stage) -> Played {
    let key = stage.key();
    let record = stage.kept(&key).await?;
    stage.keep(&key, &record).await?;
    stage.one.load(&key).await.is(Loaded::Found(record))
}

async fn an_update_of_the_version_expected_is_done(stage: &Stage) -> Played {
    let key = stage.key();
    let (first, second, third) = (stage.kept(&key).await?, stage.record(), stage.record());
    stage.updated(&key, &second, &first).await?;
    stage.one.load(&key).await.is(Loaded::Found(second.clone()))?;
    stage.updated(&key, &third, &second).await?;
    stage.one.load(&key).await.is(Loaded::Found(third))
}

/// A key whose record has been written twice: the record that its reader has, and the one that is kept.
async fn overtaken(stage: &Stage) -> Result<(StoreKey, Record, Record), Violation> {
    let key = stage.key();
    let (first, second) = (stage.kept(&key).await?, stage.owned("ada"));
    stage.updated(&key, &second, &first).await?;
    Ok((key, first, second))
}

async fn an_update_of_another_version_is_a_conflict(stage: &Stage) -> Played {
    let (key, first, _) = overtaken(stage).await?;
    match stage.one.update(&key, &stage.record(), first.version).await.value()? {
        Written::Conflict(_) => {}
        other @ (Written::Done | Written::Gone) => {
            return Err(stage.violation("Conflict", format!("{other:?}")));
        }
    }
    match stage.one.update(&key, &stage.record(), stage.version()).await.value()? {
        Written::Conflict(_) => Ok(()),
        other @ (Written::Done | Written::Gone) => Err(stage.violation("Conflict", format!("{other:?}"))),
    }
}

async fn a_conflict_hands_back_the_committed_record(stage: &Stage) -> Played {
    let (key, first, second) = overtaken(stage).await?;
    stage.one.update(&key, &stage.record(), first.version).await.is(Written::Conflict(second))
}

async fn a_conflict_changes_nothing(stage: &Stage) -> Played {
    let (key, first, second) = overtaken(stage).await?;
    stage.one.update(&key, &stage.record(), first.version).await.value()?;
    stage.one.load(&key).await.is(Loaded::Found(second))
}

async fn an_update_never_creates(stage: &Stage) -> Played {
    let key = stage.key();
    stage.one.update(&key, &stage.record(), stage.version()).await.is(Written::Gone)?;
    stage.one.load(&key).await.is(Loaded::Absent)
}

async fn an_update_does_not_revive_a_deleted_session(stage: &Stage) -> Played {
    let key = stage.key();
    let first = stage.kept(&key).await?;
    stage.one.delete(&key).await.is(())?;
    stage.one.update(&key, &stage.record(), first.version).await.is(Written::Gone)?;
    stage.one.load(&key).await.is(Loaded::Absent)
}

async fn an_update_that_finds_its_own_version_is_done(stage: &Stage) -> Played {
    let key = stage.key();
    let (first, second) = (stage.kept(&key).await?, stage.record());
    stage.updated(&key, &second, &first).await?;
    stage.updated(&key, &second, &first).await?;
    stage.one.load(&key).await.is(Loaded::Found(second))
}

async fn a_touch_does_not_revive_a_deleted_session(stage: &Stage) -> Played {
    let key = stage.key();
    stage.kept(&key).await?;
    stage.one.delete(&key).await.is(())?;
    stage.one.touch(&key, Some(stage.after(40))).await.is(Touched::Gone)?;
    stage.one.load(&key).await.is(Loaded::Absent)
}

async fn a_touch_is_no_write_that_others_lose_to(stage: &Stage) -> Played {
    let key = stage.key();
    let (first, second) = (stage.kept(&key).await?, stage.expiring(stage.after(25)));
    stage.touched(&key, stage.after(40), stage.after(1)).await?;
    stage.one.at(stage.after(2)).update(&key, &second, first.version).await.is(Written::Done)?;
    stage.one.at(stage.after(2)).load(&key).await.is(Loaded::Found(second))
}

async fn versions_are_compared_and_not_ordered(stage: &Stage) -> Played {
    let key = stage.key();
    let record = |bits| Record { version: Version::from_bits(bits), ..stage.record() };
    let mut last = record(1 << 40);
    stage.keep(&key, &last).await?;
    for bits in [7, u64::MAX, 1, 1 << 63, 0, i64::MAX as u64] {
        let next = record(bits);
        stage.updated(&key, &next, &last).await?;
        last = next;
    }
    stage.one.load(&key).await.is(Loaded::Found(last))
}

async fn a_version_is_not_good_for_a_session_made_anew(stage: &Stage) -> Played {
    let key = stage.key();
    let first = stage.kept(&key).await?;
    stage.one.delete(&key).await.is(())?;
    let second = stage.kept(&key).await?;
    stage.one.update(&key, &stage.record(), first.version).await.is(Written::Conflict(second.clone()))?;
    stage.one.load(&key).await.is(Loaded::Found(second))
}

async fn a_rename_leaves_the_new_key(stage: &Stage) -> Played {
    let [old, new] = stage.keys();
    let (first, second) = (stage.kept(&old).await?, stage.owned("ada"));
    stage.renamed((&old, &new), &second, &first).await?;
    stage.one.load(&new).await.is(Loaded::Found(second))
}

async fn a_rename_ends_the_old_key(stage: &Stage) -> Played {
    let [old, new] = stage.keys();
    let (first, second) = (stage.kept(&old).await?, stage.record());
    stage.renamed((&old, &new), &second, &first).await?;
    stage.one.load(&old).await.is(Loaded::Moved { owner: None })
}

async fn a_renamed_key_is_known_for_a_minute(stage: &Stage) -> Played {
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
    let minute = Duration::from_millis(59_999);
    stage.one.at(later + minute).load(&a).await.is(moved.clone())?;
    stage.one.at(later + Duration::from_secs(30) + minute).load(&b).await.is(moved)
}

async fn a_moved_key_tells_the_owner_of_what_it_became(stage: &Stage) -> Played {
    let [old, new] = stage.keys();
    let (first, second, third) = (stage.kept(&old).await?, stage.owned("ada"), stage.owned("grace"));
    let moved = |owner: &str| Loaded::Moved { owner: Some(owner.into()) };
    stage.renamed((&old, &new), &second, &first).await?;
    stage.one.load(&old).await.is(moved("ada"))?;
    stage.updated(&new, &third, &second).await?;
    stage.one.load(&old).await.is(moved("grace"))
}

async fn a_key_that_moved_twice_is_still_known(stage: &Stage) -> Played {
    let [a, b, c] = stage.keys();
    let (first, second, third) = (stage.kept(&a).await?, stage.record(), stage.owned("ada"));
    stage.renamed((&a, &b), &second, &first).await?;
    stage.renamed((&b, &c), &third, &second).await?;
    for key in [&a, &b] {
        stage.one.load(key).await.is(Loaded::Moved { owner: Some("ada".into()) })?;
    }
    stage.one.load(&c).await.is(Loaded::Found(third))
}

async fn a_moved_key_is_absent_when_what_it_became_has_ended(stage: &Stage) -> Played {
    let [old, new] = stage.keys();
    let first = stage.kept(&old).await?;
    stage.renamed((&old, &new), &stage.record(), &first).await?;
    stage.one.delete(&new).await.is(())?;
    stage.one.load(&old).await.is(Loaded::Absent)
}

async fn a_rename_of_another_version_is_a_conflict(stage: &Stage) -> Played {
    let (old, first, second) = overtaken(stage).await?;
    let new = stage.key();
    let lost = stage.one.rename(&old, &new, &stage.record(), first.version).await;
    lost.is(Written::Conflict(second.clone()))?;
    stage.one.load(&old).await.is(Loaded::Found(second))?;
    stage.one.load(&new).await.is(Loaded::Absent)
}

async fn a_rename_never_creates(stage: &Stage) -> Played {
    let [old, new] = stage.keys();
    stage.one.rename(&old, &new, &stage.record(), stage.version()).await.is(Written::Gone)?;
    stage.one.load(&old).await.is(Loaded::Absent)?;
    stage.one.load(&new).await.is(Loaded::Absent)
}

async fn a_rename_does_not_revive_a_deleted_session(stage: &Stage) -> Played {
    let [old, new] = stage.keys();
    let first = stage.kept(&old).await?;
    stage.one.delete(&old).await.is(())?;
    stage.one.rename(&old, &new, &stage.record(), first.version).await.is(Written::Gone)?;
    stage.one.load(&old).await.is(Loaded::Absent)?;
    stage.one.load(&new).await.is(Loaded::Absent)
}

async fn a_rename_that_finds_its_own_record_is_done(stage: &Stage) -> Played {
    let [old, new] = stage.keys();
    let (first, second) = (stage.kept(&old).await?, stage.record());
    stage.renamed((&old, &new), &second, &first).await?;
    stage.renamed((&old, &new), &second, &first).await?;
    stage.one.load(&new).await.is(Loaded::Found(second))?;
    stage.one.load(&old).await.is(Loaded::Moved { owner: None })
}

async fn a_rename_never_replaces_another_session(stage: &Stage) -> Played {
    let [old, new] = stage.keys();
    let (first, other) = (stage.kept_for(&old, "ada").await?, stage.kept_for(&new, "grace").await?);
    let step = stage.one.rename(&old, &new, &stage.owned("ada"), first.version).await;
    // Nobody draws the same key twice; so an error is as good an answer as any that is no success.
    if let Ok(Written::Done) = step.value() {
        return Err(stage.violation("no success", "Done"));
    }
    stage.one.load(&old).await.is(Loaded::Found(first))?;
    stage.one.load(&new).await.is(Loaded::Found(other))
}

/// A session that was renamed: its old and its new key, the record it had, and the one it has.
async fn moved(stage: &Stage) -> Result<([StoreKey; 2], Record, Record), Violation> {
    let keys @ [old, new] = stage.keys();
    let (first, second) = (stage.kept(&old).await?, stage.record());
    stage.renamed((&old, &new), &second, &first).await?;
    Ok((keys, first, second))
}

async fn an_update_does_not_follow_a_renamed_session(stage: &Stage) -> Played {
    let ([old, new], first, second) = moved(stage).await?;
    for expected in [first.version, second.version] {
        stage.one.update(&old, &stage.record(), expected).await.is(Written::Gone)?;
    }
    stage.one.load(&old).await.is(Loaded::Moved { owner: None })?;
    stage.one.load(&new).await.is(Loaded::Found(second))
}

async fn a_touch_does_not_follow_a_renamed_session(stage: &Stage) -> Played {
    let ([old, new], _, second) = moved(stage).await?;
    stage.one.touch(&old, Some(stage.after(40))).await.is(Touched::Gone)?;
    stage.one.load(&old).await.is(Loaded::Moved { owner: None })?;
    stage.one.load(&new).await.is(Loaded::Found(second))
}

async fn a_rename_does_not_follow_a_renamed_session(stage: &Stage) -> Played {
    let ([old, new], first, second) = moved(stage).await?;
    let third = stage.key();
    for expected in [first.version, second.version] {
        stage.one.rename(&old, &third, &stage.record(), expected).await.is(Written::Gone)?;
    }
    stage.one.load(&third).await.is(Loaded::Absent)?;
    stage.one.load(&new).await.is(Loaded::Found(second))
}

async fn a_key_that_has_moved_is_taken(stage: &Stage) -> Played {
    let ([old, new], _, second) = moved(stage).await?;
    stage.one.create(&old, &stage.record()).await.is(Created::Taken)?;
    stage.one.load(&old).await.is(Loaded::Moved { owner: None })?;
    stage.one.load(&new).await.is(Loaded::Found(second))
}

async fn deleting_a_moved_key_ends_what_it_became(stage: &Stage) -> Played {
    let ([old, new], ..) = moved(stage).await?;
    stage.one.delete(&old).await.is(())?;
    stage.one.load(&new).await.is(Loaded::Absent)?;
    stage.one.load(&old).await.is(Loaded::Absent)
}

async fn deleting_the_oldest_key_ends_what_it_became(stage: &Stage) -> Played {
    let ([old, new], _, second) = moved(stage).await?;
    let newest = stage.key();
    stage.renamed((&new, &newest), &stage.record(), &second).await?;
    stage.one.delete(&old).await.is(())?;
    for key in [&old, &new, &newest] {
        stage.one.load(key).await.is(Loaded::Absent)?;
    }
    Ok(())
}

async fn a_moved_key_is_absent_when_what_it_became_has_expired(stage: &Stage) -> Played {
    let [old, new] = stage.keys();
    let first = stage.kept(&old).await?;
    // Within the minute for which the old key is known.
    let soon: UnixTime = stage.start + Duration::from_millis(200);
    stage.renamed((&old, &new), &stage.expiring(soon), &first).await?;
    stage.one.at(stage.from(soon)).load(&old).await.is(Loaded::Absent)
}

async fn an_update_that_is_replayed_late_changes_nothing(stage: &Stage) -> Played {
    let (key, first, second) = overtaken(stage).await?;
    let third = stage.record();
    stage.updated(&key, &third, &second).await?;
    stage.one.update(&key, &second, first.version).await.is(Written::Conflict(third.clone()))?;
    stage.one.load(&key).await.is(Loaded::Found(third))
}

async fn a_rename_that_is_replayed_late_changes_nothing(stage: &Stage) -> Played {
    let ([old, new], first, second) = moved(stage).await?;
    let third = stage.record();
    stage.updated(&new, &third, &second).await?;
    // What it is answered is of no interest; it has been answered before.
    let _ = stage.one.rename(&old, &new, &second, first.version).await;
    stage.one.load(&old).await.is(Loaded::Moved { owner: None })?;
    stage.one.load(&new).await.is(Loaded::Found(third))
}

async fn a_create_that_is_replayed_late_changes_nothing(stage: &Stage) -> Played {
    let (key, first, second) = overtaken(stage).await?;
    stage.one.create(&key, &first).await.is(Created::Taken)?;
    stage.one.load(&key).await.is(Loaded::Found(second))
}

async fn random_programs_agree_with_the_model(stage: &Stage) -> Played {
    const PROGRAMS: u32 = 100;
    let (store, start) = (Arc::clone(&stage.one.store), stage.start);
    let deeds = if store.owners().is_some() { Deeds::All } else { Deeds::NoRevocations };
    let seed = stage.random(|random| random.next_u64());
    let runtime = Handle::current();
    let checking = tokio::task::spawn_blocking(move || {
        let fresh = async || (Arc::clone(&store), ManualClock::at(start));
        check_programs(fresh, deeds, PROGRAMS, seed, &runtime)
    });
    let checked = checking.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
    checked.map_err(|failure| stage.violation("what the model says", failure))
}

async fn a_session_made_anew_is_not_what_an_earlier_one_became(stage: &Stage) -> Played {
    let [old, new] = stage.keys();
    let first = stage.kept(&old).await?;
    let soon: UnixTime = stage.start + Duration::from_millis(200);
    stage.renamed((&old, &new), &stage.expiring(soon), &first).await?;
    let (late, anew) = (stage.one.at(stage.from(soon)), stage.owned("grace"));
    late.create(&new, &anew).await.is(Created::Done)?;
    late.load(&old).await.is(Loaded::Absent)?;
    late.delete(&old).await.is(())?;
    late.load(&new).await.is(Loaded::Found(anew))
}
