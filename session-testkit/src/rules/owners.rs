//! L4: the sessions of an owner, listed and revoked.

mod index;
mod pages;
mod races;
mod revocations;

use session_core::Owner;
use session_core::store::{Loaded, OwnedSession, Record, StoreKey, Touched};

use crate::rules::records::TEXTS;
use crate::stage::Stage;
use crate::stage::step::Played;

use index::{
    a_dropped_write_leaves_no_session_unlisted, a_former_owner_ends_nothing,
    a_key_used_anew_is_not_of_its_former_owner, a_list_follows_times_that_were_set_back,
    a_refused_write_leaves_the_lists, a_revocation_ends_sessions_whatever_their_deadline,
    a_revocation_is_seen_by_who_has_read_before, the_deadlines_of_a_list_are_those_of_the_records,
};
use pages::{
    a_page_has_no_expired_session, a_page_holds_no_more_than_its_limit, pages_are,
    pages_beside_deletes_miss_no_session, pages_beside_renames_miss_no_session,
    pages_beside_writes_miss_no_session, pages_lead_on_while_a_session_is_left,
};
use races::{
    a_list_beside_renames_shows_the_session_once, a_revocation_beside_creates_leaves_none_that_was_there,
    a_revocation_beside_renames_leaves_nothing, a_revocation_beside_renames_leaves_the_one_excepted,
    a_revocation_beside_writes_leaves_nothing, pages_beside_racing_renames_miss_no_session,
};

use revocations::{
    a_late_writer_does_not_revive_a_revoked_session,
    a_revocation_counts_live_sessions_and_at_most_expired_ones_too,
    a_revocation_ends_every_session_of_the_owner, a_revocation_ends_what_a_session_became,
    a_revocation_leaves_other_owners, a_revocation_leaves_the_one_excepted,
    a_revocation_leaves_what_the_excepted_one_has_become, a_revocation_tells_how_many_it_ended,
    revoking_an_owner_without_sessions_ends_none,
};

crate::__owners! { __rules! { L4 } }

const ADA: &str = "ada";

/// What a list shows of a record.
fn listed(key: &StoreKey, record: &Record) -> OwnedSession {
    let Record { created, last_used, label, .. } = record;
    OwnedSession::new(*key, *created, *last_used, label.clone())
}

/// What a list shows of these sessions, in the order of their keys.
fn all_listed(sessions: &[(StoreKey, Record)]) -> Vec<OwnedSession> {
    let mut all: Vec<_> = sessions.iter().map(|(key, record)| listed(key, record)).collect();
    all.sort_by_key(|session| session.key);
    all
}

/// Expects the list of the owner to be of these sessions.
async fn list_is(stage: &Stage, owner: &str, sessions: &[(StoreKey, Record)]) -> Played {
    stage.one.list(&owner.into()).await.is(all_listed(sessions))
}

/// So many sessions of the owner.
async fn sessions(
    stage: &Stage,
    owner: &str,
    count: usize,
) -> Result<Vec<(StoreKey, Record)>, crate::Violation> {
    let mut sessions = Vec::with_capacity(count);
    for _ in 0..count {
        let key = stage.key();
        sessions.push((key, stage.kept_for(&key, owner).await?));
    }
    Ok(sessions)
}

async fn a_list_has_every_live_session(stage: &Stage) -> Played {
    let mut all = sessions(stage, ADA, 3).await?;
    let (key, record) = (stage.key(), Record { expires: None, ..stage.owned(ADA) });
    stage.keep(&key, &record).await?;
    all.push((key, record));
    for limit in [1, 100, 1_000, 0] {
        pages_are(stage, ADA, limit, &all).await?;
    }
    list_is(stage, ADA, &all).await
}

async fn a_list_tells_what_the_record_says(stage: &Stage) -> Played {
    let key = stage.key();
    let created = session_core::UnixTime::from_millis(stage.start.as_millis() - 90_001);
    let record =
        Record { created, last_used: stage.after(1), label: Some("laptop".into()), ..stage.owned(ADA) };
    stage.keep(&key, &record).await?;
    list_is(stage, ADA, &[(key, record.clone())]).await?;
    let next = Record { label: None, created: stage.start, last_used: stage.after(2), ..stage.owned(ADA) };
    stage.updated(&key, &next, &record).await?;
    list_is(stage, ADA, &[(key, next)]).await
}

