//! The statements for several calls at once.

use std::collections::HashSet;

use session_core::store::Loaded;
use sqlx::{Row as _, query};

use crate::batch::{Batch, BatchLimits, Batcher, Load, Sizes, Update};
use crate::failure::Failure;
use crate::lender::Lease;
use crate::name::TableName;
use crate::sqlite::connect::{Connections, File};
use crate::sqlite::error;
use crate::sqlite::options::SqliteOptions;
use crate::sqlite::row;
use crate::sqlite::schema::statement;

/// Loads with one statement.
pub(crate) struct Loads {
    connections: Connections,
    table: TableName,
    load_many: Sizes,
}

impl Loads {
    /// Each row has the number of the call, its key and its now. A `cross join` keeps the order of the
    /// tables.
    pub(crate) const LOAD_MANY: &str = r#"
with "{table}_given" (number, key, now) as (values {rows})
select
    case when s.moved_to is null then s.data end, s.creation_date, s.modification_date, s.expires,
    s.idle_timeout, coalesce(s.owner, t.owner), s.label, s.version, g.number
from "{table}_given" g
cross join "{table}" s
on s.key = g.key
left join "{table}" t
on t.id = s.moved_to
and (t.expires is null or t.expires > g.now)
where (s.expires is null or s.expires > g.now)
and (s.moved_to is null or t.id is not null)"#;

    pub(crate) fn batcher(connections: Connections, options: &SqliteOptions) -> Batcher<Self> {
        let limits = BatchLimits::new(connections.readers(), options.batch_size, options.call_timeout);
        let table = options.table.clone();
        let load_many = sizes(Self::LOAD_MANY, 3, &table, limits);
        Batcher::new(Self { connections, table, load_many }, limits)
    }
}

impl Batch for Loads {
    type Call = Load;
    type Outcome = Loaded;
    type Lease = Lease<File>;

    async fn lend(&self) -> Result<Self::Lease, Failure> {
        self.connections.lend_reader().await
    }

    async fn run(&self, mut lease: Self::Lease, calls: &[Load]) -> Result<Vec<Option<Loaded>>, Failure> {
        let (text, rows) = self.load_many.of(calls.len());
        let mut load_many = query(text);
        for (number, call) in (0_i64..).zip(calls) {
            load_many = load_many.bind(number).bind(call.key.as_bytes().to_vec()).bind(call.now.as_millis());
        }
        for _ in calls.len()..rows {
            load_many = load_many.bind(None::<i64>).bind(None::<Vec<u8>>).bind(None::<i64>);
        }
        let rows = load_many.fetch_all(lease.connection()).await;
        let mut loaded: Vec<_> = calls.iter().map(|_| Some(Loaded::Absent)).collect();
        for row in lease.end(rows)? {
            let number =
                usize::try_from(row.try_get::<i64, _>(8)?).expect("the number is one of those bound");
            loaded[number] = Some(row::read_loaded(&row, &self.table)?);
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
    table: TableName,
    update_many: Sizes,
}

impl Updates {
    /// Each row has a record, the expected version and the now of the call.
    pub(crate) const UPDATE_MANY: &str = r#"
with "{table}_given" (
    key, data, creation_date, modification_date, expires, idle_timeout, owner, label, version, expected, now
) as (values {rows})
update "{table}"
set data = "{table}_given".data,
    creation_date = "{table}_given".creation_date,
    modification_date = "{table}_given".modification_date,
    expires = "{table}_given".expires,
    idle_timeout = "{table}_given".idle_timeout,
    owner = "{table}_given".owner,
    label = "{table}_given".label,
    version = "{table}_given".version
from "{table}_given"
where "{table}".key = "{table}_given".key
and "{table}".version = "{table}_given".expected
and "{table}".moved_to is null
and ("{table}".expires is null or "{table}".expires > "{table}_given".now)
returning key"#;

    pub(crate) fn batcher(connections: Connections, options: &SqliteOptions) -> Batcher<Self> {
        let limits = BatchLimits::new(connections.writers(), options.batch_size, options.call_timeout);
        let (table, update_many) =
            (options.table.clone(), sizes(Self::UPDATE_MANY, 11, &options.table, limits));
        Batcher::new(Self { connections, table, update_many }, limits)
    }
}

impl Batch for Updates {
    type Call = Update;
    type Outcome = bool;
    type Lease = Lease<File>;

    async fn lend(&self) -> Result<Self::Lease, Failure> {
        self.connections.lend_writer().await
    }

    async fn run(&self, mut lease: Self::Lease, calls: &[Update]) -> Result<Vec<Option<bool>>, Failure> {
        let (text, rows) = self.update_many.of(calls.len());
        let mut update_many = query(text);
        for Update { key, record, expected, now } in calls {
            update_many = row::bind(update_many, key, record);
            update_many = update_many.bind(row::version(*expected)).bind(now.as_millis());
        }
        for _ in calls.len()..rows {
            update_many = row::bind_nothing(update_many).bind(None::<i64>).bind(None::<i64>);
        }
        let rows = update_many.fetch_all(lease.connection()).await;
        let mut written = HashSet::new();
        for row in lease.end(rows)? {
            written.insert(row::read_key(&row, 0, &self.table)?);
        }
        Ok(calls.iter().map(|call| Some(written.contains(&call.key))).collect())
    }

    fn failure_of_all(failure: Failure) -> Option<Failure> {
        error::failure_of_all(failure)
    }
}

/// Makes the versions of a text. `{rows}` stands in it for rows of this number of parameters.
fn sizes(text: &str, parameters: usize, table: &TableName, limits: BatchLimits) -> Sizes {
    let row = format!("({})", vec!["?"; parameters].join(", "));
    let of = |size| statement(&text.replace("{rows}", &vec![row.as_str(); size].join(", ")), table);
    Sizes::new(of, limits)
}
