//! Growth on PostgreSQL: the number of rows, a purge of many, touches of the same ones, and calls at once.
//!
//! `cargo bench --package session-sql --all-features --bench growth`, and after `--` the parts to run. Each
//! part runs in a process and on a server of its own.
#![allow(clippy::unwrap_used, reason = "a benchmark that fails may panic")]
#![allow(clippy::print_stdout, reason = "it exists to print the figures")]

#[path = "../compare/mod.rs"]
mod compare;
mod memory;
mod purge;
mod rows;
mod table;
mod touches;

use std::env;
use std::process::Command;

use compare::engine;
use tokio::runtime::Runtime;

type Part = fn(&Runtime, &str);

const PARTS: [(&str, Part); 6] = [
    ("rows", rows::run),
    ("purge", purge::run),
    ("touches", touches::run),
    ("memory-wait", memory::wait),
    ("memory-load", memory::load),
    ("memory-update", memory::update),
];
/// The environment variable that names the part that a process runs.
const PART: &str = "SESSION_GROWTH_PART";

fn main() {
    let Some(is_selected) = engine::selection() else { return };
    if let Ok(wanted) = env::var(PART) {
        let (_, run) = PARTS.into_iter().find(|(name, _)| *name == wanted).expect("it is one of the parts");
        let (runtime, server) = (Runtime::new().unwrap(), compare::server::postgres("2GB"));
        return run(&runtime, &server.url());
    }
    println!("{}", engine::load_average());
    for (name, _) in PARTS.into_iter().filter(|(name, _)| is_selected(name)) {
        let mut command = Command::new(env::current_exe().unwrap());
        assert!(
            command.arg("--bench").env(PART, name).status().unwrap().success(),
            "the part `{name}` fails"
        );
    }
    println!("\n{}", engine::load_average());
}
