//! The SQL of the store: one method for each step of a call, with its statement and the values bound to it.
//!
//! Each statement is a transaction of its own at the isolation level READ COMMITTED. A statement that waited
//! for a row looks at the row's condition again, so the condition and the change are always in the same
//! statement, and never in a sub-select.

use session_core::store::after_miss::Found;
use session_core::store::{Loaded, OwnedSession, RENAME_MARKER_LIFETIME, Record, StoreKey, Version};
use session_core::{Owner, UnixTime};
use sqlx::SqlStr;

use crate::batch::{Batcher, Load, Update};
use crate::deadline::Timeouts;
use crate::failure::Failure;
use crate::postgres::batch::{Loads, Updates};
use crate::postgres::bound::Bound;
use crate::postgres::connect::Connections;
use crate::postgres::error;
use crate::postgres::options::{PostgresOptions, Statements};
use crate::postgres::row::{self, bytes};
use crate::postgres::schema::{Table, statement};
use crate::purge::PurgeStart;

/// The connections, and the statements for one table. The statements are made once per store, and prepared
/// once per connection, unless each is sent as text.
pub(crate) struct Queries {
    pub(crate) connections: Connections,
    pub(crate) table: Table,
    pub(crate) statements: Statements,
    pub(crate) timeouts: Timeouts,
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
    pub(crate) first_due: SqlStr,
    pub(crate) reschedule_purge: SqlStr,
    pub(crate) purge: SqlStr,
    pub(crate) purge_start: PurgeStart,
}

impl Queries {
    pub(crate) fn new(connections: Connections, options: &PostgresOptions) -> Self {
        let table = Table { schema: options.schema.clone(), name: options.table.clone() };
        let of = |text| statement(text, &table);
        Self {
            loads: Loads::batcher(connections.clone(), &table, options),
            updates: Updates::batcher(connections.clone(), &table, options),
            load: of(Self::LOAD),
            find: of(Self::FIND),
            find_both: of(Self::FIND_BOTH),
            insert: of(Self::INSERT),
            remove_expired: of(Self::REMOVE_EXPIRED),
            update: of(Self::UPDATE),
            rename: of(Self::RENAME),
            touch: of(&Self::touch_text(options.durable_touches)),
            delete: of(Self::DELETE),
            list: of(Self::LIST),
            revoke: of(Self::REVOKE),
            first_due: of(Self::FIRST_DUE),
            reschedule_purge: of(Self::RESCHEDULE_PURGE),
            purge: of(Self::PURGE),
            purge_start: PurgeStart::new(),
            statements: options.statements,
            timeouts: options.timeouts(),
            connections,
            table,
        }
    }

    pub(crate) fn bound<'q>(&self, statement: &SqlStr) -> Bound<'q> {
        Bound::new(statement, self.statements)
    }

    /// A marker has no data and no owner, and a session is joined to none. `$1` key, `$2` now.
    const LOAD: &str = r#"
select
    case when s.moved_to is null then s.data end, s.creation_date, s.modification_date, s.expires,
    s.idle_timeout, coalesce(s.owner, t.owner), s.label, s.version
from {schema}"{table}" s
left join {schema}"{table}" t
on t.id = s.moved_to
and (t.expires is null or t.expires > $2)
where s.key = $1
and (s.expires is null or s.expires > $2)
and (s.moved_to is null or t.id is not null)"#;

    /// Loads the live session under a key, or finds the one that was renamed from it.
    pub(crate) async fn load(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, Failure> {
        self.loads.call(|| Load { key: *key, now }, self.load_one(key, now)).await
    }

    async fn load_one(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, Failure> {
        let load = || self.bound(&self.load).bind(bytes(key)).bind(now.as_millis());
        match self.connections.read(load).await?.first() {
            Some(row) => row::read_loaded(row, &self.table.name),
            None => Ok(Loaded::Absent),
        }
    }

    /// `$1` key.
    const FIND: &str = r#"
select data, creation_date, modification_date, expires, idle_timeout, owner, label, version, moved_to
from {schema}"{table}"
where key = $1"#;

    /// Reads what a key holds, expired or not.
    pub(crate) async fn find(&self, key: &StoreKey) -> Result<Option<Found>, Failure> {
        let rows = self.connections.read(|| self.bound(&self.find).bind(bytes(key))).await?;
        rows.first().map(|row| row::read_found(row, &self.table.name)).transpose()
    }

    /// `$1` and `$2` keys.
    const FIND_BOTH: &str = r#"
select data, creation_date, modification_date, expires, idle_timeout, owner, label, version, moved_to, key
from {schema}"{table}"
where key in ($1, $2)"#;

    /// Reads what two keys hold, expired or not, at one moment.
    pub(crate) async fn find_both(
        &self,
        old: &StoreKey,
        new: &StoreKey,
    ) -> Result<(Option<Found>, Option<Found>), Failure> {
        let find_both = || self.bound(&self.find_both).bind(bytes(old)).bind(bytes(new));
        let (mut at_old, mut at_new) = (None, None);
        for row in self.connections.read(find_both).await? {
            let found =
                if row::read_key(&row, 9, &self.table.name)? == *new { &mut at_new } else { &mut at_old };
            *found = Some(row::read_found(&row, &self.table.name)?);
        }
        Ok((at_old, at_new))
    }

    /// `$1` to `$9` record.
    const INSERT: &str = r#"
insert into {schema}"{table}" (
    key, data, creation_date, modification_date, expires, idle_timeout, owner, label, version, purge_date
)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $5)
on conflict (key) do nothing"#;

    /// Inserts a record, unless its key is in use.
    pub(crate) async fn insert(&self, key: &StoreKey, record: &Record) -> Result<bool, Failure> {
        self.connections.write(|| row::bind(self.bound(&self.insert), key, record)).await.map(|rows| rows > 0)
    }

    /// `$1` key, `$2` now.
    const REMOVE_EXPIRED: &str = r#"
delete from {schema}"{table}"
where key = $1
and expires <= $2"#;

    /// Removes an expired record or rename marker under a key.
    pub(crate) async fn remove_expired(&self, key: &StoreKey, now: UnixTime) -> Result<(), Failure> {
        self.connections
            .write(|| self.bound(&self.remove_expired).bind(bytes(key)).bind(now.as_millis()))
            .await?;
        Ok(())
    }

    /// `$1` to `$9` record, `$10` expected version, `$11` now.
    const UPDATE: &str = r#"
update {schema}"{table}"
set data = $2,
    creation_date = $3,
    modification_date = $4,
    expires = $5,
    idle_timeout = $6,
    owner = $7,
    label = $8,
    version = $9,
    purge_date = case
        when $5 < purge_date or purge_date < $11 or purge_date is null then $5
        else purge_date
    end
where key = $1
and version = $10
and moved_to is null
and (expires is null or expires > $11)"#;

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
            let update = row::bind(self.bound(&self.update), key, record);
            update.bind(row::version(expected)).bind(now.as_millis())
        };
        self.connections.write(update).await.map(|rows| rows > 0)
    }

    /// `$1` to `$9` record, `$10` expected version, `$11` now, `$12` old key, `$13` expiry of the rename
    /// marker.
    const RENAME: &str = r#"
