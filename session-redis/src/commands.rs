//! The commands of each call, and what their replies mean.

use bytes::Bytes;
use session_core::UnixTime;
use session_core::store::after_miss::NewKeyTaken;
use session_core::store::{
    Created, Loaded, RENAME_MARKER_LIFETIME, Record, StoreKey, Touched, Version, Written,
};
use tokio::time::Instant;

use crate::driver::{Driver, Reply};
use crate::error::Failure;
use crate::gather::{Gather, Job};
use crate::index::{Index, Over};
use crate::layout::keys::{Keys, Line, Member, OwnerHash, line, tag};
use crate::layout::value::{Entry, GRACE, Value, back, cover, expiry, front, read, session, time_to_live};
use crate::scripts::{CREATE, DELETE, RENAME, TOUCH, UPDATE};

/// The commands of a store.
pub(crate) struct Commands<D: Driver> {
    driver: D,
    keys: Keys,
    index: Index<D>,
    updates: Gather<D>,
    touches: Gather<D>,
}

/// What the reply to a write means.
enum Outcome {
    Gone,
    Done,
    Taken,
    /// Done, and an entry of the index is over.
    Over(Over),
    /// Nothing was done, because the session must be entered in the index before: its line, tag and owner's
    /// hash, as far as the script tells them.
    Enter(Bytes),
    /// Nothing was done, because there is another record.
    Other(Bytes),
}

impl Outcome {
    fn of(reply: Reply) -> Result<Self, Failure> {
        match reply {
            Reply::Number(0) => Ok(Self::Gone),
            Reply::Number(1) => Ok(Self::Done),
            Reply::Number(2) => Ok(Self::Taken),
            Reply::Bytes(bytes) => match bytes.first() {
                Some(b'D') => Over::read(&bytes[1..]).map(Self::Over).ok_or(Failure::BadReply),
                Some(b'R') => Ok(Self::Enter(bytes.slice(1..))),
                Some(b'E') if bytes == "ECORRUPT" => Err(Failure::BadValue),
                Some(b'E') => Err(Failure::of_server(&String::from_utf8_lossy(&bytes[1..]))),
                Some(_) => Ok(Self::Other(bytes)),
                None => Err(Failure::BadReply),
            },
            Reply::Nothing | Reply::Number(_) | Reply::Many(_) => Err(Failure::BadReply),
        }
    }
}

impl<D: Driver + Clone> Commands<D> {
    pub(crate) fn new(driver: D, keys: Keys) -> Self {
        let index = Index::new(driver.clone(), keys.clone());
        let updates = Gather::new(driver.clone(), &UPDATE, index.in_scripts());
        let touches = Gather::new(driver.clone(), &TOUCH, index.in_scripts());
        Self { driver, keys, index, updates, touches }
    }

    pub(crate) const fn driver(&self) -> &D {
        &self.driver
    }

    pub(crate) const fn index(&self) -> &Index<D> {
        &self.index
    }

    pub(crate) async fn load(
        &self,
        key: &StoreKey,
        now: UnixTime,
        until: Instant,
    ) -> Result<Loaded, Failure> {
        let name = self.keys.session(key);
        let Some(found) = self.driver.get(&name, until).await? else { return Ok(Loaded::Absent) };
        match read(&found)? {
            Value::Session(record) if record.is_live(now) => Ok(Loaded::Found(record)),
            Value::Marker { until: expires } if now < expires => self.follow(&name, now, until).await,
            Value::Session(_) | Value::Marker { .. } => Ok(Loaded::Absent),
        }
    }

    /// Loads through a rename marker.
    async fn follow(&self, name: &Bytes, now: UnixTime, until: Instant) -> Result<Loaded, Failure> {
        let found = self
            .index
            .follow(std::slice::from_ref(name), &[Bytes::new()], until)
            .await?
            .into_iter()
            .flatten();
        let found = found.map(|(_, record)| record).find(|record| record.is_live(now));
        Ok(found.map_or(Loaded::Absent, |record| Loaded::Moved { owner: record.owner }))
    }

