//! A server that stops, restarts, ends connections, or has no room.

use std::time::{Duration, Instant};

use session_core::store::{Created, Loaded, Record, SessionStore as _, StoreErrorKind, Written};
use session_sql::MySqlStore;
use sqlx::mysql::MySqlConnection;
use sqlx::{Connection as _, raw_sql};
use test_support::{Proxy, Readers};

use crate::database::{Database, execute};
use crate::scene::{NOW, Scene, impatient, key, record, text, version};
use crate::server::OwnServer;

#[tokio::test]
async fn a_server_that_is_gone_is_unavailable_in_time_and_found_again_when_it_is_back() {
    let server = OwnServer::take();
    let database = Database::at(server.url());
    let store = database.store().await;
    assert_eq!(store.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
    server.kill();
    let begun = Instant::now();
    for _ in 0..3 {
        assert_eq!(store.load(&key(1), NOW).await.unwrap_err().kind, StoreErrorKind::Unavailable);
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    server.start_again();
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)), "at the first call");
}

#[tokio::test]
async fn a_write_whose_reply_is_lost_is_unavailable_and_not_made_again() {
    let scene = Scene::with_record(&record(1)).await;
    let proxy = Proxy::that_loses_the_reply_to("its reply is lost", &scene.url()).await;
    let store = MySqlStore::connect_with(&proxy.url, scene.options()).await.unwrap();
    let next = Record { payload: b"its reply is lost".as_slice().into(), ..record(2) };
    let error = store.update(&key(1), &next, version(1), NOW).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable, "{}", text(&error));
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(next), "it was made");
}

#[tokio::test]
async fn a_commit_whose_reply_is_lost_is_unavailable_and_not_made_again() {
    let scene = Scene::with_record(&record(1)).await;
    let proxy = Proxy::that_loses_the_reply_to("commit and no chain", &scene.url()).await;
    let store = MySqlStore::connect_with(&proxy.url, scene.options()).await.unwrap();
    let error = store.rename(&key(1), &key(2), &record(2), version(1), NOW).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable, "{}", text(&error));
    assert!(text(&error).contains("did not tell whether a transaction was committed"), "{}", text(&error));
    assert_eq!(store.load(&key(2), NOW).await.unwrap(), Loaded::Found(record(2)), "it was made");
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Moved { owner: None });
}

/// When a node leaves a cluster, two others can give the same number to a row.
#[tokio::test]
async fn a_write_for_which_the_server_chooses_a_number_in_use_is_made_with_another_one() {
    let scene = Scene::with_record(&record(1)).await;
    let pool = scene.database.pool(1).await;
    let store = MySqlStore::from_pool_with(pool.clone(), scene.options());
    let use_the_first_number_again = "set insert_id = 1";
    raw_sql(use_the_first_number_again).execute(&pool).await.unwrap();
    assert_eq!(store.create(&key(3), &record(1), NOW).await.unwrap(), Created::Done);
    raw_sql(use_the_first_number_again).execute(&pool).await.unwrap();
    let renamed = store.rename(&key(1), &key(2), &record(2), version(1), NOW).await.unwrap();
    assert_eq!(renamed, Written::Done);
    assert_eq!(store.load(&key(2), NOW).await.unwrap(), Loaded::Found(record(2)));
    assert_eq!(store.load(&key(3), NOW).await.unwrap(), Loaded::Found(record(1)));
}

#[tokio::test]
async fn killed_connections_cost_one_error_and_lose_nothing() {
    let scene = Scene::with_record(&record(1)).await;
    // The first call of a store is not repeated.
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(1)));
    let find = "select id from information_schema.processlist where db = ? and id <> connection_id()";
    let mut connection = scene.connection().await;
    let found: Vec<i64> =
        sqlx::query_scalar(find).bind(scene.name()).fetch_all(&mut connection).await.unwrap();
    assert!(!found.is_empty());
    for process in found {
        execute(&mut connection, &format!("kill {process}")).await;
    }
    let mut errors = 0;
    for number in 2..12 {
        match scene.store.create(&key(number), &record(number.into()), NOW).await {
            Ok(created) => {
                assert_eq!(created, Created::Done);
                assert_eq!(scene.load(number, NOW).await, Loaded::Found(record(number.into())));
            }
            Err(error) => {
                assert_eq!(error.kind, StoreErrorKind::Unavailable, "{}", text(&error));
                errors += 1;
            }
        }
    }
    assert!(errors <= 1, "{errors}");
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(1)));
}

#[tokio::test]
async fn more_callers_than_connections_are_all_served() {
    let scene = Scene::with(|options| options.connections = 2).await;
    let calls: Vec<_> = (0..100)
        .map(|number| {
            let store = scene.store.clone();
            tokio::spawn(
                async move { store.create(&key(number), &record(number.into()), NOW).await.unwrap() },
            )
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap(), Created::Done);
    }
    assert_eq!(scene.count("cwsession").await, 100);
}

#[tokio::test]
async fn a_server_without_a_free_connection_is_unavailable() {
    let scene = Scene::new().await;
    let (user, url) = scene.create_user("all").await;
    scene.sql(&format!("alter user {user} with max_user_connections 1")).await;
    let _held = MySqlConnection::connect(&url).await.unwrap();
    let mut options = scene.options();
    impatient(&mut options);
    let error = MySqlStore::connect_with(&url, options).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    assert!(text(&error).contains("max_user_connections"), "{}", text(&error));
    scene.sql(&format!("drop user {user}")).await;
}

