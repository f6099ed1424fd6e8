//! The commands that are sent on a connection.

use std::time::Duration;

use bytes::Bytes;
use fred::clients::{Client, WithOptions};
use fred::interfaces::ClientLike as _;
use fred::types::config::Options;
use fred::types::{ClusterHash, CustomCommand, Value};
use fred::util::redis_keyslot;
use tokio::time::Instant;

use crate::driver::connection::Connection;
use crate::driver::said::failure_of;
use crate::driver::settings::READ_ATTEMPTS;
use crate::error::Failure;
use crate::info::is_replica;
use crate::scripts::Script;

impl Connection {
    /// Returns the client with the options of a command, which is noted as sent. A write fails if the
    /// connection is lost, so that the driver never sends it twice.
    pub(super) fn with(&self, is_read: bool, until: Instant) -> WithOptions<Client> {
        self.ask();
        let left = until.saturating_duration_since(Instant::now());
        self.client.with_options(&Options {
            max_attempts: Some(if is_read { READ_ATTEMPTS } else { 1 }),
            max_redirections: Some(0),
            // Zero would mean no limit.
            timeout: Some(left.max(Duration::from_millis(1))),
            fail_fast: !is_read,
            ..Options::default()
        })
    }

    pub(super) async fn custom(
        &self,
        name: &'static str,
        is_read: bool,
        key: &Bytes,
        arguments: Vec<Value>,
        until: Instant,
    ) -> Result<Value, Failure> {
        // Only a slot that is named reaches the right server.
        let slot = ClusterHash::Custom(redis_keyslot(key));
        let command = CustomCommand::new_static(name, slot, false);
        let reply = self.with(is_read, until).custom(command, arguments).await;
        reply.map_err(|error| failure_of(&error, is_read))
    }

    /// Runs a script, and sends its text to a server that does not know it.
    pub(super) async fn run(
        &self,
        script: &Script,
        keys: &[Bytes],
        arguments: &[Bytes],
        until: Instant,
    ) -> Result<Value, Failure> {
        let all = |name: &Bytes| -> Vec<Value> {
            let count = Value::Integer(keys.len() as i64);
            let values = keys.iter().chain(arguments).map(|bytes| Value::Bytes(bytes.clone()));
            [Value::Bytes(name.clone()), count].into_iter().chain(values).collect()
        };
        let first = keys.first().expect("each script has a key");
        match self.custom("EVALSHA", script.is_read, first, all(&script.hash), until).await {
            Err(Failure::UnknownScript) => {
                self.custom("EVAL", script.is_read, first, all(&script.text), until).await
            }
            outcome => outcome,
        }
    }

    /// Asks the server whether it is a replica. One that the user has no right to ask is taken for a primary.
    pub(super) async fn is_replica(&self, until: Instant) -> Result<bool, Failure> {
        match self.custom("INFO", true, &Bytes::new(), vec!["replication".into()], until).await {
            Ok(info) => Ok(is_replica(&info.as_string().unwrap_or_default())),
            Err(Failure::MissingRight(_)) => Ok(false),
            Err(failure) => Err(failure),
        }
    }

    /// Checks that the server is the primary, which resolves the doubt that was raised so often.
    pub(super) async fn check_role(&self, raised: u64, until: Instant) -> Result<(), Failure> {
        if self.is_replica(until).await? {
            return Err(Failure::Replica);
        }
        self.watch.doubt().resolve(raised);
        Ok(())
    }
}
