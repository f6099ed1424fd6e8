//! Proves the store beside it, and prints the report: `cargo run --example file_store`. With `--json` or `--junit` it is for machines.

#![allow(clippy::print_stdout, reason = "an example speaks on standard output")]

mod harness;
mod store;

use std::process::ExitCode;

use session_testkit::Suite;

fn main() -> ExitCode {
    let report = Suite::new(harness::Folders).run();
    match std::env::args().nth(1).as_deref() {
        Some("--json") => println!("{}", report.to_json()),
        Some("--junit") => print!("{}", report.to_junit()),
        Some(_) | None => print!("{report}"),
    }
    report.exit_code().into()
}
