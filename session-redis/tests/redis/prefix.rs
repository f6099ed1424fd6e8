//! Keys that no other test uses.

use session_redis::{RedisOptions, RedisStore};

/// The prefix of a test's keys on a server that it shares with others.
pub(crate) struct Prefix {
    url: String,
    options: RedisOptions,
}

impl Prefix {
    /// Chooses a prefix on a server.
    pub(crate) fn at(url: String) -> Self {
        let mut options = RedisOptions::default();
        options.prefix = format!("t{:08x}:", rand::random::<u32>()).parse().unwrap();
        Self { url, options }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn options(&self) -> RedisOptions {
        self.options.clone()
    }

    /// Connects a store with a connection of its own.
    pub(crate) async fn store(&self) -> RedisStore {
        RedisStore::connect_with(&self.url, self.options()).await.unwrap()
    }
}
