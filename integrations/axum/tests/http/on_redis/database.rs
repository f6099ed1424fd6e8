//! Sessions in Redis, under keys that belong to the test.

use std::sync::Arc;

use session_redis::fred::clients::Client;
use session_redis::fred::interfaces::ClientLike as _;
use session_redis::fred::types::CustomCommand;
use session_redis::fred::types::config::Config;
use session_redis::{RedisOptions, RedisStore};
use session_testkit::stories::Setup;

/// Counts the sessions under keys that begin with the argument. Such a key has 38 more bytes. A rename marker
/// has one, too, and its value begins with an M.
const COUNT: &str = "
    local count = 0
    for _, key in ipairs(redis.call('keys', ARGV[1] .. '*')) do
        if #key == #ARGV[1] + 38 and redis.call('getrange', key, 0, 0) ~= 'M' then count = count + 1 end
    end
    return count";

/// Keys with their own beginning on the server that the tests share. They are kept until they expire.
pub(crate) struct Database {
    prefix: String,
    client: Client,
}

impl Database {
    pub(crate) async fn new() -> Self {
        let config = Config::from_url(&test_servers::redis_url()).expect("the URL is valid");
        let client = Client::new(config, None, None, None);
        client.init().await.expect("the server is running");
        Self { prefix: format!("axum_{:016x}:", rand::random::<u64>()), client }
    }

    /// Makes the setup of a site on the database.
    pub(crate) async fn setup(&self) -> Setup {
        let mut options = RedisOptions::default();
        options.prefix = self.prefix.parse().expect("the beginning of a key has no brace");
        let store = RedisStore::connect_with(&test_servers::redis_url(), options).await;
        let mut setup = Setup::new();
        setup.store = Some(Arc::new(store.expect("the server is running")));
        setup
    }

    /// Returns the number of sessions under the keys.
    pub(crate) async fn rows(&self) -> i64 {
        let eval = CustomCommand::new_static("EVAL", None, false);
        let count = self.client.custom(eval, vec![COUNT, "0", &self.prefix]).await;
        count.expect("the server runs scripts")
    }
}
