//! Settings of a server that the store changes on its own connections, or cannot work with.

use session_core::store::{Created, Loaded, SessionStore as _, StoreErrorKind, Written};
use session_sql::MySqlStore;
use sqlx::MySqlPool;
use test_servers::Mariadb;

use crate::database::Database;
use crate::scene::{NOW, Scene, key, record, text, version};

#[tokio::test]
async fn a_store_does_not_depend_on_the_defaults_of_the_server() {
    let server = Mariadb::start_with(&[
        ("autocommit", "0"),
        ("transaction-isolation", "SERIALIZABLE"),
        ("sql-mode", "ORACLE,ANSI_QUOTES,NO_BACKSLASH_ESCAPES,EMPTY_STRING_IS_NULL"),
        ("innodb-lock-wait-timeout", "50"),
        ("character-set-server", "utf16"),
        ("lower-case-table-names", "1"),
        ("log-bin", "bin"),
        ("binlog-format", "MIXED"),
    ]);
    let server = server.unwrap();
    let database = Database::at(server.url());
    let (one, two) = (database.store().await, database.store().await);
    assert_eq!(one.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
    let renamed = one.rename(&key(1), &key(2), &record(2), version(1), NOW).await.unwrap();
    assert_eq!(renamed, Written::Done);
    assert_eq!(two.load(&key(2), NOW).await.unwrap(), Loaded::Found(record(2)));
    assert_eq!(two.load(&key(1), NOW).await.unwrap(), Loaded::Moved { owner: None });
}

#[tokio::test]
async fn a_pool_with_another_isolation_level_is_refused_with_the_remedy() {
    let scene = Scene::with_record(&record(1)).await;
    let pool = MySqlPool::connect(&scene.url()).await.unwrap();
    let store = MySqlStore::from_pool_with(pool, scene.options());
    let error = store.load(&key(1), NOW).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Other);
    for expected in ["isolation is REPEATABLE-READ, but", "isolation = 'READ-COMMITTED'"] {
        assert!(text(&error).contains(expected), "{}", text(&error));
    }
}

#[tokio::test]
async fn a_read_only_server_is_refused() {
    let server = Mariadb::start_with(&[("read-only", "1")]).unwrap();
    let error = MySqlStore::connect(&server.url()).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    assert!(text(&error).contains("the server is read-only"), "{}", text(&error));
    let pool = MySqlPool::connect(&server.url()).await.unwrap();
    let error = MySqlStore::from_pool(pool).load(&key(1), NOW).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    assert!(text(&error).contains("the server is read-only"), "{}", text(&error));
}

#[tokio::test]
async fn a_server_with_an_unsuitable_setting_is_refused_with_the_remedy() {
    for (settings, remedy) in [
        (&[("log-bin", "bin"), ("binlog-format", "STATEMENT")][..], "binlog_format = ROW"),
        (&[("max-allowed-packet", "1M")], "max_allowed_packet = 16M"),
        (&[("version", "10.5.29-MariaDB")], "needs MariaDB 10.6"),
    ] {
        let server = Mariadb::start_with(settings).unwrap();
        let error = MySqlStore::connect(&server.url()).await.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Other);
        assert!(text(&error).contains(remedy), "{}", text(&error));
    }
}
