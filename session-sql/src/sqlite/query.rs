//! The SQL of the store: one method for each step of a call, with its statement and the values bound to it.

use session_core::store::after_miss::Found;
use session_core::store::{Loaded, OwnedSession, RENAME_MARKER_LIFETIME, Record, StoreKey, Version};
use session_core::{Owner, UnixTime};
use sqlx::{SqlStr, query};

use crate::batch::{Batcher, Load, Update};
use crate::failure::Failure;
use crate::name::TableName;
use crate::sqlite::batch::{Loads, Updates};
use crate::sqlite::connect::Connections;
use crate::sqlite::error;
use crate::sqlite::options::SqliteOptions;
use crate::sqlite::row::{self, Bound};
use crate::sqlite::schema::statement;

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
    pub(crate) insert: SqlStr,
    pub(crate) remove_expired: SqlStr,
    pub(crate) update: SqlStr,
    pub(crate) rename: SqlStr,
    pub(crate) touch: SqlStr,
    pub(crate) delete: SqlStr,
    pub(crate) list: SqlStr,
    pub(crate) revoke: SqlStr,
    pub(crate) reschedule_purge: SqlStr,
    pub(crate) purge: SqlStr,
}

impl Queries {
    pub(crate) fn new(connections: Connections, options: &SqliteOptions) -> Self {
        let table = options.table.clone();
        let of = |text| statement(text, &table);
        Self {
            loads: Loads::batcher(connections.clone(), options),
            updates: Updates::batcher(connections.clone(), options),
            load: of(Self::LOAD),
            find: of(Self::FIND),
            find_both: of(Self::FIND_BOTH),
            insert: of(Self::INSERT),
            remove_expired: of(Self::REMOVE_EXPIRED),
            update: of(Self::UPDATE),
            rename: of(Self::RENAME),
            touch: of(Self::TOUCH),
            delete: of(Self::DELETE),
            list: of(Self::LIST),
            revoke: of(Self::REVOKE),
            reschedule_purge: of(Self::RESCHEDULE_PURGE),
            purge: of(Self::PURGE),
            connections,
            table,
        }
    }

    /// A marker has no data and no owner, and a session is joined to none. Each further column would cost the
    /// driver a copy. `?1` key, `?2` now.
    const LOAD: &str = r#"
select
    case when s.moved_to is null then s.data end, s.creation_date, s.modification_date, s.expires,
    s.idle_timeout, coalesce(s.owner, t.owner), s.label, s.version
from "{table}" s
left join "{table}" t
on t.id = s.moved_to
and (t.expires is null or t.expires > ?2)
where s.key = ?1
and (s.expires is null or s.expires > ?2)
and (s.moved_to is null or t.id is not null)"#;

