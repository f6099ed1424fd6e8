//! The SQL of the store: one method for each step of a call, with its statement and the values bound to it.
//!
//! Each statement is a transaction of its own at the isolation level READ COMMITTED. A statement that waited
//! for a row looks at the row's condition again, so the condition and the change are always in the same
//! statement, and never in a sub-select.
//!
//! An assignment sees those before it in the same statement, so that of `purge_date`, which reads `expires`,
//! is the first.

use session_core::store::after_miss::Found;
use session_core::store::{Loaded, OwnedSession, Record, StoreKey, Version};
use session_core::{Owner, UnixTime};
use sqlx::{Row as _, SqlStr};

use crate::batch::{Batcher, Load, Update};
use crate::failure::Failure;
use crate::mysql::batch::{Loads, Updates};
use crate::mysql::bound::Bound;
use crate::mysql::connect::Connections;
use crate::mysql::error;
use crate::mysql::options::MySqlOptions;
use crate::mysql::row::{self, bytes};
use crate::mysql::schema::statement;
use crate::name::TableName;
use crate::purge::PurgeStart;

/// The connections, and the statements for one table. The statements are made once per store, and prepared
/// once per connection.
pub(crate) struct Queries {
    pub(crate) connections: Connections,
    pub(crate) table: TableName,
    pub(crate) loads: Batcher<Loads>,
    pub(crate) updates: Batcher<Updates>,
    pub(crate) load: SqlStr,
    pub(crate) find: SqlStr,
    pub(crate) find_both: SqlStr,
    pub(crate) find_id: SqlStr,
    pub(crate) insert: SqlStr,
    pub(crate) remove_expired: SqlStr,
    pub(crate) update: SqlStr,
    pub(crate) rename: SqlStr,
    pub(crate) insert_marker: SqlStr,
    pub(crate) touch: SqlStr,
    pub(crate) touch_briefly: SqlStr,
    pub(crate) delete: SqlStr,
    pub(crate) delete_renamed: SqlStr,
    pub(crate) list: SqlStr,
    pub(crate) revoke: SqlStr,
    pub(crate) first_due: SqlStr,
    pub(crate) find_prolonged: SqlStr,
    pub(crate) purge: SqlStr,
    pub(crate) purge_start: PurgeStart,
}

impl Queries {
    pub(crate) fn new(connections: Connections, options: &MySqlOptions) -> Self {
        let table = options.table.clone();
        let of = |text| statement(text, &table);
        Self {
            loads: Loads::batcher(connections.clone(), &table, options),
            updates: Updates::batcher(connections.clone(), &table, options),
            load: of(Self::LOAD),
            find: of(Self::FIND),
            find_both: of(Self::FIND_BOTH),
            find_id: of(Self::FIND_ID),
            insert: of(Self::INSERT),
            remove_expired: of(Self::REMOVE_EXPIRED),
            update: of(Self::UPDATE),
            rename: of(Self::RENAME),
            insert_marker: of(Self::INSERT_MARKER),
            touch: of(Self::TOUCH),
            touch_briefly: of(&Self::touch_briefly(options.timeouts())),
            delete: of(Self::DELETE),
            delete_renamed: of(Self::DELETE_RENAMED),
            list: of(Self::LIST),
            revoke: of(Self::REVOKE),
            first_due: of(Self::FIRST_DUE),
            find_prolonged: of(Self::FIND_PROLONGED),
            purge: of(Self::PURGE),
            purge_start: PurgeStart::new(),
            connections,
            table,
        }
    }

    /// A marker has no data and no owner, and a session is joined to none. Now, key, now.
    const LOAD: &str = r"
select
    case when s.moved_to is null then s.data end, s.creation_date, s.modification_date, s.expires,
    s.idle_timeout, coalesce(s.owner, t.owner), s.label, s.version
from `{table}` s
left join `{table}` t
on t.id = s.moved_to
and (t.expires is null or t.expires > ?)
where s.`key` = ?
and (s.expires is null or s.expires > ?)
and (s.moved_to is null or t.id is not null)";

