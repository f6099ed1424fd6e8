//! L1: when a session is there, and what moves its end.

use std::time::Duration;

use session_core::UnixTime;
use session_core::store::{Created, Loaded, Record, StoreKey, Touched, Written};

use crate::harness::Time;
use crate::stage::Stage;
use crate::stage::step::Played;
use crate::violation::Violation;

crate::__time! { __rules! { L1 } }

async fn a_record_is_there_until_its_deadline(stage: &Stage) -> Played {
    let key = stage.key();
    let record = stage.kept(&key).await?;
    stage.one.load(&key).await.is(Loaded::Found(record.clone()))?;
    stage.one.at(stage.before(stage.deadline())).load(&key).await.is(Loaded::Found(record))
}

async fn a_record_is_absent_at_its_deadline(stage: &Stage) -> Played {
    let key = stage.key();
    stage.kept(&key).await?;
    stage.one.at(stage.from(stage.deadline())).load(&key).await.is(Loaded::Absent)?;
    stage.one.at(stage.after(30)).load(&key).await.is(Loaded::Absent)
}

async fn a_record_without_a_deadline_never_expires(stage: &Stage) -> Played {
    let key = stage.key();
    let record = Record { expires: None, ..stage.record() };
    stage.keep(&key, &record).await?;
    stage.one.at(stage.after(30)).load(&key).await.is(Loaded::Found(record.clone()))?;
    let second = Record { expires: None, ..stage.record() };
    stage.one.at(stage.after(31)).update(&key, &second, record.version).await.is(Written::Done)?;
    match stage.time() {
        // Nobody can wait for it where time runs by itself.
        Time::Real { .. } => Ok(()),
        Time::Virtual => {
            let century = stage.start + Duration::from_secs(100 * 365 * 24 * 60 * 60);
            stage.one.at(century).load(&key).await.is(Loaded::Found(second))
        }
    }
}

async fn an_expired_record_cannot_be_updated(stage: &Stage) -> Played {
    let key = stage.key();
    let first = stage.kept(&key).await?;
    let late = stage.one.at(stage.from(stage.deadline()));
    let second = stage.expiring(stage.after(60));
    late.update(&key, &second, first.version).await.is(Written::Gone)?;
    late.load(&key).await.is(Loaded::Absent)
}

async fn an_expired_record_cannot_be_touched(stage: &Stage) -> Played {
    let key = stage.key();
    stage.kept(&key).await?;
    let late = stage.one.at(stage.from(stage.deadline()));
    late.touch(&key, Some(stage.after(60))).await.is(Touched::Gone)?;
    late.touch(&key, None).await.is(Touched::Gone)?;
    late.load(&key).await.is(Loaded::Absent)
}

async fn an_expired_record_cannot_be_renamed(stage: &Stage) -> Played {
    let [old, new] = stage.keys();
    let first = stage.kept(&old).await?;
    let late = stage.one.at(stage.from(stage.deadline()));
    let second = stage.expiring(stage.after(60));
    late.rename(&old, &new, &second, first.version).await.is(Written::Gone)?;
    late.load(&old).await.is(Loaded::Absent)?;
    late.load(&new).await.is(Loaded::Absent)
}

async fn an_expired_record_gives_way_to_a_new_one(stage: &Stage) -> Played {
    let key = stage.key();
    stage.kept(&key).await?;
    let late = stage.one.at(stage.from(stage.deadline()));
    let second = stage.expiring(stage.after(60));
    late.create(&key, &second).await.is(Created::Done)?;
    late.load(&key).await.is(Loaded::Found(second))
}

/// A record under a fresh key; what a touch makes of it, as it is read then.
async fn touched(
    stage: &Stage,
    before: Record,
    asked: Option<UnixTime>,
    now: UnixTime,
) -> Result<Record, Violation> {
    let key = stage.key();
    stage.keep(&key, &before).await?;
    stage.one.at(now).touch(&key, asked).await.is(Touched::Done)?;
    found(stage, &key, now).await
}

