//! What a run of the rules tells: as text, JSON and JUnit's XML, and as a process.
#![allow(clippy::unwrap_used, reason = "whoever calls this is a test")]

use std::time::Duration;

use serde_json::Value;
use session_core::store::{
    Created, Loaded, OwnerIndex, PurgeExpired, Record, SessionStore, SizeLimits, StoreError, StoreKey,
    TouchPatience, Touched, Version, Written, async_trait,
};
use session_core::{MemoryStore, UnixTime};
use session_testkit::{BrokenHarness, Flaw, Fresh, Harness, HarnessError, Report, Suite};

/// A store that shortens sessions when it touches them, and deletes none.
#[derive(Debug, Default)]
struct Shortening(MemoryStore, Delete);

/// What it does instead.
#[derive(Debug, Default)]
enum Delete {
    #[default]
    Panics,
    /// It stops its thread for ever.
    Blocks,
}

#[async_trait]
impl SessionStore for Shortening {
    fn name(&self) -> &'static str {
        "<shortening>"
    }

    fn size_limits(&self) -> SizeLimits {
        SizeLimits::UNLIMITED
    }

    async fn load(&self, key: &StoreKey, now: UnixTime) -> Result<Loaded, StoreError> {
        self.0.load(key, now).await
    }

    async fn create(&self, key: &StoreKey, record: &Record, now: UnixTime) -> Result<Created, StoreError> {
        self.0.create(key, record, now).await
    }

    async fn update(
        &self,
        key: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        self.0.update(key, record, expected, now).await
    }

    async fn rename(
        &self,
        old: &StoreKey,
        new: &StoreKey,
        record: &Record,
        expected: Version,
        now: UnixTime,
    ) -> Result<Written, StoreError> {
        self.0.rename(old, new, record, expected, now).await
    }

    async fn touch(
        &self,
        key: &StoreKey,
        expires: Option<UnixTime>,
        now: UnixTime,
        _: TouchPatience,
    ) -> Result<Touched, StoreError> {
        let Loaded::Found(found) = self.0.load(key, now).await? else { return Ok(Touched::Gone) };
        let touched = Record { expires, last_used: now, ..found.clone() };
        self.0.delete(key).await?;
        let _ = self.0.create(key, &touched, now).await?;
        Ok(Touched::Done)
    }

    async fn delete(&self, _: &StoreKey) -> Result<(), StoreError> {
        match self.1 {
            Delete::Panics => panic!("deleting & <dying>"),
            Delete::Blocks => loop {
                std::thread::park();
            },
        }
    }

    fn owner_index(&self) -> Option<&dyn OwnerIndex> {
        self.0.owner_index()
    }

    fn expiry_purge(&self) -> Option<&dyn PurgeExpired> {
        self.0.expiry_purge()
    }
}

fn run(only: &str) -> Report {
    Suite::new(Shortening::default).seed(7).only(only).run()
}

