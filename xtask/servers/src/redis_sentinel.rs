//! A private Redis server with replicas, and sentinels that replace it when it fails.

use std::fmt::Write as _;

use crate::error::Error;
use crate::redis::replication::has_all_of;
use crate::redis::{Kind, Plan, Programs, Redis, programs};

/// The name by which sentinels know the group of servers.
const GROUP: &str = "session";

/// Makes a sentinel ask servers and tell the other sentinels what it knows twice a second. With the program's
/// own periods, of up to ten seconds, it takes half a minute until a failed server is a replica again.
const PERIODS: [&str; 6] = ["sentinel", "debug", "info-period", "500", "publish-period", "500"];

/// Three servers, of which one is the primary and two are its replicas, and three sentinels that watch them.
/// They run until this is dropped.
///
/// The servers have the numbers 0, 1 and 2. At the start, 0 is the primary.
#[derive(Debug)]
pub struct Sentinel {
    /// Come first, so that they do not see the servers end.
    sentinels: Vec<Redis>,
    servers: Vec<Redis>,
    password: String,
}

impl Sentinel {
    /// Starts the servers and the sentinels, and waits until they all know each other.
    ///
    /// # Errors
    ///
    /// Fails if Redis is not on the machine and may not be installed, or if a server does not come up. The
    /// error then quotes its log.
    pub fn start() -> Result<Self, Error> {
        let programs = programs()?;
        let first = Plan::new()?;
        let (port, password) = (first.port, first.password.clone());
        let mut servers = vec![Redis::make(&programs, &first)?];
        for _ in 1..3 {
            let (password, settings) = (password.clone(), format!("replicaof 127.0.0.1 {port}\n"));
            servers.push(Redis::make(&programs, &Plan { password, settings, ..Plan::new()? })?);
        }
        let sentinels = (0..3).map(|_| sentinel(&programs, port, &password)).collect::<Result<_, _>>()?;
        let group = Self { sentinels, servers, password };
        group.wait_until_synced()?;
        Ok(group)
    }

    /// Returns the URL of the group in the form of the crate fred.
    #[must_use]
    pub fn url(&self) -> String {
        let ports = self.sentinel_ports();
        let mut url = format!("redis-sentinel://:{}@127.0.0.1:{}", self.password, ports[0]);
        // A string takes everything.
        let _ = write!(url, "?sentinelServiceName={GROUP}&sentinelPassword={}", self.password);
        for port in &ports[1..] {
            let _ = write!(url, "&node=127.0.0.1:{port}");
        }
        url
    }

    /// Returns the ports of the sentinels on 127.0.0.1.
    #[must_use]
    pub fn sentinel_ports(&self) -> Vec<u16> {
        self.sentinels.iter().map(Redis::port).collect()
    }

    /// Returns a server, for commands and to pause it.
    ///
    /// # Panics
    ///
    /// Panics if there is no such server, as all methods do.
    #[must_use]
    pub fn server(&self, number: usize) -> &Redis {
        &self.servers[number]
    }

    /// Returns the number of the server that is the primary now, as a sentinel says.
    ///
    /// # Errors
    ///
    /// Fails if the sentinel does not reply, or names another server.
    pub fn primary(&self) -> Result<usize, Error> {
        let sentinel = &self.sentinels[0];
        let port = primary_port(sentinel)?;
        let found = self.servers.iter().position(|server| Some(server.port()) == port);
        found.ok_or_else(|| sentinel.failure("does not know the primary"))
    }

    /// Kills a server, so that it has no time to write anything.
    ///
    /// # Errors
    ///
    /// Fails if the system is not Linux.
    pub fn kill(&mut self, number: usize) -> Result<(), Error> {
        self.servers[number].kill()
    }

