//! Migrations: of new, present and newer schemas, one at a time and several at once.

use std::process::{Command, Stdio};
use std::time::Duration;

use crate::scene::{NOW, Scene, expired, key, owned, owners, record, text, url};
use session_core::store::{Created, Loaded, SessionStore as _, StoreErrorKind};
use session_sql::{SqliteOptions, SqliteStore};
use sqlx::{Connection as _, SqliteConnection};

#[tokio::test]
async fn migrating_again_changes_nothing() {
    let scene = Scene::with_record(&record(1)).await;
    scene.store.migrate().await.unwrap();
    scene.other.migrate().await.unwrap();
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(1)));
    assert_eq!(scene.count("cwsession_schema").await, 2);
}

#[tokio::test]
async fn migrating_an_up_to_date_table_only_reads() {
    let scene = Scene::with_record(&record(1)).await;
    let mut writer = scene.connection().await;
    sqlx::raw_sql("begin immediate").execute(&mut writer).await.unwrap();
    tokio::time::timeout(Duration::from_secs(3), scene.other.migrate()).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_migration_waits_for_a_longer_one_than_busy_timeout() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = SqliteOptions::default();
    options.busy_timeout = Duration::from_millis(10);
    let store = SqliteStore::connect_with(&url(&folder), options).await.unwrap();
    let mut other = SqliteConnection::connect(&url(&folder)).await.unwrap();
    sqlx::raw_sql("begin immediate").execute(&mut other).await.unwrap();
    let migration = tokio::spawn(async move { store.migrate().await.map_err(|error| text(&error)) });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!migration.is_finished());
    sqlx::raw_sql("rollback").execute(&mut other).await.unwrap();
    migration.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_stores_can_open_and_migrate_one_file_at_once() {
    for _ in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let stores: Vec<_> = (0..8)
            .map(|number| {
                let url = url(&folder);
                tokio::spawn(async move {
                    let store = SqliteStore::connect(&url).await.map_err(|error| text(&error)).unwrap();
                    store.migrate().await.map_err(|error| text(&error)).unwrap();
                    let created = store.create(&key(number), &record(number.into()), NOW).await.unwrap();
                    assert_eq!(created, Created::Done);
                    store
                })
            })
            .collect();
        for store in stores {
            let store = store.await.unwrap();
            assert!(matches!(store.load(&key(0), NOW).await.unwrap(), Loaded::Found(_)));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_that_finds_a_schema_version_waits_for_other_migrations_too() {
    for _ in 0..5 {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::connect(&url(&folder)).await.unwrap();
        store.migrate().await.unwrap();
        let mut connection = SqliteConnection::connect(&url(&folder)).await.unwrap();
        // Puts the file into the state before the first step: the schema table exists, but the other tables
        // do not.
        let undone = "drop table cwsession; drop table cwsession_schema; create table cwsession_schema (version integer not null) strict";
        sqlx::raw_sql(undone).execute(&mut connection).await.unwrap();
        let migrations: Vec<_> = (0..8)
            .map(|_| {
                let url = url(&folder);
                tokio::spawn(async move {
                    let store = SqliteStore::connect(&url).await.unwrap();
                    store.migrate().await.map_err(|error| text(&error)).unwrap();
                })
            })
            .collect();
        for migration in migrations {
            migration.await.unwrap();
        }
    }
}

/// The environment variable that tells the child processes of the next test which database to migrate.
const CHILD: &str = "SESSION_SQL_TEST_MIGRATES";

#[tokio::test]
async fn eight_processes_can_open_and_migrate_one_file_at_once() {
    if let Ok(url) = std::env::var(CHILD) {
        let store = SqliteStore::connect(&url).await.map_err(|error| text(&error)).unwrap();
        store.migrate().await.map_err(|error| text(&error)).unwrap();
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let child = || {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "migrate::eight_processes_can_open_and_migrate_one_file_at_once"])
            .env(CHILD, url(&folder))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let children: Vec<_> = (0..8).map(|_| child()).collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
    }
    let store = SqliteStore::connect(&url(&folder)).await.unwrap();
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Absent);
}

#[tokio::test]
async fn a_newer_schema_that_does_not_work_with_this_release_is_refused_and_left_alone() {
    let scene = Scene::with_record(&record(1)).await;
    scene.sql("insert into cwsession_schema values (7, 3)").await;
    // One store has made no call yet, and the other has been told to migrate.
    for error in [
        scene.other.load(&key(1), NOW).await.unwrap_err(),
        scene.other.create(&key(2), &record(2), NOW).await.unwrap_err(),
        scene.store.migrate().await.unwrap_err(),
    ] {
        assert_eq!((error.store, error.kind), ("sqlite", StoreErrorKind::Other));
        let expected =
            "table cwsession has schema version 7, but this library knows only up to 2: update the library";
        assert!(text(&error).contains(expected), "{}", text(&error));
    }
    assert_eq!((scene.count("cwsession_schema").await, scene.count("cwsession").await), (3, 1));
}

