//! Migrations: of new, present and newer schemas, one at a time and several at once.

use std::task::Poll;
use std::time::Duration;

use session_core::store::{Created, Loaded, SessionStore as _, StoreErrorKind, TouchPatience};
use session_sql::PostgresStore;
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Executor as _};
use test_support::Proxy;

use crate::database::{Schema, execute};
use crate::scene::{NOW, Scene, expired, key, record, text};

#[tokio::test]
async fn migrating_again_changes_nothing() {
    let scene = Scene::with_record(&record(1)).await;
    scene.store.migrate().await.unwrap();
    scene.other.migrate().await.unwrap();
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(1)));
    assert_eq!(scene.count("cwsession_schema").await, 1);
}

#[tokio::test]
async fn migrating_an_up_to_date_table_only_reads() {
    let scene = Scene::with_record(&record(1)).await;
    let mut writer = scene.connection().await;
    execute(&mut writer, "begin; lock table cwsession_schema in exclusive mode").await;
    tokio::time::timeout(Duration::from_secs(3), scene.other.migrate()).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_role_that_may_not_create_tables_can_use_a_schema_that_is_up_to_date() {
    let scene = Scene::with_record(&record(1)).await;
    let (role, url) = scene.create_role("").await;
    let rights = format!(
        "grant usage on schema {schema} to {role};
        grant select, insert, update, delete on {schema}.cwsession to {role};
        grant select on {schema}.cwsession_schema to {role}",
        schema = scene.name()
    );
    scene.sql(&rights).await;
    let store = PostgresStore::connect_with(&url, scene.options()).await.unwrap();
    store.migrate().await.unwrap();
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)));
    assert_eq!(store.create(&key(2), &record(2), NOW).await.unwrap(), Created::Done);
    let _ = store.touch(&key(2), None, NOW, TouchPatience::Full).await.unwrap();
    store.delete(&key(1)).await.unwrap();
    assert_eq!(expired(&store).purge(NOW, 1).await.unwrap(), 0);

    let mut options = scene.options();
    options.table = "another".parse().unwrap();
    let another = PostgresStore::connect_with(&url, options).await.unwrap();
    let error = another.migrate().await.unwrap_err();
    assert!(text(&error).contains("permission denied for schema"), "{}", text(&error));
    scene.sql(&format!("drop owned by {role}; drop role {role}")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_stores_can_migrate_one_schema_at_once() {
    for _ in 0..5 {
        let schema = Schema::new();
        let stores: Vec<_> = (0..8)
            .map(|number| {
                let (url, options) = (schema.url().to_owned(), schema.options());
                tokio::spawn(async move {
                    let store = PostgresStore::connect_with(&url, options).await.unwrap();
                    store.migrate().await.map_err(|error| text(&error)).unwrap();
                    let created = store.create(&key(number), &record(number.into()), NOW).await.unwrap();
                    assert_eq!(created, Created::Done);
                })
            })
            .collect();
        for store in stores {
            store.await.unwrap();
        }
        assert_eq!((schema.count("cwsession").await, schema.count("cwsession_schema").await), (8, 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_with_different_tables_can_migrate_one_schema_at_once() {
    for _ in 0..5 {
        let schema = Schema::new();
        let stores: Vec<_> = (0..4)
            .map(|number| {
                let (url, mut options) = (schema.url().to_owned(), schema.options());
                options.table = format!("table_{number}").parse().unwrap();
                tokio::spawn(async move {
                    let store = PostgresStore::connect_with(&url, options).await.unwrap();
                    store.migrate().await.map_err(|error| text(&error)).unwrap();
                })
            })
            .collect();
        for store in stores {
            store.await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_migration_that_is_dropped_at_any_moment_leaves_no_transaction_open() {
    for last in 1.. {
        let schema = Schema::new();
        let proxy = Proxy::of(schema.url()).await;
        let store = PostgresStore::connect_with(&proxy.url, schema.options()).await.unwrap();
        let is_done = is_ready_after(last, store.migrate()).await;
        let other = schema.store().await;
        // A connection that is tested after the dropped call may not be back yet, so two are asked for.
        let (one, two) = (key(1), key(2));
        let (first, second) = (record(1), record(2));
        let (one, two) = tokio::join!(store.create(&one, &first, NOW), store.create(&two, &second, NOW));
        assert_eq!([one.unwrap(), two.unwrap()], [Created::Done; 2]);
        for number in [1, 2] {
            let found = other.load(&key(number), NOW).await.unwrap();
            assert_eq!(found, Loaded::Found(record(number.into())), "dropped at poll {last}");
        }
        if is_done {
            return;
        }
    }
}

/// Polls a future this many times, and drops it. Tells whether it was done.
async fn is_ready_after(mut polls: u32, future: impl Future) -> bool {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|context| {
        polls -= 1;
        match future.as_mut().poll(context) {
            Poll::Ready(_) => Poll::Ready(true),
            Poll::Pending if polls == 0 => Poll::Ready(false),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

#[tokio::test]
async fn a_migration_waits_for_another_one() {
    let schema = Schema::new();
    let store = PostgresStore::connect_with(schema.url(), schema.options()).await.unwrap();
    let mut other = PgConnection::connect(schema.url()).await.unwrap();
    // The number of the lock is the same in all releases.
    execute(&mut other, "begin; select pg_advisory_xact_lock(x'73657373696f6e73'::bigint)").await;
    let migration = tokio::spawn(async move { store.migrate().await.map_err(|error| text(&error)) });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!migration.is_finished());
    execute(&mut other, "rollback").await;
    migration.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_printed_steps_make_the_schema_that_a_migration_makes() {
    let schema = Schema::new();
    schema.sql(&format!("create schema {}", schema.name())).await;
    let mut connection = schema.connection().await;
    for step in PostgresStore::migrations(&schema.options()) {
        execute(&mut connection, &format!("begin; {step}; commit")).await;
    }
    let store = PostgresStore::connect_with(schema.url(), schema.options()).await.unwrap();
    assert_eq!(store.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
    store.migrate().await.unwrap();
    assert_eq!(schema.count("cwsession_schema").await, 1);
}

#[tokio::test]
async fn a_newer_schema_that_does_not_work_with_this_release_is_refused_and_left_alone() {
    let scene = Scene::with_record(&record(1)).await;
    scene.sql("insert into cwsession_schema values (7, 2)").await;
    // One store has made no call yet, and the other has been told to migrate.
    for error in [
        scene.other.load(&key(1), NOW).await.unwrap_err(),
        scene.other.create(&key(2), &record(2), NOW).await.unwrap_err(),
        scene.store.migrate().await.unwrap_err(),
    ] {
        assert_eq!((error.store, error.kind), ("postgres", StoreErrorKind::Other));
        let expected =
            "table cwsession has schema version 7, but this library knows only up to 1: update the library";
        assert!(text(&error).contains(expected), "{}", text(&error));
    }
    assert_eq!((scene.count("cwsession_schema").await, scene.count("cwsession").await), (2, 1));
}

#[tokio::test]
async fn a_newer_schema_that_works_with_this_release_is_served() {
    let scene = Scene::with_record(&record(1)).await;
    scene
        .sql("insert into cwsession_schema values (7, 1); alter table cwsession add column colour text")
        .await;
    scene.other.migrate().await.unwrap();
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(1)));
    scene.rename(1, 2, &record(2), 1).await;
    assert_eq!(scene.load(2, NOW).await, Loaded::Found(record(2)));
    assert_eq!(scene.count("cwsession_schema").await, 2);
}

#[tokio::test]
async fn a_table_of_another_program_is_left_alone() {
    let schema = Schema::new();
    let statements = format!("create schema {0}; create table {0}.cwsession (id bigint)", schema.name());
    schema.sql(&statements).await;
    let store = PostgresStore::connect_with(schema.url(), schema.options()).await.unwrap();
    let error = store.migrate().await.unwrap_err();
    assert!(text(&error).contains("relation \"cwsession\" already exists"), "{}", text(&error));
    let tables = format!("pg_tables where schemaname = '{}'", schema.name());
    assert_eq!(schema.count(&tables).await, 1, "the migration was rolled back");
}

#[tokio::test]
async fn without_its_tables_every_call_fails_with_the_remedy() {
    let schema = Schema::new();
    let store = PostgresStore::connect_with(schema.url(), schema.options()).await.unwrap();
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
async fn two_tables_in_one_schema_do_not_see_each_other() {
    let scene = Scene::with_record(&record(1)).await;
    let mut options = scene.options();
    options.table = "order".parse().unwrap();
    let order = PostgresStore::connect_with(scene.url(), options).await.unwrap();
    order.migrate().await.unwrap();
    assert_eq!(order.load(&key(1), NOW).await.unwrap(), Loaded::Absent);
    assert_eq!(order.create(&key(1), &record(2), NOW).await.unwrap(), Created::Done);
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(1)));
}

#[tokio::test]
async fn without_a_named_schema_the_table_is_where_the_search_path_begins() {
    let schema = Schema::new();
    schema.sql(&format!("create schema {}", schema.name())).await;
    let search_path = format!("set search_path to {}", schema.name());
    let pool = sqlx::postgres::PgPoolOptions::new().after_connect(move |connection, _| {
        let search_path = sqlx::AssertSqlSafe(search_path.clone());
        Box::pin(async move { connection.execute(search_path).await.map(|_| ()) })
    });
    let store = PostgresStore::from_pool(pool.connect(schema.url()).await.unwrap());
    store.migrate().await.unwrap();
    assert_eq!(store.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
    assert_eq!(schema.count("cwsession").await, 1);
}
