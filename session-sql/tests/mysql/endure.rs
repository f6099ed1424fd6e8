//! Writes while servers fail. `cargo xtask endure` runs many rounds of this and prints the figures.

use std::env;
use std::time::Duration;

mod full_disk;
mod galera;
mod kill;

/// The time for which the tasks write before the fault.
const WRITING: Duration = Duration::from_millis(1_000);

fn rounds() -> u32 {
    env::var("SESSION_ENDURE_ROUNDS").map_or(1, |rounds| rounds.parse().expect("a number of rounds"))
}