async fn found(stage: &Stage, key: &StoreKey, now: UnixTime) -> Result<Record, Violation> {
    match stage.one.at(now).load(key).await.value()? {
        Loaded::Found(record) => Ok(record),
        Loaded::Moved { .. } | Loaded::Absent => Err(stage.violation("a record", "none")),
    }
}

fn same_deadline(stage: &Stage, expected: Option<UnixTime>, got: Option<UnixTime>) -> Played {
    let say = |time: Option<UnixTime>| match time {
        Some(time) => stage.log().name(|names| format!("the deadline {}", names.time(time))),
        None => "no deadline".to_owned(),
    };
    stage.holds(expected == got, &say(expected), say(got))
}

async fn a_touch_moves_the_deadline(stage: &Stage) -> Played {
    let later = Some(stage.after(30));
    let after = touched(stage, stage.record(), later, stage.after(10)).await?;
    same_deadline(stage, later, after.expires)?;
    let key = stage.key();
    stage.kept(&key).await?;
    stage.touched(&key, stage.after(30), stage.after(10)).await?;
    found(stage, &key, stage.after(25)).await?;
    stage.one.at(stage.from(stage.after(30))).load(&key).await.is(Loaded::Absent)
}

async fn a_touch_never_shortens(stage: &Stage) -> Played {
    let after = touched(stage, stage.record(), Some(stage.after(10)), stage.after(5)).await?;
    same_deadline(stage, Some(stage.deadline()), after.expires)
}

async fn a_touch_can_take_the_deadline_away(stage: &Stage) -> Played {
    let after = touched(stage, stage.record(), None, stage.after(5)).await?;
    same_deadline(stage, None, after.expires)
}

async fn a_touch_gives_no_deadline_to_what_has_none(stage: &Stage) -> Played {
    let before = Record { expires: None, ..stage.record() };
    let after = touched(stage, before, Some(stage.after(10)), stage.after(5)).await?;
    same_deadline(stage, None, after.expires)
}

async fn a_touch_keeps_everything_else(stage: &Stage) -> Played {
    let before =
        Record { timeout: Some(Duration::from_secs(90)), label: Some("laptop".into()), ..stage.owned("ada") };
    let after = touched(stage, before.clone(), Some(stage.after(30)), stage.after(5)).await?;
    let expected = Record { last_used: after.last_used, expires: after.expires, ..before };
    let names =
        |record: &Record| stage.log().name(|names| crate::stage::describe::Describe::describe(record, names));
    stage.holds(after == expected, &names(&expected), names(&after))
}

async fn a_touch_moves_the_time_of_use(stage: &Stage) -> Played {
    let after = touched(stage, stage.record(), Some(stage.after(30)), stage.after(5)).await?;
    same_use(stage, stage.after(5), after.last_used)?;
    let shorter = touched(stage, stage.record(), Some(stage.after(10)), stage.after(5)).await?;
    same_use(stage, stage.after(5), shorter.last_used)
}

async fn a_touch_never_moves_the_time_of_use_back(stage: &Stage) -> Played {
    let before = Record { last_used: stage.after(6), ..stage.record() };
    let after = touched(stage, before, Some(stage.after(30)), stage.after(5)).await?;
    same_use(stage, stage.after(6), after.last_used)
}

fn same_use(stage: &Stage, expected: UnixTime, got: UnixTime) -> Played {
    let say = |time| stage.log().name(|names| format!("used {}", names.time(time)));
    stage.holds(expected == got, &say(expected), say(got))
}

async fn touching_what_is_not_there_is_gone(stage: &Stage) -> Played {
    let key = stage.key();
    stage.one.touch(&key, Some(stage.deadline())).await.is(Touched::Gone)?;
    stage.one.touch(&key, None).await.is(Touched::Gone)?;
    stage.one.load(&key).await.is(Loaded::Absent)
}

