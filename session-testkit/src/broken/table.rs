//! What a broken store keeps: records, where renamed keys went, and the index of owners.
//!
//! Everything here happens in one step. Without a flaw it does what the contract says, in the plainest way.

mod lifetimes;
mod owners;
mod pages;
mod renames;
mod stored;
mod writes;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use session_core::store::{Loaded, Record, StoreError, StoreErrorKind, StoreKey, Version, Written};
use session_core::{Owner, UnixTime};

use super::NAME;
use super::flaw::Flaw;

pub(super) use stored::stored_key;

const SECOND: Duration = Duration::from_secs(1);
const TWO_WEEKS: Duration = Duration::from_secs(14 * 24 * 60 * 60);

#[derive(Clone)]
pub(super) struct Table {
    flaw: Option<Flaw>,
    rows: BTreeMap<StoreKey, Row>,
    moved: BTreeMap<StoreKey, Moved>,
    listed: BTreeMap<(Owner, StoreKey), Listing>,
    /// The place of each session in lists, which renames keep.
    places: BTreeMap<StoreKey, u64>,
    last_place: u64,
    /// The latest time that a call was given, in stores that go by it.
    clock: Option<UnixTime>,
    /// What ended, in stores that only mark a row as deleted.
    ended: BTreeMap<StoreKey, Row>,
    /// How many writes a session had seen at each version, in stores that count.
    counted: HashMap<(StoreKey, Version), usize>,
}

#[derive(Clone)]
struct Row {
    record: Record,
    /// The deadline that a purge goes by.
    swept: Option<UnixTime>,
    /// The versions that the record has had.
    history: Vec<Version>,
    /// Whether it was touched since it was written.
    is_touched: bool,
}

/// Where a renamed key went.
#[derive(Clone)]
pub(super) struct Moved {
    to: StoreKey,
    until: UnixTime,
    /// How many renames ago.
    steps: u32,
}

/// What the index knows of a session.
#[derive(Clone)]
struct Listing {
    /// Where the session stands in lists.
    place: u64,
    created: UnixTime,
    last_used: UnixTime,
    expires: Option<UnixTime>,
    label: Option<Arc<str>>,
}

impl Listing {
    fn of(record: &Record) -> Self {
        let Record { created, last_used, expires, label, .. } = record;
        let (created, last_used, expires, label) = (*created, *last_used, *expires, label.clone());
        Self { place: 0, created, last_used, expires, label }
    }
}

/// The flaws by which one kind of write reaches what it should not.
struct Beyond {
    expired: Flaw,
    ended: Flaw,
    moved: Flaw,
}

impl Table {
    pub(super) fn new(flaw: Option<Flaw>) -> Self {
        Self {
            flaw,
            rows: BTreeMap::new(),
            moved: BTreeMap::new(),
            listed: BTreeMap::new(),
            places: BTreeMap::new(),
            last_place: 0,
            clock: None,
            ended: BTreeMap::new(),
            counted: HashMap::new(),
        }
    }

    /// What a restart of the database leaves: everything, but for three flaws.
    pub(super) fn restart(&mut self) {
        if self.has(Flaw::LosesRecordsAtARestart) {
            *self = Self::new(self.flaw);
        }
        if self.has(Flaw::ForgetsMovedKeysAtARestart) {
            self.moved.clear();
        }
        if self.has(Flaw::ForgetsOwnersAtARestart) {
            self.listed.clear();
        }
    }

    pub(super) fn load(&mut self, key: &StoreKey, now: UnixTime) -> Loaded {
        self.clock = self.clock.max(Some(now));
        if let Some(Row { record, .. }) = self.rows.get(key) {
            let is_nothing = record.payload.is_empty() && self.has(Flaw::TakesEmptyForNothing);
            let is_found = self.is_live(record, now) && !is_nothing;
            return if is_found { Loaded::Found(record.clone()) } else { Loaded::Absent };
        }
        match self.moved.get(key) {
            Some(moved) if now < moved.until => self.load_moved(moved, now),
            Some(_) | None if self.has(Flaw::OldKeysComeBack) && self.ended.contains_key(key) => {
                self.ended.get(key).map_or(Loaded::Absent, |row| Loaded::Found(row.record.clone()))
            }
            None if self.has(Flaw::AdoptsUnknownKeys) => {
                let adopted = Record::new([].as_slice(), now, Version::from_bits(0));
                self.keep(*key, &adopted);
                Loaded::Found(adopted)
            }
            Some(_) | None => Loaded::Absent,
        }
    }

    /// What a renamed key reads as.
    fn load_moved(&self, moved: &Moved, now: UnixTime) -> Loaded {
        let outlives = |one, of_older| self.has(one) || moved.steps > 1 && self.has(of_older);
        match self.rows.get(&moved.to) {
            Some(Row { record, .. })
                if self.is_live(record, now)
                    || outlives(Flaw::MovedOutlivesTheDeadline, Flaw::OlderKeysOutliveTheDeadline) =>
            {
                let owner = record.owner.clone().filter(|_| !self.has(Flaw::HidesTheOwnerOfTheMoved));
                Loaded::Moved { owner }
            }
            None if outlives(Flaw::MovedOutlivesTheEnd, Flaw::OlderKeysOutliveTheEnd) => {
                Loaded::Moved { owner: None }
            }
            Some(_) | None => Loaded::Absent,
        }
    }

