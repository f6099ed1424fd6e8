//! L1: when a session is there, and what moves its end.

use std::time::Duration;

use session_core::{Created, Loaded, Record, StoreKey, Touched, UnixTime, Written};

use crate::harness::Time;
use crate::stage::Stage;
use crate::step::Played;
use crate::violation::Violation;

#[doc(hidden)]
#[macro_export]
macro_rules! __time {
    ($then:ident! $args:tt) => { $crate::$then! { $args
        "SES-L1-001" a_record_is_there_until_its_deadline []
            "A record is there until its deadline."
            "Clause 4: who is signed out early blames the site.";
        "SES-L1-002" a_record_is_absent_at_its_deadline []
            "A record is absent at its deadline, and from there on."
            "Clause 4; ASVS 5.0, 7.3.1; tower-sessions #82, where stores returned expired sessions.";
        "SES-L1-003" a_record_without_a_deadline_never_expires []
            "A record without a deadline never expires."
            "Clause 4: no deadline is not a deadline of zero.";
        "SES-L1-004" an_expired_record_cannot_be_updated []
            "An update of an expired record is gone, and the record stays absent."
            "Promise P4: an expired session is not revived by a late writer.";
        "SES-L1-005" an_expired_record_cannot_be_touched []
            "A touch of an expired record is gone, and the record stays absent."
            "Promise P4: an expired session is not revived by a late reader.";
        "SES-L1-006" an_expired_record_cannot_be_renamed []
            "A rename of an expired record is gone, and neither key is there."
            "Promise P4: an expired session is not revived by a late sign-in.";
        "SES-L1-007" an_expired_record_gives_way_to_a_new_one []
            "A key whose record has expired can be used for a new one."
            "Clause 4: what has expired is absent to every call, `create` too.";
        "SES-L1-008" a_touch_moves_the_deadline []
            "A touch moves the deadline to the one asked for, if that is later."
            "Clause 10; tower-sessions #74: sessions that are read stay alive.";
        "SES-L1-009" a_touch_never_shortens []
            "A touch to an earlier deadline leaves the later one."
            "Clause 10: a request that began earlier must not end a session sooner.";
        "SES-L1-010" a_touch_can_take_the_deadline_away []
            "A touch that asks for no deadline takes it away."
            "Clause 10: no deadline is the latest of all.";
        "SES-L1-011" a_touch_gives_no_deadline_to_what_has_none []
            "A touch gives no deadline to a record that has none."
            "Clause 10: no deadline is the latest of all.";
        "SES-L1-012" a_touch_keeps_everything_else []
            "A touch changes the deadline and the time of use, and nothing else."
            "Clause 10: a touch that writes payload or version makes writers lose, or undoes what they wrote.";
        "SES-L1-013" a_touch_moves_the_time_of_use []
            "A touch moves the time of use to its own time."
            "Clause 10: a list of devices says when each was last used (ASVS 5.0, 7.5.2).";
        "SES-L1-014" a_touch_never_moves_the_time_of_use_back []
            "A touch by a clock that is behind does not move the time of use back."
            "Clause 10: the clocks of two machines differ.";
        "SES-L1-015" touching_what_is_not_there_is_gone []
            "A touch of an unknown key is gone, and makes no record."
            "Clause 6: a touch never creates.";
        "SES-L1-016" an_update_can_shorten_the_deadline []
            "An update sets the deadline, also to an earlier one."
            "Promise P7: a session that is given a shorter timeout ends sooner.";
        "SES-L1-017" an_update_can_move_the_deadline []
            "An update sets the deadline, also to a later one."
            "Promise P7: every write moves the deadline.";
        "SES-L1-018" a_rename_sets_the_deadline []
            "A rename sets the deadline, to an earlier or a later one."
            "Promise P7: a sign-in begins the limits anew.";
        "SES-L1-019" deadlines_are_kept_to_the_millisecond [virtual_time]
            "Deadlines that differ by a millisecond are two deadlines."
            "Clause 4: a store that rounds deadlines shows expired sessions, or hides live ones.";
        "SES-L1-020" a_purge_removes_what_has_expired [purge]
            "A purge removes what has expired, and tells how much."
            "Clause 16: a table that only grows is an outage to come.";
        "SES-L1-021" a_purge_keeps_live_sessions [purge]
            "A purge keeps what has not expired."
            "Clause 16: nobody is signed out by house-keeping.";
        "SES-L1-022" a_purge_keeps_what_expires_at_its_date [purge]
            "A purge removes only what expired before its date, not what expires at it."
            "Clause 16: callers give a date with a grace for clocks that differ.";
        "SES-L1-023" a_purge_keeps_to_its_limit [purge]
            "A purge removes no more records than its limit."
            "Clause 16: an unbounded delete locks the table for everybody.";
        "SES-L1-024" purges_in_batches_come_to_an_end [purge]
            "Purges that are repeated until they find nothing remove everything that has expired."
            "Clause 16: a batch that is hidden behind live rows is never removed.";
        "SES-L1-025" a_purge_keeps_what_was_touched [purge]
            "A purge keeps a session whose deadline has been moved by a touch."
            "Clause 16: an index by an old deadline must not decide.";
        "SES-L1-026" a_purge_removes_what_was_shortened [purge]
            "A purge removes a session whose deadline has been shortened by an update."
            "Clause 16: an index by an old deadline must not decide.";
        "SES-L1-027" a_purge_keeps_what_never_expires [purge]
            "A purge keeps sessions without a deadline."
            "Clause 16: no deadline is not a deadline of zero.";
        "SES-L1-028" a_purge_keeps_where_a_session_has_moved [purge virtual_time]
            "A purge keeps what is known of a renamed key for its minute."
            "Clause 8: the answer with the new cookie may still be on its way.";
        "SES-L1-029" a_record_can_be_used_until_its_deadline []
            "A record can be touched, updated and renamed until its deadline."
            "Clause 4: a session is there until its deadline, to every call.";
    } };
}

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
    let expected = Record { used: after.used, expires: after.expires, ..before };
    let names =
        |record: &Record| stage.log().name(|names| crate::describe::Describe::describe(record, names));
    stage.holds(after == expected, &names(&expected), names(&after))
}

async fn a_touch_moves_the_time_of_use(stage: &Stage) -> Played {
    let after = touched(stage, stage.record(), Some(stage.after(30)), stage.after(5)).await?;
    same_use(stage, stage.after(5), after.used)?;
    let shorter = touched(stage, stage.record(), Some(stage.after(10)), stage.after(5)).await?;
    same_use(stage, stage.after(5), shorter.used)
}

async fn a_touch_never_moves_the_time_of_use_back(stage: &Stage) -> Played {
    let before = Record { used: stage.after(6), ..stage.record() };
    let after = touched(stage, before, Some(stage.after(30)), stage.after(5)).await?;
    same_use(stage, stage.after(6), after.used)
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