    /// Loads the live session under a key, or finds the one that was renamed from it.
    pub(crate) async fn load(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, Failure> {
        self.loads.call(|| Load { key: *key, now }, self.load_one(key, now)).await
    }

    async fn load_one(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, Failure> {
        let load = prepared(&self.load).bind(bytes(key)).bind(now.as_millis());
        match self.connections.read(load).await?.first() {
            Some(row) => row::read_loaded(row, &self.table),
            None => Ok(Loaded::Absent),
        }
    }

    /// `?1` key.
    const FIND: &str = r#"
select data, creation_date, modification_date, expires, idle_timeout, owner, label, version, moved_to
from "{table}"
where key = ?1"#;

    /// Reads what a key holds, expired or not.
    pub(crate) async fn find(&self, key: &StoreKey) -> Result<Option<Found>, Failure> {
        let rows = self.connections.read(prepared(&self.find).bind(bytes(key))).await?;
        rows.first().map(|row| row::read_found(row, &self.table)).transpose()
    }

    /// `?1` and `?2` keys.
    const FIND_BOTH: &str = r#"
select data, creation_date, modification_date, expires, idle_timeout, owner, label, version, moved_to, key
from "{table}"
where key in (?1, ?2)"#;

    /// Reads what two keys hold, expired or not, at one moment.
    pub(crate) async fn find_both(
        &self,
        old: &StoreKey,
        new: &StoreKey,
    ) -> Result<(Option<Found>, Option<Found>), Failure> {
        let find_both = prepared(&self.find_both).bind(bytes(old)).bind(bytes(new));
        let (mut at_old, mut at_new) = (None, None);
        for row in self.connections.read(find_both).await? {
            let found = if row::read_key(&row, 9, &self.table)? == *new { &mut at_new } else { &mut at_old };
            *found = Some(row::read_found(&row, &self.table)?);
        }
        Ok((at_old, at_new))
    }

    /// `?1` to `?9` record.
    const INSERT: &str = r#"
insert into "{table}" (
    key, data, creation_date, modification_date, expires, idle_timeout, owner, label, version, purge_date
)
values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?5)
on conflict (key) do nothing"#;

    /// Inserts a record, unless its key is in use.
    pub(crate) async fn insert(&self, key: &StoreKey, record: &Record) -> Result<bool, Failure> {
        self.connections.write(row::bind(prepared(&self.insert), key, record)).await.map(|rows| rows > 0)
    }

    /// `?1` key, `?2` now.
    const REMOVE_EXPIRED: &str = r#"
delete from "{table}"
where key = ?1
and expires <= ?2"#;

    /// Removes an expired record or rename marker under a key.
    pub(crate) async fn remove_expired(&self, key: &StoreKey, now: UnixTime) -> Result<(), Failure> {
        self.connections.write(prepared(&self.remove_expired).bind(bytes(key)).bind(now.as_millis())).await?;
        Ok(())
    }

    /// `?1` to `?9` record, `?10` expected version, `?11` now.
    const UPDATE: &str = r#"
update "{table}"
set data = ?2,
    creation_date = ?3,
    modification_date = ?4,
    expires = ?5,
    idle_timeout = ?6,
    owner = ?7,
    label = ?8,
    version = ?9
where key = ?1
and version = ?10
and moved_to is null
and (expires is null or expires > ?11)"#;

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
        let update = row::bind(prepared(&self.update), key, record);
        let update = update.bind(row::version(expected)).bind(now.as_millis());
        self.connections.write(update).await.map(|rows| rows > 0)
    }

    /// Two rows are inserted under the old key. The first meets the session's row, which gets the new key
    /// instead; the second is the rename marker. `?1` to `?9` record, `?10` expected version, `?11` now,
    /// `?12` old key, `?13` expiry of the rename marker.
    const RENAME: &str = r#"
insert into "{table}" (
    key, data, creation_date, modification_date, expires, version, purge_date, moved_to
)
select s.key, x'', 0, 0, ?13, 0, ?13, s.id
from "{table}" s, (select 1 union all select 2)
where s.key = ?12
and s.version = ?10
and s.moved_to is null
and (s.expires is null or s.expires > ?11)
on conflict (key) do update
set key = ?1,
    data = ?2,
    creation_date = ?3,
    modification_date = ?4,
    expires = ?5,
    idle_timeout = ?6,
    owner = ?7,
    label = ?8,
    version = ?9"#;

    /// Replaces a live record of the expected version by one under a new key, and leaves a rename marker,
    /// unless the new key is in use.
    pub(crate) async fn rename(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<bool, Failure> {
        let rename = row::bind(prepared(&self.rename), new, record)
            .bind(row::version(expected))
            .bind(now.as_millis())
            .bind(bytes(old))
            .bind((now + RENAME_MARKER_LIFETIME).as_millis());
        match self.connections.write(rename).await {
            Err(Failure::Driver(error)) if error::is_taken(&error) => Ok(false),
            rows => rows.map(|rows| rows > 0),
        }
    }

    /// A null expiry means never, the latest of all, and `max` of any value and null is null. `?1` key, `?2`
    /// expiry, `?3` now.
    const TOUCH: &str = r#"
update "{table}"
set expires = max(expires, ?2),
    modification_date = max(modification_date, ?3)
where key = ?1
and moved_to is null
and (expires is null or expires > ?3)"#;

    /// Moves a live record's expiry and its time of use.
    pub(crate) async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
    ) -> Result<bool, Failure> {
        let expires = expires.map(UnixTime::as_millis);
        let touch = prepared(&self.touch).bind(bytes(key)).bind(expires).bind(now.as_millis());
        self.connections.write(touch).await.map(|rows| rows > 0)
    }

