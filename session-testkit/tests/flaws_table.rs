//! `FLAWS.md` is the table of all flaws.

use std::fmt::Write as _;

use session_testkit::{Flaw, rules};

/// If it is set, the table is written instead of compared.
const WRITE: &str = "SESSION_TESTKIT_WRITE_TABLE";

const PREFACE: &str = "\
# Flaws

The kit's rules are judged themselves. Each line is a store with one fault (`BrokenStore::with`), who had that fault in the wild, and the
rule that was written for it. `cargo xtask flaws` plays each rule on its store and shows which it caught; a test demands all of them, and
that a sound store is accused of nothing in a hundred runs.

`repository#number` is an issue or a pull request at GitHub. Where a library stands with its version, its published source was read, or it
was seen to do it.
";

#[test]
fn the_table_of_flaws_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/FLAWS.md");
    let table = table();
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(path, &table).expect("the package's folder takes files");
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == table,
        "FLAWS.md is not what the flaws say; to write it anew:\n  \
         {WRITE}=1 cargo test --package session-testkit --test flaws_table"
    );
}

fn table() -> String {
    let wild = Flaw::ALL.iter().filter(|flaw| flaw.is_of_the_wild()).count();
    let mut text = format!("{PREFACE}\n{} flaws, {wild} of them seen in the wild.\n", Flaw::ALL.len());
    text += "\n| flaw | what it does | who had it | rule |\n|---|---|---|---|\n";
    for flaw in Flaw::ALL {
        let rule = rules().find(|rule| rule.id == flaw.rule()).map_or("", |rule| rule.name);
        let (name, what, victim) = (flaw.name(), flaw.what(), flaw.victim());
        writeln!(text, "| `{name}` | {what} | {victim} | {} `{rule}` |", flaw.rule())
            .expect("a string takes every text");
    }
    text += "\nRules that no flaw was written for; flaws of other rules break some of them too:\n\n";
    for rule in rules().filter(|rule| Flaw::ALL.iter().all(|flaw| flaw.rule() != rule.id)) {
        writeln!(text, "- {} `{}`", rule.id, rule.name).expect("a string takes every text");
    }
    text
}
