//! The statements for several calls at once.

use std::collections::HashMap;

use session_core::UnixTime;
use session_core::store::{Loaded, StoreKey};
use sqlx::mysql::MySqlRow;
use sqlx::{Encode, MySql, Row as _, SqlStr, Type};

use crate::batch::{Batch, BatchLimits, Batcher, Load, Sizes, Update};
use crate::failure::Failure;
use crate::lender::Lease;
use crate::mysql::bound::Bound;
use crate::mysql::connect::{Connections, Servers};
use crate::mysql::error::{self, MySqlFailure};
use crate::mysql::options::MySqlOptions;
use crate::mysql::row;
use crate::mysql::schema::statement;
use crate::mysql::transaction::Transaction;
use crate::name::TableName;

/// Loads with one statement.
pub(crate) struct Loads {
    connections: Connections,
    table: TableName,
    load_many: Sizes,
}

impl Loads {
    /// Expired rows are read as well, because each call has its own now. Keys.
    pub(crate) const LOAD_MANY: &str = r"
select
    case when s.moved_to is null then s.data end, s.creation_date, s.modification_date, s.expires,
    s.idle_timeout, coalesce(s.owner, t.owner), s.label, s.version, s.`key`, s.moved_to is null, t.id is not null,
    t.expires
from `{table}` s force index (by_key)
left join `{table}` t
on t.id = s.moved_to
where s.`key` in ({places})";

    pub(crate) fn batcher(
        connections: Connections,
        table: &TableName,
        options: &MySqlOptions,
    ) -> Batcher<Self> {
        let limits = BatchLimits::new(connections.count(), options.batch_size, options.call_timeout);
        let load_many = sizes(Self::LOAD_MANY, table, limits);
        Batcher::new(Self { connections, table: table.clone(), load_many }, limits)
    }

    /// Returns what a call loads from the row of its key.
    fn loaded(&self, row: &MySqlRow, now: UnixTime) -> Result<Loaded, Failure> {
        let is_live = |expires: Option<i64>| expires.is_none_or(|expires| expires > now.as_millis());
        let is_session: bool = row.try_get(9)?;
        let has_session = is_session || row.try_get::<bool, _>(10)? && is_live(row.try_get(11)?);
        if has_session && is_live(row.try_get(3)?) {
            row::read_loaded(row, &self.table)
        } else {
            Ok(Loaded::Absent)
        }
    }
}

impl Batch for Loads {
    type Call = Load;
    type Outcome = Loaded;
    type Lease = Lease<Servers>;

    async fn lend(&self) -> Result<Self::Lease, Failure> {
        self.connections.lend().await
    }

    async fn run(&self, mut lease: Self::Lease, calls: &[Load]) -> Result<Vec<Option<Loaded>>, Failure> {
        let (text, places) = self.load_many.of(calls.len());
        let load_many = bind_keys(&text, places, calls, |call| &call.key);
        let rows = load_many.fetch_all(&mut lease).await;
        let rows = by_key(lease.end(rows)?, 8, &self.table)?;
        let load = |call: &Load| match rows.get(&call.key) {
            Some(row) => self.loaded(row, call.now).map(Some),
            None => Ok(Some(Loaded::Absent)),
        };
        calls.iter().map(load).collect()
    }

    /// Returns `None`, because a read can always be made again.
    fn failure_of_all(_: Failure) -> Option<Failure> {
        None
    }
}

/// Binds the keys of calls. Places that are left over get the last key once more.
fn bind_keys<'q, C>(
    text: &SqlStr,
    places: usize,
    calls: &'q [C],
    key: impl Fn(&'q C) -> &'q StoreKey,
) -> Bound<'q> {
    let last = calls.len() - 1;
    (0..places).fold(Bound::new(text), |bound, place| bound.bind(row::bytes(key(&calls[place.min(last)]))))
}

/// Updates with one transaction.
pub(crate) struct Updates {
    connections: Connections,
    table: TableName,
    lock_many: Sizes,
    update_many: Sizes,
}

impl Updates {
    /// Rows that are locked are left out, so that no call waits for the lock of another one's session, and no
    /// two of these statements wait for each other. Keys.
    pub(crate) const LOCK_MANY: &str = r"
select id, `key`, version, expires
from `{table}` force index (by_key)
where `key` in ({places})
and moved_to is null
for update skip locked";

    /// The rows are locked, but in a cluster another node can overrule the transaction before this, so the
    /// versions are compared once more. A choice has an ID and the value for its row.
    ///
    /// A `union all` of the values, joined to the table, would be a temporary table on the server's disk,
    /// because its columns are blobs.
    pub(crate) const UPDATE_MANY: &str = r"
update `{table}` force index (primary)
set purge_date = case
        when case id {choices} else expires end < purge_date
        or purge_date < case id {choices} else 0 end
        or purge_date is null
        then case id {choices} else expires end
        else purge_date
    end,
    data = case id {choices} else data end,
    creation_date = case id {choices} else creation_date end,
    modification_date = case id {choices} else modification_date end,
    expires = case id {choices} else expires end,
    idle_timeout = case id {choices} else idle_timeout end,
    owner = case id {choices} else owner end,
    label = case id {choices} else label end,
    version = case id {choices} else version end
where id in ({places})
and (id, version) in ({pairs})";

    pub(crate) fn batcher(
        connections: Connections,
        table: &TableName,
        options: &MySqlOptions,
    ) -> Batcher<Self> {
        let limits = BatchLimits::new(connections.count(), options.batch_size, options.call_timeout);
        let lock_many = sizes(Self::LOCK_MANY, table, limits);
        let update_many = sizes(Self::UPDATE_MANY, table, limits);
        Batcher::new(Self { connections, table: table.clone(), lock_many, update_many }, limits)
    }

