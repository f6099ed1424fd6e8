//! The rules of the store contract.

use session_core::store::async_trait;
use session_redis::{RedisOptions, RedisStore};
use session_testkit::{Capability, CountingStore, Fresh, Harness, HarnessError};

/// The default options, with a prefix for each store.
struct Default;

#[async_trait]
impl Harness for Default {
    async fn fresh(&self) -> Result<Fresh, HarnessError> {
        let mut options = RedisOptions::default();
        options.prefix = format!("t{:08x}:", rand::random::<u32>()).parse()?;
        let url = std::env::var("SESSION_REDIS_URL")?;
        let one = RedisStore::connect_with(&url, options.clone()).await?;
        let two = RedisStore::connect_with(&url, options).await?;
        Ok(Fresh::new(CountingStore::new(one)).second(CountingStore::new(two)))
    }

    fn capabilities(&self) -> Vec<Capability> {
        vec![Capability::Owners, Capability::VirtualTime, Capability::SecondHandle]
    }
}

session_testkit::conformance!(default, Default, [owners, virtual_time, second_handle]);
