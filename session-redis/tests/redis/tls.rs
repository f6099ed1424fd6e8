//! Connections over TLS, to a server with a certificate of the test.
#![cfg(feature = "enable-rustls-ring")]

use std::sync::Arc;
use std::time::Duration;

use session_core::store::{Created, SessionStore as _, StoreErrorKind};
use session_redis::fred::clients::Client;
use session_redis::fred::interfaces::ClientLike as _;
use session_redis::fred::rustls::crypto::ring;
use session_redis::fred::rustls::{ClientConfig, RootCertStore};
use session_redis::fred::types::config::{
    Config, ConnectionConfig, PerformanceConfig, ReconnectPolicy, TlsConnector,
};
use session_redis::{RedisOptions, RedisStore};
use test_servers::Redis;

use crate::scene::{NOW, key, record, text};

#[tokio::test]
async fn a_store_connects_over_tls_to_a_server_that_it_can_verify_and_to_no_other() {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let server = Redis::start_with_tls(&made.cert.pem(), &made.signing_key.serialize_pem()).unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let trusting = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let without_tls = server.url().replace("rediss", "redis");
    let mut config = Config::from_url(&without_tls).unwrap();
    config.tls = Some(TlsConnector::from(trusting).into());
    let performance =
        PerformanceConfig { default_command_timeout: Duration::from_secs(5), ..Default::default() };
    let connection = ConnectionConfig::default();
    let policy = ReconnectPolicy::default();
    let client = Client::new(config, Some(performance), Some(connection), Some(policy));
    client.init().await.unwrap();
    let store = RedisStore::from_client(client, RedisOptions::default()).await.unwrap();
    assert_eq!(store.create(&key(1), &record(1), NOW).await.unwrap(), Created::Done);

    // The system does not know the certificate.
    let error = RedisStore::connect(&server.url()).await.unwrap_err();
    assert!(text(&error).contains("InvalidCertificate"), "{}", text(&error));
    assert_eq!(error.kind, StoreErrorKind::Other, "{}", text(&error));
    let error = RedisStore::connect(&without_tls).await.unwrap_err();
    assert_eq!(error.kind, StoreErrorKind::Unavailable, "{}", text(&error));
    println!("{}", text(&error));
}
