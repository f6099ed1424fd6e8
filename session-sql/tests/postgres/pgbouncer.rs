//! A store behind pgbouncer in transaction mode, and the statements as text that it needs there.

use std::sync::OnceLock;
use std::time::Duration;

use session_core::Owner;
use session_core::store::{
    Created, Loaded, Record, SessionStore as _, StoreErrorKind, TouchPatience, Written, async_trait,
};
use session_sql::{PostgresOptions, PostgresStore, Statements};
use session_testkit::{Capability, Fresh, Harness, HarnessError, Suite};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, PgPool, Row as _, raw_sql};
use test_servers::Pgbouncer;
use url::Url;

use crate::database::Schema;
use crate::scene::{self, NOW, Scene, key, owned, owners, record, version};

/// Starts a pgbouncer in front of the shared server.
fn pgbouncer(connections: u32) -> Pgbouncer {
    Pgbouncer::start(&test_servers::postgres_url(), connections).unwrap()
}

/// Returns the URL of a pgbouncer that the tests of the contract share.
fn shared_url() -> &'static str {
    static SHARED: OnceLock<Pgbouncer> = OnceLock::new();
    SHARED.get_or_init(|| pgbouncer(4)).url()
}

fn text_options(schema: &Schema) -> PostgresOptions {
    let mut options = schema.options();
    options.statements = Statements::Text;
    options
}

/// Connects a store that sends text, and creates its table.
async fn text_store(url: &str, schema: &Schema) -> PostgresStore {
    let store = PostgresStore::connect_with(url, text_options(schema)).await.unwrap();
    store.migrate().await.unwrap();
    store
}

/// Opens a pool of the application, behind a pgbouncer.
async fn pool(url: &str) -> PgPool {
    let options: PgConnectOptions = url.parse().unwrap();
    let options = options.extra_float_digits(None).disable_statement_logging();
    PgPoolOptions::new().max_connections(2).connect_with(options).await.unwrap()
}

/// A store of two connections behind pgbouncer; the second handle uses a pool of the application.
struct BehindPgbouncer(Statements);

#[async_trait]
impl Harness for BehindPgbouncer {
    async fn fresh(&self) -> Result<Fresh, HarnessError> {
        let schema = Schema::new();
        let mut options = schema.options();
        (options.connections, options.statements) = (2, self.0);
        let one = PostgresStore::connect_with(shared_url(), options.clone()).await?;
        one.migrate().await?;
        let two = PostgresStore::from_pool_with(pool(shared_url()).await, options);
        Ok(Fresh::new(one).second(two).keeping(schema))
    }

    fn capabilities(&self) -> Vec<Capability> {
        [Capability::DEFAULT.as_slice(), &[Capability::SecondHandle]].concat()
    }
}

session_testkit::conformance!(
    conformance,
    BehindPgbouncer(Statements::Text),
    [owners, purge, virtual_time, second_handle]
);

#[test]
#[ignore = "needs pgbouncer 1.21 or later, at the path in SESSION_PGBOUNCER_PROGRAM"]
fn a_store_of_prepared_statements_keeps_the_rules_behind_a_pgbouncer_that_follows_them() {
    let report = Suite::new(BehindPgbouncer(Statements::Prepared)).run();
    assert!(report.is_conformant(), "{report}");
}

