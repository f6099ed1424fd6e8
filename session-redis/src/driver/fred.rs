//! The driver fred.

use std::time::Duration;

use bytes::Bytes;
use fred::clients::{Client, WithOptions};
use fred::error::{Error, ErrorKind};
use fred::interfaces::{ClientLike as _, KeysInterface as _};
use fred::types::config::Options;
use fred::types::{ClusterHash, CustomCommand, Expiration, SetOptions, Value};
use fred::util::redis_keyslot;
use tokio::time::{Instant, sleep};

use crate::driver::contract::{Command, Driver, Reply};
use crate::driver::settings::{self, ATTEMPTS};
use crate::error::Failure;
use crate::scripts::Script;

/// The pause before a refused command is sent again, which doubles each time up to the longest one.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// A client of fred's.
#[derive(Clone, Debug)]
pub(crate) struct Fred {
    client: Client,
    is_own: bool,
}

impl Fred {
    /// Connects a client of the store's own.
    pub(crate) async fn connect(url: &str, call_timeout: Duration) -> Result<Self, Failure> {
        let client = settings::client(url, call_timeout)?;
        client.init().await.map_err(failure)?;
        Ok(Self { client, is_own: true })
    }

    /// Uses a client of the application's.
    pub(crate) fn of(client: Client) -> Result<Self, Failure> {
        settings::check(&client)?;
        Ok(Self { client, is_own: false })
    }

    /// Returns the client with the options of a command. A write fails if the connection is lost, so that the
    /// driver never sends it twice.
    fn with(&self, is_read: bool, until: Instant) -> WithOptions<Client> {
        let left = until.saturating_duration_since(Instant::now());
        self.client.with_options(&Options {
            max_attempts: Some(ATTEMPTS),
            max_redirections: Some(0),
            // Zero would mean no limit.
            timeout: Some(left.max(Duration::from_millis(1))),
            fail_fast: !is_read,
            ..Options::default()
        })
    }

    async fn custom(
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
        self.with(is_read, until).custom(command, arguments).await.map_err(failure)
    }

    async fn run(
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
}

impl Driver for Fred {
    fn is_cluster(&self) -> bool {
        self.client.is_clustered()
    }

    async fn get(&self, key: &Bytes, until: Instant) -> Result<Option<Bytes>, Failure> {
        let mut pause = FIRST_PAUSE;
        loop {
            let outcome = self.with(true, until).get(key.clone()).await.map_err(failure);
            if !is_sent_again(&outcome, &mut pause, until).await {
                return outcome;
            }
        }
    }

    async fn set_if_absent(
        &self,
        key: &Bytes,
        value: &Bytes,
        time_to_live: Option<i64>,
        until: Instant,
    ) -> Result<bool, Failure> {
        let mut pause = FIRST_PAUSE;
        loop {
            let expiration = time_to_live.map(Expiration::PX);
            let set = self.with(false, until);
            let set = set.set(key.clone(), value.clone(), expiration, Some(SetOptions::NX), false);
            let outcome = set.await.map_err(failure);
            if !is_sent_again(&outcome, &mut pause, until).await {
                return outcome.map(|reply: Value| !reply.is_null());
            }
        }
    }

    async fn command(
        &self,
        command: Command,
        key: &Bytes,
        arguments: &[Bytes],
        until: Instant,
    ) -> Result<Reply, Failure> {
        let (name, is_read) = match command {
            Command::GetRange => ("GETRANGE", true),
            Command::ZRangeByLex => ("ZRANGEBYLEX", true),
            Command::ZRem => ("ZREM", false),
        };
        let mut pause = FIRST_PAUSE;
        loop {
            let all = [key].into_iter().chain(arguments).map(|bytes| Value::Bytes(bytes.clone()));
            let outcome = self.custom(name, is_read, key, all.collect(), until).await;
            if !is_sent_again(&outcome, &mut pause, until).await {
                return reply(outcome?);
            }
        }
    }

    async fn script(
        &self,
        script: &'static Script,
        keys: &[Bytes],
        arguments: &[Bytes],
        until: Instant,
    ) -> Result<Reply, Failure> {
        let mut pause = FIRST_PAUSE;
        loop {
            let outcome = self.run(script, keys, arguments, until).await;
            if !is_sent_again(&outcome, &mut pause, until).await {
                return reply(outcome?);
            }
        }
    }

    async fn ping(&self, until: Instant) -> Result<(), Failure> {
        self.with(true, until).ping::<Value>(None).await.map(|_| ()).map_err(failure)
    }

    async fn close(&self) {
        if self.is_own {
            // The connection is closed even if the server cannot be told.
            let _ = self.client.quit().await;
        }
    }
}

/// Waits, and tells whether a command is to be sent again: if it was refused, and there is time.
async fn is_sent_again<T>(outcome: &Result<T, Failure>, pause: &mut Duration, until: Instant) -> bool {
    if !matches!(outcome, Err(Failure::Refused(_))) || Instant::now() + *pause >= until {
        return false;
    }
    sleep(*pause).await;
    *pause = (*pause * 2).min(LONGEST_PAUSE);
    true
}

fn failure(error: Error) -> Failure {
    match (error.kind(), Failure::of_server(error.details())) {
        (ErrorKind::Routing, _) => Failure::Refused(error.details().into()),
        (
            ErrorKind::IO
            | ErrorKind::Timeout
            | ErrorKind::Canceled
            | ErrorKind::Protocol
            | ErrorKind::Sentinel
            | ErrorKind::Backpressure,
            _,
        ) => Failure::Unavailable(error.details().into()),
        (_, failure) => failure,
    }
}

fn reply(value: Value) -> Result<Reply, Failure> {
    match value {
        Value::Null => Ok(Reply::Nothing),
        Value::Integer(number) => Ok(Reply::Number(number)),
        Value::Array(values) => values.into_iter().map(reply).collect::<Result<_, _>>().map(Reply::Many),
        Value::Bytes(_)
        | Value::String(_)
        | Value::Boolean(_)
        | Value::Double(_)
        | Value::Map(_)
        | Value::Queued => value.into_bytes().map(Reply::Bytes).ok_or(Failure::BadReply),
    }
}
