//! Opening a store from a URL or a pool, and the errors of that.

use std::error::Error;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use session_core::Owner;
use session_core::store::{Loaded, SessionStore as _, StoreErrorKind, TouchPatience, Written, async_trait};
use session_sql::{CredentialSource, Credentials, MySqlOptions, MySqlStore};
use test_support::{Proxy, assert_contains_no_secret, secret};
use url::Url;

use crate::database::execute;
use crate::migrate::is_ready_after;
use crate::scene::{NOW, Scene, expired, impatient, key, owned, owners, record, text, version};

/// Returns the URL of the shared database, changed by `change`.
fn url(change: impl FnOnce(&mut Url)) -> String {
    let mut url: Url = test_servers::mysql_url().parse().unwrap();
    change(&mut url);
    url.into()
}

#[tokio::test]
async fn a_wrong_url_is_one_clear_error_without_the_password() {
    let wrong = [
        (url(|url| url.set_port(Some(1)).unwrap()), StoreErrorKind::Unavailable, "Connection refused"),
        (url(|url| url.set_username("nobody").unwrap()), StoreErrorKind::Other, "Access denied for user"),
        (url(|url| url.set_path("missing")), StoreErrorKind::Other, "Unknown database 'missing'"),
        (url(|url| url.set_query(Some("ssl-mode=REQUIRED"))), StoreErrorKind::Other, "TLS"),
        (url(|url| url.set_query(Some("ssl-mode=maybe"))), StoreErrorKind::Other, "ssl_mode"),
    ];
    for (url, kind, expected) in wrong {
        let password = url.parse::<Url>().unwrap().password().unwrap().to_owned();
        let error = MySqlStore::connect(&url).await.unwrap_err();
        let shown = text(&error);
        assert_eq!(error.kind, kind, "{shown}");
        assert!(shown.contains(expected), "{expected}: {shown}");
        assert!(!format!("{shown} {error:?}").contains(&password), "{shown}");
    }
}

#[tokio::test]
async fn a_wrong_password_is_not_shown() {
    let wrong = url(|url| url.set_password(Some("hush-hush")).unwrap());
    let error = MySqlStore::connect(&wrong).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Other);
    assert!(text(&error).contains("Access denied for user"), "{}", text(&error));
    assert!(!format!("{} {error:?}", text(&error)).contains("hush-hush"));
}

#[tokio::test]
async fn a_url_that_cannot_be_parsed_is_not_shown() {
    for wrong in ["mysql://ada:hush-hush@host:port/app", "ada:hush-hush", "mysql://ada:hush-hush@[::/x"] {
        let error = MySqlStore::connect(wrong).await.unwrap_err();
        assert!(!format!("{} {error:?}", text(&error)).contains("hush-hush"), "{}", text(&error));
    }
}

#[tokio::test]
async fn a_store_shows_its_name_and_its_table() {
    let scene = Scene::new().await;
    assert_eq!(scene.store.name(), "mysql");
    let expected = "MySqlStore { table: TableName(cwsession), .. }";
    assert_eq!(format!("{:?}", scene.store), expected);
}

#[tokio::test]
async fn the_declared_sizes_are_those_of_the_documentation() {
    let limits = Scene::new().await.store.size_limits();
    assert_eq!((limits.payload, limits.owner, limits.label), (12 * 1024 * 1024, 1024 * 1024, 1024 * 1024));
}

#[tokio::test]
async fn further_hosts_are_refused_after_a_unix_socket() {
    let mut options = MySqlOptions::default();
    options.further_hosts = vec![("127.0.0.1".to_owned(), 3306)];
    let error = MySqlStore::connect_with("mysql://ada:hush-hush@localhost/app?socket=/run/socket", options);
    let error = error.await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Other);
    let expected = "further_hosts needs a host in the URL, but the URL has the Unix socket /run/socket";
    assert!(text(&error).contains(expected), "{}", text(&error));
}

#[tokio::test]
async fn the_next_host_is_used_if_the_first_cannot_be() {
    let scene = Scene::with_record(&record(1)).await;
    let mut options = scene.options();
    let mut wrong: Url = scene.url().parse().unwrap();
    let port = wrong.port().unwrap();
    options.further_hosts = vec![("127.0.0.1".to_owned(), 2), ("127.0.0.1".to_owned(), port)];
    wrong.set_port(Some(1)).unwrap();
    let store = MySqlStore::connect_with(wrong.as_str(), options.clone()).await.unwrap();
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)));

    options.further_hosts.pop();
    let error = MySqlStore::connect_with(wrong.as_str(), options).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    let expected = "no server can be used: 127.0.0.1:1: ";
    assert!(text(&error).contains(expected) && text(&error).contains("; 127.0.0.1:2: "), "{}", text(&error));
}

#[tokio::test]
async fn a_host_that_does_not_reply_leaves_time_for_the_next_one() {
    let scene = Scene::with_record(&record(1)).await;
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut options = scene.options();
    options.call_timeout = Duration::from_secs(4);
    let mut first: Url = scene.url().parse().unwrap();
    options.further_hosts = vec![("127.0.0.1".to_owned(), first.port().unwrap())];
    first.set_port(Some(silent.local_addr().unwrap().port())).unwrap();
    let store = MySqlStore::connect_with(first.as_str(), options).await.unwrap();
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)));
}

