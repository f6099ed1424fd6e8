//! The calls that the store needs of a driver.

use bytes::Bytes;
use tokio::time::Instant;

use crate::error::Failure;
use crate::scripts::Script;

/// A connection to one server or to a cluster.
///
/// Each command returns by the time `until`. A command that the server has refused and did not run, or that
/// was not sent, is sent again until then. A read is also sent again, a few times, if its connection is lost;
/// a write never.
pub(crate) trait Driver: Send + Sync + 'static {
    /// Tells whether the keys are spread over several servers, so that a script can use those of one slot
    /// only.
    fn is_cluster(&self) -> bool;

    /// Returns the value of a key.
    fn get(&self, key: &Bytes, until: Instant)
    -> impl Future<Output = Result<Option<Bytes>, Failure>> + Send;

    /// Sets the value of a key that has none. Tells whether it was set.
    fn set_if_absent(
        &self,
        key: &Bytes,
        value: &Bytes,
        time_to_live: Option<i64>,
        until: Instant,
    ) -> impl Future<Output = Result<bool, Failure>> + Send;

    /// Runs a command on one key.
    fn command(
        &self,
        command: Command,
        key: &Bytes,
        arguments: &[Bytes],
        until: Instant,
    ) -> impl Future<Output = Result<Reply, Failure>> + Send;

    /// Runs a script on keys of one slot.
    fn script(
        &self,
        script: &'static Script,
        keys: &[Bytes],
        arguments: &[Bytes],
        until: Instant,
    ) -> impl Future<Output = Result<Reply, Failure>> + Send;

    /// Returns what a server says about itself, in the form of the command INFO.
    fn info(&self, until: Instant) -> impl Future<Output = Result<Bytes, Failure>> + Send;

    /// Sends a message to a server, and waits for the reply.
    fn ping(&self, until: Instant) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Closes the connection, if it is the store's own.
    fn close(&self) -> impl Future<Output = ()> + Send;
}

/// A command on one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    GetRange,
    ZRangeByLex,
    ZRem,
}

/// The reply of a command or of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Nothing,
    Number(i64),
    Bytes(Bytes),
    Many(Vec<Reply>),
}

impl Reply {
    pub(crate) fn into_bytes(self) -> Result<Bytes, Failure> {
        if let Self::Bytes(bytes) = self { Ok(bytes) } else { Err(Failure::BadReply) }
    }

    pub(crate) fn into_many(self) -> Result<Vec<Self>, Failure> {
        if let Self::Many(replies) = self { Ok(replies) } else { Err(Failure::BadReply) }
    }
}
