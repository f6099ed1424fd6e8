//! Slots that move from one primary of a cluster to another.

use super::RedisCluster;
use super::view::View;
use crate::error::Error;
use crate::redis::Redis;

/// The largest number of keys that are moved at once.
const BATCH: usize = 100;

/// A slot that is on its way from one primary to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotMove {
    /// The slot.
    pub slot: u16,
    /// The number of the node that it leaves.
    pub from: usize,
    /// The number of the node that gets it.
    pub to: usize,
}

impl RedisCluster {
    /// Moves a slot with all its keys to another primary, and waits until all nodes know it.
    ///
    /// # Errors
    ///
    /// Fails if the node is not another primary, or if a node does not reply.
    pub fn move_slot(&self, slot: u16, to: usize) -> Result<(), Error> {
        let begun = self.begin_move(slot, to)?;
        self.move_keys(&begun, usize::MAX)?;
        self.end_move(begun)
    }

    /// Begins to move a slot to another primary: from now on, its primary sends clients there for the keys
    /// that it does not have, until [`end_move`](Self::end_move).
    ///
    /// # Errors
    ///
    /// Fails if the node is not another primary, or if a node does not reply.
    pub fn begin_move(&self, slot: u16, to: usize) -> Result<SlotMove, Error> {
        let begun = SlotMove { slot, from: self.primary_of(slot)?, to };
        let (from, to) = (self.node(begun.from), self.node(to));
        set_slot(to, slot, "importing", from)?;
        set_slot(from, slot, "migrating", to)?;
        Ok(begun)
    }

    /// Moves at most `at_most` keys of a slot whose move has begun, and returns their number. The number is
    /// less than `at_most` when no key is left.
    ///
    /// # Errors
    ///
    /// Fails if one of the two nodes does not reply, or refuses the keys.
    pub fn move_keys(&self, begun: &SlotMove, at_most: usize) -> Result<usize, Error> {
        let (from, port) = (self.node(begun.from), self.node(begun.to).port());
        let mut moved = 0;
        while moved < at_most {
            let keys = keys(from, begun.slot, BATCH.min(at_most - moved))?;
            if keys.is_empty() {
                break;
            }
            let (password, names) = (&self.password, keys.join(" "));
            let line = format!("migrate 127.0.0.1 {port} \"\" 0 5000 auth {password} keys {names}");
            from.quoted_command(&line)?;
            moved += keys.len();
        }
        Ok(moved)
    }

    /// Ends the move of a slot whose keys have all been moved, and waits until all nodes know its new
    /// primary.
    ///
    /// # Errors
    ///
    /// Fails if keys are left, or if a node does not reply.
    pub fn end_move(&self, begun: SlotMove) -> Result<(), Error> {
        let SlotMove { slot, from, to } = begun;
        let (from, to) = (self.node(from), self.node(to));
        // The new primary does not know of keys that are left, and the other node would lose them.
        let left = from.command(&["cluster", "countkeysinslot", &slot.to_string()])?;
        if left != "0" {
            return Err(from.failure(&format!("still has {left} keys of slot {slot}")));
        }
        // In another order the slot would be nobody's for a moment.
        set_slot(to, slot, "node", to)?;
        set_slot(from, slot, "node", to)?;
        let primaries = View::of(to)?.primaries();
        let ports = [from.port(), to.port()];
        let others = |node: &&Redis| primaries.contains(&node.port()) && !ports.contains(&node.port());
        for node in self.nodes.iter().filter(|node| node.runs()).filter(others) {
            set_slot(node, slot, "node", to)?;
        }
        self.wait_until_ok()
    }
}

/// Changes what a node knows of a slot; `action` concerns another node.
fn set_slot(node: &Redis, slot: u16, action: &str, other: &Redis) -> Result<(), Error> {
    let view = View::of(node)?;
    let id = view.id(other.port()).unwrap_or_default();
    node.command(&["cluster", "setslot", &slot.to_string(), action, id]).map(|_| ())
}

/// Returns keys of a slot, in quotes and with escapes.
fn keys(node: &Redis, slot: u16, at_most: usize) -> Result<Vec<String>, Error> {
    let reply = node.quoted_command(&format!("cluster getkeysinslot {slot} {at_most}"))?;
    let keys = reply.lines().filter_map(|line| line.split_once(") ")).map(|(_, key)| key.to_owned());
    Ok(keys.collect())
}
