//! The private server of a benchmark.

use test_servers::Redis;

/// A server with Redis's default settings, which does not write to the disk.
pub(crate) struct Server(Redis);

impl Server {
    pub(crate) fn start() -> Self {
        Self(Redis::start_with(&[("appendonly", "no")]).expect("a private server can be started"))
    }

    pub(crate) fn url(&self) -> String {
        self.0.url()
    }

    /// Returns the number of the server's process.
    pub(crate) fn process(&self) -> u32 {
        self.number("server", "process_id").try_into().expect("it is the number of a process")
    }

    /// Returns the arguments of the rival's program.
    pub(crate) fn for_rival(&self, sessions: u64) -> [String; 3] {
        [self.url(), sessions.to_string(), self.process().to_string()]
    }

    /// Returns a number of the server's information.
    pub(crate) fn number(&self, section: &str, name: &str) -> u64 {
        let text = self.command(&["info", section]);
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        value.expect("the server tells it").trim().parse().expect("it is a number")
    }

    pub(crate) fn command(&self, words: &[&str]) -> String {
        self.0.command(words).expect("the server runs the command")
    }
}