    /// Starts a server again, and waits until it accepts connections. A former primary takes writes, which
    /// will be lost, until the sentinels make it a replica: [`wait_until_synced`](Self::wait_until_synced).
    ///
    /// # Errors
    ///
    /// Fails if the server does not come up.
    pub fn start_again(&mut self, number: usize) -> Result<(), Error> {
        self.servers[number].start_again()
    }

    /// Makes a replica the primary by order of a sentinel, and waits until all servers and sentinels have
    /// followed.
    ///
    /// # Errors
    ///
    /// Fails if no replica is ready, or if that takes more than a minute.
    pub fn fail_over(&self) -> Result<(), Error> {
        let before = self.primary()?;
        let sentinel = &self.sentinels[0];
        sentinel.command(&["sentinel", "failover", GROUP])?;
        sentinel.wait_until("does not replace the primary", || {
            self.primary().is_ok_and(|primary| primary != before)
        })?;
        self.wait_until_synced()
    }

    /// Waits until all sentinels agree on a primary that runs, and each other server that runs is its replica
    /// and has everything that the primary has.
    ///
    /// # Errors
    ///
    /// Fails if that takes more than a minute.
    pub fn wait_until_synced(&self) -> Result<(), Error> {
        let is_synced = || self.is_synced().unwrap_or(false);
        self.sentinels[0].wait_until("does not see the servers agree", is_synced)
    }

    fn is_synced(&self) -> Result<bool, Error> {
        let primary = &self.servers[self.primary()?];
        let is_replica = |server: &&Redis| server.port() != primary.port() && server.runs();
        let replicas: Vec<&Redis> = self.servers.iter().filter(is_replica).collect();
        for sentinel in &self.sentinels {
            if !knows(sentinel, primary.port(), replicas.len())? {
                return Ok(false);
            }
        }
        Ok(primary.runs() && replicas.iter().all(|replica| has_all_of(replica, primary)))
    }
}

/// Starts a sentinel of the group whose primary has this port.
fn sentinel(programs: &Programs, primary: u16, password: &str) -> Result<Redis, Error> {
    let settings = format!(
        "sentinel monitor {GROUP} 127.0.0.1 {primary} 2\n\
         sentinel auth-pass {GROUP} {password}\n\
         sentinel down-after-milliseconds {GROUP} 1000\n\
         sentinel failover-timeout {GROUP} 3000\n"
    );
    let plan = Plan { kind: Kind::Sentinel, password: password.to_owned(), settings, ..Plan::new()? };
    let sentinel = Redis::make(programs, &plan)?;
    sentinel.command(&PERIODS)?;
    Ok(sentinel)
}

/// Returns the port of the primary, as a sentinel knows it.
fn primary_port(sentinel: &Redis) -> Result<Option<u16>, Error> {
    let address = sentinel.command(&["sentinel", "get-master-addr-by-name", GROUP])?;
    Ok(address.lines().nth(1).and_then(|port| port.parse().ok()))
}

/// Checks whether a sentinel knows the other sentinels, this primary, and this number of its replicas.
fn knows(sentinel: &Redis, primary: u16, replicas: usize) -> Result<bool, Error> {
    let group = sentinel.command(&["sentinel", "master", GROUP])?;
    let others = sentinel.command(&["sentinel", "replicas", GROUP])?;
    let port = primary.to_string();
    // The flags also say when a server is down, or is being replaced.
    let is_settled = count(&group, "flags", "master") == 1
        && count(&group, "port", &port) == 1
        && count(&group, "num-other-sentinels", "2") == 1;
    let is_followed = count(&others, "flags", "slave") == replicas
        && count(&others, "master-link-status", "ok") >= replicas
        && count(&others, "master-port", &port) >= replicas;
    Ok(is_settled && is_followed)
}

/// Counts how often a field has a value in a reply, in which each line with a name is followed by its value.
fn count(reply: &str, name: &str, value: &str) -> usize {
    let lines: Vec<&str> = reply.lines().collect();
    lines.chunks(2).filter(|pair| *pair == [name, value]).count()
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