#[tokio::test]
#[ignore = "needs pgbouncer 1.21 or later, at the path in SESSION_PGBOUNCER_PROGRAM"]
async fn a_store_of_prepared_statements_leaves_no_setting_on_the_connections_of_a_pooler() {
    for _ in 0..3 {
        leaves_no_setting(Statements::Prepared).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_calls_of_several_stores_share_two_connections_to_the_server() {
    let (pgbouncer, schema) = (pgbouncer(2), Schema::new());
    let calls: Vec<_> = (0..4)
        .map(|first| {
            let (url, options) = (pgbouncer.url().to_owned(), text_options(&schema));
            tokio::spawn(async move {
                let store = PostgresStore::connect_with(&url, options).await.unwrap();
                store.migrate().await.map_err(|error| scene::text(&error)).unwrap();
                let sessions = (0..32).map(|number| tokio::spawn(live(store.clone(), first * 32 + number)));
                for session in sessions.collect::<Vec<_>>() {
                    session.await.unwrap();
                }
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    assert_eq!(schema.count("cwsession where moved_to is null").await, 128);
}

/// Creates a session, writes and renames it, and finds its own changes after each step.
async fn live(store: PostgresStore, number: u8) {
    let (old, new) = (key(number), key(number + 128));
    let versions = |step: u64| u64::from(number) * 100 + step;
    let first = owned(versions(0), &format!("owner {number}"));
    assert_eq!(store.create(&old, &first, NOW).await.unwrap(), Created::Done);
    for step in 0..5 {
        let next = record(versions(step + 1));
        assert_eq!(store.update(&old, &next, version(versions(step)), NOW).await.unwrap(), Written::Done);
        assert_eq!(store.load(&old, NOW).await.unwrap(), Loaded::Found(next));
    }
    let last = owned(versions(6), "ada");
    assert_eq!(store.rename(&old, &new, &last, version(versions(5)), NOW).await.unwrap(), Written::Done);
    assert_eq!(store.load(&new, NOW).await.unwrap(), Loaded::Found(last));
    assert_eq!(store.load(&old, NOW).await.unwrap(), Loaded::Moved { owner: Some("ada".into()) });
}

#[tokio::test]
async fn a_store_of_prepared_statements_is_refused_with_the_remedy() {
    for connections in [1, 2, 8] {
        let pgbouncer = pgbouncer(connections);
        for _ in 0..3 {
            let begun = std::time::Instant::now();
            let error = PostgresStore::connect(pgbouncer.url()).await.unwrap_err();
            assert_names_the_remedy(&error);
            assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        }
    }
}

#[tokio::test]
async fn a_pool_that_loses_prepared_statements_fails_with_the_remedy() {
    let (pgbouncer, scene) = (pgbouncer(1), Scene::new().await);
    let store = async || PostgresStore::from_pool_with(pool(pgbouncer.url()).await, scene.options());
    let (one, two) = (store().await, store().await);
    assert_eq!(one.load(&key(1), NOW).await.unwrap(), Loaded::Absent);
    assert_names_the_remedy(&two.load(&key(1), NOW).await.unwrap_err());
}

fn assert_names_the_remedy(error: &session_core::store::StoreError) {
    let shown = scene::text(error);
    assert_eq!(error.kind, StoreErrorKind::Other, "{shown}");
    for expected in ["a pooler", "Statements::Text", "pgbouncer 1.21", "max_prepared_statements"] {
        assert!(shown.contains(expected), "{shown}");
    }
}

#[tokio::test]
async fn a_store_leaves_no_setting_on_the_connections_of_a_pooler() {
    leaves_no_setting(Statements::Text).await;
}

async fn leaves_no_setting(statements: Statements) {
    let (pgbouncer, schema) = (pgbouncer(1), Schema::new());
    let settings = "select current_setting('statement_timeout'), current_setting('lock_timeout'),
        current_setting('synchronous_commit'), pg_backend_pid()::text";
    let pool = pool(pgbouncer.url()).await;
    let read = async || {
        let row = raw_sql(settings).fetch_one(&pool).await.unwrap();
        [0, 1, 2, 3].map(|column| row.get::<String, _>(column))
    };
    let before = read().await;
    assert_eq!(before[..3], ["0", "0", "on"]);
    // This store may be refused, but has looked for a pooler first.
    let _ = PostgresStore::connect(pgbouncer.url()).await;
    let mut options = schema.options();
    options.statements = statements;
    let store = PostgresStore::connect_with(pgbouncer.url(), options).await.unwrap();
    store.migrate().await.unwrap();
    assert_eq!(store.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
    let _ = store.touch(&key(1), None, NOW, TouchPatience::Full).await.unwrap();
    assert_eq!(read().await, before);
}

#[tokio::test]
async fn a_connection_to_a_pooler_is_tested_after_a_pause_and_a_ping_is_replied_to() {
    let schema = Schema::new();
    let store = text_store(shared_url(), &schema).await;
    store.ping().await.unwrap();
    assert_eq!(store.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)));
    store.close().await;
}

#[tokio::test]
async fn another_isolation_level_behind_a_pooler_is_refused_with_the_remedy() {
    let scene = Scene::new().await;
    let (role, url) = scene.create_role("").await;
    scene.sql(&format!("alter role {role} set default_transaction_isolation = 'serializable'")).await;
    let pgbouncer = Pgbouncer::start(&url, 1).unwrap();
    let error = PostgresStore::connect_with(pgbouncer.url(), text_options(&scene)).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Other);
    let shown = scene::text(&error);
    assert!(shown.contains("is serializable, but") && shown.contains("alter role"), "{shown}");
    drop(pgbouncer);
    scene.sql(&format!("drop role {role}")).await;
}

/// Returns the URL of the shared server, for connections with these settings.
fn with_settings(settings: &str) -> String {
    let mut url: Url = test_servers::postgres_url().parse().unwrap();
    url.query_pairs_mut().append_pair("options", settings);
    url.into()
}

#[tokio::test]
async fn every_byte_comes_back_unchanged_under_each_setting_of_quotes_and_bytes() {
    let mut wild = owned(1, "a'b\\c\"d$1$10\0'); drop table cwsession; --");
    wild.payload = (0..=255).chain((0..=255).rev()).collect::<Vec<u8>>().into();
    wild.label = Some("\\'; é 中 \\x41 \\\\ {} $2".into());
    let prepared = Scene::new().await;
    let mut urls = vec![shared_url().to_owned()];
    for strings in ["on", "off"] {
        for output in ["hex", "escape"] {
            urls.push(with_settings(&format!(
                "-c standard_conforming_strings={strings} -c bytea_output={output}"
            )));
        }
    }
    for (url, number) in urls.iter().zip(1..) {
        let store = PostgresStore::connect_with(url, text_options(&prepared)).await.unwrap();
        let owner = wild.owner.clone().unwrap();
        assert_eq!(store.create(&key(number), &wild, NOW).await.unwrap(), Created::Done);
        assert_eq!(store.load(&key(number), NOW).await.unwrap(), Loaded::Found(wild.clone()));
        assert_eq!(prepared.load(number, NOW).await, Loaded::Found(wild.clone()), "{url}");
        let listed = owners(&store).list(&owner, None, 10, NOW).await.unwrap().sessions;
        assert_eq!(listed.len(), 1);
        assert_eq!((listed[0].key, listed[0].label.clone()), (key(number), wild.label.clone()));
        assert_eq!(owners(&store).revoke(&owner, None).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn calls_that_share_a_statement_as_text_have_each_their_own_outcome() {
    let (pgbouncer, schema) = (pgbouncer(1), Schema::new());
    let mut options = text_options(&schema);
    options.connections = 1;
    let store = PostgresStore::connect_with(pgbouncer.url(), options).await.unwrap();
    store.migrate().await.unwrap();
    for number in 0..40 {
        assert_eq!(store.create(&key(number), &record(1), NOW).await.unwrap(), Created::Done);
    }
    let full = |number: u8| Record {
        timeout: Some(Duration::from_secs(number.into())),
        label: number.is_multiple_of(3).then(|| format!("label {number}").into()),
        expires: number.is_multiple_of(2).then(|| scene::after(number.into())),
        ..owned(2, &format!("owner {number}"))
    };
    let update = |number: u8| {
        let (store, expected) = (store.clone(), version(if number.is_multiple_of(5) { 9 } else { 1 }));
        let record = full(number);
        tokio::spawn(async move { store.update(&key(number), &record, expected, NOW).await.unwrap() })
    };
    let updates: Vec<_> = (0..40).map(update).collect();
    for (update, number) in updates.into_iter().zip(0..) {
        assert_eq!(update.await.unwrap() == Written::Done, number % 5 != 0, "{number}");
    }
    let load = |number: u8| {
        let store = store.clone();
        tokio::spawn(async move { store.load(&key(number), scene::after(-1)).await.unwrap() })
    };
    let loads: Vec<_> = (0..40).map(load).collect();
    for (load, number) in loads.into_iter().zip(0..) {
        let expected = if number % 5 == 0 { record(1) } else { full(number) };
        assert_eq!(load.await.unwrap(), Loaded::Found(expected));
    }
    // Each transaction of a write has a number, which its rows keep.
    let writes = schema.count("(select distinct xmin::text from cwsession where version = 2) writes").await;
    assert!((1..16).contains(&writes), "{writes} statements for 32 updates");
    let prepared = raw_sql("select count(*) from pg_prepared_statements");
    let prepared = prepared.fetch_one(&pool(pgbouncer.url()).await).await.unwrap();
    assert_eq!(prepared.get::<i64, _>(0), 0);
}

/// Creates and loads a session, and returns the log of that.
async fn log_of(statements: Statements) -> String {
    let schema = Schema::new();
    let (reader, writer) = std::io::pipe().unwrap();
    let reader = std::thread::spawn(move || std::io::read_to_string(reader).unwrap());
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(std::sync::Arc::new(writer))
        .finish();
    let guard = tracing_subscriber::util::SubscriberInitExt::set_default(subscriber);
    let mut options = schema.options();
    options.statements = statements;
    let store = PostgresStore::connect_with(schema.url(), options).await.unwrap();
    store.migrate().await.unwrap();
    let secret = owned(1, "grace@example.org");
    assert_eq!(store.create(&key(b'K'), &secret, NOW).await.unwrap(), Created::Done);
    assert_eq!(store.load(&key(b'K'), NOW).await.unwrap(), Loaded::Found(secret));
    let grace = Owner::from("grace@example.org");
    assert_eq!(owners(&store).revoke(&grace, None).await.unwrap(), 1);
    drop((store, guard));
    reader.join().unwrap()
}

#[tokio::test]
async fn statements_as_text_are_not_logged() {
    let text = "insert into";
    let prepared = log_of(Statements::Prepared).await;
    assert!(prepared.contains(text), "the driver logs what is prepared: {prepared}");
    let log = log_of(Statements::Text).await;
    for secret in [text, "4b4b", "6772616365", "decode("] {
        assert!(!log.contains(secret), "{log}");
    }
}
