//! What updates, renames and deletes leave of records.

use std::time::Duration;

use session_core::store::{Loaded, Record};

use super::full;
use crate::stage::Stage;
use crate::stage::step::Played;

/// A record that differs from [`full`] in every field.
fn other_full(stage: &Stage) -> Record {
    Record {
        created: stage.start,
        last_used: stage.after(1),
        expires: Some(stage.after(40)),
        ..full(stage, "grace", "phone", 60)
    }
}

/// A record that has none of the optional fields.
fn bare(stage: &Stage) -> Record {
    Record { expires: None, ..stage.record() }
}

async fn is_updated(stage: &Stage, first: &Record, second: Record) -> Played {
    let key = stage.key();
    stage.keep(&key, first).await?;
    stage.updated(&key, &second, first).await?;
    stage.one.load(&key).await.is(Loaded::Found(second))
}

async fn is_renamed(stage: &Stage, first: &Record, second: Record) -> Played {
    let [old, new] = stage.keys();
    stage.keep(&old, first).await?;
    stage.renamed((&old, &new), &second, first).await?;
    stage.one.load(&new).await.is(Loaded::Found(second))
}

pub(super) async fn an_update_replaces_every_field(stage: &Stage) -> Played {
    is_updated(stage, &full(stage, "ada", "laptop", 3_600), other_full(stage)).await?;
    is_updated(stage, &bare(stage), other_full(stage)).await
}

pub(super) async fn an_update_can_take_optional_fields_away(stage: &Stage) -> Played {
    is_updated(stage, &full(stage, "ada", "laptop", 3_600), bare(stage)).await
}

pub(super) async fn a_rename_replaces_every_field(stage: &Stage) -> Played {
    is_renamed(stage, &full(stage, "ada", "laptop", 3_600), other_full(stage)).await?;
    is_renamed(stage, &bare(stage), other_full(stage)).await?;
    is_renamed(stage, &full(stage, "ada", "laptop", 3_600), bare(stage)).await
}

pub(super) async fn writes_to_one_session_leave_the_others(stage: &Stage) -> Played {
    let [other, first_of_other, a, b, c] = stage.keys();
    let before = stage.kept(&first_of_other).await?;
    let witness = full(stage, "ada", "laptop", 3_600);
    stage.renamed((&first_of_other, &other), &witness, &before).await?;
    stage.keep(&c, &stage.expiring(stage.start + Duration::from_millis(200))).await?;
    let first = stage.kept_for(&a, "ada").await?;
    let second = stage.owned("ada");
    stage.updated(&a, &second, &first).await?;
    stage.touched(&a, stage.after(40), stage.start).await?;
    stage.renamed((&a, &b), &stage.owned("ada"), &second).await?;
    stage.one.delete(&b).await.is(())?;
    let soon = stage.one.at(stage.from(stage.start + Duration::from_millis(201)));
    if soon.store.expiry_purge().is_some() {
        soon.purge(soon.now, 100).await.value()?;
    }
    soon.load(&first_of_other).await.is(Loaded::Moved { owner: Some("ada".into()) })?;
    soon.load(&other).await.is(Loaded::Found(witness))
}
