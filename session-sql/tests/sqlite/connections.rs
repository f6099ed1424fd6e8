//! Opening a store from a URL or a pool, and the errors of that.

use std::fs;
use std::time::Duration;

use crate::scene::{NOW, Scene, after, expired, impatient, key, owned, owners, record, text, url, version};
use session_core::Owner;
use session_core::store::{
    Created, Loaded, SessionStore as _, StoreErrorKind, TouchPatience, Touched, Written,
};
use session_sql::{SqliteOptions, SqliteStore};
use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use test_support::{assert_contains_no_secret, secret};

#[tokio::test]
async fn a_missing_file_is_created_unless_the_url_says_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    let error = SqliteStore::connect(&format!("{}?mode=rw", url(&folder))).await.unwrap_err();
    assert!(text(&error).contains("No such file"), "{}", text(&error));
    assert!(!folder.path().join("sessions.db").exists());

    SqliteStore::connect(&url(&folder)).await.unwrap();
    assert!(folder.path().join("sessions.db").exists());
    SqliteStore::connect(&format!("{}?mode=rw", url(&folder))).await.unwrap();
}

#[tokio::test]
async fn a_folder_is_not_a_database() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("sessions.db")).unwrap();
    let error = SqliteStore::connect(&url(&folder)).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    let text = text(&error);
    assert!(text.contains("sessions.db") && text.contains("Is a directory"), "{text}");
}

#[tokio::test]
async fn an_error_that_waiting_cannot_fix_is_returned_at_once() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("sessions.db")).unwrap();
    let mut options = SqliteOptions::default();
    (options.call_timeout, options.busy_timeout) = (Duration::from_secs(60), Duration::from_secs(60));
    let url = url(&folder);
    let connecting = SqliteStore::connect_with(&url, options);
    let connected = tokio::time::timeout(Duration::from_secs(20), connecting).await;
    assert!(connected.expect("connecting does not retry for as long as busy_timeout").is_err());
}

#[tokio::test]
async fn a_file_in_a_missing_folder_cannot_be_created() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("missing/sessions.db").display());
    let error = SqliteStore::connect(&url).await.unwrap_err();
    let text = text(&error);
    assert!(text.contains("missing/sessions.db") && text.contains("No such file or directory"), "{text}");
}

#[tokio::test]
async fn a_file_of_another_kind_is_corrupt() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("sessions.db"), "not a database, but as long as one".repeat(100)).unwrap();
    let error = SqliteStore::connect(&url(&folder)).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Corrupt);
    let text = text(&error);
    assert!(text.contains("sessions.db") && text.contains("file is not a database"), "{text}");
}

#[tokio::test]
async fn an_invalid_url_is_named_in_the_error() {
    let error = SqliteStore::connect("sqlite:a.db?mode=sideways").await.unwrap_err();
    assert_eq!((error.store, error.kind), ("sqlite", StoreErrorKind::Other));
    assert!(text(&error).contains("sideways"), "{}", text(&error));
}

#[tokio::test]
async fn the_file_is_in_wal_mode() {
    let scene = Scene::new().await;
    let mode: String =
        sqlx::query_scalar("pragma journal_mode").fetch_one(&mut scene.connection().await).await.unwrap();
    assert_eq!(mode, "wal");
}

