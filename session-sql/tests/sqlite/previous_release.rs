//! Databases and processes of the previous release, whose schema had version 1.
//!
//! `schema_1.sql` is the text of a database that this release wrote at [`NOW`].

use std::time::Duration;

use session_core::store::{Created, Loaded, Record, SessionStore as _, StoreErrorKind, Written};
use session_sql::SqliteStore;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions as _, SqliteConnection, query};
use tempfile::TempDir;

use crate::scene::{NOW, after, expired, key, owned, owners, record, text, url, version};

const DATABASE: &str = include_str!("schema_1.sql");

/// Makes a file with the old database. Returns it with a store and with a connection of an old process.
async fn old_database() -> (TempDir, SqliteStore, SqliteConnection) {
    let folder = tempfile::tempdir().unwrap();
    let connect: SqliteConnectOptions = url(&folder).parse().unwrap();
    let connect = connect.create_if_missing(true).journal_mode(SqliteJournalMode::Wal);
    let mut old = connect.connect().await.unwrap();
    sqlx::raw_sql(DATABASE).execute(&mut old).await.unwrap();
    let store = SqliteStore::connect(&url(&folder)).await.unwrap();
    (folder, store, old)
}

async fn migrated() -> (TempDir, SqliteStore, SqliteConnection) {
    let (folder, store, old) = old_database().await;
    store.migrate().await.unwrap();
    (folder, store, old)
}

async fn is_found(store: &SqliteStore, number: u8, record: &Record) {
    assert_eq!(store.load(&key(number), NOW).await.unwrap(), Loaded::Found(record.clone()), "{number}");
}

fn full() -> Record {
    Record {
        payload: [0, 255, 10].into(),
        created: after(-9000),
        last_used: after(-10),
        expires: Some(after(5000)),
        timeout: Some(Duration::from_secs(77)),
        label: Some("phone".into()),
        ..owned(u64::MAX, "ada")
    }
}

#[tokio::test]
async fn before_the_migration_a_call_fails_with_the_remedy() {
    let (_folder, store, _) = old_database().await;
    let error = store.load(&key(1), NOW).await.unwrap_err();
    assert!(text(&error).contains("call migrate() once at start-up"), "{}", text(&error));
    store.migrate().await.unwrap();
    is_found(&store, 1, &record(1)).await;
}

#[tokio::test]
async fn the_migration_keeps_every_session_and_every_field() {
    let (_folder, store, _) = migrated().await;
    is_found(&store, 1, &record(1)).await;
    is_found(&store, 2, &full()).await;
    is_found(&store, 3, &Record { expires: None, ..record(3) }).await;
    is_found(&store, 7, &owned(7, "ada")).await;
    is_found(&store, 10, &record(12)).await;
    is_found(&store, 12, &Record { expires: Some(after(600)), last_used: after(10), ..record(13) }).await;
    assert_eq!(store.load(&key(4), NOW).await.unwrap(), Loaded::Absent, "it has expired");
    let sessions = owners(&store).list(&"ada".into(), None, 10, NOW).await.unwrap().sessions;
    let mut keys: Vec<_> = sessions.iter().map(|session| session.key).collect();
    keys.sort();
    assert_eq!(keys, [key(2), key(7)]);
    let updated = store.update(&key(2), &owned(20, "ada"), version(u64::MAX), NOW).await.unwrap();
    assert_eq!(updated, Written::Done);
}

#[tokio::test]
async fn the_migration_keeps_renamed_keys_for_the_rest_of_their_minute() {
    let (_folder, store, _) = migrated().await;
    let moved = Loaded::Moved { owner: Some("ada".into()) };
    for (number, now, expected) in [
        (5, after(60), &moved),
        (5, after(61), &Loaded::Absent),
        (6, after(90), &moved),
        (6, after(91), &Loaded::Absent),
        (8, NOW, &Loaded::Absent),
    ] {
        assert_eq!(store.load(&key(number), now).await.unwrap(), *expected, "{number}");
    }
    assert_eq!(store.create(&key(6), &record(30), NOW).await.unwrap(), Created::Taken);
    store.delete(&key(5)).await.unwrap();
    assert_eq!(store.load(&key(7), NOW).await.unwrap(), Loaded::Absent, "the old key ended the session");
    store.delete(&key(10)).await.unwrap();
    assert_eq!(store.load(&key(10), NOW).await.unwrap(), Loaded::Absent, "the key was in use again");
}

#[tokio::test]
async fn after_the_migration_a_purge_removes_what_has_expired() {
    let (_folder, store, _) = migrated().await;
    let purge = async |secs| expired(&store).purge(after(secs), 100).await.unwrap();
    // The expired session. The marker of key 10 gave way when the key was used again.
    assert_eq!(purge(0).await, 1);
    assert_eq!(purge(62).await, 1, "the marker of key 5");
    assert_eq!(purge(92).await, 1, "the marker of key 6");
    assert_eq!(purge(601).await, 1, "session 12, which had been touched");
    assert_eq!(
        store.load(&key(3), after(1 << 40)).await.unwrap(),
        Loaded::Found(Record { expires: None, ..record(3) })
    );
}

/// The statements of the previous release that read or write a session, or end one.
const OLD_STATEMENTS: [&str; 7] = [
    "select data, creation_date, modification_date, expires, timeout, owner, label, version
     from cwsession where key = ?1 and (expires is null or expires > 0)",
    "select owner from cwsession_moved join cwsession on id = session where previous_key = ?1",
    "insert into cwsession (key, data, creation_date, modification_date, expires, timeout, owner, label, version, purge_date)
     select ?1, x'', 0, 0, 0, 0, null, null, 9, 0
     where not exists (select 1 from cwsession_moved where previous_key = ?1)",
    "update cwsession set data = x'', timeout = null, version = 9 where key = ?1",
    "update cwsession set key = x'00', moved_until = 9 where key = ?1",
    "delete from cwsession where id = coalesce((select id from cwsession where key = ?1), (select session from cwsession_moved where previous_key = ?1))",
    "delete from cwsession where owner = 'eve' and id is not (select session from cwsession_moved where previous_key = ?1)",
];