async fn an_owner_without_sessions_has_an_empty_list(stage: &Stage) -> Played {
    stage.kept(&stage.key()).await?;
    stage.kept_for(&stage.key(), "grace").await?;
    list_is(stage, ADA, &[]).await
}

async fn a_list_has_no_session_of_another_owner(stage: &Stage) -> Played {
    let ada = sessions(stage, ADA, 1).await?;
    for other in
        ["Ada", "ad", "adam", " ada", "ada ", "a%", "a_a", "*", "", "àda", "ad\u{430}", "ada\0", "ada\0b"]
    {
        sessions(stage, other, 1).await?;
    }
    list_is(stage, ADA, &ada).await?;
    // Whoever may choose an owner's text must not be shown the sessions of others by it.
    for pattern in ["a", "%", "_da", "ad*", "ADA", "ada%", "a\0", "ad\0"] {
        list_is(stage, pattern, &[]).await?;
    }
    Ok(())
}

async fn a_list_has_no_expired_session(stage: &Stage) -> Played {
    let [short, long] = stage.keys();
    stage.kept_for(&short, ADA).await?;
    let record = Record { expires: Some(stage.after(40)), ..stage.owned(ADA) };
    stage.keep(&long, &record).await?;
    let last = stage.one.at(stage.before(stage.deadline()));
    stage.holds(last.list(&ADA.into()).await.value()?.len() == 2, "both sessions listed", "other")?;
    let late = stage.one.at(stage.from(stage.deadline()));
    late.list(&ADA.into()).await.is(vec![listed(&long, &record)])
}

async fn a_list_has_no_deleted_session(stage: &Stage) -> Played {
    let all = sessions(stage, ADA, 3).await?;
    stage.one.delete(&all[0].0).await.is(())?;
    let new = stage.key();
    stage.renamed((&all[1].0, &new), &stage.owned(ADA), &all[1].1).await?;
    stage.one.delete(&all[1].0).await.is(())?;
    list_is(stage, ADA, &all[2..]).await
}

async fn a_renamed_session_is_listed_once(stage: &Stage) -> Played {
    let [a, b, c] = stage.keys();
    let (first, second, third) = (stage.kept_for(&a, ADA).await?, stage.owned(ADA), stage.owned(ADA));
    stage.renamed((&a, &b), &second, &first).await?;
    list_is(stage, ADA, &[(b, second.clone())]).await?;
    stage.renamed((&b, &c), &third, &second).await?;
    list_is(stage, ADA, &[(c, third)]).await
}

async fn a_session_that_gets_an_owner_is_listed(stage: &Stage) -> Played {
    let key = stage.key();
    let (first, second) = (stage.kept(&key).await?, stage.owned(ADA));
    list_is(stage, ADA, &[]).await?;
    stage.updated(&key, &second, &first).await?;
    list_is(stage, ADA, &[(key, second)]).await
}

async fn a_session_that_changes_its_owner_changes_lists(stage: &Stage) -> Played {
    let [key, new] = stage.keys();
    let (first, second, third) = (stage.kept_for(&key, ADA).await?, stage.owned("grace"), stage.owned(ADA));
    stage.updated(&key, &second, &first).await?;
    list_is(stage, ADA, &[]).await?;
    list_is(stage, "grace", &[(key, second.clone())]).await?;
    stage.renamed((&key, &new), &third, &second).await?;
    list_is(stage, "grace", &[]).await?;
    list_is(stage, ADA, &[(new, third)]).await
}

async fn a_session_that_loses_its_owner_leaves_the_list(stage: &Stage) -> Played {
    let key = stage.key();
    let (first, second) = (stage.kept_for(&key, ADA).await?, stage.record());
    stage.updated(&key, &second, &first).await?;
    list_is(stage, ADA, &[]).await?;
    stage.one.revoke(&ADA.into(), None).await.is(0)?;
    stage.one.load(&key).await.is(Loaded::Found(second))
}

