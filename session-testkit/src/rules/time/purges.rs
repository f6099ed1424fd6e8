//! What a purge removes, and what it leaves.

use std::time::Duration;

use rand::RngExt as _;
use session_core::UnixTime;
use session_core::store::{Created, Loaded, Record, StoreKey, Touched, Written};

use crate::stage::Stage;
use crate::stage::step::Played;

use super::found;

pub(super) async fn a_purge_removes_what_has_expired(stage: &Stage) -> Played {
    let key = stage.key();
    stage.kept(&key).await?;
    let after = stage.one.at(stage.after(25));
    after.purge(stage.after(25), 100).await.is(1)?;
    after.purge(stage.after(25), 100).await.is(0)?;
    // Whoever's clock is behind does not find it either.
    stage.one.load(&key).await.is(Loaded::Absent)
}

pub(super) async fn a_purge_keeps_live_sessions(stage: &Stage) -> Played {
    let [expired, live] = stage.keys();
    stage.keep(&expired, &stage.expiring(stage.after(5))).await?;
    let record = stage.kept(&live).await?;
    let after = stage.one.at(stage.after(10));
    after.purge(stage.after(10), 100).await.is(1)?;
    after.load(&live).await.is(Loaded::Found(record))
}

pub(super) async fn a_purge_keeps_what_expires_at_its_date(stage: &Stage) -> Played {
    let key = stage.key();
    let record = stage.kept(&key).await?;
    stage.one.purge(stage.deadline(), 100).await.is(0)?;
    stage.one.load(&key).await.is(Loaded::Found(record))
}