    /// `?1` key.
    const DELETE: &str = r#"
delete from "{table}"
where id = (select coalesce(moved_to, id) from "{table}" where key = ?1)"#;

    /// Deletes the session that has or had a key.
    pub(crate) async fn delete(&self, key: &StoreKey) -> Result<(), Failure> {
        self.connections.write(prepared(&self.delete).bind(bytes(key))).await?;
        Ok(())
    }

    /// `?1` owner, `?2` now, `?3` id, `?4` limit.
    const LIST: &str = r#"
select id, key, creation_date, modification_date, label
from "{table}"
where owner = ?1
and (expires is null or expires > ?2)
and id > ?3
order by id
limit ?4"#;

    /// Lists the live sessions of an owner whose ids are greater than `after`, the smallest first.
    pub(crate) async fn list(
        &self,
        owner: &Owner,
        after: i64,
        limit: i64,
        now: UnixTime,
    ) -> Result<Vec<(i64, OwnedSession)>, Failure> {
        let list = prepared(&self.list).bind(owner.as_str().to_owned()).bind(now.as_millis());
        let rows = self.connections.read(list.bind(after).bind(limit)).await?;
        rows.iter().map(|row| row::read_owned(row, &self.table)).collect()
    }

    /// `?1` owner, `?2` key or null.
    const REVOKE: &str = r#"
delete from "{table}"
where owner = ?1
and id is not (select coalesce(moved_to, id) from "{table}" where key = ?2)"#;

    /// Deletes the sessions of an owner, except the one that has or had the key `except`.
    ///
    /// SQLite has one writer at a time, so a concurrent rename runs entirely before or entirely after this
    /// statement. If it runs before, the row is found by its owner under its new key; if it runs after, it
    /// finds no row.
    pub(crate) async fn revoke(&self, owner: &Owner, except: Option<&StoreKey>) -> Result<u64, Failure> {
        let revoke = prepared(&self.revoke).bind(owner.as_str().to_owned());
        self.connections.write(revoke.bind(except.map(bytes))).await
    }

    /// `?1` before, `?2` limit.
    const RESCHEDULE_PURGE: &str = r#"
update "{table}"
set purge_date = expires
where id in (
    select id
    from "{table}"
    where purge_date < ?1
    order by purge_date
    limit ?2
)
and (expires is null or expires >= ?1)"#;

    /// Sets a new purge date for rows whose expiry has moved past the old one.
    async fn reschedule_purge(&self, before: UnixTime, limit: u32) -> Result<(), Failure> {
        self.connections.write(prepared(&self.reschedule_purge).bind(before.as_millis()).bind(limit)).await?;
        Ok(())
    }

    /// `?1` before, `?2` limit.
    const PURGE: &str = r#"
delete from "{table}"
where id in (
    select id
    from "{table}"
    where purge_date < ?1
    and expires < ?1
    order by purge_date
    limit ?2
)"#;

    /// Deletes records and rename markers that expired before `before`.
    pub(crate) async fn purge(&self, before: UnixTime, limit: u32) -> Result<u64, Failure> {
        self.reschedule_purge(before, limit).await?;
        self.connections.write(prepared(&self.purge).bind(before.as_millis()).bind(limit)).await
    }
}

fn prepared(statement: &SqlStr) -> Bound<'static> {
    query(statement.clone())
}

fn bytes(key: &StoreKey) -> Vec<u8> {
    key.as_bytes().to_vec()
}
