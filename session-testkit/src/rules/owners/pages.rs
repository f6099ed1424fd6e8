//! Lists that are read in pages, and changes between two pages.

use std::collections::HashSet;

use session_core::Owner;
use session_core::store::{ListCursor, OwnedSession, Record, StoreKey, Touched, Written};

use super::{ADA, all_listed, sessions};
use crate::stage::Stage;
use crate::stage::actor::Actor;
use crate::stage::step::Played;
use crate::violation::Violation;

/// The number of pages after which a list counts as endless.
const ENDLESS: usize = 5_000;

/// An owner's list on the way from its first page to its last.
pub(super) struct PageReader {
    pub(super) actor: Actor,
    owner: Owner,
    limit: u32,
    next: Option<ListCursor>,
    pages: usize,
    /// The sessions of all pages so far.
    pub(super) seen: Vec<OwnedSession>,
}

impl PageReader {
    /// Creates a reader of pages of at most `limit` sessions.
    pub(super) fn new(actor: &Actor, owner: &str, limit: u32) -> Self {
        let (actor, owner) = (actor.clone(), owner.into());
        Self { actor, owner, limit, next: None, pages: 0, seen: Vec::new() }
    }

    /// Reads a page, and returns whether another one follows.
    pub(super) async fn page(&mut self) -> Result<bool, Violation> {
        self.pages += 1;
        if self.pages > ENDLESS {
            return self.actor.fails("a last page", &format!("{ENDLESS} pages, and another one follows"));
        }
        let page = self.actor.page(&self.owner, self.next.as_ref(), self.limit).await.value()?;
        let most = self.limit.max(1) as usize;
        if page.sessions.len() > most {
            let got = page.sessions.len().to_string();
            return self.actor.fails(&format!("at most {most} sessions on a page"), &got);
        }
        self.seen.extend(page.sessions);
        self.next = page.next;
        Ok(self.next.is_some())
    }

    /// Reads all pages that are left.
    pub(super) async fn rest(&mut self) -> Result<(), Violation> {
        while self.page().await? {}
        Ok(())
    }

    /// Reads the pages that are left, if there are any.
    async fn rest_if_any(&mut self) -> Result<(), Violation> {
        if self.next.is_some() { self.rest().await } else { Ok(()) }
    }

    fn keys(&self) -> HashSet<StoreKey> {
        self.seen.iter().map(|session| session.key).collect()
    }
}

/// Expects the pages of the owner's list to have each of these sessions once, while nothing else happens.
pub(super) async fn pages_are(
    stage: &Stage,
    owner: &str,
    limit: u32,
    sessions: &[(StoreKey, Record)],
) -> Played {
    let expected = all_listed(sessions);
    let mut reader = PageReader::new(&stage.one, owner, limit);
    reader.rest().await?;
    reader.seen.sort_by_key(|session| session.key);
    let different = reader.keys().len();
    let say = format!("the {} sessions, each once", expected.len());
    let got = format!("{} sessions, {different} different ones", reader.seen.len());
    stage.holds(reader.seen == expected, &say, got)
}

pub(super) async fn a_page_holds_no_more_than_its_limit(stage: &Stage) -> Played {
    let all = sessions(stage, ADA, 5).await?;
    for limit in [0, 1, 2, 4, 5, 6, u32::MAX] {
        pages_are(stage, ADA, limit, &all).await?;
    }
    Ok(())
}

pub(super) async fn pages_lead_on_while_a_session_is_left(stage: &Stage) -> Played {
    for (count, limit) in [(1, 1), (2, 1), (3, 2), (4, 2), (5, 2), (5, 5), (6, 3), (9, 3), (10, 5)] {
        let owner = format!("{count} sessions, {limit} a page");
        let all = sessions(stage, &owner, count).await?;
        pages_are(stage, &owner, limit, &all).await?;
    }
    Ok(())
}

/// A session, with the key and the record that it has now, and the first key that it had.
struct Renamed {
    first: StoreKey,
    key: StoreKey,
    record: Record,
}

/// A key that stands before or behind nearly every other in the order of keys.
fn outer_key(stage: &Stage, is_high: bool) -> StoreKey {
    let mut bytes = *stage.key().as_bytes();
    bytes[2..10].fill(if is_high { 0xFF } else { 0 });
    StoreKey::from_bytes(bytes)
}

