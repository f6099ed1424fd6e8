//! A cluster as one of its nodes sees it.

use std::ops::RangeInclusive;

use crate::error::Error;
use crate::redis::Redis;

/// The number of slots of a cluster.
const SLOTS: usize = 16_384;

/// The nodes of a cluster, in the order of their ports.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct View(Vec<Seen>);

/// A node as another one sees it.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    port: u16,
    id: String,
    /// The ID of its primary, if it is a replica.
    primary: Option<String>,
    /// Is false if the other one takes it for failed, or does not know it well yet.
    is_up: bool,
    slots: Vec<RangeInclusive<u16>>,
}

impl View {
    /// Asks a node.
    pub(crate) fn of(node: &Redis) -> Result<Self, Error> {
        Ok(Self::read(&node.command(&["cluster", "nodes"])?))
    }

    /// Reads the reply, which has a line for each node.
    fn read(reply: &str) -> Self {
        let mut nodes: Vec<Seen> = reply.lines().filter_map(Seen::read).collect();
        nodes.sort_by_key(|node| node.port);
        Self(nodes)
    }

    /// Leaves out the nodes at other ports than these.
    pub(crate) fn only(mut self, ports: &[u16]) -> Self {
        self.0.retain(|node| ports.contains(&node.port));
        self
    }

    /// Checks whether all nodes are up, and each slot has a primary among them.
    pub(crate) fn is_whole(&self) -> bool {
        let slots: usize = self.0.iter().flat_map(|node| &node.slots).map(ExactSizeIterator::len).sum();
        self.0.iter().all(|node| node.is_up) && slots == SLOTS
    }

    /// Returns the port of a slot's primary.
    pub(crate) fn owner(&self, slot: u16) -> Option<u16> {
        let found = self.0.iter().find(|node| node.slots.iter().any(|slots| slots.contains(&slot)));
        found.map(|node| node.port)
    }

    /// Returns the ID of the node at a port.
    pub(crate) fn id(&self, port: u16) -> Option<&str> {
        self.seen(port).map(|node| &*node.id)
    }

    /// Returns the port of the primary of the replica at a port.
    pub(crate) fn primary(&self, port: u16) -> Option<u16> {
        let id = self.seen(port)?.primary.as_ref()?;
        self.0.iter().find(|node| node.id == *id).map(|node| node.port)
    }

    /// Checks whether the node at a port is a primary.
    pub(crate) fn is_primary(&self, port: u16) -> bool {
        self.seen(port).is_some_and(|node| node.primary.is_none())
    }

    /// Returns the ports of all primaries.
    pub(crate) fn primaries(&self) -> Vec<u16> {
        self.0.iter().map(|node| node.port).filter(|port| self.is_primary(*port)).collect()
    }

    /// Returns the ports of the replicas of the primary at a port.
    pub(crate) fn replicas(&self, port: u16) -> Vec<u16> {
        let of_port = |replica: &u16| self.primary(*replica) == Some(port);
        self.0.iter().map(|node| node.port).filter(of_port).collect()
    }

    fn seen(&self, port: u16) -> Option<&Seen> {
        self.0.iter().find(|node| node.port == port)
    }
}

impl Seen {
    /// Reads a line: ID, address, flags, ID of the primary, four more words, and the slots. A slot that is
    /// being moved has another word in brackets, which is left out.
    fn read(line: &str) -> Option<Self> {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let [id, address, flags, primary, _, _, _, _, ref slots @ ..] = words[..] else { return None };
        let port = address.split('@').next()?.rsplit(':').next()?.parse().ok()?;
        let mut flags = flags.split(',');
        Some(Self {
            port,
            id: id.to_owned(),
            primary: (primary != "-").then(|| primary.to_owned()),
            is_up: flags.all(|flag| matches!(flag, "myself" | "master" | "slave")),
            slots: slots.iter().filter_map(|slots| range(slots)).collect(),
        })
    }
}

/// Reads `7` or `0-5460`.
fn range(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    Some(first.parse().ok()?..=last.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLY: &str = "\
        c3 127.0.0.1:23@33,,tls-port=0 slave a1 0 1 1 connected\n\
        a1 127.0.0.1:21@31 myself,master - 0 0 1 connected 0-5460 5462 [7->-b2]\n\
        b2 127.0.0.1:22@32 master - 0 1 2 connected 5461 5463-16383\n";

    #[test]
    fn nodes_are_read_with_their_slots_and_primaries() {
        let view = View::read(REPLY);
        assert_eq!([0, 5461, 5462].map(|slot| view.owner(slot)), [Some(21), Some(22), Some(21)]);
        assert_eq!((view.id(23), view.id(24)), (Some("c3"), None));
        assert_eq!((view.primary(23), view.primary(21)), (Some(21), None));
        assert_eq!((view.replicas(21), view.replicas(22)), (vec![23], vec![]));
        assert_eq!(view.primaries(), [21, 22]);
    }

    #[test]
    fn a_cluster_is_whole_when_each_slot_has_a_primary_that_is_up() {
        assert!(View::read(REPLY).is_whole());
        assert!(View::read(REPLY).only(&[21, 22]).is_whole());
        assert!(!View::read(REPLY).only(&[21, 23]).is_whole());
        assert!(!View::read(&REPLY.replace("slave", "slave,fail?")).is_whole());
    }
}
