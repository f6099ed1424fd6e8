//! A brief touch does what a patient one does, or fails.

use std::time::Duration;

use session_core::UnixTime;
use session_core::store::{Loaded, Record, StoreKey, Touched};

use crate::rules::records::full;
use crate::stage::Stage;
use crate::stage::actor::Actor;
use crate::stage::step::{Played, Step};

/// A brief touch that fails because the machine is slow is made again, up to this many times in all.
const TRIES: u32 = 40;
/// The pause between two of them.
const PAUSE: Duration = Duration::from_millis(100);

/// Touches the record, again and again while the store cannot do it within its touch timeout.
async fn touch(actor: &Actor, key: &StoreKey, expires: Option<UnixTime>) -> Step<Touched> {
    for _ in 1..TRIES {
        let step = actor.touch_briefly(key, expires).await;
        if !step.is_unavailable() {
            return step;
        }
        tokio::time::sleep(PAUSE).await;
    }
    actor.touch_briefly(key, expires).await
}

pub(super) async fn a_brief_touch_that_returns_done_is_done(stage: &Stage) -> Played {
    // However often a touch fails: no clock comes to these times while the rule runs.
    let [soon, far, farther] = [500, 1_000, 2_000].map(|ticks| Some(stage.after(ticks)));
    let touching = stage.one.at(stage.after(1));
    for (stored, asked, expected) in
        [(far, farther, farther), (far, soon, far), (far, None, None), (None, far, None), (None, None, None)]
    {
        let (key, before) = (stage.key(), Record { expires: stored, ..full(stage, "ada", "laptop", 90) });
        stage.keep(&key, &before).await?;
        touch(&touching, &key, asked).await.is(Touched::Done)?;
        let after = Record { last_used: touching.now, expires: expected, ..before };
        touching.load(&key).await.is(Loaded::Found(after))?;
    }
    Ok(())
}

pub(super) async fn a_brief_touch_finds_no_session_that_is_not_there(stage: &Stage) -> Played {
    let [unknown, expired, old, new] = stage.keys();
    let far = stage.after(1_000);
    let (first, second) = (stage.expiring(far), stage.expiring(far));
    stage.kept(&expired).await?;
    stage.keep(&old, &first).await?;
    stage.renamed((&old, &new), &second, &first).await?;
    for key in [&unknown, &old] {
        for asked in [Some(stage.after(2_000)), None] {
            touch(&stage.one, key, asked).await.is(Touched::Gone)?;
        }
    }
    stage.one.load(&unknown).await.is(Loaded::Absent)?;
    stage.one.load(&new).await.is(Loaded::Found(second))?;
    let late = stage.one.at(stage.from(stage.deadline()));
    for asked in [Some(far), None] {
        touch(&late, &expired, asked).await.is(Touched::Gone)?;
    }
    late.load(&expired).await.is(Loaded::Absent)
}
