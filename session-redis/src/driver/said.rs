//! The words of the driver for an error.

use fred::error::{Error, ErrorKind};

use crate::error::Failure;

/// The driver's words when it does not send a write, because there is no connection.
const NOT_SENT: &str = "Connection closed unexpectedly.";
/// The driver's words for a command that was under way when its client was ended.
const ENDED: &str = "channel closed";
/// The driver's words when it knows no server for a command, which it has not sent.
const NO_ROUTE: &str = "Failed to route command.";
/// The word with which a node says that the cluster is down.
const CLUSTER_DOWN: &str = "CLUSTERDOWN";
/// A part of the driver's words when a server's certificate is not trusted, which no repetition changes.
const CERTIFICATE: &str = "InvalidCertificate";
/// The driver's words when it has not begun to connect, or was ended.
const NOT_RUNNING: [&str; 2] = ["Client is not initialized.", "Failed to send command to router."];

/// Makes the failure of an error of a command. When one command is told that the cluster is down, the driver
/// tells all others on the same connection the same, also those that were executed.
pub(super) fn failure_of(error: &Error, is_read: bool) -> Failure {
    let said = plain(error.details());
    if !is_read && said.starts_with(CLUSTER_DOWN) {
        Failure::Unavailable(said.into())
    } else if is_read && said == ENDED {
        // A read can be sent again, on the connection that has taken the place of the one that was ended.
        Failure::Refused(said.into())
    } else {
        failure(error)
    }
}

/// Makes the failure of an error of the driver.
pub(super) fn failure(error: &Error) -> Failure {
    let said = plain(error.details());
    match (error.kind(), Failure::of_server(said)) {
        (ErrorKind::Canceled, _) if said == NOT_SENT => Failure::NotConnected(said.into()),
        (ErrorKind::Unknown, _) if NOT_RUNNING.contains(&said) => Failure::NotRunning,
        (ErrorKind::Unknown, _) if said == ENDED => Failure::Unavailable(said.into()),
        (ErrorKind::Unknown, _) if said == NO_ROUTE => Failure::Refused(said.into()),
        (ErrorKind::IO, _) if said.contains(CERTIFICATE) => Failure::Other(said.into()),
        (ErrorKind::Routing, _) => Failure::Refused(said.into()),
        (ErrorKind::Timeout, _) => Failure::Late,
        (ErrorKind::Protocol, _) => Failure::NotRedis(said.into()),
        (ErrorKind::IO | ErrorKind::Canceled | ErrorKind::Sentinel | ErrorKind::Backpressure, _) => {
            Failure::Unavailable(said.into())
        }
        // The driver's own, because those of a server begin with a word in capitals.
        (ErrorKind::Unknown, Failure::Other(_))
            if said.starts_with(|first: char| first.is_ascii_uppercase())
                && said.chars().nth(1).is_some_and(|second| second.is_ascii_lowercase()) =>
        {
            Failure::Unavailable(said.into())
        }
        (_, failure) => failure,
    }
}

/// Returns the driver's words for an error. Those for an error of the system are its parts, of which the last
/// one is in plain words.
pub(super) fn plain(said: &str) -> &str {
    let parts = said.strip_prefix("Os { ").or_else(|| said.strip_prefix("Custom { "));
    let last =
        parts.and_then(|parts| [" message: ", " error: "].iter().find_map(|name| parts.split_once(name)));
    last.map_or(said, |(_, text)| text.trim_end_matches(" }").trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_whose_client_was_ended_is_unavailable() {
        let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
        drop(sender);
        // As the driver makes it.
        let error = Error::from(receiver.blocking_recv().unwrap_err());
        assert!(matches!(failure_of(&error, false), Failure::Unavailable(_)), "{error}");
        assert!(matches!(failure_of(&error, true), Failure::Refused(_)), "{error}");
    }

    #[test]
    fn an_error_of_the_system_is_shown_in_its_own_words() {
        let refused = r#"Os { code: 111, kind: ConnectionRefused, message: "Connection refused" }"#;
        assert_eq!(plain(refused), "Connection refused");
        let unknown = r#"Custom { kind: Uncategorized, error: "failed to lookup address information" }"#;
        assert_eq!(plain(unknown), "failed to lookup address information");
        let certificate = "Custom { kind: InvalidData, error: InvalidCertificate(UnknownIssuer) }";
        assert_eq!(plain(certificate), "InvalidCertificate(UnknownIssuer)");
        assert_eq!(plain("LOADING the data"), "LOADING the data");
    }
}