#[test]
fn a_broken_rule_is_told_with_its_reason_its_steps_and_what_was_expected() {
    let report = run("a_touch_never_shortens");
    let text = report.to_string();
    assert!(
        text.starts_with("session store <shortening>: 0 rules kept, 1 broken, 0 not declared (seed 7)"),
        "{text}"
    );
    for part in [
        "SES-L1-009 A touch to an earlier deadline leaves the later one.",
        "  reason:   Clause 10: a request that began earlier must not end a session sooner.",
        "    1. one, at +0: create(a, v1: 16 bytes",
        "    2. one, at +5 min: touch(a, +10 min) -> Done",
        "  expected: the deadline +20 min",
        "  got:      the deadline +10 min",
        "  again:    SESSION_TESTKIT_SEED=7 cargo test a_touch_never_shortens",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert_eq!((report.is_conformant(), report.exit_code()), (false, 1));
}

#[test]
fn a_brief_touch_is_told_as_one() {
    let text =
        Suite::new(BrokenHarness::with(Flaw::BriefTouchDoesNothing)).only("SES-L1-038").run().to_string();
    for part in
        ["    2. one, at +1 min: touch(a, +2000 min, briefly) -> Done", "they differ in: used, expires"]
    {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn all_violations_are_collected_and_a_panic_is_one() {
    let report = run("SES-L0-0");
    let broken: Vec<&str> = report.broken().map(|row| row.rule.id).collect();
    assert_eq!(broken, ["SES-L0-019", "SES-L0-020", "SES-L0-021", "SES-L0-030"]);
    assert!(report.to_string().contains("got:      a panic: deleting & <dying>"), "{report}");
}

#[test]
fn what_was_not_played_is_listed_under_what_it_needs() {
    let text = run("SES-L5-01").to_string();
    let line = "not declared: restarts, so these were not played: SES-L5-015, SES-L5-016, SES-L5-017";
    assert!(text.contains(line), "{text}");
}

#[test]
fn a_run_that_played_no_rule_is_no_success() {
    assert!(!run("SES-L5-015").is_conformant());
    assert!(!run("no such rule").is_conformant());
    assert!(run("a_record_comes_back_as_it_was_kept").is_conformant());
}

#[test]
fn the_same_seed_draws_the_same() {
    let steps = |seed| {
        let report = Suite::new(Shortening::default).seed(seed).only("a_touch_never_shortens").run();
        report.to_string()
    };
    assert_eq!(steps(7), steps(7));
    assert_ne!(steps(7), steps(8));
}

#[test]
fn json_tells_each_rule_with_its_outcome() {
    let report: Value = serde_json::from_str(&run("a_touch_").to_json()).unwrap();
    assert_eq!((&report["store"], &report["seed"]), (&Value::from("<shortening>"), &Value::from("7")));
    let rules = report["rules"].as_array().unwrap();
    let of = |id: &str| rules.iter().find(|rule| rule["id"] == id).unwrap();
    assert_eq!(of("SES-L1-009")["outcome"], "broken");
    assert_eq!(of("SES-L1-009")["expected"], "the deadline +20 min");
    assert!(of("SES-L1-009")["steps"].as_array().unwrap().len() >= 2);
    assert_eq!(of("SES-L1-013")["outcome"], "kept");
    assert_eq!(report["broken"].as_u64().unwrap() + report["kept"].as_u64().unwrap(), rules.len() as u64);
}

#[test]
fn junit_is_well_formed_and_counts_failures_and_what_was_skipped() {
    let report = run("SES-L0");
    let text = report.to_junit();
    let count = |part: &str| text.matches(part).count();
    assert_eq!(count("<testcase "), report.rows.len());
    assert_eq!(count("<failure message="), report.broken().count());
    assert_eq!(count("<skipped message=\"not declared: "), report.not_declared().count());
    assert!(report.broken().count() > 0 && report.not_declared().count() > 0);
    assert!(text.contains("deleting &amp; &lt;dying&gt;"), "what XML reserves is escaped");
    assert!(!text.contains("<dying>") && !text.contains("<shortening>"));
}

/// A harness that cannot do what it is for.
struct Unable(fn() -> HarnessError);

#[async_trait]
impl Harness for Unable {
    async fn fresh(&self) -> Result<Fresh, HarnessError> {
        Err((self.0)())
    }
}

#[test]
fn a_harness_without_a_store_is_told_apart_from_a_store_that_breaks_rules() {
    let failures: [fn() -> HarnessError; 2] = [|| "permission denied".into(), || panic!("permission denied")];
    for failure in failures {
        let report = Suite::new(Unable(failure)).only("records").run();
        assert_eq!((report.broken().count(), report.is_conformant()), (0, false));
        let text = report.to_string();
        assert!(text.contains("the harness has no store to offer"), "{text}");
        assert!(text.contains("permission denied"), "{text}");
        assert!(report.to_junit().contains("<error message="));
    }
}

#[test]
fn a_level_can_be_chosen_by_its_id_and_by_its_name() {
    let ids = |only: &str| run(only).rows.iter().map(|row| row.rule.id).collect::<Vec<_>>();
    assert_eq!(ids("SES-L5"), ids("faults"));
    assert!(!ids("faults").is_empty());
    assert!(run("nonsense").to_string().contains("no rule has that in its id"));
}

/// Stores of one memory: what one rule does the others see.
struct Shared(MemoryStore);

#[async_trait]
impl Harness for Shared {
    async fn fresh(&self) -> Result<Fresh, HarnessError> {
        Ok(Fresh::new(self.0.clone()))
    }
}

#[test]
fn a_harness_whose_stores_share_their_records_is_noticed() {
    let report = Suite::new(Shared(MemoryStore::new())).only("a_fresh_store_shares_nothing").run();
    assert!(
        report.to_string().contains("let `Harness::fresh` open a new table, folder or prefix"),
        "{report}"
    );
}

struct Impatient;

#[async_trait]
impl Harness for Impatient {
    async fn fresh(&self) -> Result<Fresh, HarnessError> {
        Ok(Fresh::new(Shortening(MemoryStore::new(), Delete::Blocks)))
    }

    fn call_timeout(&self) -> Duration {
        Duration::from_millis(100)
    }
}

#[test]
fn a_call_that_blocks_its_thread_is_named_and_does_not_keep_the_report() {
    let text = Suite::new(Impatient).only("a_deleted_record_is_absent").run().to_string();
    assert!(text.contains("delete(a) -> no answer yet"), "{text}");
    assert!(text.contains("it blocks its thread"), "{text}");
}
