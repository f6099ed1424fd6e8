//! One server that loses its connections, pauses or stands still under load.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::block_in_place;

use super::{assert_nothing_lost, rounds, under_load};
use crate::server::OwnServer;

/// Something that happens to a server.
struct Fault {
    name: &'static str,
    begin: fn(&OwnServer),
    /// How long it lasts.
    lasts: Duration,
    end: fn(&OwnServer),
}

const FAULTS: [Fault; 5] = [
    Fault {
        name: "its connections are killed",
        begin: |server| drop(server.command(&["client", "kill", "type", "normal"])),
        lasts: Duration::ZERO,
        end: |_| {},
    },
    Fault {
        name: "its scripts are flushed",
        begin: |server| drop(server.command(&["script", "flush"])),
        lasts: Duration::ZERO,
        end: |_| {},
    },
    Fault {
        name: "it pauses for a second",
        begin: |server| drop(server.command(&["client", "pause", "1000", "all"])),
        lasts: Duration::from_secs(1),
        end: |_| {},
    },
    Fault {
        name: "it stands still for two seconds",
        begin: OwnServer::pause,
        lasts: Duration::from_secs(2),
        end: OwnServer::resume,
    },
    Fault {
        name: "it stands still for seven seconds, longer than a call",
        begin: OwnServer::pause,
        lasts: Duration::from_secs(7),
        end: OwnServer::resume,
    },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_interrupted_loses_no_acknowledged_write_and_is_used_again() {
    for number in 1..=rounds() {
        for fault in &FAULTS {
            let server = Arc::new(OwnServer::take());
            let figures = under_load(server.url(), async || {
                block_in_place(|| (fault.begin)(&server));
                tokio::time::sleep(fault.lasts).await;
                block_in_place(|| (fault.end)(&server));
            });
            let figures = figures.await;
            println!("{}, {number}: {figures:?}", fault.name);
            assert_nothing_lost(&figures);
        }
    }
}
