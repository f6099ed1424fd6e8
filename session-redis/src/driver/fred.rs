//! The driver fred.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fred::clients::{Client, WithOptions};
use fred::interfaces::{ClientLike as _, KeysInterface as _};
use fred::types::config::Options;
use fred::types::{ClusterHash, ConnectHandle, CustomCommand, Expiration, SetOptions, Value};
use fred::util::redis_keyslot;
use tokio::time::{Instant, sleep};

use crate::driver::contract::{Command, Driver, Reply};
use crate::driver::said::failure;
use crate::driver::settings::{self, ATTEMPTS};
use crate::driver::watch::Watch;
use crate::error::Failure;
use crate::info::is_replica;
use crate::scripts::Script;
use crate::trace;

/// The pause before a refused command is sent again, which doubles each time up to the longest one.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// A client of fred's.
#[derive(Clone, Debug)]
pub(crate) struct Fred {
    client: Client,
    /// The task that runs the client, if it is the store's own.
    task: Option<Arc<Task>>,
    watch: Watch,
}

/// The task that runs a client. When this is dropped, the connection is closed.
#[derive(Debug, Default)]
struct Task(Option<ConnectHandle>);

impl Drop for Task {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

impl Fred {
    /// Connects a client of the store's own.
    pub(crate) async fn connect(url: &str, call_timeout: Duration) -> Result<Self, Failure> {
        let client = settings::client(url, call_timeout)?;
        let watch = Watch::of(&client);
        let mut task = Task::default();
        let begin = async { task.0 = Some(client.connect()) };
        // In this order, the outcome is waited for before it can come.
        let (outcome, ()) = tokio::join!(biased; client.wait_for_connect(), begin);
        outcome.map_err(failure)?;
        Ok(Self { client, task: Some(Arc::new(task)), watch })
    }

    /// Uses a client of the application's.
    pub(crate) fn of(client: Client) -> Result<Self, Failure> {
        settings::check(&client)?;
        Ok(Self { watch: Watch::of(&client), client, task: None })
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

    /// Sends a command, and sends it again if nothing was done, until the time is over.
    async fn repeat<T, F>(&self, until: Instant, mut send: impl FnMut() -> F) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let mut pause = FIRST_PAUSE;
        loop {
            // Seldom in doubt, so the question does not make every call larger.
            let is_primary = match self.watch.doubt().unresolved() {
                Some(raised) if !self.is_cluster() => Box::pin(self.check_role(raised, until)).await,
                _ => Ok(()),
            };
            let outcome = match is_primary {
                Ok(()) => send().await,
                Err(failure) => Err(failure),
            };
            if matches!(outcome, Err(Failure::ReadOnly(_))) {
                self.watch.doubt().raise();
            }
            match outcome {
                Err(failure) if failure.is_nothing_done() && Instant::now() + pause < until => {}
                outcome => return outcome.map_err(|failure| self.explained(failure)),
            }
            trace::event("the server has done nothing, and is asked again");
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Checks that the server is the primary. If the user has no right to ask, it is taken for that.
    async fn check_role(&self, raised: u64, until: Instant) -> Result<(), Failure> {
        let any = Bytes::new();
        match self.custom("INFO", true, &any, vec!["replication".into()], until).await {
            Ok(info) if is_replica(&info.as_string().unwrap_or_default()) => return Err(Failure::Replica),
            Ok(_) | Err(Failure::MissingRight(_)) => {}
            Err(failure) => return Err(failure),
        }
        self.watch.doubt().resolve(raised);
        Ok(())
    }

    /// Adds the reason why there is no connection to a failure that comes from that.
    fn explained(&self, failure: Failure) -> Failure {
        match (failure, self.watch.last_problem()) {
            (Failure::Late | Failure::NotConnected(_), Some(problem)) => Failure::NotConnected(problem),
            (Failure::Late, None) if !self.client.is_connected() => Failure::NotRunning,
            (failure, _) => failure,
        }
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
        let get = || {
            let (client, key) = (self.with(true, until), key.clone());
            async move { client.get(key).await.map_err(failure) }
        };
        self.repeat(until, get).await
    }

    async fn set_if_absent(
        &self,
        key: &Bytes,
        value: &Bytes,
        time_to_live: Option<i64>,
        until: Instant,
    ) -> Result<bool, Failure> {
        let expiration = time_to_live.map(Expiration::PX);
        let set = || {
            let client = self.with(false, until);
            let (key, value, expiration) = (key.clone(), value.clone(), expiration.clone());
            async move { client.set(key, value, expiration, Some(SetOptions::NX), false).await.map_err(failure) }
        };
        self.repeat(until, set).await.map(|reply: Value| !reply.is_null())
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
        let send = || {
            let all = [key].into_iter().chain(arguments).map(|bytes| Value::Bytes(bytes.clone()));
            self.custom(name, is_read, key, all.collect(), until)
        };
        reply(self.repeat(until, send).await?)
    }

    async fn script(
        &self,
        script: &'static Script,
        keys: &[Bytes],
        arguments: &[Bytes],
        until: Instant,
    ) -> Result<Reply, Failure> {
        reply(self.repeat(until, || self.run(script, keys, arguments, until)).await?)
    }

    async fn info(&self, until: Instant) -> Result<Bytes, Failure> {
        let any = Bytes::new();
        let send = || self.custom("INFO", true, &any, Vec::new(), until);
        reply(self.repeat(until, send).await?)?.into_bytes()
    }

    async fn ping(&self, until: Instant) -> Result<(), Failure> {
        self.repeat(until, || {
            let client = self.with(true, until);
            async move { client.ping::<Value>(None).await.map(|_| ()).map_err(failure) }
        })
        .await
    }

    async fn close(&self) {
        if self.task.is_some() {
            // The connection is closed even if the server cannot be told.
            let _ = self.client.quit().await;
        }
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
