//! Migrations: of new, present and newer schemas, one at a time and several at once.

use std::task::Poll;
use std::time::Duration;

use session_core::store::{Created, Loaded, SessionStore as _, StoreErrorKind, TouchPatience};
use session_sql::{MySqlOptions, MySqlStore};
use sqlx::Row as _;
use test_support::Proxy;

use crate::database::{Database, execute};
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
    execute(&mut writer, "lock tables cwsession_schema read").await;
    tokio::time::timeout(Duration::from_secs(3), scene.other.migrate()).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_pool_keeps_no_connection_with_the_settings_of_a_migration() {
    let database = Database::new();
    let pool = database.pool(1).await;
    let store = MySqlStore::from_pool(pool.clone());
    let limits = "select concat_ws(', ', @@lock_wait_timeout, @@max_statement_time)";
    let before: String = sqlx::query_scalar(limits).fetch_one(&pool).await.unwrap();
    store.migrate().await.unwrap();
    let after: String = sqlx::query_scalar(limits).fetch_one(&pool).await.unwrap();
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_user_that_may_not_create_tables_can_use_a_schema_that_is_up_to_date() {
    let scene = Scene::with_record(&record(1)).await;
    let (user, url) = scene.create_user("usage").await;
    for grant in ["select, insert, update, delete on cwsession", "select on cwsession_schema"] {
        scene.sql(&format!("grant {grant} to {user}@'%'")).await;
    }
    let store = MySqlStore::connect_with(&url, scene.options()).await.unwrap();
    store.migrate().await.unwrap();
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)));
    assert_eq!(store.create(&key(2), &record(2), NOW).await.unwrap(), Created::Done);
    let _ = store.touch(&key(2), None, NOW, TouchPatience::Full).await.unwrap();
    store.delete(&key(1)).await.unwrap();
    assert_eq!(expired(&store).purge(NOW, 1).await.unwrap(), 0);

    scene.sql(&format!("grant select, insert, update, delete on {}.* to {user}@'%'", scene.name())).await;
    let mut options = scene.options();
    options.table = "another".parse().unwrap();
    let another = MySqlStore::connect_with(&url, options).await.unwrap();
    let error = another.migrate().await.unwrap_err();
    assert!(text(&error).contains("CREATE command denied"), "{}", text(&error));
    scene.sql(&format!("drop user {user}")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_stores_can_migrate_one_database_at_once() {
    for _ in 0..5 {
        let database = Database::new();
        let stores: Vec<_> = (0..8)
            .map(|number| {
                let (url, options) = (database.url(), database.options());
                tokio::spawn(async move {
                    let store = MySqlStore::connect_with(&url, options).await.unwrap();
                    store.migrate().await.map_err(|error| text(&error)).unwrap();
                    let created = store.create(&key(number), &record(number.into()), NOW).await.unwrap();
                    assert_eq!(created, Created::Done);
                })
            })
            .collect();
        for store in stores {
            store.await.unwrap();
        }
        assert_eq!((database.count("cwsession").await, database.count("cwsession_schema").await), (8, 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_with_different_tables_can_migrate_one_database_at_once() {
    for _ in 0..5 {
        let database = Database::new();
        let stores: Vec<_> = (0..4)
            .map(|number| {
                let (url, mut options) = (database.url(), database.options());
                options.table = format!("table_{number}").parse().unwrap();
                tokio::spawn(async move {
                    let store = MySqlStore::connect_with(&url, options).await.unwrap();
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
async fn a_migration_that_is_dropped_at_any_moment_leaves_the_store_usable() {
    for last in 1.. {
        let database = Database::new();
        let proxy = Proxy::of(&database.url()).await;
        let store = MySqlStore::connect_with(&proxy.url, database.options()).await.unwrap();
        let is_done = is_ready_after(last, store.migrate()).await;
        let other = database.store().await;
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
pub(crate) async fn is_ready_after(mut polls: u32, future: impl Future) -> bool {
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
async fn a_migration_that_ended_between_two_statements_is_finished_by_the_next() {
    let steps = MySqlStore::migrations(&MySqlOptions::default());
    let statements: Vec<&str> = steps[0].split(";\n").collect();
    assert!(statements.len() >= 3);
    for done in 1..statements.len() {
        let database = Database::new();
        database.sql(&statements[..done].join(";\n")).await;
        let store = database.store().await;
        assert_eq!(store.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
        assert_eq!(database.count("cwsession_schema").await, 1);
    }
}

/// Returns the statement that would make the table of a database.
async fn definition(database: &Database) -> String {
    let row = sqlx::query("show create table cwsession").fetch_one(&mut database.connection().await).await;
    row.unwrap().get(1)
}

#[tokio::test]
async fn the_printed_steps_make_the_schema_that_a_migration_makes() {
    let database = Database::new();
    for step in MySqlStore::migrations(&database.options()) {
        database.sql(&step).await;
    }
    let migrated = Database::new();
    migrated.store().await;
    assert_eq!(definition(&database).await, definition(&migrated).await);
    let store = MySqlStore::connect_with(&database.url(), database.options()).await.unwrap();
    assert_eq!(store.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
    store.migrate().await.unwrap();
    assert_eq!(database.count("cwsession_schema").await, 1);
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
        assert_eq!((error.store, error.kind), ("mysql", StoreErrorKind::Other));
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
    let database = Database::new();
    database.sql("create table cwsession (id bigint)").await;
    let store = MySqlStore::connect_with(&database.url(), database.options()).await.unwrap();
    let error = store.migrate().await.unwrap_err();
    assert!(text(&error).contains("another table with the name cwsession"), "{}", text(&error));
    let tables = format!("information_schema.tables where table_schema = '{}'", database.name());
    assert_eq!(database.count(&tables).await, 1);
}

#[tokio::test]
async fn without_its_tables_every_call_fails_with_the_remedy() {
    let database = Database::new();
    let store = MySqlStore::connect_with(&database.url(), database.options()).await.unwrap();
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
async fn two_tables_in_one_database_do_not_see_each_other() {
    let scene = Scene::with_record(&record(1)).await;
    let mut options = scene.options();
    options.table = "order".parse().unwrap();
    let order = MySqlStore::connect_with(&scene.url(), options).await.unwrap();
    order.migrate().await.unwrap();
    assert_eq!(order.load(&key(1), NOW).await.unwrap(), Loaded::Absent);
    assert_eq!(order.create(&key(1), &record(2), NOW).await.unwrap(), Created::Done);
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(1)));
}
