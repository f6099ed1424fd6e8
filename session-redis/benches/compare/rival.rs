//! The rival, tower-sessions-redis-store: in its own process, because it enables other features of the
//! driver.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use super::engine::Contender;
use super::server::Server;
use super::slice::{Order, Slice};

/// The program, built.
pub(crate) struct Program(PathBuf);

impl Program {
    /// Builds the program, as Cargo builds benchmarks.
    pub(crate) fn build() -> Self {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/rival/Cargo.toml");
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("redis-rival");
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["build", "--release", "--locked", "--manifest-path"]).arg(manifest);
        let status = cargo.arg("--target-dir").arg(&target).status().expect("cargo can be run");
        assert!(status.success(), "the rival's program cannot be built");
        Self(target.join("release").join("rival"))
    }

    /// Starts the program, and waits until it has created its sessions.
    pub(crate) fn start(&self, server: &Server, sessions: u64) -> Rival {
        let mut command = Command::new(&self.0);
        command.args([server.url(), sessions.to_string(), server.process().to_string()]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the rival's program can be run");
        let input = process.stdin.take().expect("its input is piped");
        let output = BufReader::new(process.stdout.take().expect("its output is piped"));
        let mut rival = Rival { process, input: Some(input), output };
        assert_eq!(rival.line(), "ready", "the rival has created its sessions");
        rival
    }
}

/// The program while it runs.
pub(crate) struct Rival {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Rival {
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the rival's output can be read");
        line.trim().to_owned()
    }
}

impl Contender for Rival {
    fn name(&self) -> &'static str {
        "rival"
    }

    fn carry(&mut self, order: Order) -> Slice {
        let input = self.input.as_mut().expect("the input is open until this is dropped");
        writeln!(input, "{order}").expect("the rival takes orders");
        self.line().parse().expect("the rival answers with a slice")
    }
}

impl Drop for Rival {
    /// Ends the program, which ends when its input does.
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.process.wait();
    }
}
