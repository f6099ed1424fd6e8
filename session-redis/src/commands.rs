//! The commands of each call, and what their replies mean.

mod outcome;
mod rewrite;

use bytes::Bytes;
use session_core::UnixTime;
use session_core::store::{Created, Loaded, Record, StoreKey, Touched};
use tokio::time::Instant;

use crate::arguments::{bytes, index_time, optional, time};
use crate::commands::outcome::Outcome;
use crate::driver::contract::{Driver, Reply};
use crate::error::Failure;
use crate::gather::{Gather, Job};
use crate::layout::keys::{Keys, Member, line};
use crate::layout::value::{Entry, Value, cover, expiry, index_time_to_live, read, session, time_to_live};
use crate::owners::{Over, Owners};
use crate::scripts::{CREATE, DELETE, TOUCH, UPDATE};

/// The commands of a store.
pub(crate) struct Commands<D: Driver> {
    driver: D,
    keys: Keys,
    owners: Owners<D>,
    updates: Gather<D>,
    touches: Gather<D>,
}

impl<D: Driver + Clone> Commands<D> {
    pub(crate) fn new(driver: D, keys: Keys) -> Self {
        let owners = Owners::new(driver.clone(), keys.clone());
        let updates = Gather::new(driver.clone(), &UPDATE, owners.in_scripts());
        let touches = Gather::new(driver.clone(), &TOUCH, owners.in_scripts());
        Self { driver, keys, owners, updates, touches }
    }

    pub(crate) const fn driver(&self) -> &D {
        &self.driver
    }

    pub(crate) const fn owner_index(&self) -> &Owners<D> {
        &self.owners
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
            Value::Marker { until: expires } if now < expires => {
                // Seldom needed, so it does not make every load larger.
                Box::pin(self.follow(&name, now, until)).await
            }
            Value::Session(_) | Value::Marker { .. } => Ok(Loaded::Absent),
        }
    }

    /// Loads through a rename marker.
    async fn follow(&self, name: &Bytes, now: UnixTime, until: Instant) -> Result<Loaded, Failure> {
        let found = self
            .owners
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
            self.owners.enter(entry.hash, member, now, until).await?;
        }
        if (entry.is_none() || self.driver.is_cluster())
            && self.driver.set_if_absent(&name, &value, time_to_live, until).await?
        {
            return Ok(Created::Done);
        }
        let arguments = [
            self.owners.in_scripts(),
            time(now),
            value,
            optional(time_to_live),
            bytes(entry.map(|entry| entry.hash)),
            member.map_or_else(Bytes::new, Member::to_bytes),
            index_time(entry, now),
        ];
        match Outcome::of(self.driver.script(&CREATE, &[name], &arguments, until).await?)? {
            Outcome::Done => Ok(Created::Done),
            Outcome::Taken => {
                if let (Some(entry), Some(member)) = (entry, member) {
                    self.owners.take_back(entry.hash, member, until).await;
                }
                Ok(Created::Taken)
            }
            Outcome::Gone | Outcome::Over(_) | Outcome::Enter(_) | Outcome::Other(_) => {
                Err(Failure::BadReply)
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
                optional(index_time_to_live(cover, now)),
                Bytes::copy_from_slice(key.as_bytes()),
                entered.clone(),
            ];
            let job = Job { session: self.keys.session(key), arguments, until };
            match Outcome::of(self.write(&self.touches, job).await?)? {
                Outcome::Gone => return Ok(Touched::Gone),
                Outcome::Done => return Ok(Touched::Done),
                Outcome::Over(over) => {
                    self.owners.remove(over, *key, until).await;
                    return Ok(Touched::Done);
                }
                Outcome::Enter(entry) => {
                    self.owners.enter_again(&entry, cover, *key, now, until).await?;
                    entered = entry;
                }
                Outcome::Taken | Outcome::Other(_) => return Err(Failure::BadReply),
            }
        }
    }

    pub(crate) async fn delete(&self, key: &StoreKey, until: Instant) -> Result<(), Failure> {
        let arguments = [self.owners.in_scripts(), Bytes::copy_from_slice(&key.placement())];
        match self.driver.script(&DELETE, &[self.keys.session(key)], &arguments, until).await? {
            Reply::Number(_) => Ok(()),
            Reply::Bytes(bytes) if bytes.first() == Some(&b'D') => {
                let (over, key) = Over::read_with_key(&bytes[1..]).ok_or(Failure::BadReply)?;
                self.owners.remove(over, key, until).await;
                Ok(())
            }
            Reply::Nothing | Reply::Bytes(_) | Reply::Many(_) => Err(Failure::BadReply),
        }
    }

    /// Writes a session, on one server together with those of other calls.
    async fn write(&self, gather: &Gather<D>, job: Job) -> Result<Reply, Failure> {
        if self.driver.is_cluster() { gather.call_alone(job).await } else { gather.call(job).await }
    }
}