async fn a_session_that_is_signed_in_by_a_rename_is_listed(stage: &Stage) -> Played {
    let [old, new] = stage.keys();
    let (first, second) = (stage.kept(&old).await?, stage.owned(ADA));
    stage.renamed((&old, &new), &second, &first).await?;
    list_is(stage, ADA, &[(new, second)]).await
}

async fn a_touched_session_stays_listed(stage: &Stage) -> Played {
    let [key, released, endless] = stage.keys();
    let record = stage.kept_for(&key, ADA).await?;
    let first = stage.kept_for(&released, "grace").await?;
    let second = Record { expires: None, ..stage.owned("grace") };
    stage.keep(&endless, &second).await?;
    stage.touched(&key, stage.after(40), stage.after(5)).await?;
    let touching = stage.one.at(stage.after(5));
    for (key, expires) in [(&released, None), (&endless, Some(stage.after(10))), (&endless, None)] {
        touching.touch(key, expires).await.is(Touched::Done)?;
    }
    let touched = |record| Record { last_used: stage.after(5), ..record };
    stage.one.at(stage.after(25)).list(&ADA.into()).await.is(vec![listed(&key, &touched(record))])?;
    let late = stage.one.at(stage.from(stage.after(40)));
    late.list(&ADA.into()).await.is(Vec::new())?;
    let left = [(released, touched(first)), (endless, touched(second))];
    late.list(&"grace".into()).await.is(all_listed(&left))
}

async fn a_touch_shows_in_the_list(stage: &Stage) -> Played {
    let key = stage.key();
    let record = stage.kept_for(&key, ADA).await?;
    // Also one that does not move the deadline.
    for (expires, now) in [(stage.after(40), stage.after(5)), (stage.after(30), stage.after(6))] {
        stage.touched(&key, expires, now).await?;
        let touched = Record { last_used: now, ..record.clone() };
        stage.one.at(now).list(&ADA.into()).await.is(vec![listed(&key, &touched)])?;
    }
    Ok(())
}

async fn all_absent(stage: &Stage, sessions: &[(StoreKey, Record)]) -> Played {
    for (key, _) in sessions {
        stage.one.load(key).await.is(Loaded::Absent)?;
    }
    Ok(())
}

async fn a_purged_session_leaves_the_list(stage: &Stage) -> Played {
    let all = sessions(stage, ADA, 2).await?;
    let late = stage.one.at(stage.after(25));
    late.purge(stage.after(25), 100).await.is(2)?;
    // Whoever's clock is behind does not see them either.
    list_is(stage, ADA, &[]).await?;
    stage.one.revoke(&ADA.into(), None).await.is(0)?;
    all_absent(stage, &all).await
}

async fn lists_are_the_same_through_another_handle(stage: &Stage) -> Played {
    let all = sessions(stage, ADA, 2).await?;
    stage.two.list(&ADA.into()).await.is(all_listed(&all))?;
    stage.two.revoke(&ADA.into(), None).await.is(2)?;
    list_is(stage, ADA, &[]).await?;
    all_absent(stage, &all).await
}

async fn an_owner_may_be_any_text(stage: &Stage) -> Played {
    let mut kept = Vec::new();
    // The last ones are alike up to what keys and paths are joined with.
    for text in TEXTS.into_iter().chain(["", "org:1", "org:2", "org/1", "org/2", "org\0one", "org\0two"]) {
        kept.push((text, sessions(stage, text, 1).await?));
    }
    for (text, session) in &kept {
        list_is(stage, text, session).await?;
    }
    for (text, session) in &kept {
        stage.one.revoke(&Owner::from(*text), None).await.is(1)?;
        all_absent(stage, session).await?;
    }
    Ok(())
}

async fn many_sessions_of_one_owner_are_listed_and_revoked(stage: &Stage) -> Played {
    let all = sessions(stage, ADA, 1_000).await?;
    for limit in [0, 1, 100, 1_000] {
        pages_are(stage, ADA, limit, &all).await?;
    }
    stage.one.revoke(&ADA.into(), Some(&all[0].0)).await.is(999)?;
    list_is(stage, ADA, &all[..1]).await
}