async fn an_update_can_shorten_the_deadline(stage: &Stage) -> Played {
    let key = stage.key();
    let first = stage.kept(&key).await?;
    stage.updated(&key, &stage.expiring(stage.after(10)), &first).await?;
    stage.one.at(stage.from(stage.after(10))).load(&key).await.is(Loaded::Absent)
}

async fn an_update_can_move_the_deadline(stage: &Stage) -> Played {
    let key = stage.key();
    let first = stage.kept(&key).await?;
    let second = stage.expiring(stage.after(30));
    stage.updated(&key, &second, &first).await?;
    stage.one.at(stage.from(stage.deadline())).load(&key).await.is(Loaded::Found(second))?;
    stage.one.at(stage.from(stage.after(30))).load(&key).await.is(Loaded::Absent)
}

async fn a_rename_sets_the_deadline(stage: &Stage) -> Played {
    let [a, b, c, d] = stage.keys();
    let (first, other) = (stage.kept(&a).await?, stage.kept(&c).await?);
    let (sooner, later) = (stage.expiring(stage.after(10)), stage.expiring(stage.after(30)));
    stage.renamed((&a, &b), &sooner, &first).await?;
    stage.renamed((&c, &d), &later, &other).await?;
    stage.one.at(stage.from(stage.after(10))).load(&b).await.is(Loaded::Absent)?;
    stage.one.at(stage.from(stage.deadline())).load(&d).await.is(Loaded::Found(later))?;
    stage.one.at(stage.from(stage.after(30))).load(&d).await.is(Loaded::Absent)
}

async fn deadlines_are_kept_to_the_millisecond(stage: &Stage) -> Played {
    for millis in [1, 499, 500, 999] {
        let key = stage.key();
        let deadline = stage.start + Duration::from_millis(millis);
        let record = stage.expiring(deadline);
        stage.keep(&key, &record).await?;
        stage.one.at(stage.before(deadline)).load(&key).await.is(Loaded::Found(record))?;
        stage.one.at(deadline).load(&key).await.is(Loaded::Absent)?;
    }
    Ok(())
}

async fn a_purge_removes_what_has_expired(stage: &Stage) -> Played {
    let key = stage.key();
    stage.kept(&key).await?;
    let after = stage.one.at(stage.after(25));
    after.purge(stage.after(25), 100).await.is(1)?;
    after.purge(stage.after(25), 100).await.is(0)?;
    // Whoever's clock is behind does not find it either.
    stage.one.load(&key).await.is(Loaded::Absent)
}

async fn a_purge_keeps_live_sessions(stage: &Stage) -> Played {
    let [expired, live] = stage.keys();
    stage.keep(&expired, &stage.expiring(stage.after(5))).await?;
    let record = stage.kept(&live).await?;
    let after = stage.one.at(stage.after(10));
    after.purge(stage.after(10), 100).await.is(1)?;
    after.load(&live).await.is(Loaded::Found(record))
}

async fn a_purge_keeps_what_expires_at_its_date(stage: &Stage) -> Played {
    let key = stage.key();
    let record = stage.kept(&key).await?;
    stage.one.purge(stage.deadline(), 100).await.is(0)?;
    stage.one.load(&key).await.is(Loaded::Found(record))
}

async fn a_purge_keeps_to_its_limit(stage: &Stage) -> Played {
    let keys: [StoreKey; 5] = stage.keys();
    for key in &keys {
        stage.kept(key).await?;
    }
    stage.one.at(stage.after(25)).purge(stage.after(25), 2).await.is(2)?;
    let mut left = 0;
    for key in &keys {
        left += u64::from(stage.one.load(key).await.value()? != Loaded::Absent);
    }
    stage.holds(left == 3, "3 records left", format!("{left}"))
}

