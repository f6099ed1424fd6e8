//! The driver fred.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fred::clients::Client;
use fred::interfaces::{ClientLike as _, KeysInterface as _};
use fred::types::{Expiration, SetOptions, Value};
use tokio::time::{Instant, sleep};

use crate::driver::connection::Connection;
use crate::driver::contract::{Command, Driver, Reply};
use crate::driver::current::Current;
use crate::driver::said::failure_of;
use crate::driver::settings;
use crate::error::Failure;
use crate::scripts::Script;
use crate::trace;

/// The pause before a refused command is sent again, which doubles each time up to the longest one.
const FIRST_PAUSE: Duration = Duration::from_millis(2);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// The driver fred.
#[derive(Clone, Debug)]
pub(crate) struct Fred {
    current: Current,
    is_cluster: bool,
}

impl Fred {
    /// Connects a client of the store's own.
    pub(crate) async fn connect(url: &str, call_timeout: Duration) -> Result<Self, Failure> {
        Ok(Self::new(Current::open(url, call_timeout).await?))
    }

    /// Uses a client of the application's.
    pub(crate) fn of(client: Client) -> Result<Self, Failure> {
        settings::check(&client)?;
        Ok(Self::new(Current::of(client)))
    }

    fn new(current: Current) -> Self {
        let is_cluster = current.get().client.is_clustered();
        Self { current, is_cluster }
    }

    /// Sends a command, and sends it again if nothing was done, until the time is over.
    async fn repeat<T, F>(
        &self,
        until: Instant,
        mut send: impl FnMut(Arc<Connection>) -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let mut pause = FIRST_PAUSE;
        loop {
            let connection = self.current.get();
            // Seldom in doubt, so the question does not make every call larger.
            let is_fit = match connection.watch.doubt().unresolved() {
                _ if !connection.client.is_connected() => Err(connection.not_connected()),
                Some(raised) if !self.is_cluster => Box::pin(connection.check_role(raised, until)).await,
                _ => Ok(()),
            };
            let outcome = match is_fit {
                Ok(()) => send(Arc::clone(&connection)).await,
                Err(failure) => Err(failure),
            };
            self.note(&connection, outcome.as_ref().err());
            match outcome {
                Err(failure) if failure.is_nothing_done() && Instant::now() + pause < until => {}
                outcome => return outcome.map_err(|failure| connection.explained(failure)),
            }
            trace::event("the server has done nothing, and is asked again");
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Notes what an outcome tells of the connection, and replaces one that is of no use.
    fn note(&self, connection: &Arc<Connection>, failure: Option<&Failure>) {
        match failure {
            Some(Failure::Late) if connection.is_silent() => self.current.replace(connection),
            Some(Failure::Late | Failure::NotConnected(_)) => {}
            Some(Failure::NotRunning) => self.current.replace(connection),
            Some(Failure::ReadOnly(_) | Failure::Replica) => {
                connection.reply();
                connection.watch.doubt().raise();
                self.current.replace(connection);
            }
            _ => connection.reply(),
        }
    }
}

impl Driver for Fred {
    fn is_cluster(&self) -> bool {
        self.is_cluster
    }

    async fn get(&self, key: &Bytes, until: Instant) -> Result<Option<Bytes>, Failure> {
        let get = async |connection: Arc<Connection>| {
            let reply = connection.with(true, until).get(key.clone()).await;
            reply.map_err(|error| failure_of(&error, true))
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
        let set = async |connection: Arc<Connection>| {
            let (key, value, expiration) = (key.clone(), value.clone(), time_to_live.map(Expiration::PX));
            let client = connection.with(false, until);
            let reply = client.set(key, value, expiration, Some(SetOptions::NX), false).await;
            reply.map_err(|error| failure_of(&error, false))
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
        let send = async |connection: Arc<Connection>| {
            let all = [key].into_iter().chain(arguments).map(|bytes| Value::Bytes(bytes.clone()));
            connection.custom(name, is_read, key, all.collect(), until).await
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
        let send = async |connection: Arc<Connection>| connection.run(script, keys, arguments, until).await;
        reply(self.repeat(until, send).await?)
    }

    async fn info(&self, until: Instant) -> Result<Bytes, Failure> {
        let any = Bytes::new();
        let send = async |connection: Arc<Connection>| {
            connection.custom("INFO", true, &any, Vec::new(), until).await
        };
        reply(self.repeat(until, send).await?)?.into_bytes()
    }

    async fn ping(&self, until: Instant) -> Result<(), Failure> {
        let send = async |connection: Arc<Connection>| {
            let reply = connection.with(true, until).ping::<Value>(None).await;
            reply.map(|_| ()).map_err(|error| failure_of(&error, true))
        };
        self.repeat(until, send).await
    }

    async fn close(&self) {
        self.current.close().await;
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