#[tokio::test]
async fn a_process_of_the_previous_release_fails_until_it_is_restarted_and_changes_nothing() {
    let (_folder, store, mut old) = old_database().await;
    // The old process has prepared its statements, as the new one migrates.
    for statement in OLD_STATEMENTS {
        query(statement).bind(vec![99_u8; 34]).fetch_all(&mut old).await.unwrap();
    }
    query("delete from cwsession where key = ?1")
        .bind(key(99).as_bytes().to_vec())
        .execute(&mut old)
        .await
        .unwrap();
    store.migrate().await.unwrap();
    for number in [1, 2, 5, 7] {
        for statement in OLD_STATEMENTS {
            let run = query(statement).bind(key(number).as_bytes().to_vec()).fetch_all(&mut old).await;
            let error = run.unwrap_err().to_string();
            assert!(
                error.contains("no such table")
                    || error.contains("no such column")
                    || error.contains("has no column"),
                "{statement}: {error}"
            );
        }
    }
    is_found(&store, 1, &record(1)).await;
    is_found(&store, 2, &full()).await;
    is_found(&store, 7, &owned(7, "ada")).await;
    let newest = "select max(version) from cwsession_schema";
    let version: i64 = sqlx::query_scalar(newest).fetch_one(&mut old).await.unwrap();
    assert!(version > 1, "its migrate() refuses the newer schema");
}

#[tokio::test]
async fn statements_of_the_previous_release_that_still_run_end_no_live_session() {
    let (_folder, store, mut old) = migrated().await;
    for statement in [
        "update cwsession set expires = max(expires, 1700001300000), modification_date = max(modification_date, 1700000001000)
         where key = ?1 and (expires is null or expires > 1700000001000)",
        "select key, creation_date, modification_date, label from cwsession where owner = 'ada' and key <> ?1",
        "update cwsession set purge_date = expires where id in (select id from cwsession where purge_date < 1700000000000)
         and (expires is null or expires >= 1700000000000) and key <> ?1",
        "delete from cwsession where purge_date < 1700000000000 and expires < 1700000000000 and key <> ?1",
    ] {
        query(statement).bind(key(1).as_bytes().to_vec()).execute(&mut old).await.unwrap();
    }
    is_found(&store, 1, &Record { expires: Some(after(1300)), last_used: after(1), ..record(1) }).await;
    is_found(&store, 2, &full()).await;
    is_found(&store, 7, &owned(7, "ada")).await;
    assert_eq!(store.load(&key(5), NOW).await.unwrap(), Loaded::Moved { owner: Some("ada".into()) });
}

#[tokio::test]
async fn the_migration_leaves_the_applications_objects_and_the_rows_that_refer_to_sessions() {
    let (_folder, store, mut old) = old_database().await;
    let objects = "create table users (id integer);
        create trigger sign_out after delete on users begin delete from cwsession where owner = old.id; end;
        create view signed_in as select owner, timeout from cwsession where owner is not null;
        create index by_label on cwsession (label);
        create table notes (session integer references cwsession (id) on delete cascade, text text);
        insert into users values (77);
        insert into notes values (1, 'kept');";
    sqlx::raw_sql(objects).execute(&mut old).await.unwrap();
    store.migrate().await.unwrap();
    let count = async |connection: &mut SqliteConnection, text: &'static str| -> i64 {
        sqlx::query_scalar(text).fetch_one(connection).await.unwrap()
    };
    assert_eq!(count(&mut old, "select count(*) from notes").await, 1);
    assert_eq!(count(&mut old, "select count(*) from signed_in").await, 2);
    assert_eq!(count(&mut old, "select count(*) from sqlite_schema where name = 'by_label'").await, 1);
    assert_eq!(store.create(&key(40), &owned(40, "77"), NOW).await.unwrap(), Created::Done);
    query("delete from users").execute(&mut old).await.unwrap();
    assert_eq!(store.load(&key(40), NOW).await.unwrap(), Loaded::Absent);
}

#[tokio::test]
async fn a_marker_whose_session_is_gone_is_not_taken_over() {
    let (_folder, store, mut old) = old_database().await;
    let orphan = "insert into cwsession_moved values (?1, 9, 1700000061000)";
    query(orphan).bind(key(50).as_bytes().to_vec()).execute(&mut old).await.unwrap();
    store.migrate().await.unwrap();
    for number in 60..70 {
        let created = store.create(&key(number), &owned(u64::from(number), "eve"), NOW).await.unwrap();
        assert_eq!(created, Created::Done);
    }
    assert_eq!(store.load(&key(50), NOW).await.unwrap(), Loaded::Absent);
}

#[tokio::test]
async fn an_old_database_that_cannot_be_migrated_is_left_as_it_was() {
    let (_folder, store, mut old) = old_database().await;
    sqlx::raw_sql("create view broken as select * from missing").execute(&mut old).await.unwrap();
    let error = store.migrate().await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Other);
    assert!(text(&error).contains("error in view broken"), "{}", text(&error));
    for statement in &OLD_STATEMENTS[..2] {
        query(*statement).bind(key(1).as_bytes().to_vec()).fetch_all(&mut old).await.unwrap();
    }
}
