//! The rival, in a process of its own, because it brings other versions or features of the driver.

use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::engine::Contender;
use crate::slice::{Order, Slice};

/// The program, built.
#[derive(Debug)]
pub struct Program(PathBuf);

impl Program {
    /// Builds the program in the folder `benches/rival` of a crate, as Cargo builds benchmarks, into a folder
    /// for what is built. Both folders are variables of Cargo in the benchmark.
    pub fn build(krate: &str, built: &str) -> Self {
        let manifest = Path::new(krate).join("benches/rival/Cargo.toml");
        let target = Path::new(built).join("rival");
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["build", "--release", "--locked", "--manifest-path"]).arg(manifest);
        let status = cargo.arg("--target-dir").arg(&target).status().expect("cargo can be run");
        assert!(status.success(), "the rival's program cannot be built");
        Self(target.join("release").join("rival"))
    }

    /// Starts the program, and waits until it has created its sessions.
    pub fn start<A: AsRef<OsStr>>(
        &self,
        name: &'static str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Rival {
        let mut command = Command::new(&self.0);
        command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the rival's program can be run");
        let input = process.stdin.take().expect("its input is piped");
        let output = BufReader::new(process.stdout.take().expect("its output is piped"));
        let mut rival = Rival { name, process, input: Some(input), output };
        assert_eq!(rival.line(), "ready", "the rival has created its sessions");
        rival
    }
}

/// The program while it runs.
#[derive(Debug)]
pub struct Rival {
    name: &'static str,
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
    fn name(&self) -> &str {
        self.name
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