#[tokio::test]
async fn a_schema_version_that_cannot_be_read_is_corrupt_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::connect(&url(&folder)).await.unwrap();
    let mut connection = SqliteConnection::connect(&url(&folder)).await.unwrap();
    let other = "create table cwsession_schema (version text, compatible_from text);
        insert into cwsession_schema values ('one', 'one')";
    sqlx::raw_sql(other).execute(&mut connection).await.unwrap();
    for error in [store.migrate().await.unwrap_err(), store.load(&key(1), NOW).await.unwrap_err()] {
        assert_eq!(error.kind, StoreErrorKind::Corrupt, "{}", text(&error));
    }
    let tables = "select count(*) from sqlite_schema where type = 'table'";
    let count: i64 = sqlx::query_scalar(tables).fetch_one(&mut connection).await.unwrap();
    assert_eq!(count, 1);
}

#[tokio::test]
async fn a_newer_schema_that_works_with_this_release_is_served() {
    let scene = Scene::with_record(&record(1)).await;
    scene
        .sql("insert into cwsession_schema values (7, 2); alter table cwsession add column colour text")
        .await;
    scene.other.migrate().await.unwrap();
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(1)));
    scene.rename(1, 2, &record(2), 1).await;
    assert_eq!(scene.load(2, NOW).await, Loaded::Found(record(2)));
    assert_eq!(scene.count("cwsession_schema").await, 3);
}

#[tokio::test]
async fn a_table_of_another_program_is_left_alone() {
    let scene = Scene::new().await;
    scene.sql("create table web (id integer)").await;
    let mut options = SqliteOptions::default();
    options.table = "web".parse().unwrap();
    let store = SqliteStore::connect_with(&url(&scene.folder), options).await.unwrap();
    let error = store.migrate().await.unwrap_err();
    assert!(text(&error).contains("table \"web\" already exists"), "{}", text(&error));
    let found = "sqlite_schema where name like 'web%'";
    assert_eq!(scene.count(found).await, 1, "the migration was rolled back");
}

#[tokio::test]
async fn without_its_tables_every_call_fails_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::connect(&url(&folder)).await.unwrap();
    for error in [
        store.load(&key(1), NOW).await.unwrap_err(),
        store.create(&key(1), &record(1), NOW).await.unwrap_err(),
        store.delete(&key(1)).await.unwrap_err(),
        expired(&store).purge(NOW, 1).await.unwrap_err(),
    ] {
        assert_eq!(error.kind, StoreErrorKind::Other);
        let expected = "the table cwsession is missing or does not have the layout of this release: call migrate() once at start-up";
        assert!(text(&error).contains(expected), "{}", text(&error));
    }
    store.migrate().await.unwrap();
    assert_eq!(store.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
}

#[tokio::test]
async fn a_table_that_is_dropped_or_changed_under_a_store_is_an_error_with_the_remedy() {
    for statement in ["drop table cwsession", "alter table cwsession rename column moved_to to other"] {
        let scene = Scene::with_record(&record(1)).await;
        assert!(matches!(scene.load(1, NOW).await, Loaded::Found(_)));
        scene.sql(statement).await;
        let error = scene.other.load(&key(1), NOW).await.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Other);
        assert!(text(&error).contains("call migrate() once at start-up"), "{}", text(&error));
    }
}

#[tokio::test]
async fn two_tables_in_one_file_do_not_see_each_other() {
    let scene = Scene::with_record(&owned(1, "ada")).await;
    let mut options = SqliteOptions::default();
    options.table = "order".parse().unwrap();
    let orders = SqliteStore::connect_with(&url(&scene.folder), options).await.unwrap();
    orders.migrate().await.unwrap();
    assert_eq!(orders.load(&key(1), NOW).await.unwrap(), Loaded::Absent);
    assert_eq!(orders.create(&key(1), &owned(2, "ada"), NOW).await.unwrap(), Created::Done);
    scene.rename(1, 2, &owned(3, "ada"), 1).await;
    assert_eq!(orders.load(&key(1), NOW).await.unwrap(), Loaded::Found(owned(2, "ada")));
    let revoked = owners(&orders).revoke(&"ada".into(), None).await.unwrap();
    assert_eq!(revoked, 1);
    assert_eq!(scene.load(2, NOW).await, Loaded::Found(owned(3, "ada")));
}