    /// Locks the rows of the calls, and writes those that have the expected version. Returns for each call
    /// the ID of its row, or `None` if that was not written.
    async fn run_in(
        &self,
        lease: &mut Lease<Servers>,
        calls: &[Update],
    ) -> Result<Vec<Option<i64>>, Failure> {
        let (text, places) = self.lock_many.of(calls.len());
        let lock_many = bind_keys(&text, places, calls, |call| &call.key);
        let rows = by_key(lock_many.fetch_all(lease).await?, 1, &self.table)?;
        let ids = calls.iter().map(|call| match rows.get(&call.key) {
            Some(row) => id_of_expected(row, call),
            None => Ok(None),
        });
        let ids = ids.collect::<Result<Vec<_>, sqlx::Error>>()?;
        self.write(lease, calls, &ids).await?;
        Ok(ids)
    }

    async fn write(
        &self,
        lease: &mut Lease<Servers>,
        calls: &[Update],
        ids: &[Option<i64>],
    ) -> Result<(), Failure> {
        let of_id = |(id, call): (&Option<i64>, _)| id.map(|id| (id, call));
        let mut rows: Vec<(i64, &Update)> = ids.iter().zip(calls).filter_map(of_id).collect();
        let written = rows.len();
        let Some(last) = rows.last().copied() else { return Ok(()) };
        let (text, places) = self.update_many.of(written);
        rows.resize(places, last);
        let update_many = bind_rows(&text, &rows);
        let found = update_many.execute(lease).await?.rows_affected();
        if found == written as u64 { Ok(()) } else { Err(MySqlFailure::Overruled.into()) }
    }
}

impl Batch for Updates {
    type Call = Update;
    type Outcome = bool;
    type Lease = Lease<Servers>;

    async fn lend(&self) -> Result<Self::Lease, Failure> {
        self.connections.lend().await
    }

    async fn run(&self, lease: Self::Lease, calls: &[Update]) -> Result<Vec<Option<bool>>, Failure> {
        let mut transaction = Transaction::begin(lease).await?;
        let ids = self.run_in(transaction.lease(), calls).await;
        let ids = transaction.end(ids).await?;
        // A row that was not written may only have been locked, so its call is made alone.
        Ok(ids.into_iter().map(|id| id.map(|_| true)).collect())
    }

    fn failure_of_all(failure: Failure) -> Option<Failure> {
        error::failure_of_all(failure)
    }
}

/// Returns the id of a row that a call may write.
fn id_of_expected(row: &MySqlRow, call: &Update) -> Result<Option<i64>, sqlx::Error> {
    let expires: Option<i64> = row.try_get(3)?;
    let is_live = expires.is_none_or(|expires| expires > call.now.as_millis());
    let is_expected = row.try_get::<i64, _>(2)? == row::version(call.expected);
    Ok(if is_live && is_expected { Some(row.try_get(0)?) } else { None })
}

fn by_key(rows: Vec<MySqlRow>, at: usize, table: &TableName) -> Result<HashMap<StoreKey, MySqlRow>, Failure> {
    rows.into_iter().map(|row| Ok((row::read_key(&row, at, table)?, row))).collect()
}

/// Binds the values for rows, which have these IDs.
fn bind_rows<'q>(text: &SqlStr, rows: &[(i64, &'q Update)]) -> Bound<'q> {
    let choices = Bound::new(text);
    let choices = bind_choices(choices, rows, |call| row::expires(&call.record));
    let choices = bind_choices(choices, rows, |call| call.now.as_millis());
    let choices = bind_choices(choices, rows, |call| row::expires(&call.record));
    let choices = bind_choices(choices, rows, |call| &*call.record.payload);
    let choices = bind_choices(choices, rows, |call| call.record.created.as_millis());
    let choices = bind_choices(choices, rows, |call| call.record.last_used.as_millis());
    let choices = bind_choices(choices, rows, |call| row::expires(&call.record));
    let choices = bind_choices(choices, rows, |call| row::timeout_secs(&call.record));
    let choices = bind_choices(choices, rows, |call| row::owner_bytes(&call.record));
    let choices = bind_choices(choices, rows, |call| row::label_bytes(&call.record));
    let choices = bind_choices(choices, rows, |call| row::version(call.record.version));
    let places = rows.iter().fold(choices, |places, (id, _)| places.bind(*id));
    bind_choices(places, rows, |call| row::version(call.expected))
}

/// Binds the ID of each row, and a value for it.
fn bind_choices<'q, T>(
    bound: Bound<'q>,
    rows: &[(i64, &'q Update)],
    value: impl Fn(&'q Update) -> T,
) -> Bound<'q>
where
    T: Encode<'q, MySql> + Type<MySql> + 'q,
{
    rows.iter().fold(bound, |bound, (id, call)| bound.bind(*id).bind(value(call)))
}

/// Makes the versions of a text for different numbers of calls.
fn sizes(text: &str, table: &TableName, limits: BatchLimits) -> Sizes {
    Sizes::new(|size| statement(&of_size(text, size), table), limits)
}

/// Returns a text for this number of calls. `{places}`, `{pairs}` and `{choices}` stand in it for their
/// parameters.
pub(crate) fn of_size(text: &str, size: usize) -> String {
    let of = |each: &str, separator: &str| vec![each; size].join(separator);
    let text = text.replace("{places}", &of("?", ", ")).replace("{pairs}", &of("(?, ?)", ", "));
    text.replace("{choices}", &of("when ? then ?", " "))
}