pub(super) async fn pages_beside_renames_miss_no_session(stage: &Stage) -> Played {
    for limit in [1, 3] {
        let owner = format!("{limit} a page");
        let mut all: Vec<_> = sessions(stage, &owner, 10)
            .await?
            .into_iter()
            .map(|(key, record)| Renamed { first: key, key, record })
            .collect();
        let mut seen = HashSet::new();
        let mut reader = PageReader::new(&stage.one, &owner, limit);
        for _ in 0..2 {
            reader.page().await?;
            note_seen(&mut reader, &all, &mut seen);
            for (number, session) in all.iter_mut().enumerate() {
                let (new, next) = (outer_key(stage, number % 2 == 0), stage.owned(&owner));
                stage.renamed((&session.key, &new), &next, &session.record).await?;
                (session.key, session.record) = (new, next);
            }
        }
        reader.rest_if_any().await?;
        note_seen(&mut reader, &all, &mut seen);
        stage.holds(seen.len() == all.len(), "all 10 sessions", format!("{} sessions", seen.len()))?;
    }
    Ok(())
}

/// Notes which sessions were on the pages since the last rename.
fn note_seen(reader: &mut PageReader, all: &[Renamed], seen: &mut HashSet<StoreKey>) {
    let keys = reader.keys();
    seen.extend(all.iter().filter(|session| keys.contains(&session.key)).map(|session| session.first));
    reader.seen.clear();
}

pub(super) async fn pages_beside_writes_miss_no_session(stage: &Stage) -> Played {
    for limit in [1, 3] {
        let owner = format!("{limit} a page");
        let mut all = sessions(stage, &owner, 10).await?;
        let mut reader = PageReader::new(&stage.one, &owner, limit);
        for turn in 1..=2 {
            reader.page().await?;
            reader.actor = reader.actor.at(stage.after(turn));
            for (number, (key, record)) in all.iter_mut().enumerate() {
                if number % 2 == 0 {
                    reader.actor.touch(key, Some(stage.after(30))).await.is(Touched::Done)?;
                    continue;
                }
                let next = Record { last_used: stage.after(turn), ..stage.owned(&owner) };
                reader.actor.update(key, &next, record.version).await.is(Written::Done)?;
                *record = next;
            }
        }
        reader.rest_if_any().await?;
        let keys = reader.keys();
        let missed = all.iter().filter(|(key, _)| !keys.contains(key)).count();
        stage.holds(missed == 0, "all 10 sessions", format!("{missed} of them on no page"))?;
    }
    Ok(())
}

pub(super) async fn pages_beside_deletes_miss_no_session(stage: &Stage) -> Played {
    for limit in [1, 3] {
        let owner = format!("{limit} a page");
        let all = sessions(stage, &owner, 12).await?;
        let mut reader = PageReader::new(&stage.one, &owner, limit);
        let mut deleted = HashSet::new();
        for _ in 0..2 {
            reader.page().await?;
            for key in reader.keys() {
                if deleted.insert(key) {
                    stage.one.delete(&key).await.is(())?;
                }
            }
        }
        // Later ones may be on the pages that are left, or not.
        sessions(stage, &owner, 3).await?;
        reader.rest_if_any().await?;
        let keys = reader.keys();
        let missed = all.iter().filter(|(key, _)| !keys.contains(key)).count();
        stage.holds(missed == 0, "all 12 sessions", format!("{missed} of them on no page"))?;
        let times = |key: &StoreKey| reader.seen.iter().filter(|session| &session.key == key).count();
        let again = deleted.iter().filter(|key| times(key) > 1).count();
        stage.holds(again == 0, "no deleted session on a later page", format!("{again} of them"))?;
    }
    Ok(())
}

pub(super) async fn a_page_has_no_expired_session(stage: &Stage) -> Played {
    let mut live = Vec::new();
    for _ in 0..5 {
        let [short, long] = stage.keys();
        stage.keep(&short, &Record { expires: Some(stage.after(5)), ..stage.owned(ADA) }).await?;
        stage.keep(&long, &Record { expires: Some(stage.after(40)), ..stage.owned(ADA) }).await?;
        live.push(long);
    }
    let mut readers = [1, 3, 4].map(|limit| PageReader::new(&stage.one, ADA, limit));
    for reader in &mut readers {
        reader.page().await?;
    }
    let late = stage.one.at(stage.from(stage.after(5)));
    for mut reader in readers {
        let first = reader.keys();
        reader.seen.clear();
        reader.actor = late.clone();
        reader.rest_if_any().await?;
        let expired = reader.seen.iter().filter(|session| !live.contains(&session.key)).count();
        stage.holds(expired == 0, "no expired session on a page", format!("{expired} of them"))?;
        let rest = reader.keys();
        let missed = live.iter().filter(|key| !first.contains(key) && !rest.contains(key)).count();
        stage.holds(missed == 0, "all live sessions", format!("{missed} of them on no page"))?;
    }
    Ok(())
}
