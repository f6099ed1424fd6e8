//! Connections over TLS, to a server with a certificate of the test.

use std::fs;

use session_core::store::{Created, SessionStore as _, StoreErrorKind};
use session_sql::MySqlStore;
use test_servers::Mariadb;

use crate::scene::{NOW, key, record, text};

#[tokio::test]
async fn a_store_connects_over_tls_to_a_server_that_it_can_verify_and_to_no_other() {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let another = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let server = Mariadb::start_with_tls(&made.cert.pem(), &made.signing_key.serialize_pem()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let root = |name: &str, certificate: String| {
        let path = folder.path().join(name);
        fs::write(&path, certificate).unwrap();
        format!("ssl-mode=VERIFY_IDENTITY&ssl-ca={}", path.display())
    };
    let trusted = root("trusted.pem", made.cert.pem());
    for parameters in ["ssl-mode=REQUIRED", &trusted] {
        let store = MySqlStore::connect(&format!("{}?{parameters}", server.url())).await.unwrap();
        store.migrate().await.unwrap();
        let _ = store.create(&key(1), &record(1), NOW).await.unwrap();
        store.delete(&key(1)).await.unwrap();
        assert_eq!(store.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);
    }
    let untrusted = root("untrusted.pem", another.cert.pem());
    let by_name = trusted.clone();
    let localhost = server.url().replace("127.0.0.1", "localhost");
    for (url, parameters) in [(server.url(), untrusted), (localhost, by_name)] {
        let error = MySqlStore::connect(&format!("{url}?{parameters}")).await.unwrap_err();
        assert_eq!(error.kind, StoreErrorKind::Other, "{}", text(&error));
        assert!(text(&error).contains("certificate"), "{}", text(&error));
    }
}
