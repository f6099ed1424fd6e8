//! The floors of session-core: which file may import which, and what its pure files never do.

mod purity;
mod row;
mod rules;

use std::fs;

use crate::failure::Failure;
use crate::rust::files::source_files;
use crate::workspace;
use purity::Impurity::{Async, Clock, Lock};
use row::{Row, pure, shell};

/// The folder whose files have floors.
const FOLDER: &str = "session-core/src";

/// Every file but `lib.rs`, with its floor. A file imports only from files on lower floors.
const TABLE: &[Row] = &[
    pure(0, "time.rs").except(&[
        (Clock, "`SystemClock` is the one reader of the machine's clock"),
        (Lock, "`ManualClock` is shared with the test that moves it"),
    ]),
    pure(0, "id.rs"),
    pure(0, "signer.rs"),
    pure(0, "headers.rs"),
    pure(0, "serializer.rs"),
    pure(0, "key.rs"),
    pure(0, "owner.rs"),
    pure(0, "trace.rs"),
    pure(1, "cookie.rs"),
    pure(1, "record.rs"),
    pure(1, "expiry.rs"),
    pure(1, "ticket.rs"),
    pure(2, "change.rs"),
    pure(2, "options.rs"),
    pure(3, "state.rs"),
    pure(4, "replay.rs"),
    pure(4, "open.rs"),
    pure(2, "store.rs").except(&[(Async, "the contract is a trait of async methods")]),
    pure(4, "plan.rs").never(&[("store", "the protocol decides; exchange.rs acts")]),
    shell(3, "memory.rs"),
    shell(4, "cache.rs"),
    shell(3, "contention.rs"),
    shell(4, "error.rs"),
    shell(4, "random.rs"),
    shell(5, "session.rs"),
    shell(5, "finish.rs"),
    shell(6, "flash.rs"),
    shell(6, "csrf.rs"),
    shell(7, "factory.rs"),
    shell(8, "save.rs"),
    shell(9, "exchange.rs"),
    shell(10, "unloaded.rs"),
    shell(10, "devices.rs"),
];

/// Checks every file of the folder against the table.
pub(crate) fn run() -> Result<(), Failure> {
    let folder = workspace::root().join(FOLDER);
    let files = source_files(&folder)?;
    let mut found = rules::check_listing(TABLE, &files);
    found.extend(rules::check_bans(TABLE));
    for row in TABLE.iter().filter(|row| files.iter().any(|file| file == row.file)) {
        let text = fs::read_to_string(folder.join(row.file))
            .map_err(Failure::machine(format!("cannot read {}", row.file)))?;
        found.extend(rules::check(TABLE, row, &text));
    }
    if !found.is_empty() {
        let lines: Vec<String> = found.iter().map(|violation| format!("{FOLDER}/{violation}")).collect();
        return Err(Failure::Finding(format!("the floors do not hold:\n{}", lines.join("\n"))));
    }
    println!("files of {FOLDER} that keep to their floors: {}", TABLE.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::row::Kind;
    use super::*;

    #[test]
    fn no_file_stands_twice_and_every_exception_is_for_a_pure_file() {
        for (index, row) in TABLE.iter().enumerate() {
            assert!(TABLE[..index].iter().all(|other| other.file != row.file), "{}", row.file);
            assert!(row.except.is_empty() || matches!(row.kind, Kind::Pure(_)), "{}", row.file);
        }
    }

    #[test]
    fn every_reason_is_given() {
        let exceptions = TABLE.iter().flat_map(|row| row.except.iter().map(|(_, reason)| reason));
        let bans = TABLE.iter().flat_map(|row| row.never.iter().map(|(_, reason)| reason));
        assert!(exceptions.chain(bans).all(|reason| reason.len() > 10));
    }
}
