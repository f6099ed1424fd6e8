//! L2: who may write over whom, and what a rename leaves behind.

use std::sync::Arc;
use std::time::Duration;

use rand::Rng as _;
use session_core::{Created, Loaded, ManualClock, Record, StoreKey, Touched, UnixTime, Version, Written};
use tokio::runtime::Handle;

use crate::program::search::check_programs;
use crate::program::strategy::Deeds;
use crate::stage::Stage;
use crate::step::Played;
use crate::violation::Violation;

#[doc(hidden)]
#[macro_export]
macro_rules! __comparison {
    ($then:ident! $args:tt) => { $crate::$then! { $args
        "SES-L2-001" a_live_key_is_taken []
            "A create under a key that has a live record is refused."
            "Clause 5; tower-sessions #180: a collision gave one user another one's session.";
        "SES-L2-002" a_refused_create_changes_nothing []
            "A create that is refused leaves the record that is there."
            "Clause 5; tower-sessions #188: a create that upserts replaces a session.";
        "SES-L2-003" a_create_that_finds_its_own_record_is_done []
            "A create that finds the very record it was to make is done."
            "Clause 13: the answer to the first one may have been lost.";
        "SES-L2-004" an_update_of_the_version_expected_is_done []
            "An update of the version expected is done, and can be followed by another."
            "Promise P5: the ordinary write.";
        "SES-L2-005" an_update_of_another_version_is_a_conflict []
            "An update of another version than the one expected is a conflict."
            "Promise P5: no update is lost (tower-sessions #35).";
        "SES-L2-006" a_conflict_hands_back_the_committed_record []
            "A conflict hands back the record that is kept, with every field."
            "Clause 7: the library replays its changes on it.";
        "SES-L2-007" a_conflict_changes_nothing []
            "An update that meets a conflict leaves the record as it is."
            "Promise P5: no update is lost.";
        "SES-L2-008" an_update_never_creates []
            "An update of an unknown key is gone, and makes no record."
            "Clause 6: upserts revive sessions that were ended (tower-sessions, poem, rocket_flex_session).";
        "SES-L2-009" an_update_does_not_revive_a_deleted_session []
            "An update of a deleted session is gone, and the session stays absent."
            "Promise P4: a late writer does not undo a log-out.";
        "SES-L2-010" an_update_that_finds_its_own_version_is_done []
            "An update that is sent again, and finds its own version, is done."
            "Clause 13: the answer to the first one may have been lost.";
        "SES-L2-011" a_touch_does_not_revive_a_deleted_session []
            "A touch of a deleted session is gone, and the session stays absent."
            "Promise P4: a late reader does not undo a log-out.";
        "SES-L2-012" a_touch_is_no_write_that_others_lose_to []
            "A touch leaves the version, so that who read the record before it can still write."
            "Clause 10: every reader would make every writer lose.";
        "SES-L2-013" versions_are_compared_and_not_ordered []
            "A version may be smaller or larger than the one before."
            "Versions are random; a store that orders them refuses half of all writes.";
        "SES-L2-014" a_version_is_not_good_for_a_session_made_anew []
            "A version of a deleted session is no version of one that was made under its key since."
            "The ABA problem: a counter that begins again lets an old writer through.";
        "SES-L2-015" a_rename_leaves_the_new_key []
            "After a rename the record is under the new key."
            "Promise P6: a sign-in moves the session.";
        "SES-L2-016" a_rename_ends_the_old_key []
            "After a rename the old key has no record, and says that it has moved."
            "Promise P6: who knew the old id knows nothing (session fixation; async-session leaves the old row).";
        "SES-L2-017" a_renamed_key_is_known_for_a_minute [virtual_time]
            "A renamed key is known to have moved for at least a minute."
            "Clause 8: the answer with the new cookie may still be on its way.";
        "SES-L2-018" a_moved_key_tells_the_owner_of_what_it_became []
            "A moved key tells the owner of what it became, as it is now."
            "Clause 8: a sign-in that lost a race learns by it whether the other one was its twin.";
        "SES-L2-019" a_key_that_moved_twice_is_still_known []
            "After two renames the first key still says that it has moved."
            "Clause 8: a log-out with the oldest cookie must find the session.";
        "SES-L2-020" a_moved_key_is_absent_when_what_it_became_has_ended []
            "A moved key is absent when what it became was deleted."
            "Clause 8: it tells of a live session only.";
        "SES-L2-021" a_rename_of_another_version_is_a_conflict []
            "A rename of another version than the one expected is a conflict, and changes nothing."
            "Promise P5: a sign-in does not drop what a parallel request wrote.";
        "SES-L2-022" a_rename_never_creates []
            "A rename of an unknown key is gone, and makes no record."
            "Clause 6: a rename never creates.";
        "SES-L2-023" a_rename_does_not_revive_a_deleted_session []
            "A rename of a deleted session is gone, and neither key is there."
            "Promise P4: a late sign-in or renewal does not undo a log-out.";
        "SES-L2-024" a_rename_that_finds_its_own_record_is_done []
            "A rename that is sent again, and finds its own record under the new key, is done."
            "Clause 13: the answer to the first one may have been lost.";
        "SES-L2-025" a_rename_never_replaces_another_session []
            "A rename to a key that another session has is not done, and both sessions stay."
            "Clause 5: nobody's session is replaced.";
        "SES-L2-026" an_update_does_not_follow_a_renamed_session []
            "An update under the old key of a renamed session is gone, and changes nothing."
            "Promise P6: who holds the old id writes nothing into the new session.";
        "SES-L2-027" a_touch_does_not_follow_a_renamed_session []
            "A touch under the old key of a renamed session is gone, and changes nothing."
            "Promise P6: who holds the old id does not keep the new session alive.";
        "SES-L2-028" a_rename_does_not_follow_a_renamed_session []
            "A rename of the old key of a renamed session is gone, and changes nothing."
            "Promise P6: who holds the old id cannot take the session along.";
        "SES-L2-029" a_key_that_has_moved_is_taken []
            "A create under a key that has moved is refused."
            "Clause 5: an old cookie must not name a new session.";
        "SES-L2-030" deleting_a_moved_key_ends_what_it_became []
            "Deleting a key that has moved ends what it became."
            "Promise P4: a log-out ends the session even if a parallel request has just renewed it.";
        "SES-L2-031" deleting_the_oldest_key_ends_what_it_became []
            "Deleting the first of three keys of a session ends it."
            "Promise P4: however often it was renewed meanwhile.";
        "SES-L2-032" a_moved_key_is_absent_when_what_it_became_has_expired []
            "A moved key is absent when what it became has expired."
            "Clause 8: it tells of a live session only.";
        "SES-L2-033" an_update_that_is_replayed_late_changes_nothing []
            "An update that is sent again after others have written is a conflict, and changes nothing."
            "Clause 13: a write that timed out and arrives again must not count twice.";
        "SES-L2-034" a_rename_that_is_replayed_late_changes_nothing []
            "A rename that is sent again after others have written changes nothing."
            "Clause 13: a write that timed out and arrives again must not count twice.";
        "SES-L2-035" a_create_that_is_replayed_late_changes_nothing []
            "A create that is sent again after others have written is refused, and changes nothing."
            "Clause 13: a write that timed out and arrives again must not count twice.";
        "SES-L2-036" random_programs_agree_with_the_model [virtual_time]
            "Random programs of requests read, write and lose what the model of the protocol says."
            "Promises P4 to P8, as a browser meets them.";
        "SES-L2-037" a_session_made_anew_is_not_what_an_earlier_one_became []
            "A session that is made under the key of an expired one is not what an earlier key of that one became."
            "Clause 8: an old cookie must not name, or end, a session of somebody else.";
    } };
}

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
