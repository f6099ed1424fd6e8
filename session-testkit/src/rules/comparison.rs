//! L2: who may write over whom, and what a rename leaves behind.

mod markers;
mod moved;

use std::sync::Arc;

use crate::manual_clock::ManualClock;
use rand::Rng as _;
use session_core::store::{Created, Loaded, Record, StoreKey, Touched, Version, Written};
use tokio::runtime::Handle;

use crate::program::search::check_programs;
use crate::program::strategy::Deeds;
use crate::rules::records::{full, tells_nothing_of};
use crate::stage::Stage;
use crate::stage::step::Played;
use crate::violation::Violation;

use markers::{
    a_moved_key_is_taken_for_a_minute, a_rename_to_a_renamed_key_is_not_done,
    a_renamed_key_is_free_once_its_marker_has_expired, a_renamed_key_is_known_for_a_minute,
    a_session_made_anew_is_not_what_an_earlier_one_became, a_session_under_a_forgotten_key_is_one_of_its_own,
    an_old_key_is_never_good_again,
};
use moved::{
    a_key_that_has_moved_is_taken, a_key_that_moved_twice_is_still_known,
    a_moved_key_is_absent_when_what_it_became_has_ended,
    a_moved_key_is_absent_when_what_it_became_has_expired, a_moved_key_is_known_whatever_the_deadlines_were,
    a_moved_key_tells_the_owner_of_what_it_became, a_rename_does_not_follow_a_renamed_session,
    a_rename_ends_the_old_key, a_rename_leaves_the_new_key, a_rename_replayed_after_the_end_revives_nothing,
    a_rename_that_is_replayed_late_changes_nothing, a_touch_does_not_follow_a_renamed_session,
    an_update_does_not_follow_a_renamed_session, deleting_a_moved_key_ends_what_it_became,
    deleting_the_oldest_key_ends_what_it_became, every_earlier_key_is_known,
};

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
    let _ = stage.one.create(&key, &other).await.value()?;
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
    let (first, second) = (stage.kept(&key).await?, full(stage, "ada", "laptop", 3_600));
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
    let _ = stage.one.update(&key, &stage.record(), first.version).await.value()?;
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
    for expires in [Some(stage.after(40)), None] {
        stage.one.touch(&key, expires).await.is(Touched::Gone)?;
    }
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
    let (first, other) =
        (stage.kept_for(&old, "owner-of-it").await?, stage.kept_for(&new, "owner-of-the-other").await?);
    // Nobody draws the same key twice; so an error is as good an answer as any that is no success.
    match stage.one.rename(&old, &new, &stage.owned("owner-of-it"), first.version).await.outcome() {
        Ok(Written::Done) => return Err(stage.violation("no success", "Done")),
        Ok(Written::Conflict(_) | Written::Gone) => {}
        Err(failure) => {
            tells_nothing_of(stage, &failure.text(), &new, &other)?;
            tells_nothing_of(stage, &failure.text(), &old, &first)?;
        }
    }
    stage.one.load(&old).await.is(Loaded::Found(first))?;
    stage.one.load(&new).await.is(Loaded::Found(other))
}

async fn an_update_that_is_replayed_late_changes_nothing(stage: &Stage) -> Played {
    let (key, first, second) = overtaken(stage).await?;
    let third = stage.record();
    stage.updated(&key, &third, &second).await?;
    stage.one.update(&key, &second, first.version).await.is(Written::Conflict(third.clone()))?;
    stage.one.load(&key).await.is(Loaded::Found(third))
}

async fn a_create_that_is_replayed_late_changes_nothing(stage: &Stage) -> Played {
    let (key, first, second) = overtaken(stage).await?;
    stage.one.create(&key, &first).await.is(Created::Taken)?;
    stage.one.load(&key).await.is(Loaded::Found(second))
}

async fn random_programs_agree_with_the_model(stage: &Stage) -> Played {
    const PROGRAMS: u32 = 100;
    let (store, start) = (Arc::clone(&stage.one.store), stage.start);
    let deeds = if store.owner_index().is_some() { Deeds::All } else { Deeds::NoRevocations };
    let seed = stage.random(|random| random.next_u64());
    let runtime = Handle::current();
    let checking = tokio::task::spawn_blocking(move || {
        let fresh = async || (Arc::clone(&store), ManualClock::at(start));
        check_programs(fresh, deeds, PROGRAMS, seed, &runtime)
    });
    let checked = checking.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()));
    checked.map_err(|failure| stage.violation("what the model says", failure))
}

async fn a_replay_takes_no_touch_back(stage: &Stage) -> Played {
    let [a, b] = stage.keys();
    let (first, second, third) = (stage.kept(&a).await?, stage.record(), stage.record());
    let touched = |record: &Record| Record {
        expires: Some(stage.after(40)),
        last_used: stage.after(1),
        ..record.clone()
    };
    stage.touched(&a, stage.after(40), stage.after(1)).await?;
    stage.keep(&a, &first).await?;
    stage.one.load(&a).await.is(Loaded::Found(touched(&first)))?;
    stage.updated(&a, &second, &first).await?;
    stage.touched(&a, stage.after(40), stage.after(1)).await?;
    stage.updated(&a, &second, &first).await?;
    stage.one.load(&a).await.is(Loaded::Found(touched(&second)))?;
    stage.renamed((&a, &b), &third, &second).await?;
    stage.touched(&b, stage.after(40), stage.after(1)).await?;
    stage.renamed((&a, &b), &third, &second).await?;
    stage.one.load(&b).await.is(Loaded::Found(touched(&third)))
}

async fn an_update_with_the_same_payload_is_a_write(stage: &Stage) -> Played {
    let key = stage.key();
    let first = stage.kept(&key).await?;
    let second = Record {
        payload: first.payload.clone(),
        label: Some("laptop".into()),
        expires: Some(stage.after(40)),
        ..stage.record()
    };
    stage.updated(&key, &second, &first).await?;
    stage.one.load(&key).await.is(Loaded::Found(second.clone()))?;
    stage.one.update(&key, &stage.record(), first.version).await.is(Written::Conflict(second))
}