    /// The record of `key` as it lies there, live or not.
    pub(super) fn record(&self, key: &StoreKey) -> Option<Record> {
        self.rows.get(key).map(|row| row.record.clone())
    }

    /// All keys and records, for a `Debug` that tells too much.
    pub(super) fn records(&self) -> impl Iterator<Item = (&StoreKey, &Record)> {
        self.rows.iter().map(|(key, row)| (key, &row.record))
    }

    /// Puts the record under the key, in the place of what is there.
    pub(super) fn keep(&mut self, key: StoreKey, record: &Record) {
        let record = stored::stored(record, self.flaw);
        let before = self.rows.remove(&key);
        self.relist(&key, before.as_ref().map(|row| row.record.owner.as_ref()), &record);
        let swept = match &before {
            Some(row) if self.has(Flaw::PurgeForgetsShortening) => later(row.swept, record.expires),
            Some(row) if self.has(Flaw::PurgeMissesNewDeadlines) && row.swept.is_none() => None,
            Some(_) | None => record.expires,
        };
        let mut history = before.map(|row| row.history).unwrap_or_default();
        history.push(record.version);
        if self.has(Flaw::CountsVersions) {
            self.counted.insert((key, record.version), history.len());
        }
        self.rows.insert(key, Row { record, swept, history, is_touched: false });
    }

    /// Takes the record of the key away, and with it what its renames left.
    fn take(&mut self, key: &StoreKey) -> Option<Row> {
        let row = self.rows.remove(key)?;
        let remembers = [
            Flaw::MovedOutlivesTheEnd,
            Flaw::OlderKeysOutliveTheEnd,
            Flaw::MovedLeadsToAnother,
            Flaw::RenameReplayRevives,
            Flaw::ReusesNumbers,
        ];
        if !remembers.iter().any(|flaw| self.has(*flaw)) {
            self.moved.retain(|_, moved| moved.to != *key);
        }
        Some(row)
    }

    /// Takes the record of the key away. With this flaw the rename markers of its session stay.
    fn take_with(&mut self, key: &StoreKey, leaves_markers: Flaw) -> Option<Row> {
        let markers = self.has(leaves_markers).then(|| self.moved.clone());
        let row = self.take(key);
        self.moved = markers.unwrap_or_else(|| std::mem::take(&mut self.moved));
        row
    }

    /// Takes the record of the key away, and its line in the index.
    pub(super) fn remove(&mut self, key: &StoreKey) -> Option<Record> {
        let Row { record, .. } = self.take(key)?;
        self.unlist(key, record.owner.as_ref());
        Some(record)
    }

    /// Where a write finds its record: under its key, live.
    fn find(&mut self, key: &StoreKey, now: UnixTime, beyond: &Beyond) -> Option<StoreKey> {
        if self.has(beyond.ended)
            && let Some(row) = self.ended.remove(key)
        {
            self.keep(*key, &row.record);
        }
        let at = self.moved.get(key).filter(|_| self.has(beyond.moved)).map_or(*key, |moved| moved.to);
        let row = self.rows.get(&at)?;
        let now = if self.has(Flaw::EndsASecondEarly) { now + SECOND } else { now };
        (self.is_live(&row.record, now) || self.has(beyond.expired)).then_some(at)
    }

    /// Whether the record is there at `now`.
    fn is_live(&self, record: &Record, now: UnixTime) -> bool {
        let now = if self.has(Flaw::RoundsTheClockUp) { stored::rounded_up(now) } else { now };
        match record.expires {
            Some(_) if self.has(Flaw::IgnoresDeadlines) => true,
            Some(expires) if self.has(Flaw::OneTickLate) => now <= expires,
            None if self.has(Flaw::EndsTheEndless) => now < record.created + TWO_WEEKS,
            Some(_) | None => record.is_live(now),
        }
    }

    /// What a write that would replace this row is answered; `None` if it may.
    fn compare(&self, key: &StoreKey, row: &Row, record: &Record, expected: Version) -> Option<Written> {
        let found = &row.record;
        let is_current = if self.has(Flaw::OrdersVersions) {
            record.version.to_bits() > found.version.to_bits()
        } else if self.has(Flaw::CountsVersions) {
            self.counted.get(&(*key, expected)) == Some(&row.history.len())
        } else {
            found.version == expected
        };
        let shown = if self.has(Flaw::ConflictShowsTheLoser) { record } else { found };
        let mut shown = shown.clone();
        if self.has(Flaw::ConflictHidesLabels) {
            (shown.label, shown.timeout) = (None, None);
        }
        (!is_current).then_some(Written::Conflict(shown))
    }

    /// Whether the key's record has had this version before.
    fn is_replay(&self, key: &StoreKey, record: &Record) -> bool {
        self.rows.get(key).is_some_and(|row| row.history.contains(&record.version))
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }
}

/// The later of two deadlines, of which none is the latest.
fn later(one: Option<UnixTime>, other: Option<UnixTime>) -> Option<UnixTime> {
    one.zip(other).map(|(one, other)| one.max(other))
}

fn failure(why: &'static str) -> StoreError {
    StoreError::new(NAME, StoreErrorKind::Other).with_source(why)
}
