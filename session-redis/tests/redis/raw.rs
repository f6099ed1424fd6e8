//! Commands to a server without the store.

use session_redis::fred::clients::Client;
use session_redis::fred::interfaces::ClientLike as _;
use session_redis::fred::types::config::Config;
use session_redis::fred::types::{ClusterHash, CustomCommand, Value};
use session_redis::fred::util::redis_keyslot;

/// A connection to a server, or to all nodes of a cluster.
pub(crate) struct Raw(Client);

impl Raw {
    pub(crate) async fn connect(url: &str) -> Self {
        let client = Client::new(Config::from_url(url).unwrap(), None, None, None);
        client.init().await.unwrap();
        Self(client)
    }

    /// Runs a command whose first argument is a key.
    pub(crate) async fn call(&self, name: &'static str, arguments: &[&[u8]]) -> Value {
        self.try_call(name, arguments).await.unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Runs a command, and returns the text of an error.
    pub(crate) async fn try_call(&self, name: &'static str, arguments: &[&[u8]]) -> Result<Value, String> {
        let slot = ClusterHash::Custom(redis_keyslot(arguments.first().copied().unwrap_or_default()));
        let values = arguments.iter().map(|bytes| Value::Bytes(bytes.to_vec().into())).collect();
        let reply = self.0.custom(CustomCommand::new_static(name, slot, false), values).await;
        reply.map_err(|error| error.to_string())
    }

    pub(crate) async fn bytes(&self, name: &'static str, arguments: &[&[u8]]) -> Vec<u8> {
        self.call(name, arguments).await.into_bytes().unwrap().to_vec()
    }

    pub(crate) async fn number(&self, name: &'static str, arguments: &[&[u8]]) -> i64 {
        self.call(name, arguments).await.as_i64().unwrap()
    }

    /// Runs a command that replies with several values.
    pub(crate) async fn many(&self, name: &'static str, arguments: &[&[u8]]) -> Vec<Vec<u8>> {
        let values = self.call(name, arguments).await.into_array();
        values.into_iter().map(|value| value.into_bytes().unwrap().to_vec()).collect()
    }
}