#[tokio::test]
async fn a_store_can_open_its_own_connections_with_the_settings_of_a_pool() {
    let scene = Scene::with_record(&record(1)).await;
    let pool = scene.database.pool(1).await;
    let store = MySqlStore::with_options_of(&pool, scene.options()).await.unwrap();
    let _held = pool.acquire().await.unwrap();
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)));
}

/// A source of credentials that the test changes.
struct Changing(Mutex<Option<Credentials>>);

#[async_trait]
impl CredentialSource for Changing {
    async fn credentials(&self) -> Result<Credentials, Box<dyn Error + Send + Sync>> {
        self.0.lock().unwrap().clone().ok_or_else(|| "the vault is sealed".into())
    }
}

#[tokio::test]
async fn each_new_connection_has_the_credentials_of_the_moment() {
    let scene = Scene::with_record(&record(1)).await;
    let (user, _) = scene.create_user("all").await;
    let given = |password: &str| Some(Credentials { user: user.clone(), password: password.to_owned() });
    let source = Arc::new(Changing(Mutex::new(given("secret"))));
    let mut options = scene.options();
    options.credentials = Some(Arc::clone(&source) as Arc<dyn CredentialSource>);
    options.max_lifetime = Duration::ZERO;
    assert!(!format!("{options:?}").contains("secret"));
    let store = MySqlStore::connect_with(&scene.url(), options).await.unwrap();
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)));

    scene.sql(&format!("alter user {user} identified by 'second'")).await;
    let error = store.load(&key(1), NOW).await.unwrap_err();
    assert!(text(&error).contains("Access denied for user"), "{}", text(&error));
    *source.0.lock().unwrap() = given("second");
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)));
    *source.0.lock().unwrap() = None;
    let error = store.load(&key(1), NOW).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    assert!(
        text(&error).contains("no credentials for a new connection: the vault is sealed"),
        "{}",
        text(&error)
    );
    store.close().await;
    scene.sql(&format!("drop user {user}")).await;
}

#[tokio::test]
async fn a_pool_that_gives_no_connection_is_unavailable_in_time() {
    let scene = Scene::new().await;
    let pool = scene.database.pool(1).await;
    let mut options = scene.options();
    impatient(&mut options);
    let store = MySqlStore::from_pool_with(pool.clone(), options);
    let held = pool.acquire().await.unwrap();
    let error = store.load(&key(1), NOW).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable);
    assert!(text(&error).contains("did not respond within 1s"), "{}", text(&error));
    drop(held);
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Absent);
}

#[tokio::test]
async fn times_that_no_clock_can_wait_for_are_no_panic() {
    let scene = Scene::with(|options| {
        options.call_timeout = Duration::MAX;
        options.connections = 0;
    })
    .await;
    assert_eq!(scene.load(1, NOW).await, Loaded::Absent);
}

#[tokio::test]
async fn a_closed_store_is_unavailable() {
    let scene = Scene::with_record(&record(1)).await;
    scene.store.ping().await.unwrap();
    scene.store.close().await;
    assert_eq!(scene.store.load(&key(1), NOW).await.unwrap_err().kind, StoreErrorKind::Unavailable);
    assert_eq!(scene.store.delete(&key(1)).await.unwrap_err().kind, StoreErrorKind::Unavailable);
    assert_eq!(scene.store.ping().await.unwrap_err().kind, StoreErrorKind::Unavailable);
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(1)));
}

#[tokio::test]
async fn a_closed_store_leaves_the_applications_pool_open() {
    let scene = Scene::with_record(&record(1)).await;
    let pool = scene.database.pool(1).await;
    MySqlStore::from_pool_with(pool.clone(), scene.options()).close().await;
    assert!(!pool.is_closed());
}

#[tokio::test]
async fn a_connection_that_has_fallen_silent_costs_no_failed_call() {
    let scene = Scene::with_record(&record(1)).await;
    let proxy = Proxy::of(&scene.url()).await;
    let mut options = scene.options();
    impatient(&mut options);
    let store = MySqlStore::connect_with(&proxy.url, options).await.unwrap();
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)));
    proxy.silence();
    // A connection is tested if it was not used for a second.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)));
}

