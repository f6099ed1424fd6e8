//! What an index gets wrong that is kept apart from the records.

use session_core::store::{Created, Loaded, Record};

use super::{ADA, all_absent, all_listed, list_is, sessions};
use crate::stage::Stage;
use crate::stage::step::Played;

pub(super) async fn a_refused_write_leaves_the_lists(stage: &Stage) -> Played {
    let all = sessions(stage, ADA, 1).await?;
    let (key, grace) = (all[0].0, stage.owned("grace"));
    stage.one.create(&key, &grace).await.is(Created::Taken)?;
    let _ = stage.one.update(&key, &grace, stage.version()).await.value()?;
    let _ = stage.one.rename(&key, &stage.key(), &grace, stage.version()).await.value()?;
    list_is(stage, "grace", &[]).await?;
    stage.one.revoke(&"grace".into(), None).await.is(0)?;
    list_is(stage, ADA, &all).await
}

pub(super) async fn a_key_used_anew_is_not_of_its_former_owner(stage: &Stage) -> Played {
    let key = stage.key();
    stage.kept_for(&key, ADA).await?;
    let (late, anew) = (
        stage.one.at(stage.from(stage.deadline())),
        Record { expires: Some(stage.after(40)), ..stage.owned("grace") },
    );
    late.create(&key, &anew).await.is(Created::Done)?;
    late.list(&ADA.into()).await.is(Vec::new())?;
    late.revoke(&ADA.into(), None).await.is(0)?;
    late.load(&key).await.is(Loaded::Found(anew))
}

pub(super) async fn a_former_owner_ends_nothing(stage: &Stage) -> Played {
    let [key, new] = stage.keys();
    let (first, second, third) = (stage.kept_for(&key, ADA).await?, stage.owned("grace"), stage.owned("lin"));
    stage.updated(&key, &second, &first).await?;
    stage.one.revoke(&ADA.into(), None).await.is(0)?;
    stage.renamed((&key, &new), &third, &second).await?;
    stage.one.revoke(&"grace".into(), None).await.is(0)?;
    stage.one.load(&new).await.is(Loaded::Found(third))
}

pub(super) async fn a_revocation_is_seen_by_who_has_read_before(stage: &Stage) -> Played {
    let all = sessions(stage, ADA, 2).await?;
    for (key, record) in &all {
        stage.one.load(key).await.is(Loaded::Found(record.clone()))?;
        stage.two.load(key).await.is(Loaded::Found(record.clone()))?;
    }
    stage.two.revoke(&ADA.into(), None).await.is(2)?;
    all_absent(stage, &all).await
}

pub(super) async fn a_revocation_ends_sessions_whatever_their_deadline(stage: &Stage) -> Played {
    let [endless, touched, updated] = stage.keys();
    stage.keep(&endless, &Record { expires: None, ..stage.owned(ADA) }).await?;
    stage.kept_for(&touched, ADA).await?;
    let first = stage.kept_for(&updated, ADA).await?;
    stage.touched(&touched, stage.after(40), stage.after(5)).await?;
    stage.updated(&updated, &Record { expires: Some(stage.after(40)), ..stage.owned(ADA) }, &first).await?;
    let late = stage.one.at(stage.after(25));
    late.load(&touched).await.value()?;
    stage.holds(late.list(&ADA.into()).await.value()?.len() == 3, "3 listed", "other")?;
    late.revoke(&ADA.into(), None).await.is(3)?;
    for key in [&endless, &touched, &updated] {
        late.load(key).await.is(Loaded::Absent)?;
    }
    Ok(())
}

pub(super) async fn the_deadlines_of_a_list_are_those_of_the_records(stage: &Stage) -> Played {
    let [a, b, c] = stage.keys();
    let (first, other) = (stage.kept_for(&a, ADA).await?, stage.kept_for(&b, ADA).await?);
    let later = || Record { expires: Some(stage.after(40)), ..stage.owned(ADA) };
    let (second, third) = (later(), later());
    stage.updated(&a, &second, &first).await?;
    stage.renamed((&b, &c), &third, &other).await?;
    let expected = all_listed(&[(a, second), (c, third)]);
    stage.one.at(stage.after(25)).list(&ADA.into()).await.is(expected)?;
    stage.one.at(stage.from(stage.after(40))).list(&ADA.into()).await.is(Vec::new())
}

pub(super) async fn a_list_follows_times_that_were_set_back(stage: &Stage) -> Played {
    let [updated, old, new] = stage.keys();
    let (ahead, expires) = (stage.after(10_000), stage.after(30));
    let first = || Record { created: ahead, last_used: ahead, expires: Some(ahead), ..stage.owned(ADA) };
    let second = || Record { expires: Some(expires), ..stage.owned(ADA) };
    let ([one, other], [updated_to, renamed_to]) = ([first(), first()], [second(), second()]);
    stage.keep(&updated, &one).await?;
    stage.keep(&old, &other).await?;
    stage.updated(&updated, &updated_to, &one).await?;
    stage.renamed((&old, &new), &renamed_to, &other).await?;
    let expected = all_listed(&[(updated, updated_to), (new, renamed_to)]);
    stage.two.list(&ADA.into()).await.is(expected)?;
    stage.two.at(stage.from(expires)).list(&ADA.into()).await.is(Vec::new())
}

pub(super) async fn a_dropped_write_leaves_no_session_unlisted(stage: &Stage) -> Played {
    for polls in 1..=24 {
        let [a, b, c] = stage.keys();
        let (next, first, other) = (stage.owned(ADA), stage.kept(&b).await?, stage.kept(&c).await?);
        let (next2, next3, d) = (stage.owned(ADA), stage.owned(ADA), stage.key());
        stage.one.dropped("create", polls, stage.one.store.create(&a, &next, stage.start)).await;
        stage
            .one
            .dropped("update", polls, stage.one.store.update(&b, &next2, first.version, stage.start))
            .await;
        stage
            .one
            .dropped("rename", polls, stage.one.store.rename(&c, &d, &next3, other.version, stage.start))
            .await;
        for (key, record) in [(&a, &next), (&b, &next2), (&d, &next3)] {
            if stage.two.load(key).await.value()? == Loaded::Found(record.clone()) {
                let list = stage.two.list(&ADA.into()).await.value()?;
                stage.holds(
                    list.iter().any(|one| one.key == *key),
                    "the session listed",
                    "it is there, and not listed",
                )?;
            }
        }
        stage.one.revoke(&ADA.into(), None).await.value()?;
    }
    Ok(())
}
