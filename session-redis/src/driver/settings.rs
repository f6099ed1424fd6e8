//! The settings of a client, on which the store's promises depend.

use std::time::Duration;

use fred::clients::Client;
use fred::interfaces::ClientLike as _;
use fred::types::config::{
    ConnectionConfig, PerformanceConfig, ReconnectPolicy, TcpConfig, UnresponsiveConfig,
};

use crate::driver::url;
use crate::error::Failure;

/// The longest time to open a connection, and for the driver's own commands.
const CONNECT: Duration = Duration::from_secs(1);
/// The time after which a connection without a reply is taken for lost, and how often that is looked at.
pub(super) const SILENT: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(500);
/// The number of events that wait for their listeners. The driver tells a listener nothing more after it has
/// missed some.
const EVENTS: usize = 1_024;
/// The pauses between two tries to connect, in milliseconds. There is no end to the tries.
const PAUSES: (u32, u32) = (20, 500);
/// The number of times that the driver sends a read. It sends a write once: `fail_fast` alone does not
/// prevent a second time when the servers of a cluster change.
pub(crate) const READ_ATTEMPTS: u32 = 3;

/// Makes a client of the store's own.
pub(crate) fn client(url: &str, call_timeout: Duration) -> Result<Client, Failure> {
    let mut config = url::config(url)?;
    config.fail_fast = true;
    let performance = PerformanceConfig {
        default_command_timeout: call_timeout,
        broadcast_channel_capacity: EVENTS,
        ..Default::default()
    };
    let connection = ConnectionConfig {
        connection_timeout: CONNECT.min(call_timeout),
        internal_command_timeout: CONNECT.min(call_timeout),
        // If the driver followed a redirection under load, it would give replies to the wrong callers.
        max_redirections: 0,
        max_command_attempts: READ_ATTEMPTS,
        unresponsive: UnresponsiveConfig { max_timeout: Some(SILENT), interval: LOOK },
        reconnect_on_auth_error: true,
        tcp: TcpConfig { nodelay: Some(true), ..Default::default() },
        ..Default::default()
    };
    let policy = ReconnectPolicy::new_exponential(0, PAUSES.0, PAUSES.1, 2);
    Ok(Client::new(config, Some(performance), Some(connection), Some(policy)))
}

/// Fails if a client of the application's has settings with which the store would not keep its promises.
pub(crate) fn check(client: &Client) -> Result<(), Failure> {
    let connection = client.connection_config();
    if client.is_clustered() && connection.max_redirections != 0 {
        return Err(Failure::Client(
            "the client follows redirections, and while a cluster moves a slot it would give the replies to \
             the wrong callers: set ConnectionConfig::max_redirections = 0",
        ));
    }
    if client.perf_config().default_command_timeout.is_zero() {
        return Err(Failure::Client(
            "the client waits for a reply without end: set PerformanceConfig::default_command_timeout",
        ));
    }
    let has_end = |policy: ReconnectPolicy| policy.max_attempts() != 0;
    if client.client_reconnect_policy().is_none_or(has_end) {
        return Err(Failure::Client(
            "the client does not connect again and again after its connection was lost: give it a \
             ReconnectPolicy with 0 as the number of attempts, which means no limit",
        ));
    }
    Ok(())
}
