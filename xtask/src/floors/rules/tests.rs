//! Two small houses, one of them with folders, and what breaks their rules.

use super::super::row::{door, pure, shell};
use super::*;

const HOUSE: &[Row] = &[
    pure(0, "time.rs").except(&[(Impurity::Clock, "the one reader of the clock")]),
    pure(0, "id.rs"),
    pure(1, "store.rs"),
    pure(2, "plan.rs").never(&[("store", "the protocol decides")]),
    shell(3, "session.rs"),
    shell(3, "memory.rs"),
];

const FOLDERS: &[Row] = &[
    pure(0, "id.rs"),
    door("store.rs"),
    pure(1, "store/contract.rs"),
    pure(1, "store/memory/shards.rs"),
    shell(2, "store/memory.rs"),
    door("protocol.rs"),
    pure(3, "protocol/state.rs"),
    pure(4, "protocol/plan.rs").never(&[("store/memory", "the protocol knows no one store")]),
    shell(5, "exchange.rs").never(&[("protocol", "an example of a banned folder")]),
];

fn found(file: &str, text: &str) -> Vec<String> {
    found_in(HOUSE, file, text)
}

fn found_in(table: &[Row], file: &str, text: &str) -> Vec<String> {
    let row = table.iter().find(|row| row.file == file).expect("the test names a file of the table");
    check(table, row, text).iter().map(Violation::to_string).collect()
}

fn assert_one(found: &[String], begin: &str, remedy: &str) {
    assert!(matches!(found, [one] if one.starts_with(begin) && one.contains(remedy)), "{found:?}");
}

#[test]
fn imports_from_lower_floors_are_good() {
    let text = "use crate::{id::SessionId, plan::{self, Plan}};\nasync fn f() { crate::time::now().await }";
    assert_eq!(found("session.rs", text), [""; 0]);
}

#[test]
fn an_import_from_a_higher_floor_is_found() {
    let found = found("store.rs", "use std::fmt;\nuse crate::{id::SessionId,\n  session::Session};");
    assert_one(&found, "store.rs:3: floor 1 imports session.rs from floor 3; ", "only from lower floors");
}

#[test]
fn an_import_from_the_same_floor_is_found_but_a_path_to_the_file_itself_is_not() {
    let found = found("session.rs", "use crate::memory::MemoryStore;\ntype Me = crate::session::Session;");
    assert_one(&found, "session.rs:1: floor 3 imports memory.rs from floor 3; ", "move what it needs down");
}

#[test]
fn an_upward_path_in_code_is_found() {
    assert_one(
        &found("id.rs", "fn f() {\n  crate::plan::decide()\n}"),
        "id.rs:2: floor 0 imports plan.rs",
        "",
    );
}

#[test]
fn an_import_from_the_root_is_found() {
    let found = found("memory.rs", "use crate::Session;");
    assert_one(
        &found,
        "memory.rs:1: `crate::Session` comes from the crate's root, ",
        "from the file that defines it",
    );
}

#[test]
fn imports_from_lower_floors_in_folders_are_good() {
    let text =
        "mod shards;\nuse crate::{id::SessionId, store::{contract::{Record, self}, memory::shards::Shard}};
                use shards::Shards;\npub(in crate::store) fn f() -> crate::store::contract::Loaded {}";
    assert_eq!(found_in(FOLDERS, "store/memory.rs", text), [""; 0]);
}

#[test]
fn an_upward_import_between_folders_is_found_in_groups_too() {
    let found = found_in(
        FOLDERS,
        "protocol/state.rs",
        "use crate::{id::SessionId, protocol::{\n state::State,\n plan::{Plan, Step}}};",
    );
    assert_one(
        &found,
        "protocol/state.rs:3: floor 3 imports protocol/plan.rs from floor 4; ",
        "lower floors",
    );
}

#[test]
fn an_upward_path_between_folders_is_found_in_code_too() {
    let found = found_in(FOLDERS, "store/contract.rs", "fn f() {\n crate::protocol::plan::decide()\n}");
    assert_one(&found, "store/contract.rs:2: floor 1 imports protocol/plan.rs from floor 4; ", "");
}

#[test]
fn an_import_from_a_module_below_the_file_has_a_floor_too() {
    let table = &[pure(1, "memory.rs"), pure(1, "memory/shards.rs")];
    for text in ["mod shards;\nuse shards::Shards;", "mod shards;\nuse self::shards::Shards;"] {
        let found = found_in(table, "memory.rs", text);
        assert_one(&found, "memory.rs:2: floor 1 imports memory/shards.rs from floor 1; ", "");
    }
}

#[test]
fn an_import_from_a_door_is_found() {
    for text in ["use crate::store::Record;", "use crate::store::{Record};", "use crate::store;"] {
        let found = found_in(FOLDERS, "protocol/plan.rs", text);
        assert_one(&found, "protocol/plan.rs:1: `crate::store", "from the file that defines it");
        assert!(found[0].contains("comes from store.rs, which only re-exports"), "{found:?}");
    }
}