async fn purges_in_batches_come_to_an_end(stage: &Stage) -> Played {
    // Sessions that were touched lie before those that have expired, by their old deadlines.
    for n in 0..10 {
        let key = stage.key();
        stage.keep(&key, &stage.expiring(stage.after(5))).await?;
        if n % 2 == 0 {
            stage.touched(&key, stage.after(60), stage.after(4)).await?;
        }
    }
    let after = stage.one.at(stage.after(10));
    let mut removed = 0;
    for _ in 0..20 {
        removed += after.purge(stage.after(10), 2).await.value()?;
    }
    stage.holds(removed == 5, "5 records removed by 20 purges of 2", removed.to_string())
}

async fn a_purge_keeps_what_was_touched(stage: &Stage) -> Played {
    let key = stage.key();
    stage.kept(&key).await?;
    stage.touched(&key, stage.after(30), stage.after(10)).await?;
    let after = stage.one.at(stage.after(25));
    after.purge(stage.after(25), 100).await.is(0)?;
    found(stage, &key, stage.after(25)).await?;
    after.at(stage.after(35)).purge(stage.after(35), 100).await.is(1)
}

async fn a_purge_removes_what_was_shortened(stage: &Stage) -> Played {
    let key = stage.key();
    let first = stage.kept(&key).await?;
    stage.updated(&key, &stage.expiring(stage.after(5)), &first).await?;
    stage.one.at(stage.after(10)).purge(stage.after(10), 100).await.is(1)?;
    stage.one.load(&key).await.is(Loaded::Absent)
}

async fn a_purge_keeps_what_never_expires(stage: &Stage) -> Played {
    let key = stage.key();
    let record = Record { expires: None, ..stage.record() };
    stage.keep(&key, &record).await?;
    stage.one.at(stage.after(30)).purge(stage.after(30), 100).await.is(0)?;
    stage.one.at(stage.after(30)).load(&key).await.is(Loaded::Found(record))
}

async fn a_purge_keeps_where_a_session_has_moved(stage: &Stage) -> Played {
    let [old, new] = stage.keys();
    let first = stage.kept(&old).await?;
    stage.renamed((&old, &new), &stage.record(), &first).await?;
    let soon = stage.start + Duration::from_millis(59_999);
    stage.one.at(soon).purge(soon, 100).await.is(0)?;
    stage.one.at(soon).load(&old).await.is(Loaded::Moved { owner: None })
}

async fn a_record_can_be_used_until_its_deadline(stage: &Stage) -> Played {
    let [a, b, c, d] = stage.keys();
    stage.kept(&a).await?;
    let (second, third) = (stage.kept(&b).await?, stage.kept(&c).await?);
    let last = stage.before(stage.deadline());
    let later = stage.expiring(stage.after(40));
    stage.touched(&a, stage.after(40), last).await?;
    stage.one.at(last).update(&b, &later, second.version).await.is(Written::Done)?;
    stage.one.at(last).rename(&c, &d, &later, third.version).await.is(Written::Done)?;
    for key in [&a, &b, &d] {
        found(stage, key, stage.after(30)).await?;
    }
    Ok(())
}

async fn purges_remove_what_renames_leave_behind_in_batches(stage: &Stage) -> Played {
    const RENAMES: usize = 6;
    let keys: [StoreKey; RENAMES + 1] = stage.keys();
    let mut last = Record { expires: None, ..stage.record() };
    stage.keep(&keys[0], &last).await?;
    for pair in keys.windows(2) {
        let next = Record { expires: None, ..stage.record() };
        stage.renamed((&pair[0], &pair[1]), &next, &last).await?;
        last = next;
    }
    let late = stage.one.at(stage.after(10));
    let mut all = 0;
    for _ in 0..2 * RENAMES {
        // Records and remains each count up to the limit.
        let removed = late.purge(stage.after(10), 2).await.value()?;
        stage.holds(removed <= 4, "no more than twice the limit of 2", removed.to_string())?;
        all += removed;
    }
    stage.holds(all > 0, "what the renames left behind removed", "nothing removed")?;
    late.purge(stage.after(10), 100).await.is(0)?;
    late.load(&keys[RENAMES]).await.is(Loaded::Found(last))
}
