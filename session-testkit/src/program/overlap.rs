//! Requests of one session that overlap: whatever their order, their changes add up, and what one of them ends stays ended.

use std::fmt::{self, Display};
use std::sync::Arc;

use crate::manual_clock::ManualClock;
use crate::pages::list_all;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use session_core::adapter::{Clock as _, Exchange};
use session_core::store::SessionStore;
use session_core::{Error, Owner, SessionFactory};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use crate::program::site::{self, OK, QUEUE, cookie_effect};

/// What one of the requests does, all of which have the session's cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Counts up so often, and leaves as many messages.
    Count(u32),
    Renew,
    /// Ends the session, which it has loaded.
    Invalidate,
    /// Ends the session, which it has not loaded.
    LogOut,
}

impl Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(times) => write!(f, "count up and flash, x {times}"),
            Self::Renew => f.write_str("renew"),
            Self::Invalidate => f.write_str("invalidate"),
            Self::LogOut => f.write_str("log out, unloaded"),
        }
    }
}

/// What there is when all are done: the count and the number of messages behind each cookie that leads to a session, and how many
/// sessions the owner has, if the store can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
struct End {
    behind: Vec<(u32, usize)>,
    owned: Option<usize>,
}

impl Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.behind[..] {
            [] => f.write_str("no session behind any cookie")?,
            behind => {
                let told = behind.iter().map(|(count, messages)| {
                    format!("one that has counted to {count}, with {messages} messages")
                });
                write!(f, "{}", told.collect::<Vec<_>>().join(" and "))?;
            }
        }
        self.owned.map_or(Ok(()), |owned| write!(f, "; its owner's list has {owned}"))
    }
}

/// Two to four requests of one session at once, on two handles of a store, each behind a factory of its own. They depend on `seed`,
/// but how they meet does not. The error says what was done, expected and got.
pub(crate) async fn overlap(
    one: Arc<dyn SessionStore>,
    two: Arc<dyn SessionStore>,
    clock: &ManualClock,
    seed: u64,
) -> Result<(), String> {
    let parts = parts(seed);
    let owner = Owner::from(format!("owner of overlap {seed}, {}", site::next_number()));
    let sites = [site::factory(Arc::clone(&one), clock), site::factory(two, clock)];
    let end = play(&sites, one.as_ref(), clock, &owner, &parts).await;
    let text = || parts.iter().map(|part| format!("  {part}\n")).collect::<String>();
    match end {
        Ok(end) => match unexpected(&parts, &end) {
            None => Ok(()),
            Some(expected) => {
                Err(format!("of these requests at once:\n{}expected {expected}; got {end}", text()))
            }
        },
        Err(error) => Err(format!("of these requests at once:\n{}got the error \"{error}\"", text())),
    }
}

fn parts(seed: u64) -> Vec<Part> {
    let mut dice = StdRng::seed_from_u64(seed);
    let part = |dice: &mut StdRng| match dice.random_range(0..8) {
        0 => Part::Renew,
        1 if seed.is_multiple_of(2) => Part::Invalidate,
        2 if seed.is_multiple_of(2) => Part::LogOut,
        _ => Part::Count(dice.random_range(1..=3)),
    };
    (0..dice.random_range(2..=4)).map(|_| part(&mut dice)).collect()
}

/// What was expected, if it is not what there is.
fn unexpected(parts: &[Part], end: &End) -> Option<String> {
    let most = 1 + parts.iter().map(counts).sum::<u32>();
    let ends = parts.iter().any(|part| matches!(part, Part::Invalidate | Part::LogOut));
    let renews = parts.contains(&Part::Renew);
    let sessions = usize::from(!ends);
    let is_consistent = |(count, messages): &(u32, usize)| {
        let least = if renews { 1 } else { most };
        (least..=most).contains(count) && *messages + 1 == *count as usize
    };
    let is_as_expected = end.behind.len() == sessions
        && end.behind.iter().all(is_consistent)
        && end.owned.is_none_or(|owned| owned == sessions);
    if is_as_expected {
        return None;
    }
    Some(match (ends, renews) {
        (true, _) => "no session behind any cookie".to_owned(),
        (false, true) => format!("one session, which has counted to {most} at most, and a message each time"),
        (false, false) => format!("one session, which has counted to {most}, and a message each time"),
    })
}

