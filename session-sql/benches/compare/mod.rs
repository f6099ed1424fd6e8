//! The parts that the comparisons share: the servers, and the kinds of calls.
#![allow(dead_code, reason = "each benchmark uses a part")]

pub(crate) mod server;

use comparison::rival::Program;
use comparison::slice::Work;

/// The kinds of calls that are compared.
pub(crate) const WORKS: [Work; 4] = [Work::Load, Work::Update, Work::Create, Work::Touch];

/// Builds the rival's program.
pub(crate) fn rival() -> Program {
    Program::build(env!("CARGO_MANIFEST_DIR"), env!("CARGO_TARGET_TMPDIR"))
}