with "{table}_renamed" as (
    update {schema}"{table}"
    set key = $1,
        data = $2,
        creation_date = $3,
        modification_date = $4,
        expires = $5,
        idle_timeout = $6,
        owner = $7,
        label = $8,
        version = $9,
        purge_date = case
            when $5 < purge_date or purge_date < $11 or purge_date is null then $5
            else purge_date
        end
    where key = $12
    and version = $10
    and moved_to is null
    and (expires is null or expires > $11)
    returning id
)
insert into {schema}"{table}" (
    key, data, creation_date, modification_date, expires, version, purge_date, moved_to
)
select $12, '', 0, 0, $13, 0, $13, id
from "{table}_renamed""#;

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
        let rename = || {
            row::bind(self.bound(&self.rename), new, record)
                .bind(row::version(expected))
                .bind(now.as_millis())
                .bind(bytes(old))
                .bind((now + RENAME_MARKER_LIFETIME).as_millis())
        };
        match self.connections.write(rename).await {
            Err(Failure::Driver(error)) if error::is_taken(&error) => Ok(false),
            rows => rows.map(|rows| rows > 0),
        }
    }

    /// `$1` key.
    const DELETE: &str = r#"
delete from {schema}"{table}"
where id = (select coalesce(moved_to, id) from {schema}"{table}" where key = $1)"#;

    /// Deletes the session that has or had a key.
    ///
    /// The sub-select only finds the id, which a concurrent rename does not change.
    pub(crate) async fn delete(&self, key: &StoreKey) -> Result<(), Failure> {
        self.connections.write(|| self.bound(&self.delete).bind(bytes(key))).await?;
        Ok(())
    }

    /// No two owners have the same hash. `$1` owner, `$2` now, `$3` id, `$4` limit.
    const LIST: &str = r#"
select id, key, creation_date, modification_date, label
from {schema}"{table}"
where sha256(owner) = sha256($1)
and (expires is null or expires > $2)
and id > $3
order by id
limit $4"#;

    /// Lists the live sessions of an owner whose ids are greater than `after`, the smallest first.
    pub(crate) async fn list(
        &self,
        owner: &Owner,
        after: i64,
        limit: i64,
        now: UnixTime,
    ) -> Result<Vec<(i64, OwnedSession)>, Failure> {
        let list = || {
            let list = self.bound(&self.list).bind(owner.as_str().as_bytes()).bind(now.as_millis());
            list.bind(after).bind(limit)
        };
        self.connections.read(list).await?.iter().map(|row| row::read_owned(row, &self.table.name)).collect()
    }

    /// `$1` owner, `$2` key or null.
    const REVOKE: &str = r#"
with "{table}_ended" as materialized (
    select id
    from {schema}"{table}"
    where sha256(owner) = sha256($1)
    and id is distinct from (select coalesce(moved_to, id) from {schema}"{table}" where key = $2)
    order by id
    for update
)
delete from {schema}"{table}" s
using "{table}_ended" e
where s.id = e.id"#;

    /// Deletes the sessions of an owner, except the one that has or had the key `except`.
    ///
    /// The rows are locked in the order of their ids, so two revocations cannot wait for each other. A
    /// concurrent rename keeps the id, so the session is deleted under its new key.
    pub(crate) async fn revoke(&self, owner: &Owner, except: Option<&StoreKey>) -> Result<u64, Failure> {
        self.connections
            .write(|| self.bound(&self.revoke).bind(owner.as_str().as_bytes()).bind(except.map(bytes)))
            .await
    }
}
