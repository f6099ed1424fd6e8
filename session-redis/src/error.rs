//! The ways in which a store call can fail.

use std::sync::Arc;

use session_core::store::after_miss::NewKeyTaken;
use session_core::store::{StoreError, StoreErrorKind};

/// The store's name in errors.
pub(crate) const STORE: &str = "redis";

/// The rights that a store needs. Older servers do not say which of them a script lacks.
const RIGHTS: &str = "+get +set +del +exists +getrange +setrange +pexpire +persist +pttl +zadd +zrem +zcard \
    +zrangebylex +evalsha +eval +ping (for a cluster also +cluster|slots +cluster|info, for sentinels +role, for a database with a number +select)";

/// The reason why a store call failed. Its texts contain no key, owner, payload or password.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The server has done nothing.
    #[error("{0}")]
    Refused(Arc<str>),
    /// The server may have done it.
    #[error("{0}")]
    Unavailable(Arc<str>),
    #[error("{0}")]
    Full(Arc<str>),
    #[error("the server does not know a script")]
    UnknownScript,
    #[error("the URL is not one of Redis, such as redis://user:password@host:6379")]
    BadUrl,
    #[error("the server does not reply as Redis does: {0}")]
    NotRedis(Arc<str>),
    /// It may not have the last writes.
    #[error("the server is a replica: connect to the primary")]
    Replica,
    /// The server has done nothing, because it is a replica.
    #[error("{0}")]
    ReadOnly(Arc<str>),
    /// The driver would find a part of the sessions only.
    #[error("the server is a node of a cluster, whose URL begins with redis-cluster:// or rediss-cluster://")]
    NodeOfCluster,
    #[error("the URL needs a feature of session-redis that is not enabled: {0}")]
    MissingFeature(&'static str),
    /// A setting of the application's client, with the remedy.
    #[error("{0}")]
    Client(&'static str),
    #[error("{0}: give the user {RIGHTS}, and all keys that begin with the prefix")]
    MissingRight(Arc<str>),
    #[error("{0}")]
    Other(Arc<str>),
    /// Nothing was sent.
    #[error("there is no connection to the server: {0}")]
    NotConnected(Arc<str>),
    #[error(
        "the driver does not run: call `init()` of the client before, and do not end it before the store"
    )]
    NotRunning,
    #[error("the server did not reply in time")]
    Late,
    #[error("the server did not reply in time; the last problem of the connection: {0}")]
    LateAfter(Arc<str>),
    #[error("a key of the store holds something that is not a record of this release")]
    BadValue,
    #[error("a script did not reply as expected: is this a Redis or a Valkey server?")]
    BadReply,
    #[error(transparent)]
    NewKeyTaken(#[from] NewKeyTaken),
    #[error("the new key has another placement than the old one, so both may lie on different servers")]
    OtherPlacement,
    #[error("the cursor is not one of this store")]
    BadCursor,
    #[error("the store was closed")]
    Closed,
    #[error("the runtime of the task that made the call was shut down, so it may or may not be done")]
    Ended,
}

impl Failure {
    /// Makes the failure of an error that the server has told, by the word that its text begins with.
    pub(crate) fn of_server(text: &str) -> Self {
        let shown = shown(text);
        match text.split([' ', ':']).next().unwrap_or_default() {
            "ASK" | "BUSY" | "CLUSTERDOWN" | "LOADING" | "MASTERDOWN" | "MOVED" | "NOREPLICAS"
            | "TRYAGAIN" => Self::Refused(shown),
            "READONLY" => Self::ReadOnly(shown),
            "NOSCRIPT" => Self::UnknownScript,
            "OOM" => Self::Full(shown),
            "WRONGTYPE" => Self::BadValue,
            "NOPERM" => Self::MissingRight(shown),
            "MISCONF" => Self::Unavailable(shown),
            // A script reads a key that has moved to another node.
            _ if text.contains("non local key") => Self::Refused(shown),
            _ if text.contains("READONLY") => Self::ReadOnly(shown),
            _ if text.contains("can't run this command") || text.contains("ACL failure in script") => {
                Self::MissingRight(shown)
            }
            _ => Self::Other(shown),
        }
    }

    /// Tells whether the server has done nothing, so that the command may be sent again.
    pub(crate) const fn is_nothing_done(&self) -> bool {
        matches!(self, Self::Refused(_) | Self::ReadOnly(_) | Self::Replica | Self::NotConnected(_))
    }

    pub(crate) fn store_error(self) -> StoreError {
        StoreError::new(STORE, self.kind()).with_source(self)
    }

    fn kind(&self) -> StoreErrorKind {
        match self {
            Self::Refused(_)
            | Self::ReadOnly(_)
            | Self::Replica
            | Self::Unavailable(_)
            | Self::NotRedis(_)
            | Self::NotConnected(_)
            | Self::NotRunning
            | Self::Late
            | Self::LateAfter(_)
            | Self::Closed
            | Self::Ended => StoreErrorKind::Unavailable,
            Self::Full(_) => StoreErrorKind::Full,
            Self::BadValue => StoreErrorKind::Corrupt,
            Self::MissingRight(_)
            | Self::Other(_)
            | Self::UnknownScript
            | Self::BadUrl
            | Self::NodeOfCluster
            | Self::MissingFeature(_)
            | Self::Client(_)
            | Self::BadReply
            | Self::NewKeyTaken(_)
            | Self::OtherPlacement
            | Self::BadCursor => StoreErrorKind::Other,
        }
    }
}

/// Returns the text of an error without the arguments of the command, which some servers quote.
fn shown(text: &str) -> Arc<str> {
    text.split_once(", with args beginning with").map_or(text, |(shown, _)| shown).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_server_has_its_kind() {
        use StoreErrorKind::{Corrupt, Full, Other, Unavailable};
        for (text, kind) in [
            ("MOVED 3999 127.0.0.1:6381", Unavailable),
            ("CLUSTERDOWN Hash slot not served", Unavailable),
            ("READONLY You can't write against a read only replica.", Unavailable),
            ("ERR Script attempted to access a non local key in a cluster node", Unavailable),
            ("MISCONF Errors writing to the AOF file: No space left on device", Unavailable),
            ("OOM command not allowed when used memory > 'maxmemory'.", Full),
            ("WRONGTYPE Operation against a key holding the wrong kind of value", Corrupt),
            ("NOPERM User web has no permissions to run the 'evalsha' command", Other),
            ("ERR unknown command 'GETRANGE'", Other),
        ] {
            assert_eq!(Failure::of_server(text).kind(), kind, "{text}");
        }
    }

    #[test]
    fn a_missing_right_is_named_with_the_remedy() {
        for text in [
            "NOPERM User web has no permissions to run the 'set' command",
            "ERR The user executing the script can't run this command or subcommand",
            "ERR ACL failure in script: User web has no permissions to run the 'set' command",
        ] {
            let shown = Failure::of_server(text).to_string();
            assert!(shown.starts_with(text) && shown.contains("give the user +get"), "{shown}");
        }
    }

    #[test]
    fn no_error_quotes_the_arguments_of_a_command() {
        let text = "ERR unknown command 'GET', with args beginning with: 'hush' ";
        assert_eq!(Failure::of_server(text).to_string(), "ERR unknown command 'GET'");
    }
}
