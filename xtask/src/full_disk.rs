//! The tests on a full disk, for which a small disk is mounted.

use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::test_run;
use crate::workspace::cargo;

/// Runs the tests. Where the system lets an ordinary user mount no disk, says that they were not run.
pub(crate) fn run() -> Result<(), Failure> {
    if !may_mount() {
        println!("NOT RUN: the tests on a full disk, because `unshare --user --mount` is not allowed here");
        return Ok(());
    }
    let packages = ["--package", "session-sql", "--package", "test-servers"];
    let mut tests = cargo(&["test", "--all-features", "--lib", "--test", "postgres", "--test", "mysql"]);
    test_run::run(tests.args(packages).args(["--", "--ignored", "full_disk", "disks"]))
}

fn may_mount() -> bool {
    let mut unshare = Command::new("unshare");
    unshare.args(["--user", "--map-root-user", "--mount", "true"]).stdin(Stdio::null()).stderr(Stdio::null());
    unshare.status().is_ok_and(|status| status.success())
}