    pub(crate) async fn create(
        &self,
        key: &StoreKey,
        record: &Record,
        now: UnixTime,
        until: Instant,
    ) -> Result<Created, Failure> {
        let (name, line, entry) = (self.keys.session(key), line(key, record.version), Entry::of(record, now));
        let value = session(record, line, entry.as_ref());
        let member = entry.map(|entry| Member { line, cover: entry.cover, tag: entry.tag, key: *key });
        let time_to_live = time_to_live(expiry(record.expires), now);
        if let (Some(entry), Some(member), true) = (&entry, member, self.driver.is_cluster()) {
            self.index.enter(entry.hash, member, now, until).await?;
        }
        if (entry.is_none() || self.driver.is_cluster())
            && self.driver.set_if_absent(&name, &value, time_to_live, until).await?
        {
            return Ok(Created::Done);
        }
        let [hash, _, index_time] = entry_arguments(entry, now);
        let arguments = [
            self.index.in_scripts(),
            time(now),
            value,
            optional(time_to_live),
            hash,
            member.map_or_else(Bytes::new, Member::to_bytes),
            index_time,
        ];
        match Outcome::of(self.driver.script(&CREATE, &[name], &arguments, until).await?)? {
            Outcome::Done => Ok(Created::Done),
            Outcome::Taken => {
                if let (Some(entry), Some(member)) = (entry, member) {
                    self.index.take_back(entry.hash, member, until).await;
                }
                Ok(Created::Taken)
            }
            Outcome::Gone | Outcome::Over(_) | Outcome::Enter(_) | Outcome::Other(_) => {
                Err(Failure::BadReply)
            }
        }
    }

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
        let rewrite = Rewrite { old, new, record, expected, entry: Entry::of(record, now), now };
        let names = [self.keys.session(old), self.keys.session(new)];
        let marker = now + RENAME_MARKER_LIFETIME;
        let mut entered = None;
        loop {
            let mut arguments = vec![self.index.in_scripts()];
            arguments.extend(rewrite.arguments());
            arguments.extend([
                Bytes::copy_from_slice(new.as_bytes()),
                time(marker),
                number(marker.as_millis() - now.as_millis() + GRACE),
                Bytes::copy_from_slice(old.as_bytes()),
                bytes(entered),
            ]);
            let outcome = Outcome::of(self.driver.script(&RENAME, &names, &arguments, until).await?)?;
            match self.next(&rewrite, outcome, entered, until).await? {
                Next::Written(written) => return Ok(written),
                Next::Entered(line) => entered = Some(line),
            }
        }
    }

    pub(crate) async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
        until: Instant,
    ) -> Result<Touched, Failure> {
        let expires = expiry(expires);
        let cover = cover(expires, now);
        let mut entered = Bytes::new();
        loop {
            let arguments = vec![
                time(now),
                Bytes::copy_from_slice(&expires.to_be_bytes()),
                optional(time_to_live(expires, now)),
                Bytes::copy_from_slice(&cover.to_be_bytes()),
                optional(time_to_live(cover, now)),
                Bytes::copy_from_slice(key.as_bytes()),
                entered.clone(),
            ];
            let job = Job { session: self.keys.session(key), arguments, until };
            match Outcome::of(self.write(&self.touches, job).await?)? {
                Outcome::Gone => return Ok(Touched::Gone),
                Outcome::Done => return Ok(Touched::Done),
                Outcome::Over(over) => {
                    self.index.remove(over, *key, until).await;
                    return Ok(Touched::Done);
                }
                Outcome::Enter(entry) => {
                    self.index.enter_again(&entry, cover, *key, now, until).await?;
                    entered = entry;
                }
                Outcome::Taken | Outcome::Other(_) => return Err(Failure::BadReply),
            }
        }
    }

    pub(crate) async fn delete(&self, key: &StoreKey, until: Instant) -> Result<(), Failure> {
        let arguments = [self.index.in_scripts(), Bytes::copy_from_slice(&key.placement())];
        match self.driver.script(&DELETE, &[self.keys.session(key)], &arguments, until).await? {
            Reply::Number(_) => Ok(()),
            Reply::Bytes(bytes) if bytes.first() == Some(&b'D') => {
                let (over, key) = Over::read_with_key(&bytes[1..]).ok_or(Failure::BadReply)?;
                self.index.remove(over, key, until).await;
                Ok(())
            }
            Reply::Nothing | Reply::Bytes(_) | Reply::Many(_) => Err(Failure::BadReply),
        }
    }

    /// Writes a session, on one server together with those of other calls.
    async fn write(&self, gather: &Gather<D>, job: Job) -> Result<Reply, Failure> {
        if self.driver.is_cluster() { gather.call_alone(job).await } else { gather.call(job).await }
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
                self.index.remove(over, *rewrite.old, until).await;
                return Ok(Next::Written(Written::Done));
            }
            Outcome::Enter(line) => {
                let line: Line = line.as_ref().try_into().map_err(|_| Failure::BadReply)?;
                let (hash, member) = rewrite.member(line).ok_or(Failure::BadReply)?;
                self.index.enter(hash, member, rewrite.now, until).await?;
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
            self.index.take_back(hash, member, until).await;
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
    fn arguments(&self) -> [Bytes; 8] {
        let [hash, cover, index_time] = entry_arguments(self.entry, self.now);
        [
            time(self.now),
            front(self.record),
            back(self.record),
            optional(time_to_live(expiry(self.record.expires), self.now)),
            Bytes::copy_from_slice(&tag(self.expected)),
            hash,
            cover,
            index_time,
        ]
    }

    /// Returns the index of the session, and its member there. Without an owner there is none.
    fn member(&self, line: Line) -> Option<(OwnerHash, Member)> {
        let Entry { hash, tag, cover } = self.entry?;
        Some((hash, Member { line, cover, tag, key: *self.new }))
    }
}

/// What comes after the outcome of an update or of a rename.
enum Next {
    Written(Written),
    /// The session is in the index now, with this line, and the write can be made.
    Entered(Line),
}

/// Returns owner's hash, cover, and time to live of the index as arguments of a script.
fn entry_arguments(entry: Option<Entry>, now: UnixTime) -> [Bytes; 3] {
    [
        bytes(entry.map(|entry| entry.hash)),
        bytes(entry.map(|entry| entry.cover.to_be_bytes())),
        optional(entry.and_then(|entry| time_to_live(entry.cover, now))),
    ]
}

/// Returns some bytes as an argument of a script, which is empty for none.
pub(crate) fn bytes(bytes: Option<[u8; 8]>) -> Bytes {
    bytes.map_or_else(Bytes::new, |bytes| Bytes::copy_from_slice(&bytes))
}

/// Returns a number as an argument of a script.
pub(crate) fn number(number: i64) -> Bytes {
    number.to_string().into()
}

/// Returns a time as an argument of a script.
pub(crate) fn time(time: UnixTime) -> Bytes {
    Bytes::copy_from_slice(&time.as_millis().to_be_bytes())
}

/// Returns a time to live as an argument of a script.
pub(crate) fn optional(time_to_live: Option<i64>) -> Bytes {
    time_to_live.map_or_else(Bytes::new, number)
}
