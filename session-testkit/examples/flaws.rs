//! The kit on trial: each broken store, the rule that was written for it, and whether the rule caught it.
//!
//! `cargo run --package session-testkit --example flaws`; words after `--` are names of flaws, or parts of them.

#![allow(clippy::print_stdout, reason = "a command-line program speaks on standard output")]

use std::process::ExitCode;

use session_testkit::{BrokenHarness, Flaw, Suite};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let is_wanted = |flaw: &&Flaw| words.is_empty() || words.iter().any(|word| flaw.name().contains(word));
    let flaws: Vec<Flaw> = Flaw::ALL.iter().filter(is_wanted).copied().collect();

    println!("{:<36} {:<11} caught", "store", "rule");
    let missed = flaws.iter().filter(|flaw| !is_caught(**flaw)).count();
    let sound = Suite::new(BrokenHarness::sound()).run();
    println!(
        "\n{} flaws, {missed} missed; the sound store breaks {} rules",
        flaws.len(),
        sound.broken().count()
    );
    for row in sound.broken() {
        println!("\n{row}");
    }
    if flaws.is_empty() || missed > 0 || !sound.is_conformant() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Plays the rule of a flaw on a store that has it. Prints the line of the table; whether it was caught.
///
/// Whether a race is seen is up to the machine, too: a rule has three tries.
fn is_caught(flaw: Flaw) -> bool {
    let is_caught = (0..3).any(|seed| {
        let report = Suite::new(BrokenHarness::with(flaw)).only(flaw.rule()).seed(seed).run();
        report.broken().any(|row| row.rule.id == flaw.rule())
    });
    println!("{:<36} {:<11} {}", flaw.name(), flaw.rule(), if is_caught { "yes" } else { "NO" });
    is_caught
}
