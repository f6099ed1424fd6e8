//! The driver without the store: one plain command for each call, with keys and values as long as those of
//! the store.

use std::hint::black_box;
use std::time::Duration;

use bytes::Bytes;
use session_core::UnixTime;
use session_core::store::{Record, StoreKey, Version};
use session_redis::fred::clients::Client;
use session_redis::fred::interfaces::{ClientLike as _, KeysInterface as _};
use session_redis::fred::types::config::{
    Config, ConnectionConfig, PerformanceConfig, ReconnectPolicy, TcpConfig, UnresponsiveConfig,
};
use session_redis::fred::types::{Expiration, SetOptions, Value};

use comparison::sessions::{Keeper, NOW, PAYLOAD};

/// The bytes of a value before the payload, for a session without an owner.
const HEAD: usize = 42;

pub(crate) struct Bare {
    client: Client,
    value: Bytes,
}

impl Bare {
    /// Connects a client with the settings of that of the store.
    pub(crate) async fn connect(url: &str) -> Self {
        let [second, limit] = [1, 5].map(Duration::from_secs);
        let performance = PerformanceConfig { default_command_timeout: limit, ..Default::default() };
        let connection = ConnectionConfig {
            connection_timeout: second,
            internal_command_timeout: second,
            max_redirections: 0,
            max_command_attempts: 3,
            unresponsive: UnresponsiveConfig { max_timeout: Some(3 * second), interval: second / 2 },
            tcp: TcpConfig { nodelay: Some(true), ..Default::default() },
            ..Default::default()
        };
        let policy = ReconnectPolicy::new_exponential(0, 20, 500, 2);
        let config = Config::from_url(url).unwrap();
        let client = Client::new(config, Some(performance), Some(connection), Some(policy));
        client.init().await.unwrap();
        Self { client, value: [[b'S'; HEAD].as_slice(), &PAYLOAD].concat().into() }
    }

    async fn set(&self, key: &StoreKey, record: &Record, options: Option<SetOptions>) {
        let expiration = record.expires.map(|expires| Expiration::PX(left(expires)));
        let set = self.client.set::<Value, _, _>(name(key), self.value.clone(), expiration, options, false);
        assert!(!set.await.unwrap().is_null());
    }
}

impl Keeper for Bare {
    async fn load(&self, key: StoreKey) {
        let value: Option<Bytes> = self.client.get(name(&key)).await.unwrap();
        assert_eq!(black_box(value).unwrap().len(), self.value.len());
    }

    async fn create(&self, key: StoreKey, record: Record) {
        self.set(&key, &record, Some(SetOptions::NX)).await;
    }

    async fn update(&self, key: StoreKey, record: Record, _: Version) {
        self.set(&key, &record, None).await;
    }

    async fn touch(&self, key: StoreKey, expires: UnixTime) {
        let touched: i64 = self.client.pexpire(name(&key), left(expires), None).await.unwrap();
        assert_eq!(touched, 1);
    }

    async fn rename(&self, old: StoreKey, new: StoreKey, _: Record, _: Version) {
        self.client.rename::<(), _, _>(name(&old), name(&new)).await.unwrap();
    }

    async fn delete(&self, key: StoreKey) {
        let deleted: i64 = self.client.del(name(&key)).await.unwrap();
        assert_eq!(deleted, 1);
    }
}

fn left(expires: UnixTime) -> i64 {
    expires.as_millis() - NOW.as_millis()
}

/// Returns a key that is as long as one of the store.
fn name(key: &StoreKey) -> Bytes {
    [b"bare:{0000}".as_slice(), &key.as_bytes()[2..]].concat().into()
}
