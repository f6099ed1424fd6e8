//! The versions of a schema, and which release can work with which.
//!
//! Each schema has a version and a *compatible-from*: the lowest schema version whose release can still work
//! with it. A release serves every schema whose compatible-from it knows, so processes of two releases can
//! run side by side while a service is updated.

use crate::failure::Failure;
use crate::name::TableName;

/// The schema that a table has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SchemaVersion {
    pub(crate) version: i64,
    pub(crate) compatible_from: i64,
}

/// Returns the steps that are still to be run, of which the first makes version 1.
///
/// Fails if the schema is newer and no longer works with this release.
pub(crate) fn pending<'s, S>(
    found: Option<SchemaVersion>,
    steps: &'s [S],
    table: &TableName,
) -> Result<&'s [S], Failure> {
    let known = steps.len() as i64;
    match found {
        None => Ok(steps),
        Some(found) if found.compatible_from > known => {
            Err(Failure::NewerSchema { table: table.clone(), found: found.version, known })
        }
        Some(found) => {
            let done = usize::try_from(found.version).unwrap_or(0).min(steps.len());
            Ok(&steps[done..])
        }
    }
}

/// Fails unless the schema works with this release.
pub(crate) fn check<S>(found: Option<SchemaVersion>, steps: &[S], table: &TableName) -> Result<(), Failure> {
    if pending(found, steps, table)?.is_empty() {
        Ok(())
    } else {
        Err(Failure::NotMigrated { table: table.clone(), source: None })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: [&str; 3] = ["one", "two", "three"];

    fn outcome(found: Option<(i64, i64)>) -> Result<&'static [&'static str], i64> {
        let found = found.map(|(version, compatible_from)| SchemaVersion { version, compatible_from });
        let table = TableName::default();
        assert_eq!(
            check(found, &STEPS, &table).is_ok(),
            pending(found, &STEPS, &table).is_ok_and(<[_]>::is_empty)
        );
        pending(found, &STEPS, &table).map_err(|failure| {
            let Failure::NewerSchema { found, known: 3, .. } = failure else { panic!("{failure}") };
            found
        })
    }

    #[test]
    fn a_release_runs_the_steps_that_are_missing_and_serves_newer_schemas_that_allow_it() {
        for (found, expected) in [
            (None, Ok(STEPS.as_slice())),
            (Some((1, 1)), Ok(&STEPS[1..])),
            (Some((2, 2)), Ok(&STEPS[2..])),
            (Some((3, 2)), Ok(&[])),
            (Some((4, 3)), Ok(&[])),
            (Some((9, 1)), Ok(&[])),
            (Some((4, 4)), Err(4)),
            (Some((9, 5)), Err(9)),
        ] {
            assert_eq!(outcome(found), expected, "{found:?}");
        }
    }
}
