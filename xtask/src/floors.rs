//! The floors of session-core: which file may import which, and what its pure files never do.

mod purity;
mod row;
mod rules;

use std::fs;

use crate::failure::Failure;
use crate::rust::files::source_files;
use crate::workspace;
use purity::Impurity::{Async, Clock};
use row::{Row, door, pure, shell};

/// The folder whose files have floors.
const FOLDER: &str = "session-core/src";

/// Every file but `lib.rs`, with its floor. A file imports only from files on lower floors.
const TABLE: &[Row] = &[
    pure(0, "time.rs").except(&[(Clock, "`SystemClock` is the one reader of the machine's clock")]),
    pure(0, "owner.rs"),
    pure(0, "serializer.rs"),
    pure(0, "trace.rs"),
    pure(1, "adapter/headers.rs"),
    pure(0, "adapter/notice.rs"),
    pure(0, "handler/finite.rs"),
    pure(0, "handler/value_key.rs"),
    pure(0, "pyramid/cookie_name.rs"),
    pure(0, "pyramid/flash.rs"),
    pure(0, "pyramid/hash_alg.rs"),
    pure(0, "pyramid/secret.rs"),
    pure(0, "setup/options_error.rs"),
    pure(0, "store/circuit.rs"),
    pure(0, "store/error.rs"),
    pure(0, "store/key.rs"),
    pure(0, "store/size_limits.rs"),
    pure(0, "store/touch_patience.rs"),
    pure(1, "id.rs"),
    pure(1, "protocol/expiry.rs"),
    pure(1, "pyramid/set_cookie.rs"),
    pure(1, "pyramid/signer.rs"),
    pure(1, "setup/cookie_scope.rs"),
    pure(1, "store/owner_index.rs").except(&[(Async, "the contract is a trait of async methods")]),
    pure(1, "store/record.rs"),
    pure(1, "protocol/refusal.rs"),
    pure(2, "protocol/sizes.rs"),
    pure(2, "protocol/change.rs"),
    pure(2, "protocol/exclusive.rs"),
    pure(2, "pyramid/body.rs"),
    pure(2, "pyramid/cookie_header.rs"),
    pure(2, "setup/options.rs"),
    pure(2, "store/contract.rs").except(&[(Async, "the contract is a trait of async methods")]),
    pure(2, "store/entry.rs"),
    pure(3, "handler/json.rs"),
    pure(3, "store/after_miss.rs"),
    shell(3, "store/circuit_breaker.rs"),
    pure(3, "ticket.rs"),
    pure(3, "setup/checks.rs"),
    pure(4, "setup/settings.rs"),
    pure(4, "protocol/state.rs"),
    pure(5, "protocol/open.rs"),
    pure(5, "protocol/plan.rs").never(&[("store/contract", "the protocol decides; adapter/save.rs acts")]),
    pure(5, "protocol/outcome.rs").never(&[("store/contract", "the protocol decides; adapter/save.rs acts")]),
    pure(5, "protocol/replay.rs"),
    shell(5, "adapter/contention.rs"),
    shell(5, "error.rs"),
    shell(5, "random.rs"),
    shell(5, "store/purge_task.rs"),
    shell(5, "store/memory/key_hash.rs"),
    shell(5, "store/memory/locks.rs"),
    shell(5, "adapter/cache.rs"),
    shell(6, "adapter/finish.rs"),
    shell(6, "handler/session.rs"),
    shell(6, "store/memory/owners.rs"),
    shell(7, "handler/csrf.rs"),
    shell(7, "handler/flash.rs"),
    shell(7, "handler/sign_in.rs"),
    shell(7, "handler/times.rs"),
    shell(7, "setup/factory.rs"),
    shell(7, "store/memory/shards.rs"),
    shell(8, "adapter/owned.rs"),
    shell(9, "adapter/save.rs"),
    shell(8, "store/memory/sweep.rs"),
    shell(10, "adapter/exchange.rs"),
    shell(9, "store/memory.rs"),
    shell(11, "adapter/exchanges.rs"),
    shell(11, "handler/devices.rs"),
    shell(11, "handler/read_only.rs"),
    shell(11, "handler/unloaded.rs"),
    door("adapter.rs"),
    door("handler.rs"),
    door("protocol.rs"),
    door("pyramid.rs"),
    door("setup.rs"),
    door("store.rs"),
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
