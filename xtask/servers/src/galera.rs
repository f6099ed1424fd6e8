//! A private Galera cluster of MariaDB servers.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::instance::Instance;
use crate::mariadb::{DATA, FIRST, NAME, SIGNAL, SOCKET, USER, first, init_file, install, settings, start};
use crate::port;
use crate::processes;
use crate::programs::{self, Need, Place};
use crate::random::random;

const NEED: Need = Need {
    user: "a Galera cluster for tests",
    programs: &["mariadb-install-db", "mariadbd", "mariadb", "wsrep_sst_rsync", "rsync"],
    packages: &["mariadb-server", "mariadb-client-core", "galera-4", "rsync"],
    place: Place::Path,
};
/// The library that makes a server a node, as Debian installs it.
const PROVIDER: &str = "/usr/lib/galera/libgalera_smm.so";
/// Reads whether a node is in a group of most nodes, and has what they have.
const STATE: &str = "select variable_value from information_schema.global_status
    where variable_name in ('wsrep_local_state_comment', 'wsrep_cluster_status') order by 1";
/// The longest time in which a node comes to have what the others have.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(100);

/// Three servers that are one database. They run until this is dropped.
#[derive(Debug)]
pub struct Galera {
    nodes: Vec<Node>,
    programs: Vec<PathBuf>,
    password: String,
}

#[derive(Debug)]
struct Node {
    instance: Instance,
    port: u16,
    /// The ports for the group, for the transfer of changes, and for the transfer of everything.
    between: [u16; 3],
}

impl Galera {
    /// Starts the nodes one after the other, and waits until each has what the others have.
    ///
    /// # Errors
    ///
    /// Fails if MariaDB or Galera is not on the machine and may not be installed, or if a node does not come
    /// up. The error then quotes its log.
    pub fn start() -> Result<Self, Error> {
        let programs = programs::ensure(&NEED)?;
        let nodes = (0..3).map(|_| Node::make(&programs[0])).collect::<Result<Vec<_>, _>>()?;
        let mut cluster = Self { nodes, programs, password: format!("{:016x}", random()) };
        let folder = &cluster.nodes[0].instance.folder;
        folder.write(FIRST, &first(&cluster.password))?;
        let init_file = init_file(folder);
        cluster.run(0, &["--wsrep-new-cluster", &init_file])?;
        cluster.run(1, &[])?;
        cluster.run(2, &[])?;
        Ok(cluster)
    }

    /// Returns the URL of the database on a node, which is 0, 1 or 2.
    ///
    /// # Panics
    ///
    /// Panics if there is no such node, as all methods do.
    #[must_use]
    pub fn url(&self, node: usize) -> String {
        format!("mysql://{USER}:{}@127.0.0.1:{}/{USER}", self.password, self.port(node))
    }

    /// Returns the port of a node on 127.0.0.1.
    #[must_use]
    pub fn port(&self, node: usize) -> u16 {
        self.nodes[node].port
    }

    /// Kills a node, so that it has no time to write anything.
    ///
    /// # Errors
    ///
    /// Fails if the system is not Linux.
    pub fn kill(&mut self, node: usize) -> Result<(), Error> {
        self.nodes[node].instance.kill()
    }

    /// Starts nodes again that were killed, and waits until each has what the others have.
    ///
    /// Nodes without which there is no majority must be started together.
    ///
    /// # Errors
    ///
    /// Fails if a node does not come up.
    pub fn start_again(&mut self, nodes: &[usize]) -> Result<(), Error> {
        for &node in nodes {
            let position = self.recovered(node)?;
            let mut command = self.command(node);
            command.arg(format!("--wsrep-start-position={position}"));
            // The node accepts connections when it has found the others.
            self.nodes[node].instance.start(&mut command, |_| true)?;
        }
        nodes.iter().try_for_each(|node| self.wait_until_synced(*node))
    }