/// A store on a server that can become read-only, whose user may not write then.
async fn store_of_user(database: &Database) -> MySqlStore {
    let (_, url) = database.create_user("all").await;
    let store = MySqlStore::connect_with(&url, database.options()).await.unwrap();
    store.migrate().await.unwrap();
    store
}

async fn set_read_only(database: &Database, value: &str) {
    database.sql(&format!("set global read_only = {value}")).await;
}

#[tokio::test]
async fn a_server_that_becomes_read_only_takes_no_writes_and_recovers() {
    let server = OwnServer::take();
    let database = Database::at(server.url());
    let store = store_of_user(&database).await;
    assert_eq!(store.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
    for value in ["on", "off"] {
        set_read_only(&database, value).await;
        let created = store.create(&key(2), &record(2), NOW).await;
        if value == "off" {
            assert_eq!(created.unwrap(), Created::Done);
            continue;
        }
        let error = created.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Unavailable);
        assert!(text(&error).contains("error 1290"), "{}", text(&error));
        // The server may not be the one that takes the writes any more, so no load is served from it either.
        let error = store.load(&key(1), NOW).await.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Unavailable);
        assert!(text(&error).contains("the server is read-only"), "{}", text(&error));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_load_that_begins_after_a_refused_write_is_served_by_a_read_only_server() {
    let server = OwnServer::take();
    let database = Database::at(server.url());
    let store = store_of_user(&database).await;
    assert_eq!(store.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
    let readers = Readers::start(&store);
    tokio::time::sleep(Duration::from_millis(300)).await;
    set_read_only(&database, "on").await;
    while store.delete(&key(9)).await.is_ok() {}
    readers.forbid_the_session();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let counts = readers.end().await;
    assert!(counts.found > 10 && counts.refused > 0, "{counts:?}");
    assert_eq!((counts.stale, counts.absent), (0, 0), "{counts:?}");
    set_read_only(&database, "off").await;
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)));
    assert_eq!(store.create(&key(2), &record(2), NOW).await.unwrap(), Created::Done);
}

/// Makes the first updates of the table fail with this error, and counts them in a sequence, which a rollback
/// does not set back.
async fn fail_updates(scene: &Scene, error: u16, first: u8) {
    scene.sql("create sequence updates").await;
    let trigger = format!(
        "create trigger fail before update on cwsession for each row begin
            if nextval(updates) <= {first} then
                signal sqlstate 'HY000' set mysql_errno = {error}, message_text = 'a failure of the test';
            end if;
        end"
    );
    scene.sql(&trigger).await;
}

/// Returns the number of updates.
async fn updates(scene: &Scene) -> i64 {
    let next = "select nextval(updates) - 1";
    sqlx::query_scalar(next).fetch_one(&mut scene.connection().await).await.unwrap()
}

#[tokio::test]
async fn a_write_that_the_server_has_rolled_back_is_sent_again() {
    for error in [1213, 1205, 1467, 1020] {
        let scene = Scene::with_record(&record(1)).await;
        fail_updates(&scene, error, 2).await;
        let updated = scene.store.update(&key(1), &record(2), version(1), NOW).await.unwrap();
        assert_eq!((updated, updates(&scene).await), (Written::Done, 3), "{error}");
        assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(2)));
    }
}

#[tokio::test]
async fn a_rename_that_the_server_has_rolled_back_is_sent_again_as_a_whole() {
    let scene = Scene::with_record(&record(1)).await;
    fail_updates(&scene, 1213, 2).await;
    scene.rename(1, 2, &record(2), 1).await;
    assert_eq!(updates(&scene).await, 3);
    assert_eq!(scene.load(1, NOW).await, Loaded::Moved { owner: None });
    assert_eq!(scene.load(2, NOW).await, Loaded::Found(record(2)));
}

#[tokio::test]
async fn a_write_whose_outcome_is_unknown_or_an_error_is_not_sent_again() {
    for (error, kind) in [
        (1180, StoreErrorKind::Unavailable),
        (1047, StoreErrorKind::Unavailable),
        (1317, StoreErrorKind::Unavailable),
        (1114, StoreErrorKind::Full),
        (1406, StoreErrorKind::Other),
    ] {
        let scene = Scene::with_record(&record(1)).await;
        fail_updates(&scene, error, 1).await;
        let updated = scene.store.update(&key(1), &record(2), version(1), NOW).await.unwrap_err();
        assert_eq!((updated.kind, updates(&scene).await), (kind, 1), "{error}");
        assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(1)));
    }
}

#[tokio::test]
async fn a_rename_that_fails_halfway_leaves_nothing_open() {
    let scene = Scene::of_one_connection(1).await;
    scene.create(1, &record(1)).await;
    let marker = "create trigger fail before insert on cwsession for each row begin
        if new.moved_to is not null then signal sqlstate 'HY000' set mysql_errno = 1114; end if;
    end";
    scene.sql(marker).await;
    let error = scene.store.rename(&key(1), &key(2), &record(2), version(1), NOW).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Full, "{}", text(&error));
    assert_eq!(scene.store.create(&key(3), &record(3), NOW).await.unwrap(), Created::Done);
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(1)));
    assert_eq!(scene.load(3, NOW).await, Loaded::Found(record(3)));
    scene.sql("drop trigger fail").await;
    scene.rename(1, 2, &record(2), 1).await;
}
