//! The table of old names, with the names that have taken their place.

use Form::{Accessor, Field, Function, Word};

/// A name that is not used any more.
#[derive(Clone, Copy, Debug)]
pub(super) struct OldName {
    pub(super) name: &'static str,
    pub(super) form: Form,
    /// The folders for which it holds, or nothing for all.
    pub(super) folders: &'static [&'static str],
    pub(super) new: &'static str,
}

/// The places in code where a name is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Anywhere.
    Word,
    /// A function's declaration, or a method's call.
    Function,
    /// A method without arguments but `&self`: its declaration, or its call.
    Accessor,
    /// A field: its declaration, its use, or its value in a literal.
    Field,
}

const CORE: &[&str] = &["session-core/"];
const SQL: &[&str] = &["session-sql/"];
const CORE_AND_SQL: &[&str] = &["session-core/", "session-sql/"];
const CORE_AND_ROCKET: &[&str] = &["session-core/", "integrations/rocket/"];
const CORE_AND_DEMO: &[&str] = &["session-core/", "integrations/demo/"];
/// Has no effect before `LEFT_OUT` in `scope.rs` lets the kit in.
const KIT: &[&str] = &["session-testkit/"];
const ALL: &[&str] = &[];

const fn old(name: &'static str, form: Form, folders: &'static [&'static str], new: &'static str) -> OldName {
    OldName { name, form, folders, new }
}

/// Every old name.
pub(super) const OLD_NAMES: &[OldName] = &[
    // Times and limits.
    old("renewed", Field, CORE, "`issued_at`"),
    old("renewed", Function, CORE, "`rotated`"),
    old("conflict_deadline", Word, ALL, "`conflict_timeout`"),
    old("deadline", Field, SQL, "`call_timeout`"),
    old("deadline", Field, KIT, "`call_timeout`"),
    old("used", Field, ALL, "`last_used`"),
    // The API.
    old("accept", Field, CORE_AND_ROCKET, "`previous_secrets`"),
    old("Key", Word, CORE_AND_DEMO, "`ValueKey`"),
    old("owners", Accessor, ALL, "`owner_index`"),
    old("purge", Accessor, ALL, "`expiry_purge`"),
    old("because", Word, ALL, "`with_source`"),
    // The protocol.
    old("Fate", Word, ALL, "`Intent`"),
    old("Wishes", Word, ALL, "`Replay`"),
    old("Wish", Word, CORE, "`Intent`"),
    old("wish", Word, CORE, "`intent`"),
    old("wishes", Word, CORE, "`intent`"),
    old("Answer", Word, CORE, "`ResponseKind`"),
    old("Exist", Word, CORE, "`ForceCreate`"),
    old("wants_existence", Word, ALL, "`is_forced`"),
    old("has_substance", Word, ALL, "`is_worth_storing`"),
    old("goes_on_after", Word, ALL, "a name that says which condition it checks"),
    // Saving.
    old("outlive", Word, ALL, "a `Next` of `plan::after`"),
    old("settle", Word, ALL, "a `Next` of `plan::after`"),
    old("carry_out", Word, ALL, "`execute`"),
    old("keep", Function, CORE, "`remember_payload`"),
    old("Came", Word, ALL, "`Origin`"),
    old("Detach", Word, ALL, "`SessionFactory::with_spawner`"),
    // Contention.
    old("Turns", Word, ALL, "`Contention`"),
    old("Fight", Word, ALL, "`Queue`"),
    old("Fighter", Word, ALL, "`Waiter`"),
    old("fought_for", Word, ALL, "`contended`"),
    old("let_pass", Word, ALL, "`wait_for_losers`"),
    // Memory and cache.
    old("Memo", Word, ALL, "`Cache`"),
    old("Memos", Word, ALL, "`Cache`"),
    old("Shared", Word, CORE_AND_SQL, "`FactoryInner`, `SessionInner`, and so on"),
    old("Line", Word, CORE, "a name for the chain of renamed keys"),
    old("Place", Word, CORE, "a slot of the cache"),
    // SQL.
    old("Place", Word, SQL, "`Location`"),
    old("follow", Word, SQL, "`find_renamed`"),
    old("in_the_way", Word, ALL, "`find_existing`"),
    old("put_off", Word, ALL, "`reschedule_purge`"),
    old("in_turn", Word, SQL, "`connect_with_retry`"),
    // The kit.
    old("Lots", Word, KIT, "`TaskRng`"),
    old("Fresh", Word, KIT, "`StoreUnderTest`"),
    old("Played", Word, KIT, "`RuleResult`"),
    old("Stage", Word, KIT, "`RuleContext`"),
    old("Actor", Word, KIT, "`Client`"),
    old("Cast", Word, KIT, "`Fixtures`"),
    old("tell", Function, KIT, "`run`"),
    old("told", Word, KIT, "`ran`"),
    old("Telling", Word, KIT, "`run`"),
    old("victim", Word, KIT, "`seen_in`"),
    old("Deed", Word, KIT, "`Action`"),
    old("Letter", Word, KIT, "`KeyLabel`"),
    old("Number", Word, KIT, "`VersionLabel`"),
];
