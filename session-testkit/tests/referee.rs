//! The referee refereed: each broken store is caught by the rule written for it, and a sound one is never accused.

use session_core::MemoryStore;
use session_testkit::{BrokenHarness, Fault, FaultyStore, Flaw, Level, Op, Suite, rules};

/// How many runs of a sound store must raise nothing.
const RUNS: u64 = 100;

#[test]
fn each_flaw_names_a_rule_that_there_is() {
    for flaw in Flaw::ALL {
        assert!(rules().any(|rule| rule.id == flaw.rule()), "{flaw:?}: {}", flaw.rule());
    }
}

#[test]
fn each_flaw_is_caught_by_its_rule() {
    let missed: Vec<&Flaw> = Flaw::ALL.iter().filter(|flaw| !is_caught(**flaw)).collect();
    assert!(missed.is_empty(), "not caught: {missed:?}");
}

/// Whether a race is seen is up to the machine, too: the rules of races have three tries, and the others one.
fn is_caught(flaw: Flaw) -> bool {
    let rule = rules().find(|rule| rule.id == flaw.rule()).expect("each flaw names a rule that there is");
    let races = rule.level == Level::L3 || rule.name.contains("_beside_");
    let tries = if races { 3 } else { 1 };
    (0..tries).any(|seed| {
        let report = Suite::new(BrokenHarness::with(flaw)).only(flaw.rule()).seed(seed).run();
        report.broken().any(|row| row.rule.id == flaw.rule())
    })
}

/// Plays the rules of a level on sound stores, with other lots each time.
fn never_accused(level: &str) {
    for seed in 0..RUNS {
        let report = Suite::new(BrokenHarness::sound()).only(level).seed(seed).run();
        assert!(report.is_conformant(), "{report}");
        assert_eq!(report.not_declared().count(), 0, "every rule is played");
    }
}

#[test]
fn a_store_whose_brief_touches_fail_now_and_then_is_not_accused() {
    let harness = || {
        let store = FaultyStore::new(MemoryStore::new());
        store.faults().set_share(Op::Touch, 0.5, 7, Fault::Fail);
        store
    };
    let report = Suite::new(harness).only("a_brief_touch_").run();
    assert!(report.is_conformant(), "{report}");
}

#[test]
fn a_sound_store_is_never_accused_of_changing_records() {
    never_accused("SES-L0");
}

#[test]
fn a_sound_store_is_never_accused_of_wrong_times() {
    never_accused("SES-L1");
}

#[test]
fn a_sound_store_is_never_accused_of_losing_writes() {
    never_accused("SES-L2");
}

#[test]
fn a_sound_store_is_never_accused_of_races() {
    never_accused("SES-L3");
}

#[test]
fn a_sound_store_is_never_accused_of_wrong_lists() {
    never_accused("SES-L4");
}

#[test]
fn a_sound_store_is_never_accused_of_faults() {
    never_accused("SES-L5");
}
