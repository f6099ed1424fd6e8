//! Updates and renames, which write a session anew.

use bytes::Bytes;
use session_core::UnixTime;
use session_core::store::after_miss::NewKeyTaken;
use session_core::store::{RENAME_MARKER_LIFETIME, Record, StoreKey, Version, Written};
use tokio::time::Instant;

use crate::arguments::{bytes, entry_bytes, index_time, number, optional, time};
use crate::commands::Commands;
use crate::commands::outcome::Outcome;
use crate::driver::contract::Driver;
use crate::error::Failure;
use crate::gather::Job;
use crate::layout::keys::{Line, Member, OwnerHash};
use crate::layout::value::{Entry, GRACE, Value, back, expiry, front, read, time_to_live};
use crate::scripts::RENAME;

impl<D: Driver + Clone> Commands<D> {
    pub(crate) async fn update(
        &self,
        key: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
        until: Instant,
    ) -> Result<Written, Failure> {
        let rewrite = Rewrite { old: key, new: key, record, expected, entry: Entry::of(record, now), now };
        let mut entered = None;
        loop {
            let mut arguments = rewrite.arguments().to_vec();
            arguments.extend([Bytes::copy_from_slice(key.as_bytes()), bytes(entered)]);
            let job = Job { session: self.keys.session(key), arguments, until };
            let outcome = Outcome::of(self.write(&self.updates, job).await?)?;
            match self.next(&rewrite, outcome, entered, until).await? {
                Next::Written(written) => return Ok(written),
                Next::Entered(line) => entered = Some(line),
            }
        }
    }

    pub(crate) async fn rename(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
        until: Instant,
    ) -> Result<Written, Failure> {
        if old.placement() != new.placement() {
            return Err(Failure::OtherPlacement);
        }
        let rewrite = Rewrite { old, new, record, expected, entry: Entry::of(record, now), now };
        let names = [self.keys.session(old), self.keys.session(new)];
        let marker = now + RENAME_MARKER_LIFETIME;
        let mut entered = None;
        loop {
            let mut arguments = vec![self.owners.in_scripts()];
            arguments.extend(rewrite.arguments());
            arguments.extend([
                Bytes::copy_from_slice(new.as_bytes()),
                bytes(entered),
                time(marker),
                number(marker.as_millis() - now.as_millis() + GRACE),
                Bytes::copy_from_slice(old.as_bytes()),
            ]);
            let outcome = Outcome::of(self.driver.script(&RENAME, &names, &arguments, until).await?)?;
            match self.next(&rewrite, outcome, entered, until).await? {
                Next::Written(written) => return Ok(written),
                Next::Entered(line) => entered = Some(line),
            }
        }
    }

    /// Returns what comes after the outcome of an update, or of a rename.
    async fn next(
        &self,
        rewrite: &Rewrite<'_>,
        outcome: Outcome,
        entered: Option<Line>,
        until: Instant,
    ) -> Result<Next, Failure> {
        let written = match outcome {
            Outcome::Done => return Ok(Next::Written(Written::Done)),
            Outcome::Over(over) => {
                self.owners.remove(over, *rewrite.old, until).await;
                return Ok(Next::Written(Written::Done));
            }
            Outcome::Enter(line) => {
                let line: Line = line.as_ref().try_into().map_err(|_| Failure::BadReply)?;
                let (hash, member) = rewrite.member(line).ok_or(Failure::BadReply)?;
                self.owners.enter(hash, member, rewrite.now, until).await?;
                return Ok(Next::Entered(line));
            }
            Outcome::Gone => Ok(Written::Gone),
            Outcome::Taken => Err(NewKeyTaken.into()),
            Outcome::Other(found) => match read(&found)? {
                Value::Session(record) => Ok(Written::Conflict(record)),
                Value::Marker { .. } => Err(Failure::BadReply),
            },
        };
        if let Some((hash, member)) = entered.and_then(|line| rewrite.member(line)) {
            self.owners.take_back(hash, member, until).await;
        }
        written.map(Next::Written)
    }
}

/// An update, or a rename.
struct Rewrite<'r> {
    old: &'r StoreKey,
    new: &'r StoreKey,
    record: &'r Record,
    expected: Version,
    entry: Option<Entry>,
    now: UnixTime,
}

impl Rewrite<'_> {
    /// Returns the arguments that both scripts take.
    fn arguments(&self) -> [Bytes; 7] {
        [
            time(self.now),
            front(self.record),
            back(self.record),
            optional(time_to_live(expiry(self.record.expires), self.now)),
            Bytes::copy_from_slice(&self.expected.to_bits().to_be_bytes()),
            entry_bytes(self.entry),
            index_time(self.entry, self.now),
        ]
    }

    /// Returns the index of the session, and its member there. Without an owner there is none.
    fn member(&self, line: Line) -> Option<(OwnerHash, Member)> {
        let Entry { hash, tag, cover } = self.entry?;
        Some((hash, Member { line, cover, tag, key: *self.new }))
    }
}

/// The step after the outcome of an update or of a rename.
enum Next {
    Written(Written),
    /// The session is in the index now, with this line, and the write can be made.
    Entered(Line),
}
