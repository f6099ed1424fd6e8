//! What a revocation deletes, and what it leaves.

use session_core::store::{Loaded, Record, Touched, Written};

use crate::stage::Stage;
use crate::stage::step::Played;

use super::{ADA, all_absent, list_is, sessions};

pub(super) async fn a_revocation_ends_every_session_of_the_owner(stage: &Stage) -> Played {
    let all = sessions(stage, ADA, 3).await?;
    stage.one.revoke(&ADA.into(), None).await.value()?;
    all_absent(stage, &all).await?;
    list_is(stage, ADA, &[]).await
}

pub(super) async fn a_revocation_tells_how_many_it_ended(stage: &Stage) -> Played {
    let all = sessions(stage, ADA, 3).await?;
    stage.renamed((&all[0].0, &stage.key()), &stage.owned(ADA), &all[0].1).await?;
    stage.one.revoke(&ADA.into(), Some(&all[1].0)).await.is(2)?;
    stage.one.revoke(&ADA.into(), None).await.is(1)?;
    stage.one.revoke(&ADA.into(), None).await.is(0)
}

pub(super) async fn a_revocation_counts_live_sessions_and_at_most_expired_ones_too(stage: &Stage) -> Played {
    let mut all = sessions(stage, ADA, 3).await?;
    for _ in 0..2 {
        let (key, record) = (stage.key(), Record { expires: Some(stage.after(5)), ..stage.owned(ADA) });
        stage.keep(&key, &record).await?;
        all.push((key, record));
    }
    let late = stage.one.at(stage.after(10));
    for (key, _) in &all[3..] {
        late.load(key).await.is(Loaded::Absent)?;
    }
    let revoked = late.revoke(&ADA.into(), None).await.value()?;
    stage.holds(
        (3..=5).contains(&revoked),
        "3 live sessions, and up to 2 expired ones",
        revoked.to_string(),
    )?;
    late.revoke(&ADA.into(), None).await.is(0)?;
    // A caller whose clock is behind does not find the expired ones either.
    all_absent(stage, &all).await
}

pub(super) async fn a_revocation_leaves_other_owners(stage: &Stage) -> Played {
    sessions(stage, ADA, 2).await?;
    let nobody = stage.key();
    let record = stage.kept(&nobody).await?;
    let others = ["Ada", "ada ", "adam", "a%", ""];
    let mut kept = vec![(nobody, record)];
    for other in others {
        kept.extend(sessions(stage, other, 1).await?);
    }
    stage.one.revoke(&ADA.into(), None).await.is(2)?;
    for (key, record) in kept {
        stage.one.load(&key).await.is(Loaded::Found(record))?;
    }
    Ok(())
}

pub(super) async fn a_revocation_leaves_the_one_excepted(stage: &Stage) -> Played {
    let all = sessions(stage, ADA, 3).await?;
    stage.one.revoke(&ADA.into(), Some(&all[1].0)).await.value()?;
    stage.one.load(&all[1].0).await.is(Loaded::Found(all[1].1.clone()))?;
    list_is(stage, ADA, &all[1..2]).await
}

pub(super) async fn a_revocation_leaves_what_the_excepted_one_has_become(stage: &Stage) -> Played {
    let all = sessions(stage, ADA, 2).await?;
    let (new, newer) = (stage.key(), stage.key());
    let (second, third) = (stage.owned(ADA), stage.owned(ADA));
    stage.renamed((&all[0].0, &new), &second, &all[0].1).await?;
    stage.renamed((&new, &newer), &third, &second).await?;
    stage.one.revoke(&ADA.into(), Some(&all[0].0)).await.value()?;
    list_is(stage, ADA, &[(newer, third)]).await
}

pub(super) async fn revoking_an_owner_without_sessions_ends_none(stage: &Stage) -> Played {
    let grace = sessions(stage, "grace", 1).await?;
    stage.one.revoke(&ADA.into(), None).await.is(0)?;
    stage.one.revoke(&ADA.into(), Some(&grace[0].0)).await.is(0)?;
    stage.one.revoke(&"grace".into(), Some(&stage.key())).await.is(1)
}

pub(super) async fn a_late_writer_does_not_revive_a_revoked_session(stage: &Stage) -> Played {
    let all = sessions(stage, ADA, 3).await?;
    stage.one.revoke(&ADA.into(), None).await.value()?;
    let new = stage.key();
    let (next, [a, b, c]) = (stage.owned(ADA), [&all[0], &all[1], &all[2]]);
    stage.one.update(&a.0, &next, a.1.version).await.is(Written::Gone)?;
    stage.one.touch(&b.0, Some(stage.after(40))).await.is(Touched::Gone)?;
    stage.one.rename(&c.0, &new, &next, c.1.version).await.is(Written::Gone)?;
    stage.one.load(&new).await.is(Loaded::Absent)?;
    all_absent(stage, &all).await?;
    list_is(stage, ADA, &[]).await
}

pub(super) async fn a_revocation_ends_what_a_session_became(stage: &Stage) -> Played {
    let [old, new] = stage.keys();
    let (first, second) = (stage.kept(&old).await?, stage.owned(ADA));
    stage.renamed((&old, &new), &second, &first).await?;
    stage.one.revoke(&ADA.into(), None).await.is(1)?;
    stage.one.load(&old).await.is(Loaded::Absent)?;
    stage.one.load(&new).await.is(Loaded::Absent)
}
