//! A server that stops, restarts, ends connections, or has no room.

use std::time::{Duration, Instant};

use session_core::store::{Created, Loaded, Record, SessionStore as _, StoreErrorKind, Written};
use session_sql::PostgresStore;
use test_support::{Proxy, Readers};

use crate::database::{Schema, execute};
use crate::scene::{NOW, Scene, impatient, key, record, text, version};
use crate::server::OwnServer;

#[tokio::test]
async fn a_server_that_is_gone_is_unavailable_in_time_and_found_again_when_it_is_back() {
    let server = OwnServer::take();
    let schema = Schema::at(server.url());
    let store = schema.store().await;
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
    let proxy = Proxy::that_loses_the_reply_to("its reply is lost", scene.url()).await;
    let store = PostgresStore::connect_with(&proxy.url, scene.options()).await.unwrap();
    let next = Record { payload: b"its reply is lost".as_slice().into(), ..record(2) };
    let error = store.update(&key(1), &next, version(1), NOW).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable, "{}", text(&error));
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(next), "it was made");
}

#[tokio::test]
async fn killed_connections_cost_one_error_and_lose_nothing() {
    let scene = Scene::with_record(&record(1)).await;
    let kill = "select pg_terminate_backend(pid) from pg_stat_activity where query like '%{schema}%' and pid <> pg_backend_pid()";
    scene.sql(&kill.replace("{schema}", scene.name())).await;
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
    let (role, url) = scene.create_role("connection limit 0").await;
    let mut options = scene.options();
    impatient(&mut options);
    let error = PostgresStore::connect_with(&url, options).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    assert!(text(&error).contains("too many connections"), "{}", text(&error));
    scene.sql(&format!("drop role {role}")).await;
}

/// Makes a server refuse or take writes by default. Its open connections follow within a moment.
async fn set_read_only(schema: &Schema, value: &str) {
    let mut connection = schema.connection().await;
    for statement in [
        "set default_transaction_read_only = off",
        &format!("alter system set default_transaction_read_only = {value}"),
        "select pg_reload_conf()",
    ] {
        execute(&mut connection, statement).await;
    }
}

#[tokio::test]
async fn a_server_that_becomes_read_only_takes_no_writes_and_recovers() {
    let server = OwnServer::take();
    let schema = Schema::at(server.url());
    let store = schema.store().await;
    assert_eq!(store.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
    for value in ["on", "off"] {
        set_read_only(&schema, value).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        let created = store.create(&key(2), &record(2), NOW).await;
        if value == "off" {
            assert_eq!(created.unwrap(), Created::Done);
            continue;
        }
        let error = created.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Unavailable);
        assert!(text(&error).contains("25006"), "{}", text(&error));
        // The server may not be the one that takes the writes any more, so no load is served from it either.
        let error = store.load(&key(1), NOW).await.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Unavailable);
        assert!(text(&error).contains("the server is read-only"), "{}", text(&error));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_load_that_begins_after_a_refused_write_is_served_by_a_read_only_server() {
    let server = OwnServer::take();
    let schema = Schema::at(server.url());
    let store = schema.store().await;
    assert_eq!(store.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
    let readers = Readers::start(&store);
    tokio::time::sleep(Duration::from_millis(300)).await;
    set_read_only(&schema, "on").await;
    while store.delete(&key(9)).await.is_ok() {}
    readers.forbid_the_session();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let counts = readers.end().await;
    assert!(counts.found > 10 && counts.refused > 0, "{counts:?}");
    assert_eq!((counts.stale, counts.absent), (0, 0), "{counts:?}");
    set_read_only(&schema, "off").await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)));
    assert_eq!(store.create(&key(2), &record(2), NOW).await.unwrap(), Created::Done);
}

/// Makes the first updates of the table fail with this code, and counts them in a sequence, which a rollback
/// does not set back.
async fn fail_updates(scene: &Scene, code: &str, first: u8) {
    let trigger = format!(
        "create sequence updates;
        create function fail() returns trigger language plpgsql as $$ begin
            if nextval('{schema}.updates') <= {first} then
                raise exception 'a failure of the test' using errcode = '{code}';
            end if;
            return new;
        end $$;
        create trigger fail before update on cwsession for each row execute function fail()",
        schema = scene.name()
    );
    scene.sql(&trigger).await;
}

async fn updates(scene: &Scene) -> i64 {
    let count = "select last_value from updates";
    sqlx::query_scalar(count).fetch_one(&mut scene.connection().await).await.unwrap()
}

#[tokio::test]
async fn a_write_that_the_server_has_rolled_back_is_sent_again() {
    for code in ["40001", "40P01"] {
        let scene = Scene::with_record(&record(1)).await;
        fail_updates(&scene, code, 2).await;
        let updated = scene.store.update(&key(1), &record(2), version(1), NOW).await.unwrap();
        assert_eq!((updated, updates(&scene).await), (Written::Done, 3));
        assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(2)));
    }
}

#[tokio::test]
async fn a_write_whose_outcome_is_unknown_or_an_error_is_not_sent_again() {
    for (code, kind) in [
        ("57P01", StoreErrorKind::Unavailable),
        ("08006", StoreErrorKind::Unavailable),
        ("53100", StoreErrorKind::Full),
        ("22001", StoreErrorKind::Other),
    ] {
        let scene = Scene::with_record(&record(1)).await;
        fail_updates(&scene, code, 1).await;
        let error = scene.store.update(&key(1), &record(2), version(1), NOW).await.unwrap_err();
        assert_eq!((error.kind, updates(&scene).await), (kind, 1), "{code}");
        assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(1)));
    }
}