pub(super) async fn a_purge_keeps_to_its_limit(stage: &Stage) -> Played {
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

pub(super) async fn purges_in_batches_come_to_an_end(stage: &Stage) -> Played {
    // Sessions that were touched lie before those that have expired, by their old deadlines.
    for n in 0..10 {
        let key = stage.key();
        stage.keep(&key, &stage.expiring(stage.after(5))).await?;
        if n % 2 == 0 {
            stage.touched(&key, stage.after(60), stage.after(4)).await?;
        }
    }
    let after = stage.one.at(stage.after(10));
    for removed in [2, 2, 1, 0] {
        after.purge(stage.after(10), 2).await.is(removed)?;
    }
    Ok(())
}

pub(super) async fn a_purge_keeps_what_was_touched(stage: &Stage) -> Played {
    let key = stage.key();
    stage.kept(&key).await?;
    stage.touched(&key, stage.after(30), stage.after(10)).await?;
    let after = stage.one.at(stage.after(25));
    after.purge(stage.after(25), 100).await.is(0)?;
    found(stage, &key, stage.after(25)).await?;
    after.at(stage.after(35)).purge(stage.after(35), 100).await.is(1)
}

pub(super) async fn a_purge_removes_what_was_shortened(stage: &Stage) -> Played {
    let key = stage.key();
    let first = stage.kept(&key).await?;
    stage.updated(&key, &stage.expiring(stage.after(5)), &first).await?;
    stage.one.at(stage.after(10)).purge(stage.after(10), 100).await.is(1)?;
    stage.one.load(&key).await.is(Loaded::Absent)
}

pub(super) async fn a_purge_keeps_what_never_expires(stage: &Stage) -> Played {
    let key = stage.key();
    let record = Record { expires: None, ..stage.record() };
    stage.keep(&key, &record).await?;
    stage.one.at(stage.after(30)).purge(stage.after(30), 100).await.is(0)?;
    stage.one.at(stage.after(30)).load(&key).await.is(Loaded::Found(record))
}

pub(super) async fn a_purge_keeps_where_a_session_has_moved(stage: &Stage) -> Played {
    let [old, new] = stage.keys();
    let first = stage.kept(&old).await?;
    stage.renamed((&old, &new), &stage.record(), &first).await?;
    let soon = stage.start + Duration::from_millis(59_999);
    stage.one.at(soon).purge(soon, 100).await.is(0)?;
    stage.one.at(soon).load(&old).await.is(Loaded::Moved { owner: None })
}

pub(super) async fn purges_remove_what_renames_leave_behind_in_batches(stage: &Stage) -> Played {
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
    for _ in 0..3 {
        stage.keep(&stage.key(), &stage.expiring(stage.after(5))).await?;
    }
    for _ in 0..2 * RENAMES {
        let removed = late.purge(stage.after(10), 2).await.value()?;
        stage.holds(removed <= 2, "no more than the limit of 2", removed.to_string())?;
        all += removed;
    }
    stage.holds(all > 3, "3 records removed, and what the renames left behind", all.to_string())?;
    late.purge(stage.after(10), 100).await.is(0)?;
    late.load(&keys[RENAMES]).await.is(Loaded::Found(last))
}

pub(super) async fn a_purge_goes_by_the_expiry_of_a_rename_and_of_a_new_record(stage: &Stage) -> Played {
    let [a, shortened, b, lengthened, key] = stage.keys();
    let (first, other) = (stage.kept(&a).await?, stage.kept(&b).await?);
    stage.renamed((&a, &shortened), &stage.expiring(stage.after(5)), &first).await?;
    stage.renamed((&b, &lengthened), &stage.expiring(stage.after(40)), &other).await?;
    stage.keep(&key, &stage.expiring(stage.after(5))).await?;
    let late = stage.one.at(stage.from(stage.after(5)));
    late.create(&key, &stage.expiring(stage.after(30))).await.is(Created::Done)?;
    // The counts may include what the renames have left behind.
    for ticks in [10, 25] {
        stage.one.at(stage.after(ticks)).purge(stage.after(ticks), 100).await.value()?;
        stage.one.load(&shortened).await.is(Loaded::Absent)?;
        for kept in [&lengthened, &key] {
            found(stage, kept, stage.after(ticks)).await?;
        }
    }
    stage.one.at(stage.after(45)).purge(stage.after(45), 100).await.value()?;
    for purged in [&lengthened, &key] {
        stage.one.load(purged).await.is(Loaded::Absent)?;
    }
    Ok(())
}

pub(super) async fn a_purge_goes_by_an_expiry_that_was_taken_away_or_given(stage: &Stage) -> Played {
    let [released, limited, endless] = stage.keys();
    let first = stage.kept(&released).await?;
    stage.one.at(stage.after(1)).touch(&released, None).await.is(Touched::Done)?;
    let never = || Record { expires: None, ..stage.record() };
    let (second, third) = (never(), never());
    stage.keep(&limited, &second).await?;
    stage.keep(&endless, &third).await?;
    let short = stage.expiring(stage.after(5));
    stage.one.at(stage.after(1)).update(&limited, &short, second.version).await.is(Written::Done)?;
    stage.touched(&endless, stage.after(5), stage.after(1)).await?;
    let late = stage.one.at(stage.after(25));
    for removed in [1, 0] {
        late.purge(stage.after(25), 100).await.is(removed)?;
    }
    stage.one.load(&limited).await.is(Loaded::Absent)?;
    for key in [&released, &endless] {
        found(stage, key, stage.after(25)).await?;
    }
    let again = stage.expiring(stage.after(30));
    late.update(&released, &again, first.version).await.is(Written::Done)?;
    stage.one.at(stage.after(35)).purge(stage.after(35), 100).await.is(1)?;
    stage.one.load(&released).await.is(Loaded::Absent)
}

pub(super) async fn purges_after_random_writes_remove_exactly_what_has_expired(stage: &Stage) -> Played {
    let mut left = Vec::new();
    for _ in 0..40 {
        let (key, record) = (stage.key(), Record { expires: random_expiry(stage, 0), ..stage.record() });
        stage.keep(&key, &record).await?;
        left.push((key, record));
    }
    let mut tick = 0;
    while tick < 60 {
        for _ in 0..40 {
            write_at_random(stage, &mut left, tick).await?;
        }
        tick += stage.random(|random| random.random_range(1..=8));
        let now = between_ticks(stage, tick);
        let (kept, expired): (Vec<_>, Vec<_>) =
            left.into_iter().partition(|(_, record): &(StoreKey, Record)| record.is_live(now));
        left = kept;
        let mut removed = 0;
        for _ in 0..=40 {
            removed += stage.one.at(now).purge(now, 3).await.value()?;
        }
        let expected = format!("{} records removed", expired.len());
        stage.holds(removed == expired.len() as u64, &expected, removed.to_string())?;
        // A caller whose clock is behind does not find them either.
        for (key, _) in &expired {
            stage.one.load(key).await.is(Loaded::Absent)?;
        }
        for (key, record) in &left {
            stage.one.at(now).load(key).await.is(Loaded::Found(record.clone()))?;
        }
    }
    Ok(())
}

/// A time at which nothing expires: records of this rule expire at whole ticks.
fn between_ticks(stage: &Stage, tick: u32) -> UnixTime {
    stage.after(tick) + Duration::from_millis(500)
}

/// An expiry within the 60 ticks after this one, or none.
fn random_expiry(stage: &Stage, tick: u32) -> Option<UnixTime> {
    let ticks = stage.random(|random| random.random_range(0..=60));
    (ticks > 0).then(|| stage.after(tick + ticks))
}

/// Updates or touches one of the sessions.
async fn write_at_random(stage: &Stage, left: &mut [(StoreKey, Record)], tick: u32) -> Played {
    if left.is_empty() {
        return Ok(());
    }
    let (at, is_touch) = stage.random(|random| (random.random_range(0..left.len()), random.random()));
    let (now, expires) = (between_ticks(stage, tick), random_expiry(stage, tick));
    let (key, record) = &mut left[at];
    if is_touch {
        record.expires = record.expires.zip(expires).map(|(stored, asked)| stored.max(asked));
        record.last_used = record.last_used.max(now);
        return stage.one.at(now).touch(key, expires).await.is(Touched::Done);
    }
    let next = Record { expires, last_used: now, ..stage.record() };
    stage.one.at(now).update(key, &next, record.version).await.is(Written::Done)?;
    *record = next;
    Ok(())
}