fn counts(part: &Part) -> u32 {
    match part {
        Part::Count(times) => *times,
        Part::Renew | Part::Invalidate | Part::LogOut => 0,
    }
}

async fn play(
    sites: &[SessionFactory; 2],
    store: &dyn SessionStore,
    clock: &ManualClock,
    owner: &Owner,
    parts: &[Part],
) -> Result<End, Error> {
    let exchange = sites[0].begin([]);
    let session = exchange.session().await?;
    session.sign_in(owner.clone())?;
    count(&session)?;
    let cookie = finish(&exchange).await?.expect("a sign-in sends a cookie");

    let start = Arc::new(Barrier::new(parts.len()));
    let mut running = JoinSet::new();
    for (number, part) in parts.iter().enumerate() {
        let exchange = sites[number % sites.len()].begin([cookie.as_bytes()]);
        running.spawn(take_part(exchange, *part, Arc::clone(&start)));
    }
    let sent = running.join_all().await.into_iter().collect::<Result<Vec<_>, Error>>()?;

    let mut behind = Vec::new();
    for cookie in [cookie].iter().chain(sent.iter().flatten()) {
        let session = sites[1].begin([cookie.as_bytes()]).session().await?;
        if !session.is_new() {
            behind.push((session.get("n")?.unwrap_or(0), session.peek_flash::<bool>(QUEUE)?.len()));
        }
    }
    let owned = match store.owner_index() {
        Some(owners) => Some(list_all(owners, owner, 100, clock.now()).await?.len()),
        None => None,
    };
    Ok(End { behind, owned })
}

/// Does one part: every request has loaded its session before the first is finished. The cookie that it sends, if it does.
async fn take_part(exchange: Exchange, part: Part, start: Arc<Barrier>) -> Result<Option<String>, Error> {
    let done = match part {
        Part::LogOut => exchange.unloaded().invalidate(),
        Part::Count(_) | Part::Renew | Part::Invalidate => {
            exchange.session().await.and_then(|session| match part {
                Part::Count(times) => (0..times).try_for_each(|_| {
                    count(&session)?;
                    session.flash(true)
                }),
                Part::Renew => session.renew(),
                Part::Invalidate | Part::LogOut => session.invalidate(),
            })
        }
    };
    start.wait().await;
    done?;
    finish(&exchange).await
}

fn count(session: &session_core::Session) -> Result<u32, Error> {
    session.update("n", |n: Option<u32>| n.unwrap_or(0) + 1)
}

async fn finish(exchange: &Exchange) -> Result<Option<String>, Error> {
    let effects = exchange.finish(OK).await?;
    Ok(cookie_effect(&effects).1)
}

#[cfg(test)]
mod tests {
    use session_core::UnixTime;

    use super::*;
    use crate::broken::{BrokenStore, Flaw};

    const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

    /// What is said of the first overlap that fails, of so many, each on two handles of a store.
    async fn first_failure(seeds: u64, store: impl Fn() -> BrokenStore) -> Option<String> {
        for seed in 0..seeds {
            let (store, clock) = (store(), ManualClock::at(NOW));
            let ended = overlap(Arc::new(store.clone()), Arc::new(store), &clock, seed).await;
            if let Err(failure) = ended {
                return Some(failure);
            }
        }
        None
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn requests_that_overlap_on_a_sound_store_add_up() {
        assert_eq!(first_failure(400, BrokenStore::sound).await, None);
    }

    macro_rules! flaws_that_show_when_requests_overlap {
        ($($name:ident: $flaw:ident, with $text:literal;)*) => {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let broken = || BrokenStore::with(Flaw::$flaw);
                let failure = first_failure(400, broken).await.expect("the flaw shows");
                println!("{failure}");
                assert!(failure.contains($text), "{failure}");
            })*
        };
    }

    flaws_that_show_when_requests_overlap! {
        a_lost_update_is_noticed: ReadsThenUpdates, with "has counted to";
        a_resurrection_is_noticed: UpdateRevives, with "session";
        a_session_that_outlives_its_log_out_is_noticed: DeleteLeavesTheMoved, with "no session behind any cookie";
        a_session_with_two_keys_is_noticed: RenameKeepsBoth, with "one session";
    }
}
