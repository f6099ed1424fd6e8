//! The statements for several calls at once.

use session_core::store::Loaded;
use sqlx::{Row as _, SqlStr};

use crate::batch::{Batch, BatchLimits, Batcher, Load, Update};
use crate::failure::Failure;
use crate::lender::Lease;
use crate::name::TableName;
use crate::postgres::bound::Bound;
use crate::postgres::connect::{Connections, Servers};
use crate::postgres::error;
use crate::postgres::options::{PostgresOptions, Statements};
use crate::postgres::row;
use crate::postgres::schema::{Table, statement};

/// Loads with one statement.
pub(crate) struct Loads {
    connections: Connections,
    table: TableName,
    statements: Statements,
    load_many: SqlStr,
}

impl Loads {
    /// `$1` keys, `$2` the now of each.
    pub(crate) const LOAD_MANY: &str = r#"
select
    case when s.moved_to is null then s.data end, s.creation_date, s.modification_date, s.expires,
    s.idle_timeout, coalesce(s.owner, t.owner), s.label, s.version, g.number
from unnest($1::bytea[], $2::bigint[]) with ordinality as g (key, now, number)
join {schema}"{table}" s
on s.key = g.key
left join {schema}"{table}" t
on t.id = s.moved_to
and (t.expires is null or t.expires > g.now)
where (s.expires is null or s.expires > g.now)
and (s.moved_to is null or t.id is not null)"#;

    pub(crate) fn batcher(
        connections: Connections,
        table: &Table,
        options: &PostgresOptions,
    ) -> Batcher<Self> {
        let load_many = statement(Self::LOAD_MANY, table);
        let limits = BatchLimits::new(connections.count(), options.batch_size, options.call_timeout);
        let (table, statements) = (table.name.clone(), options.statements);
        Batcher::new(Self { connections, table, statements, load_many }, limits)
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
        let keys: Vec<&[u8]> = calls.iter().map(|call| call.key.as_bytes().as_slice()).collect();
        let nows: Vec<i64> = calls.iter().map(|call| call.now.as_millis()).collect();
        let load_many = Bound::new(&self.load_many, self.statements).bind(keys).bind(nows);
        let rows = load_many.fetch_all(lease.connection()).await;
        let mut loaded: Vec<_> = calls.iter().map(|_| Some(Loaded::Absent)).collect();
        for row in lease.end(rows)? {
            loaded[number(row.try_get(8)?)] = Some(row::read_loaded(&row, &self.table)?);
        }
        Ok(loaded)
    }

    /// Returns `None`, because a read can always be made again.
    fn failure_of_all(_: Failure) -> Option<Failure> {
        None
    }
}

/// Updates with one statement.
pub(crate) struct Updates {
    connections: Connections,
    statements: Statements,
    update_many: SqlStr,
}

impl Updates {
    /// Rows that are locked are left out, so that no call waits for the lock of another one's session, and no
    /// two of these statements wait for each other. `$1` to `$9` records, `$10` the expected version of each,
    /// `$11` the now of each.
    pub(crate) const UPDATE_MANY: &str = r#"
with "{table}_given" as materialized (
    select *
    from unnest(
        $1::bytea[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bytea[], $8::bytea[],
        $9::bigint[], $10::bigint[], $11::bigint[]
    ) with ordinality as g (
        key, data, creation_date, modification_date, expires, idle_timeout, owner, label,
        version, expected, now, number
    )
),
"{table}_found" as materialized (
    select id, key, version, expires
    from {schema}"{table}"
    where key = any ($1)
    and version = any ($10)
    and moved_to is null
    for update skip locked
)
update {schema}"{table}" s
set data = g.data,
    creation_date = g.creation_date,
    modification_date = g.modification_date,
    expires = g.expires,
    idle_timeout = g.idle_timeout,
    owner = g.owner,
    label = g.label,
    version = g.version,
    purge_date = case
        when g.expires < s.purge_date or s.purge_date < g.now or s.purge_date is null then g.expires
        else s.purge_date
    end
from "{table}_found" f
join "{table}_given" g
on g.key = f.key
where s.id = f.id
and f.version = g.expected
and (f.expires is null or f.expires > g.now)
returning g.number"#;

    pub(crate) fn batcher(
        connections: Connections,
        table: &Table,
        options: &PostgresOptions,
    ) -> Batcher<Self> {
        let update_many = statement(Self::UPDATE_MANY, table);
        let limits = BatchLimits::new(connections.count(), options.batch_size, options.call_timeout);
        Batcher::new(Self { connections, statements: options.statements, update_many }, limits)
    }
}

impl Batch for Updates {
    type Call = Update;
    type Outcome = bool;
    type Lease = Lease<Servers>;

    async fn lend(&self) -> Result<Self::Lease, Failure> {
        self.connections.lend().await
    }

    async fn run(&self, mut lease: Self::Lease, calls: &[Update]) -> Result<Vec<Option<bool>>, Failure> {
        let records: Vec<_> = calls.iter().map(|call| (&call.key, &call.record)).collect();
        let expected: Vec<_> = calls.iter().map(|call| row::version(call.expected)).collect();
        let nows: Vec<_> = calls.iter().map(|call| call.now.as_millis()).collect();
        let update_many = Bound::new(&self.update_many, self.statements);
        let update_many = row::bind_many(update_many, &records).bind(expected).bind(nows);
        let rows = update_many.fetch_all(lease.connection()).await;
        // A row that was not written may only have been locked, so its call is made alone.
        let mut is_done = vec![None; calls.len()];
        for row in lease.end(rows)? {
            is_done[number(row.try_get(0)?)] = Some(true);
        }
        Ok(is_done)
    }

    fn failure_of_all(failure: Failure) -> Option<Failure> {
        error::failure_of_all(failure)
    }
}

/// Returns the index of a call, which the server counts from one.
fn number(ordinality: i64) -> usize {
    usize::try_from(ordinality - 1).expect("the server counts what it was given")
}