#[tokio::test]
async fn the_change_to_wal_waits_for_another_writer() {
    let folder = tempfile::tempdir().unwrap();
    let connect: SqliteConnectOptions = url(&folder).parse().unwrap();
    let mut writer = connect.create_if_missing(true).connect().await.unwrap();
    let write = "create table other (id); begin immediate; insert into other values (1)";
    sqlx::raw_sql(write).execute(&mut writer).await.unwrap();
    let url = url(&folder);
    let connecting =
        tokio::spawn(async move { SqliteStore::connect(&url).await.map_err(|error| text(&error)) });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!connecting.is_finished());
    sqlx::raw_sql("rollback").execute(&mut writer).await.unwrap();
    connecting.await.unwrap().unwrap().migrate().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_in_memory_serves_many_tasks() {
    for url in ["sqlite::memory:", "sqlite://?mode=memory", "sqlite:"] {
        let store = SqliteStore::connect(url).await.unwrap();
        store.migrate().await.unwrap();
        let tasks: Vec<_> = (0..32)
            .map(|number| {
                let store = store.clone();
                tokio::spawn(async move {
                    assert_eq!(store.create(&key(number), &record(1), NOW).await.unwrap(), Created::Done);
                    assert_eq!(store.load(&key(number), NOW).await.unwrap(), Loaded::Found(record(1)));
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_store_shows_its_name_and_its_table() {
    let scene = Scene::new().await;
    assert_eq!(scene.store.name(), "sqlite");
    assert_eq!(format!("{:?}", scene.store), "SqliteStore { table: TableName(cwsession), .. }");
}

#[tokio::test]
async fn a_store_in_memory_lives_as_long_as_its_last_clone() {
    let store = SqliteStore::connect("sqlite::memory:").await.unwrap();
    store.migrate().await.unwrap();
    let clone = store.clone();
    let _ = store.create(&key(1), &record(1), NOW).await.unwrap();
    drop(store);
    assert_eq!(clone.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)));
}

#[tokio::test]
async fn the_declared_sizes_are_those_of_the_documentation() {
    let limits = SqliteStore::connect("sqlite::memory:").await.unwrap().size_limits();
    assert_eq!((limits.payload, limits.owner, limits.label), (512 * 1024 * 1024, 1024 * 1024, 1024 * 1024));
}

#[tokio::test]
async fn two_stores_in_memory_are_separate() {
    let one = SqliteStore::connect("sqlite::memory:").await.unwrap();
    let other = SqliteStore::connect("sqlite::memory:").await.unwrap();
    one.migrate().await.unwrap();
    assert!(other.load(&key(1), NOW).await.is_err());
}

#[tokio::test]
async fn a_store_can_use_a_pool_of_the_application() {
    let folder = tempfile::tempdir().unwrap();
    let connect: SqliteConnectOptions = url(&folder).parse().unwrap();
    let pool = SqlitePoolOptions::new().connect_with(connect.create_if_missing(true)).await.unwrap();
    let store = SqliteStore::from_pool(pool.clone());
    store.migrate().await.unwrap();
    assert_eq!(store.create(&key(1), &owned(1, "ada"), NOW).await.unwrap(), Created::Done);
    let updated = store.update(&key(1), &owned(2, "ada"), version(1), NOW).await.unwrap();
    assert_eq!(updated, Written::Done);
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(owned(2, "ada")));
    let count: i64 = sqlx::query_scalar("select count(*) from cwsession").fetch_one(&pool).await.unwrap();
    assert_eq!(count, 1);
}

#[tokio::test]
async fn a_pool_that_gives_no_connection_is_unavailable_in_time() {
    let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.unwrap();
    let store = SqliteStore::from_pool_with(pool.clone(), impatient());
    store.migrate().await.unwrap();
    let held = pool.acquire().await.unwrap();
    let error = store.load(&key(1), NOW).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    assert!(text(&error).contains("did not respond within 300ms"), "{}", text(&error));
    drop(held);
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Absent);
}

#[tokio::test]
async fn times_that_no_clock_can_wait_for_are_no_panic() {
    let mut options = SqliteOptions::default();
    options.call_timeout = Duration::MAX;
    options.busy_timeout = Duration::MAX;
    options.readers = 0;
    let scene = Scene::with(options).await;
    assert_eq!(scene.load(1, NOW).await, Loaded::Absent);
}

#[tokio::test]
async fn a_closed_store_is_unavailable() {
    let scene = Scene::with_record(&record(1)).await;
    scene.store.close().await;
    assert_eq!(scene.store.load(&key(1), NOW).await.unwrap_err().kind, StoreErrorKind::Unavailable);
    assert_eq!(scene.store.delete(&key(1)).await.unwrap_err().kind, StoreErrorKind::Unavailable);
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(1)));
}

#[tokio::test]
async fn a_database_without_room_is_full() {
    let folder = tempfile::tempdir().unwrap();
    let connect: SqliteConnectOptions = url(&folder).parse().unwrap();
    let connect = connect.create_if_missing(true).pragma("max_page_count", "40");
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(connect).await.unwrap();
    let store = SqliteStore::from_pool(pool);
    store.migrate().await.unwrap();
    let mut large = record(1);
    large.payload = vec![0; 1 << 20].into();
    let error = store.create(&key(1), &large, NOW).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Full, "{}", text(&error));
    assert_eq!(store.create(&key(2), &record(2), NOW).await.unwrap(), Created::Done);
    let error = store.rename(&key(2), &key(3), &large, version(2), NOW).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Full, "{}", text(&error));
    assert_eq!(store.load(&key(2), NOW).await.unwrap(), Loaded::Found(record(2)));
}

#[tokio::test]
async fn a_row_that_is_not_a_valid_record_is_corrupt() {
    for damage in [
        "update cwsession set idle_timeout = -1",
        "update cwsession set owner = cast(x'ff' as text)",
        "update cwsession set label = cast(x'ff' as text)",
    ] {
        let scene = Scene::with_record(&owned(1, "ada")).await;
        scene.sql(damage).await;
        let error = scene.store.load(&key(1), NOW).await.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Corrupt, "{damage}: {}", text(&error));
        scene.store.delete(&key(1)).await.unwrap();
        assert_eq!(scene.load(1, NOW).await, Loaded::Absent, "the session can still be deleted");
    }
}