    /// Returns the position of a node that was killed. Without it, the node would claim to have nothing.
    fn recovered(&mut self, node: usize) -> Result<String, Error> {
        let mut recover = self.command(node);
        recover.arg("--wsrep-recover");
        let instance = &mut self.nodes[node].instance;
        instance.run(&mut recover)?;
        let log = fs::read_to_string(instance.folder.join("log")).unwrap_or_default();
        let position = log.rsplit_once("Recovered position: ").and_then(|(_, rest)| rest.lines().next());
        Ok(position.unwrap_or_default().trim().to_owned())
    }

    /// Stops a node, so that it stands still until it is continued.
    ///
    /// # Errors
    ///
    /// Fails if the system is not Linux.
    pub fn pause(&self, node: usize) -> Result<(), Error> {
        let instance = &self.nodes[node].instance;
        instance.process().map_or(Ok(()), |process| instance.pause(process))
    }

    /// Continues a node that was stopped.
    ///
    /// # Errors
    ///
    /// Fails if the system is not Unix.
    pub fn resume(&self, node: usize) -> Result<(), Error> {
        let process: Vec<u32> = self.nodes[node].instance.process().into_iter().collect();
        processes::signal("CONT", &process).map_err(Error::machine("continue a process of a server"))
    }

    /// Cuts a node off from the others, while its clients can still reach it.
    ///
    /// # Errors
    ///
    /// Fails if the node does not run.
    pub fn cut_off(&self, node: usize) -> Result<(), Error> {
        self.isolate(node, 1)
    }

    /// Connects a node to the others again that was cut off.
    ///
    /// # Errors
    ///
    /// Fails if the node does not run.
    pub fn reconnect(&self, node: usize) -> Result<(), Error> {
        self.isolate(node, 0)
    }

    fn isolate(&self, node: usize, value: u8) -> Result<(), Error> {
        let set = format!("set global wsrep_provider_options = 'gmcast.isolate={value}'");
        self.query(node, &set).map(|_| ())
    }

    /// Waits until a node has what the others have.
    ///
    /// # Errors
    ///
    /// Fails if that takes more than a minute.
    pub fn wait_until_synced(&self, node: usize) -> Result<(), Error> {
        let begin = Instant::now();
        // A node that was cut off may not know it yet, but it cannot read what waits for the others.
        let read = "set session wsrep_sync_wait = 7; select count(*) > 0 from mysql.global_priv";
        while !(self.query(node, STATE).is_ok_and(|state| state == "Primary\nSynced")
            && self.query(node, read).is_ok())
        {
            if begin.elapsed() > PATIENCE {
                return Err(self.nodes[node]
                    .instance
                    .error("does not come to have what the others have".to_owned()));
            }
            thread::sleep(PAUSE);
        }
        Ok(())
    }

    /// Runs a node, and waits until it has what the others have.
    fn run(&mut self, node: usize, arguments: &[&str]) -> Result<(), Error> {
        let mut command = self.command(node);
        command.args(arguments);
        start(&mut self.nodes[node].instance, &mut command)?;
        self.wait_until_synced(node)
    }

