//! L1: when a session is there, and what moves its end.

mod brief;
mod purges;

use std::time::Duration;

use session_core::UnixTime;
use session_core::store::{Created, Loaded, Record, StoreKey, Touched, Written};

use crate::harness::Time;
use crate::rules::records::full;
use crate::stage::Stage;
use crate::stage::describe::Describe as _;
use crate::stage::step::Played;
use crate::violation::Violation;

use brief::{a_brief_touch_finds_no_session_that_is_not_there, a_brief_touch_that_returns_done_is_done};
use purges::{
    a_purge_goes_by_an_expiry_that_was_taken_away_or_given,
    a_purge_goes_by_the_expiry_of_a_rename_and_of_a_new_record, a_purge_keeps_live_sessions,
    a_purge_keeps_to_its_limit, a_purge_keeps_what_expires_at_its_date, a_purge_keeps_what_never_expires,
    a_purge_keeps_what_was_touched, a_purge_keeps_where_a_session_has_moved,
    a_purge_removes_what_has_expired, a_purge_removes_what_was_shortened,
    purges_after_random_writes_remove_exactly_what_has_expired, purges_in_batches_come_to_an_end,
    purges_remove_what_renames_leave_behind_in_batches,
};

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
    stage.one.at(stage.after(31)).create(&key, &stage.record()).await.is(Created::Taken)?;
    match stage.time() {
        // Nobody can wait for it where time runs by itself.
        Time::Real { .. } => Ok(()),
        Time::Virtual => {
            let century = stage.start + Duration::from_secs(100 * 365 * 24 * 60 * 60);
            stage.one.at(century).create(&key, &stage.record()).await.is(Created::Taken)?;
            stage.one.at(century).load(&key).await.is(Loaded::Found(second))
        }
    }
}

async fn an_expired_record_cannot_be_updated(stage: &Stage) -> Played {
    let key = stage.key();
    let first = stage.kept(&key).await?;
    let late = stage.one.at(stage.from(stage.deadline()));
    let second = stage.expiring(stage.after(60));
    for expected in [first.version, stage.version()] {
        late.update(&key, &second, expected).await.is(Written::Gone)?;
    }
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
    for expected in [first.version, stage.version()] {
        late.rename(&old, &new, &second, expected).await.is(Written::Gone)?;
    }
    late.load(&old).await.is(Loaded::Absent)?;
    late.load(&new).await.is(Loaded::Absent)
}

async fn an_expired_record_gives_way_to_a_new_one(stage: &Stage) -> Played {
    let key = stage.key();
    stage.keep(&key, &full(stage, "ada", "laptop", 3_600)).await?;
    let late = stage.one.at(stage.from(stage.deadline()));
    // It has none of the optional fields.
    let second = Record { expires: None, ..stage.record() };
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
    let before = full(stage, "ada", "laptop", 90);
    let after = touched(stage, before.clone(), Some(stage.after(10)), stage.after(5)).await?;
    same_deadline(stage, Some(stage.deadline()), after.expires)?;
    same_record(stage, &Record { last_used: stage.after(5), ..before }, &after)
}

async fn a_touch_can_take_the_deadline_away(stage: &Stage) -> Played {
    let before = full(stage, "ada", "laptop", 90);
    let after = touched(stage, before.clone(), None, stage.after(5)).await?;
    same_deadline(stage, None, after.expires)?;
    same_record(stage, &Record { last_used: stage.after(5), expires: None, ..before }, &after)
}

async fn a_touch_gives_no_deadline_to_what_has_none(stage: &Stage) -> Played {
    for asked in [Some(stage.after(10)), None] {
        let before = Record { expires: None, ..full(stage, "ada", "laptop", 90) };
        let after = touched(stage, before.clone(), asked, stage.after(5)).await?;
        same_deadline(stage, None, after.expires)?;
        same_record(stage, &Record { last_used: stage.after(5), ..before }, &after)?;
    }
    Ok(())
}

async fn a_touch_keeps_everything_else(stage: &Stage) -> Played {
    let before =
        Record { timeout: Some(Duration::from_secs(90)), label: Some("laptop".into()), ..stage.owned("ada") };
    let after = touched(stage, before.clone(), Some(stage.after(30)), stage.after(5)).await?;
    same_record(stage, &Record { last_used: after.last_used, expires: after.expires, ..before }, &after)
}

fn same_record(stage: &Stage, expected: &Record, got: &Record) -> Played {
    let say = |record: &Record| stage.log().name(|names| record.describe(names));
    let difference = expected.difference(got).unwrap_or_default();
    stage.holds(got == expected, &say(expected), format!("{}; {difference}", say(got)))
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

/// A record as a clock that was ahead has written it, and one with times of the present.
fn ahead_and_now(stage: &Stage) -> [Record; 2] {
    let ahead = stage.after(10_000);
    [Record { created: ahead, last_used: ahead, ..stage.expiring(ahead) }, stage.expiring(stage.after(30))]
}

async fn an_update_can_set_all_times_back(stage: &Stage) -> Played {
    let (key, [first, second]) = (stage.key(), ahead_and_now(stage));
    stage.keep(&key, &first).await?;
    stage.updated(&key, &second, &first).await?;
    stage.two.load(&key).await.is(Loaded::Found(second))?;
    stage.two.at(stage.from(stage.after(30))).load(&key).await.is(Loaded::Absent)
}

async fn a_rename_can_set_all_times_back(stage: &Stage) -> Played {
    let ([old, new], [first, second]) = (stage.keys(), ahead_and_now(stage));
    stage.keep(&old, &first).await?;
    stage.renamed((&old, &new), &second, &first).await?;
    stage.two.load(&new).await.is(Loaded::Found(second))?;
    let late = stage.two.at(stage.from(stage.after(30)));
    for key in [&old, &new] {
        late.load(key).await.is(Loaded::Absent)?;
    }
    Ok(())
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

async fn an_expiry_before_1970_is_an_expiry(stage: &Stage) -> Played {
    let key = stage.key();
    let at = |secs| stage.one.at(UnixTime::from_secs(secs));
    let record = Record { created: at(-100).now, last_used: at(-100).now, ..stage.expiring(at(-50).now) };
    at(-100).create(&key, &record).await.is(Created::Done)?;
    let last = stage.one.at(UnixTime::from_millis(-50_001));
    last.load(&key).await.is(Loaded::Found(record.clone()))?;
    last.touch(&key, Some(at(-40).now)).await.is(Touched::Done)?;
    let touched = Record { last_used: last.now, expires: Some(at(-40).now), ..record };
    at(-50).load(&key).await.is(Loaded::Found(touched))?;
    at(-40).load(&key).await.is(Loaded::Absent)
}

async fn an_expiry_in_the_far_future_is_an_expiry(stage: &Stage) -> Played {
    let [key, endless] = stage.keys();
    let last = UnixTime::from_millis(i64::MAX - 1);
    let record = stage.expiring(last);
    stage.keep(&key, &record).await?;
    stage.kept(&endless).await?;
    stage.touched(&endless, last, stage.after(1)).await?;
    let before = stage.one.at(stage.before(last));
    before.load(&key).await.is(Loaded::Found(record))?;
    found(stage, &endless, before.now).await?;
    before.touch(&endless, None).await.is(Touched::Done)?;
    stage.one.at(last).load(&key).await.is(Loaded::Absent)?;
    found(stage, &endless, last).await.map(drop)
}
