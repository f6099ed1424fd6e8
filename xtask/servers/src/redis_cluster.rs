//! A private Redis cluster.

use crate::error::Error;
use crate::port;
use crate::redis::replication::has_all_of;
use crate::redis::{Plan, Programs, Redis, programs};

pub(crate) mod slot_move;
mod view;

use view::View;

/// The number of nodes: three primaries, and a replica of each.
const NODES: usize = 6;

/// Six servers that are one cluster: three primaries with a replica each. They run until this is dropped.
///
/// The nodes have the numbers from 0 to 5. At the start, 0, 1 and 2 are the primaries. A node is given up by
/// the others when it has not replied for two seconds.
#[derive(Debug)]
pub struct RedisCluster {
    nodes: Vec<Redis>,
    password: String,
}

impl RedisCluster {
    /// Starts the nodes, makes a cluster of them, and waits until they all know each other.
    ///
    /// # Errors
    ///
    /// Fails if Redis is not on the machine and may not be installed, or if a node does not come up. The
    /// error then quotes its log.
    pub fn start() -> Result<Self, Error> {
        let (programs, password) = (programs()?, Plan::new()?.password);
        let nodes = (0..NODES).map(|_| node(&programs, &password)).collect::<Result<Vec<_>, _>>()?;
        let cluster = Self { nodes, password };
        let addresses: Vec<String> = cluster.ports().iter().map(|port| format!("127.0.0.1:{port}")).collect();
        let mut words = vec!["--cluster", "create", "--cluster-replicas", "1", "--cluster-yes"];
        words.splice(2..2, addresses.iter().map(String::as_str));
        cluster.nodes[0].command(&words)?;
        cluster.wait_until_ok()?;
        Ok(cluster)
    }

    /// Returns the URL of the cluster in the form of the crate fred.
    #[must_use]
    pub fn url(&self) -> String {
        let ports = self.ports();
        let others: Vec<String> = ports[1..].iter().map(|port| format!("node=127.0.0.1:{port}")).collect();
        format!("redis-cluster://:{}@127.0.0.1:{}?{}", self.password, ports[0], others.join("&"))
    }

    /// Returns the ports of the nodes on 127.0.0.1.
    #[must_use]
    pub fn ports(&self) -> Vec<u16> {
        self.nodes.iter().map(Redis::port).collect()
    }

    /// Returns a node, for commands and to pause it.
    ///
    /// # Panics
    ///
    /// Panics if there is no such node, as all methods do.
    #[must_use]
    pub fn node(&self, number: usize) -> &Redis {
        &self.nodes[number]
    }

    /// Returns the number of the node that is the primary of a slot now, as a node that runs says.
    ///
    /// # Errors
    ///
    /// Fails if no node runs, or if the slot has no primary.
    pub fn primary_of(&self, slot: u16) -> Result<usize, Error> {
        let node = self.any()?;
        let owner = View::of(node)?.owner(slot).and_then(|port| self.number(port));
        owner.ok_or_else(|| node.failure(&format!("does not know the primary of slot {slot}")))
    }

    /// Kills a node, so that it has no time to write anything.
    ///
    /// # Errors
    ///
    /// Fails if the system is not Linux.
    pub fn kill(&mut self, number: usize) -> Result<(), Error> {
        self.nodes[number].kill()
    }

    /// Starts a node again, and waits until it accepts connections. It may take longer until the others take
    /// it back: [`wait_until_ok`](Self::wait_until_ok).
    ///
    /// # Errors
    ///
    /// Fails if the node does not come up.
    pub fn start_again(&mut self, number: usize) -> Result<(), Error> {
        self.nodes[number].start_again()
    }

    /// Makes the replica of a primary take its place, and waits until all nodes have followed.
    ///
    /// # Errors
    ///
    /// Fails if the node is not a primary with a replica that runs, or if that takes more than a minute.
    pub fn fail_over(&self, primary: usize) -> Result<(), Error> {
        let node = &self.nodes[primary];
        let ports = View::of(self.any()?)?.replicas(node.port());
        let mut running = self.nodes.iter().filter(|node| node.runs() && ports.contains(&node.port()));
        let replica = running.next().ok_or_else(|| node.failure("does not have a replica that runs"))?;
        replica.command(&["cluster", "failover"])?;
        replica.wait_until("does not take the place of its primary", || {
            View::of(replica).is_ok_and(|view| view.is_primary(replica.port()))
        })?;
        self.wait_until_ok()
    }

    /// Waits until all nodes that run agree on the primaries, each slot has a primary that runs, and each
    /// replica that runs has everything that its primary has.
    ///
    /// # Errors
    ///
    /// Fails if no node runs, or if that takes more than a minute.
    pub fn wait_until_ok(&self) -> Result<(), Error> {
        let is_ok = || self.is_ok().unwrap_or(false);
        self.any()?.wait_until("does not see the nodes of the cluster agree", is_ok)
    }

    fn is_ok(&self) -> Result<bool, Error> {
        let running: Vec<&Redis> = self.nodes.iter().filter(|node| node.runs()).collect();
        let ports: Vec<u16> = running.iter().map(|node| node.port()).collect();
        let mut first: Option<View> = None;
        for node in running {
            let view = View::of(node)?.only(&ports);
            let is_same = first.as_ref().is_none_or(|first| *first == view);
            let primary = view.primary(node.port()).and_then(|port| self.number(port));
            let has_all = primary.is_none_or(|primary| has_all_of(node, &self.nodes[primary]));
            let state = node.command(&["cluster", "info"])?;
            if !(is_same && has_all && view.is_whole() && state.starts_with("cluster_state:ok")) {
                return Ok(false);
            }
            first = Some(view);
        }
        Ok(true)
    }

    /// Returns a node that runs.
    fn any(&self) -> Result<&Redis, Error> {
        let found = self.nodes.iter().find(|node| node.runs());
        found.ok_or_else(|| self.nodes[0].failure("does not run, nor does another node of the cluster"))
    }

    /// Returns the number of the node at a port.
    fn number(&self, port: u16) -> Option<usize> {
        self.nodes.iter().position(|node| node.port() == port)
    }
}

/// Starts a server that can be a node.
fn node(programs: &Programs, password: &str) -> Result<Redis, Error> {
    let [port, between] = port::two_free().map_err(Error::machine("find free ports"))?;
    let settings = format!(
        "cluster-enabled yes\n\
         cluster-config-file nodes\n\
         cluster-node-timeout 2000\n\
         cluster-port {between}\n"
    );
    Redis::make(programs, &Plan { port, password: password.to_owned(), settings, ..Plan::new()? })
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