#[tokio::test]
async fn a_key_of_the_wrong_length_is_corrupt() {
    let scene = Scene::with_record(&owned(1, "ada")).await;
    scene.sql("insert into cwsession select null, x'01', data, 0, 0, null, null, owner, null, 0, 0, null from cwsession").await;
    let error = owners(&scene.store).list(&Owner::from("ada"), None, 100, NOW).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Corrupt);
    assert!(text(&error).contains("a row of the table cwsession is not a valid record"), "{}", text(&error));
}

#[tokio::test]
async fn no_error_contains_a_key_an_owner_or_a_payload() {
    let secret = secret();
    let hush = key(b'K');
    let scene = Scene::new().await;
    scene.create(b'K', &secret).await;
    scene.create(b'L', &owned(2, "grace@example.org")).await;
    scene.sql("update cwsession set idle_timeout = -1").await;
    scene.sql("insert into cwsession select null, x'4b4b4b4b', data, 0, 0, null, null, owner, null, 0, 0, null from cwsession limit 1").await;
    let (store, grace) = (&scene.store, Owner::from("grace@example.org"));
    let mut errors = vec![
        store.load(&hush, NOW).await.unwrap_err(),
        store.update(&hush, &secret, version(9), NOW).await.unwrap_err(),
        store.rename(&hush, &key(b'L'), &secret, version(1), NOW).await.unwrap_err(),
        owners(store).list(&grace, None, 100, NOW).await.unwrap_err(),
    ];
    scene.sql("create unique index further on cwsession (label)").await;
    errors.push(store.create(&key(b'M'), &secret, NOW).await.unwrap_err());
    scene.sql("drop table cwsession").await;
    errors.push(store.create(&hush, &secret, NOW).await.unwrap_err());
    errors.push(owners(store).revoke(&grace, None).await.unwrap_err());
    store.close().await;
    errors.push(store.load(&hush, NOW).await.unwrap_err());
    for error in errors {
        assert_contains_no_secret(&error);
    }
}

/// The environment variable that tells the child process of the next test to which folder to change.
const CHILD: &str = "SESSION_SQL_TEST_CHANGES_TO";

#[tokio::test]
async fn a_process_that_changes_its_folder_keeps_its_database() {
    if let Some(folder) = std::env::var_os(CHILD) {
        let store = SqliteStore::connect("sqlite:sessions.db").await.unwrap();
        std::env::set_current_dir(folder).unwrap();
        store.migrate().await.unwrap();
        assert_eq!(store.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
        assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)));
        return;
    }
    let (folder, another) = (tempfile::tempdir().unwrap(), Scene::with_record(&owned(9, "ada")).await);
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "connections::a_process_that_changes_its_folder_keeps_its_database"])
        .current_dir(folder.path())
        .env(CHILD, another.folder.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"));
    let store = SqliteStore::connect(&url(&folder)).await.unwrap();
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)));
    assert_eq!(another.load(1, NOW).await, Loaded::Found(owned(9, "ada")));
}

#[tokio::test]
async fn a_file_that_is_replaced_under_a_store_is_an_error_for_every_handle() {
    let scene = Scene::with_record(&record(1)).await;
    let connect: SqliteConnectOptions = url(&scene.folder).parse().unwrap();
    let pooled = SqliteStore::from_pool(SqlitePoolOptions::new().connect_with(connect).await.unwrap());
    pooled.migrate().await.unwrap();
    assert_eq!(scene.store.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)));
    // The other two have made no call yet.
    let file = scene.folder.path().join("sessions.db");
    fs::rename(&file, scene.folder.path().join("moved.db")).unwrap();
    fs::write(&file, "a backup that was copied here").unwrap();
    tokio::time::sleep(Duration::from_millis(150)).await;
    for store in [&scene.store, &scene.other, &pooled] {
        for error in [
            store.load(&key(1), NOW).await.unwrap_err(),
            store.create(&key(2), &record(2), NOW).await.unwrap_err(),
        ] {
            assert_eq!(error.kind, StoreErrorKind::Unavailable);
            let expected = "sessions.db was deleted or replaced while it was in use: restart the process";
            assert!(text(&error).contains(expected), "{}", text(&error));
        }
    }
}

#[tokio::test]
async fn a_process_that_starts_later_finds_the_written_records() {
    let scene = Scene::with_record(&record(1)).await;
    scene.store.close().await;
    scene.other.close().await;
    let store = SqliteStore::connect(&url(&scene.folder)).await.unwrap();
    store.migrate().await.unwrap();
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)));
    assert_eq!(
        store.touch(&key(1), Some(after(2000)), NOW, TouchPatience::Full).await.unwrap(),
        Touched::Done
    );
    assert_eq!(expired(&store).purge(after(1500), 10).await.unwrap(), 0);
}