/// Makes the call with this number, none of which changes the session `key(1)`.
async fn make(call: u32, store: &MySqlStore) {
    let (one, two, ada) = (key(8), key(9), Owner::from("ada"));
    match call {
        0 => drop(store.load(&one, NOW).await.unwrap()),
        1 => drop(store.create(&one, &record(1), NOW).await.unwrap()),
        2 => drop(store.update(&one, &record(1), version(1), NOW).await.unwrap()),
        3 => drop(store.rename(&one, &two, &record(2), version(1), NOW).await.unwrap()),
        4 => drop(store.touch(&one, None, NOW, TouchPatience::Full).await.unwrap()),
        5 => store.delete(&one).await.unwrap(),
        6 => drop(owners(store).revoke(&ada, Some(&one)).await.unwrap()),
        7 => store.ping().await.unwrap(),
        _ => drop(expired(store).purge(NOW, 10).await.unwrap()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_dropped_at_any_moment_confuses_neither_the_driver_nor_the_next_call() {
    let panics = Arc::new(AtomicU32::new(0));
    let (counted, before) = (Arc::clone(&panics), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |info| {
        // The driver panics in the crate `bytes`.
        if info.location().is_some_and(|place| place.file().contains("bytes")) {
            counted.fetch_add(1, Ordering::SeqCst);
        }
        before(info);
    }));
    let scene = Scene::with_record(&record(1)).await;
    let proxy = Proxy::of(&scene.url()).await;
    let mut options = scene.options();
    options.connections = 1;
    for call in 0..9 {
        for last in 1.. {
            let store = MySqlStore::connect_with(&proxy.url, options.clone()).await.unwrap();
            let is_done = is_ready_after(last, make(call, &store)).await;
            assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)), "{call}, {last}");
            if is_done {
                break;
            }
        }
    }
    assert_eq!(panics.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_call_that_is_dropped_at_any_moment_leaves_the_applications_pool_in_order() {
    let scene = Scene::with_record(&record(1)).await;
    for call in 0..9 {
        for last in 1.. {
            let pool = scene.database.pool(1).await;
            let store = MySqlStore::from_pool_with(pool.clone(), scene.options());
            assert_eq!(store.load(&key(1), NOW).await.unwrap(), Loaded::Found(record(1)));
            let is_done = is_ready_after(last, make(call, &store)).await;
            for _ in 0..2 {
                let found = store.load(&key(1), NOW).await.unwrap();
                assert_eq!(found, Loaded::Found(record(1)), "{call}, {last}");
            }
            pool.close().await;
            if is_done {
                break;
            }
        }
    }
}

#[tokio::test]
async fn a_locked_row_is_unavailable_in_time_and_blocks_no_reader() {
    let scene = Scene::with(impatient).await;
    scene.create(1, &record(1)).await;
    let mut lock = scene.connection().await;
    execute(&mut lock, "begin; select id from cwsession for update").await;
    let error = scene.store.update(&key(1), &record(2), version(1), NOW).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable, "{}", text(&error));
    assert_eq!(scene.load(1, NOW).await, Loaded::Found(record(1)));
    execute(&mut lock, "rollback").await;
    // The update that was given up is withdrawn or done, but never half.
    let loaded = scene.load(1, NOW).await;
    assert!([record(1), record(2)].map(Loaded::Found).contains(&loaded), "{loaded:?}");
}

#[tokio::test]
async fn the_lock_of_one_session_makes_no_other_ones_update_wait() {
    let scene = Scene::with(|options| options.connections = 2).await;
    for number in 0..32 {
        scene.create(number, &record(1)).await;
    }
    let mut lock = scene.connection().await;
    execute(&mut lock, "begin; select id from cwsession order by id limit 1 for update").await;
    let update = |number: u8| {
        let store = scene.store.clone();
        tokio::spawn(async move { store.update(&key(number), &record(2), version(1), NOW).await })
    };
    let begun = Instant::now();
    // The first two have statements of their own, and the others share the next ones.
    let mut others = Vec::from([1, 2, 3].map(update));
    let locked = update(0);
    others.extend((4..32).map(update));
    for other in others {
        assert_eq!(other.await.unwrap().unwrap(), Written::Done);
    }
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    execute(&mut lock, "rollback").await;
    assert_eq!(locked.await.unwrap().unwrap(), Written::Done);
}

#[tokio::test]
async fn a_row_that_is_not_a_valid_record_is_corrupt() {
    for damage in [
        "update cwsession set idle_timeout = -1",
        "update cwsession set owner = x'ff'",
        "update cwsession set label = x'ff'",
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
async fn no_error_contains_a_key_an_owner_or_a_payload() {
    let secret = secret();
    let hush = key(b'K');
    let scene = Scene::new().await;
    scene.create(b'K', &secret).await;
    scene.create(b'L', &owned(2, "grace@example.org")).await;
    scene.sql("update cwsession set idle_timeout = -1, label = x'ff'").await;
    let (store, grace) = (&scene.store, Owner::from("grace@example.org"));
    let mut errors = vec![
        store.load(&hush, NOW).await.unwrap_err(),
        store.update(&hush, &secret, version(9), NOW).await.unwrap_err(),
        store.rename(&hush, &key(b'L'), &secret, version(1), NOW).await.unwrap_err(),
        owners(store).list(&grace, None, 100, NOW).await.unwrap_err(),
    ];
    // The server quotes the value in the messages of these errors.
    scene.sql("update cwsession set idle_timeout = null, label = 'secret label'; delete from cwsession where version = 2; create unique index further on cwsession (label(20))").await;
    errors.push(store.create(&key(b'M'), &secret, NOW).await.unwrap_err());
    scene.sql("drop index further on cwsession; update cwsession set version = 9; alter table cwsession add check (version > 3)").await;
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