#[test]
fn a_door_declares_and_re_exports_from_anywhere() {
    let text = "//! Words.\n#[cfg(test)]\nmod tests;\nmod contract;\npub(crate) mod memory;
                pub use contract::{Loaded, Record};\npub use crate::protocol::plan::Plan;";
    assert_eq!(found_in(FOLDERS, "store.rs", text), [""; 0]);
}

#[test]
fn a_door_with_code_is_found() {
    let found =
        found_in(FOLDERS, "store.rs", "mod contract;\npub use contract::Record;\npub(crate) fn f() {}");
    assert_one(&found, "store.rs:3: a door does more than", "a file of the folder");
}

#[test]
fn a_ban_covers_a_module_path_and_what_is_below_it() {
    for name in ["memory::MemoryStore", "memory::shards::Shard"] {
        let found = found_in(FOLDERS, "protocol/plan.rs", &format!("use crate::store::{name};"));
        assert_one(
            &found,
            "protocol/plan.rs:1: this file never imports `store/memory`; ",
            "knows no one store",
        );
    }
    assert_eq!(found_in(FOLDERS, "protocol/plan.rs", "use crate::store::contract::Record;"), [""; 0]);
    let found = found_in(FOLDERS, "exchange.rs", "use crate::protocol::plan::Plan;");
    assert_one(&found, "exchange.rs:1: this file never imports `protocol`; ", "banned folder");
}

#[test]
fn a_ban_on_a_module_that_is_not_there_is_found() {
    let table = &[pure(0, "id.rs").never(&[("stores", "a name that has changed")]), pure(1, "store.rs")];
    let found: Vec<String> = check_bans(table).iter().map(Violation::to_string).collect();
    assert_one(&found, "id.rs:1: the table bans `stores` from this file", "remove the ban");
    assert_eq!(check_bans(FOLDERS), []);
}

#[test]
fn a_way_out_by_super_is_found() {
    assert_one(
        &found("id.rs", "use super::plan::Plan;"),
        "id.rs:1: `super::` leads out of the file; ",
        "`crate::",
    );
}

#[test]
fn a_banned_import_is_found_though_its_floor_is_lower() {
    let found = found("plan.rs", "use crate::store::Loaded;");
    assert_one(&found, "plan.rs:1: this file never imports `store`; ", "the protocol decides");
}

#[test]
fn each_impurity_of_a_pure_file_is_found() {
    assert_one(&found("id.rs", "\nasync fn f() {}"), "id.rs:2: a pure file is async or awaits; ", "save.rs");
    assert_one(&found("id.rs", "x.now();"), "id.rs:1: a pure file reads a clock; ", "as an argument");
    assert_one(&found("id.rs", "Mutex::new(0);"), "id.rs:1: a pure file holds a lock", "`&mut self`");
    assert_one(
        &found("id.rs", "rand::random()"),
        "id.rs:1: a pure file draws random numbers; ",
        "as an argument",
    );
}

#[test]
fn a_shell_may_do_what_a_pure_file_may_not() {
    let text = "use std::sync::Mutex;\nasync fn f() { rand::random(clock.now()).await }";
    assert_eq!(found("memory.rs", text), [""; 0]);
}

#[test]
fn an_exception_covers_its_own_impurity_alone() {
    let found = found("time.rs", "SystemTime::now();\nMutex::new(0);");
    assert_one(&found, "time.rs:2: a pure file holds a lock", "");
}

#[test]
fn an_exception_that_nothing_needs_is_found() {
    let found = found("time.rs", "struct UnixTime;");
    assert_one(&found, "time.rs:1: ", "remove the exception");
}

#[test]
fn comments_strings_and_tests_break_no_rule() {
    let text = "//! use crate::session::Session;\n/* async */ const A: &str = \"crate::plan::x rand::y\";\n\
                #[cfg(test)]\nmod tests {\n use crate::session::Session;\n use super::*;\n async fn f() {}\n}";
    assert_eq!(found("id.rs", text), [""; 0]);
}

#[test]
fn a_file_without_a_row_and_a_row_without_a_file_are_found() {
    let files =
        ["id.rs", "lib.rs", "memory.rs", "new.rs", "plan.rs", "session.rs", "store.rs"].map(str::to_owned);
    let found: Vec<String> = check_listing(HOUSE, &files).iter().map(Violation::to_string).collect();
    assert!(found[0].starts_with("new.rs:1: the file has no floor; give it a row"), "{found:?}");
    assert!(found[1].starts_with("time.rs:1: the table has a row for this file"), "{found:?}");
    assert_eq!(found.len(), 2);
}

#[test]
fn a_pure_file_that_imports_one_that_is_not_is_found_whatever_its_floor() {
    const TABLE: &[Row] = &[shell(0, "random.rs"), pure(1, "id.rs"), shell(1, "session.rs")];
    let found = found_in(TABLE, "id.rs", "use crate::random::id;");
    assert_one(&found, "id.rs:1: a pure file imports random.rs, which is not pure; ", "as an argument");
    assert_eq!(found_in(TABLE, "session.rs", "use crate::random::id;"), [""; 0]);
}