    /// Loads the live session under a key, or finds the one that was renamed from it.
    pub(crate) async fn load(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, Failure> {
        self.loads.call(|| Load { key: *key, now }, self.load_one(key, now)).await
    }

    async fn load_one(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, Failure> {
        let now = now.as_millis();
        let load = || prepared(&self.load).bind(now).bind(bytes(key)).bind(now);
        match self.connections.read(load).await?.first() {
            Some(row) => row::read_loaded(row, &self.table),
            None => Ok(Loaded::Absent),
        }
    }

    /// Key.
    const FIND: &str = r"
select data, creation_date, modification_date, expires, idle_timeout, owner, label, version, moved_to
from `{table}`
where `key` = ?";

    /// Reads what a key holds, expired or not.
    pub(crate) async fn find(&self, key: &StoreKey) -> Result<Option<Found>, Failure> {
        let rows = self.connections.read(|| prepared(&self.find).bind(bytes(key))).await?;
        rows.first().map(|row| row::read_found(row, &self.table)).transpose()
    }

    /// Two keys.
    const FIND_BOTH: &str = r"
select data, creation_date, modification_date, expires, idle_timeout, owner, label, version, moved_to, `key`
from `{table}`
where `key` in (?, ?)";

    /// Reads what two keys hold, expired or not, at one moment.
    pub(crate) async fn find_both(
        &self,
        old: &StoreKey,
        new: &StoreKey,
    ) -> Result<(Option<Found>, Option<Found>), Failure> {
        let find_both = || prepared(&self.find_both).bind(bytes(old)).bind(bytes(new));
        let (mut at_old, mut at_new) = (None, None);
        for row in self.connections.read(find_both).await? {
            let found = if row::read_key(&row, 9, &self.table)? == *new { &mut at_new } else { &mut at_old };
            *found = Some(row::read_found(&row, &self.table)?);
        }
        Ok((at_old, at_new))
    }

    /// Key.
    const FIND_ID: &str = r"
select coalesce(moved_to, id)
from `{table}`
where `key` = ?";

    /// Finds the id of the session that has or had a key. A session keeps its id, so it can be used in the
    /// next statement.
    async fn find_id(&self, key: &StoreKey) -> Result<Option<i64>, Failure> {
        let rows = self.connections.read(|| prepared(&self.find_id).bind(bytes(key))).await?;
        Ok(rows.first().map(|row| row.try_get(0)).transpose()?)
    }

    /// Key, record, expiry.
    const INSERT: &str = r"
insert into `{table}` (
    `key`, data, creation_date, modification_date, expires, idle_timeout, owner, label, version, purge_date
)
values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

    /// Inserts a record, unless its key is in use.
    pub(crate) async fn insert(&self, key: &StoreKey, record: &Record) -> Result<bool, Failure> {
        let insert = || {
            let insert = row::bind(prepared(&self.insert).bind(bytes(key)), record);
            insert.bind(row::expires(record))
        };
        unless_taken(self.connections.write(insert).await)
    }

    /// Key, now.
    const REMOVE_EXPIRED: &str = r"
delete from `{table}`
where `key` = ?
and expires <= ?";

    /// Removes an expired record or rename marker under a key.
    pub(crate) async fn remove_expired(&self, key: &StoreKey, now: UnixTime) -> Result<(), Failure> {
        let remove = || prepared(&self.remove_expired).bind(bytes(key)).bind(now.as_millis());
        self.connections.write(remove).await?;
        Ok(())
    }

    /// Expiry, now, expiry, record, key, expected version, now.
    const UPDATE: &str = r"
update `{table}`
set purge_date = case
        when ? < purge_date or purge_date < ? or purge_date is null then ?
        else purge_date
    end,
    data = ?,
    creation_date = ?,
    modification_date = ?,
    expires = ?,
    idle_timeout = ?,
    owner = ?,
    label = ?,
    version = ?
where `key` = ?
and version = ?
and moved_to is null
and (expires is null or expires > ?)";

    /// Replaces a live record of the expected version.
    pub(crate) async fn update(
        &self,
        key: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<bool, Failure> {
        let update = || Update { key: *key, record: record.clone(), expected, now };
        self.updates.call(update, self.update_one(key, record, expected, now)).await
    }

    async fn update_one(
        &self,
        key: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<bool, Failure> {
        let update = || {
            let update = bind_set(prepared(&self.update), record, now).bind(bytes(key));
            update.bind(row::version(expected)).bind(now.as_millis())
        };
        self.connections.write(update).await.map(|rows| rows > 0)
    }

    /// Key.
    const DELETE: &str = r"
delete from `{table}`
where `key` = ?
and moved_to is null";

    /// Id.
    const DELETE_RENAMED: &str = r"
delete from `{table}`
where id = ?";

    /// Deletes the session that has or had a key.
    ///
    /// A sub-select that finds the id would lock rows, and two such statements could wait for each other.
    pub(crate) async fn delete(&self, key: &StoreKey) -> Result<(), Failure> {
        if self.connections.write(|| prepared(&self.delete).bind(bytes(key))).await? > 0 {
            return Ok(());
        }
        if let Some(id) = self.find_id(key).await? {
            self.connections.write(|| prepared(&self.delete_renamed).bind(id)).await?;
        }
        Ok(())
    }

    /// No two owners have the same hash. Owner, now, id, limit.
    const LIST: &str = r"
select id, `key`, creation_date, modification_date, label
from `{table}` force index (by_owner)
where owner_hash = unhex(sha2(?, 256))
and (expires is null or expires > ?)
and id > ?
order by id
limit ?";

    /// Lists the live sessions of an owner whose ids are greater than `after`, the smallest first.
    pub(crate) async fn list(
        &self,
        owner: &Owner,
        after: i64,
        limit: i64,
        now: UnixTime,
    ) -> Result<Vec<(i64, OwnedSession)>, Failure> {
        let list = || {
            let list = prepared(&self.list).bind(owner.as_str().as_bytes()).bind(now.as_millis());
            list.bind(after).bind(limit)
        };
        self.connections.read(list).await?.iter().map(|row| row::read_owned(row, &self.table)).collect()
    }

    /// Owner, id.
    const REVOKE: &str = r"
delete s
from `{table}` s force index (by_owner)
where s.owner_hash = unhex(sha2(?, 256))
and s.id <> ?";

    /// Deletes the sessions of an owner, except the one that has or had the key `except`.
    ///
    /// The rows are locked in the order of their ids, so two revocations cannot wait for each other. A
    /// concurrent rename keeps the id, so the session is deleted under its new key.
    pub(crate) async fn revoke(&self, owner: &Owner, except: Option<&StoreKey>) -> Result<u64, Failure> {
        let except = match except {
            Some(key) => self.find_id(key).await?,
            None => None,
        };
        // No session has the id 0.
        let except = except.unwrap_or(0);
        self.connections.write(|| prepared(&self.revoke).bind(owner.as_str().as_bytes()).bind(except)).await
    }
}

pub(crate) fn prepared(statement: &SqlStr) -> Bound<'static> {
    Bound::new(statement)
}

/// Binds the parameters of a `set` for a record: expiry, now, expiry, record.
pub(crate) fn bind_set<'q>(statement: Bound<'q>, record: &'q Record, now: UnixTime) -> Bound<'q> {
    let expires = row::expires(record);
    row::bind(statement.bind(expires).bind(now.as_millis()).bind(expires), record)
}

/// Returns whether rows were written. If the key of a write is in use, none were.
pub(crate) fn unless_taken(written: Result<u64, Failure>) -> Result<bool, Failure> {
    match written {
        Err(Failure::Driver(error)) if error::is_taken(&error) => Ok(false),
        written => written.map(|rows| rows > 0),
    }
}
