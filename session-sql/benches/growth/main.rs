//! Growth on PostgreSQL and MariaDB: the number of rows, and a purge of many. Touches of the same ones, and
//! calls at once, on PostgreSQL.
//!
//! `cargo bench --package session-sql --all-features --bench growth`, and after `--` the parts to run. Each
//! part runs in a process and on a server of its own.
#![allow(clippy::unwrap_used, reason = "a benchmark that fails may panic")]
#![allow(clippy::print_stdout, reason = "it exists to print the figures")]

#[path = "../compare/mod.rs"]
mod compare;
mod memory;
mod mysql;
mod postgres;
mod purge;
mod rows;
mod table;
mod touches;

use std::env;
use std::process::Command;

use comparison::engine;
use mysql::MysqlTable;
use postgres::PostgresTable;
use tokio::runtime::Runtime;

/// A part that gets the URL of its database.
type Part = fn(&Runtime, &str);

const POSTGRES: [(&str, Part); 6] = [
    ("rows", rows::run::<PostgresTable>),
    ("purge", purge::run::<PostgresTable>),
    ("touches", touches::run),
    ("memory-wait", memory::wait),
    ("memory-load", memory::load),
    ("memory-update", memory::update),
];
const MYSQL: [(&str, Part); 2] =
    [("mysql-rows", rows::run::<MysqlTable>), ("mysql-purge", purge::run::<MysqlTable>)];
/// The environment variable that names the part that a process runs.
const PART: &str = "SESSION_GROWTH_PART";

fn main() {
    let Some(is_selected) = engine::selection() else { return };
    if let Ok(wanted) = env::var(PART) {
        return run(&wanted);
    }
    println!("{}", engine::load_average());
    for (name, _) in POSTGRES.into_iter().chain(MYSQL).filter(|(name, _)| is_selected(name)) {
        let mut command = Command::new(env::current_exe().unwrap());
        assert!(
            command.arg("--bench").env(PART, name).status().unwrap().success(),
            "the part `{name}` fails"
        );
    }
    println!("\n{}", engine::load_average());
}

/// Runs a part on a server of its own.
fn run(part: &str) {
    let runtime = Runtime::new().unwrap();
    if let Some((_, run)) = POSTGRES.into_iter().find(|(name, _)| *name == part) {
        run(&runtime, &compare::server::postgres("2GB").url());
    } else if let Some((_, run)) = MYSQL.into_iter().find(|(name, _)| *name == part) {
        run(&runtime, &compare::server::mariadb("2G").url());
    }
}