    fn command(&self, node: usize) -> Command {
        let Node { instance, port, between: [group, changes, everything] } = &self.nodes[node];
        let mut command = instance.folder.command(&self.programs[1]);
        let groups: Vec<_> = self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.between[0])).collect();
        command.args(settings(&instance.folder, &instance.folder.join(DATA), *port)).args([
            "--binlog-format=ROW".to_owned(),
            "--innodb-autoinc-lock-mode=2".to_owned(),
            "--wsrep-on=ON".to_owned(),
            format!("--wsrep-provider={PROVIDER}"),
            format!("--wsrep-cluster-address=gcomm://{}", groups.join(",")),
            format!("--wsrep-node-address=127.0.0.1:{group}"),
            "--wsrep-sst-method=rsync".to_owned(),
            format!("--wsrep-sst-receive-address=127.0.0.1:{everything}"),
            "--wsrep-slave-threads=4".to_owned(),
            format!(
                "--wsrep-provider-options=base_port={group};gmcast.listen_addr=tcp://127.0.0.1:{group};\
                 ist.recv_addr=127.0.0.1:{changes}"
            ),
        ]);
        command
    }

    /// Returns the result of a statement, by MariaDB's own client.
    fn query(&self, node: usize, statement: &str) -> Result<String, Error> {
        let folder = &self.nodes[node].instance.folder;
        let mut command = folder.tool(&self.programs[2]);
        command.arg("--no-defaults").arg(format!("--socket={}", folder.join(SOCKET).display()));
        command.arg(format!("--password={}", self.password)).args(["--user", USER, "--connect-timeout=5"]);
        command.args(["--skip-column-names", "--batch", "--execute", statement]);
        let output = command.output().map_err(Error::machine("run `mariadb`"))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
        } else {
            let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            Err(self.nodes[node].instance.error(format!("refuses a statement: {reason}")))
        }
    }
}

impl Node {
    fn make(program: &std::path::Path) -> Result<Self, Error> {
        let mut instance = Instance::new(NAME, SIGNAL)?;
        let folder = &instance.folder;
        let mut install = install(folder.command(program), folder, &folder.join(DATA));
        instance.run(&mut install)?;
        let free = || port::free().map_err(Error::machine("find a free port"));
        Ok(Self { instance, port: free()?, between: [free()?, free()?, free()?] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[ignore = "starts three servers, which takes half a minute: `cargo xtask endure`"]
    fn the_nodes_of_a_cluster_are_one_database_whatever_happens_to_one_of_them() {
        let mut cluster = Galera::start().unwrap();
        let wait = "set session wsrep_sync_wait = 7;";
        let count = |cluster: &Galera, node| {
            cluster.query(node, &format!("{wait} select count(*) from session.one")).unwrap()
        };
        cluster
            .query(0, "create table session.one (n int primary key); insert into session.one values (1)")
            .unwrap();
        assert_eq!([0, 1, 2].map(|node| count(&cluster, node)), ["1", "1", "1"]);
        let roots = "select count(*) from mysql.global_priv where user = 'root'";
        assert_eq!([0, 1, 2].map(|node| cluster.query(node, roots).unwrap()), ["0", "0", "0"]);

        cluster.kill(1).unwrap();
        cluster.query(0, "insert into session.one values (2)").unwrap();
        cluster.start_again(&[1]).unwrap();
        assert_eq!(count(&cluster, 1), "2");

        cluster.cut_off(2).unwrap();
        cluster.query(0, "insert into session.one values (3)").unwrap();
        assert!(cluster.query(2, &format!("{wait} select count(*) from session.one")).is_err());
        cluster.reconnect(2).unwrap();
        cluster.wait_until_synced(2).unwrap();
        assert_eq!(count(&cluster, 2), "3");

        cluster.pause(0).unwrap();
        cluster.query(1, "insert into session.one values (4)").unwrap();
        cluster.resume(0).unwrap();
        cluster.wait_until_synced(0).unwrap();
        assert_eq!(count(&cluster, 0), "4");
    }

    #[test]
    #[ignore = "starts three servers, which takes half a minute: `cargo xtask endure`"]
    fn nodes_that_are_started_together_are_a_cluster_again_without_or_with_one_that_has_gone_on() {
        let mut cluster = Galera::start().unwrap();
        cluster.query(0, "create table session.one (n int primary key)").unwrap();
        for killed in [&[0, 1, 2][..], &[0, 1]] {
            killed.iter().for_each(|node| cluster.kill(*node).unwrap());
            cluster.start_again(killed).unwrap();
            cluster.query(0, "insert into session.one select count(*) from session.one").unwrap();
        }
        let count = "set session wsrep_sync_wait = 7; select count(*) from session.one";
        assert_eq!([0, 1, 2].map(|node| cluster.query(node, count).unwrap()), ["2", "2", "2"]);
    }
}
