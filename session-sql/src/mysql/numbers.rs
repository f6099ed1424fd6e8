//! The numbers of the server's errors, and what each means for the store:
//! <https://mariadb.com/kb/en/mariadb-error-code-reference/>.

use session_core::store::StoreErrorKind;

/// A key exists already.
pub(crate) const DUPLICATE_ENTRY: u16 = 1062;
pub(crate) const MISSING_TABLE: u16 = 1146;
pub(crate) const SYNTAX_ERROR: u16 = 1064;
pub(crate) const TRUNCATED_VALUE: u16 = 1366;
pub(crate) const UNKNOWN_COLUMN: u16 = 1054;

/// The meaning of an error of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The server has no space.
    Full,
    /// A table or an index is damaged.
    Corrupt,
    /// The server has rolled the statement back and did nothing, so that it may be run again. After a wait
    /// for a lock it has rolled back the statement alone, and a transaction is rolled back by its end.
    RolledBack,
    /// The connection is lost, or leads to a server that takes no writes any more.
    Lost,
    /// The server cannot run the statement now.
    Busy,
    /// Anything else, such as a missing right.
    Other,
}

/// The meaning of each number. Numbers below 1000 are those of the server's operating system.
const MEANINGS: [(u16, Meaning); 34] = [
    (1020, Meaning::RolledBack), // the record has changed since it was read
    (1021, Meaning::Full),       // the disk is full
    (1026, Meaning::Busy),       // a file cannot be written
    (1034, Meaning::Corrupt),    // an index is damaged
    (1037, Meaning::Busy),       // there is no memory
    (1038, Meaning::Busy),       // there is no memory to sort
    (1040, Meaning::Busy),       // there are too many connections
    (1041, Meaning::Busy),       // there are no resources
    (1047, Meaning::Lost),       // a node is not ready; the servers call it an unknown command
    (1114, Meaning::Full),       // the table is full
    (1129, Meaning::Busy),       // the host is blocked
    (1135, Meaning::Busy),       // there is no thread for a connection
    (1180, Meaning::Lost),       // a commit failed; in a cluster, its outcome is unknown
    (1194, Meaning::Corrupt),    // a table is damaged
    (1203, Meaning::Busy),       // the user has too many connections
    (1205, Meaning::RolledBack), // a lock was not given in time
    (1206, Meaning::Busy),       // there are too many locks
    (1213, Meaning::RolledBack), // a deadlock, or overruled by another node
    (1226, Meaning::Busy),       // a limit of the user's is reached
    (1290, Meaning::Lost),       // an option prevents the statement, such as read_only
    (1317, Meaning::Busy),       // the statement was interrupted
    (1461, Meaning::Busy),       // there are too many prepared statements
    (1467, Meaning::RolledBack), // a deadlock of the table's counter
    (1615, Meaning::Busy),       // the statement must be prepared again
    (1712, Meaning::Corrupt),    // an index of InnoDB is damaged
    (1792, Meaning::Lost),       // the transaction is read-only
    (1836, Meaning::Lost),       // the server is read-only
    (1927, Meaning::Lost),       // the connection was killed
    (1969, Meaning::Busy),       // the statement took too long; in MySQL it is 3024
    (3024, Meaning::Busy),
    (3032, Meaning::Lost), // the server is offline
    (3100, Meaning::Busy), // group replication refuses the commit
    (3169, Meaning::Lost), // the session was killed
    (4031, Meaning::Lost), // the session was idle for too long
];

/// The texts of the operating system that mean a full disk, and the numbers whose messages quote them besides
/// those of the server's operating system.
const NO_SPACE: [&str; 2] = ["No space left on device", "Disk quota exceeded"];
const OF_FILES: [u16; 3] = [1004, 1026, 1030];

impl Meaning {
    /// Returns the meaning of an error by its number, by the reason in its message, or by the class of its
    /// state.
    pub(crate) fn of(number: u16, state: &str, message: &str) -> Self {
        let is_of_files = number < 1000 || OF_FILES.contains(&number);
        if is_of_files && NO_SPACE.iter().any(|text| message.contains(text)) {
            return Self::Full;
        }
        if number == DUPLICATE_ENTRY && message.ends_with("PRIMARY'") {
            // The server numbers the rows. When a node joins a cluster or leaves it, another node can use the
            // same numbers for a moment.
            return Self::RolledBack;
        }
        let known = MEANINGS.iter().find(|(known, _)| *known == number);
        match (known, state.get(..2)) {
            (Some((_, meaning)), _) => *meaning,
            // A connection exception.
            (None, Some("08")) => Self::Lost,
            // A rollback.
            (None, Some("40")) => Self::Busy,
            _ if number < 1000 => Self::Busy,
            _ => Self::Other,
        }
    }

    pub(crate) const fn kind(self) -> StoreErrorKind {
        match self {
            Self::Full => StoreErrorKind::Full,
            Self::Corrupt => StoreErrorKind::Corrupt,
            Self::RolledBack | Self::Lost | Self::Busy => StoreErrorKind::Unavailable,
            Self::Other => StoreErrorKind::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_tells_the_meaning() {
        for (number, meaning) in [
            (3, Meaning::Busy),  // a file cannot be written
            (28, Meaning::Busy), // no space, as the operating system tells it, without its text
            (1020, Meaning::RolledBack),
            (1021, Meaning::Full),
            (1026, Meaning::Busy),
            (1030, Meaning::Other), // an error of the storage engine
            (1034, Meaning::Corrupt),
            (1040, Meaning::Busy),
            (1044, Meaning::Other), // no right to use the database
            (1045, Meaning::Other), // a wrong password
            (1047, Meaning::Lost),
            (1049, Meaning::Other), // no such database
            (1062, Meaning::Other),
            (1064, Meaning::Other),
            (1114, Meaning::Full),
            (1142, Meaning::Other), // no right to the table
            (1180, Meaning::Lost),
            (1205, Meaning::RolledBack),
            (1213, Meaning::RolledBack),
            (1226, Meaning::Busy),
            (1290, Meaning::Lost),
            (1317, Meaning::Busy),
            (1406, Meaning::Other), // a value is too long
            (1461, Meaning::Busy),
            (1836, Meaning::Lost),
            (1927, Meaning::Lost),
            (1969, Meaning::Busy),
        ] {
            assert_eq!(Meaning::of(number, "HY000", ""), meaning, "{number}");
        }
    }

    #[test]
    fn a_number_of_a_row_that_is_in_use_is_told_from_a_key_that_is() {
        for (message, meaning) in [
            ("Duplicate entry '7' for key 'PRIMARY'", Meaning::RolledBack),
            ("Duplicate entry '7' for key 'cwsession.PRIMARY'", Meaning::RolledBack),
            ("Duplicate entry '7' for key 'by_key'", Meaning::Other),
            ("Duplicate entry 'PRIMARY'' for key 'by_key'", Meaning::Other),
        ] {
            assert_eq!(Meaning::of(1062, "23000", message), meaning, "{message}");
        }
    }

    #[test]
    fn a_full_disk_is_recognised_whatever_the_server_failed_to_do() {
        let no_space = r#"28 "No space left on device""#;
        for (number, message, meaning) in [
            (1, format!("Can't create/write to file '/tmp/x' (Errcode: {no_space})"), Meaning::Full),
            (3, format!("Error writing file '/tmp/x' (Errcode: {no_space})"), Meaning::Full),
            (3, r#"Error writing file '/tmp/x' (Errcode: 5 "Input/output error")"#.to_owned(), Meaning::Busy),
            (1004, format!("Can't create file './x.frm' (errno: {no_space})"), Meaning::Full),
            (1026, format!("Error writing file 'bin' (errno: {no_space})"), Meaning::Full),
            (
                1026,
                r#"Error writing file 'bin' (errno: 122 "Disk quota exceeded")"#.to_owned(),
                Meaning::Full,
            ),
            (1030, format!("Got error {no_space} from storage engine InnoDB"), Meaning::Full),
            (1030, "Got error 28 - 'No space left on device' from storage engine".to_owned(), Meaning::Full),
            (1030, r#"Got error 168 "Unknown" from storage engine InnoDB"#.to_owned(), Meaning::Other),
            (1062, "Duplicate entry 'No space left on device' for key 'by_key'".to_owned(), Meaning::Other),
        ] {
            assert_eq!(Meaning::of(number, "HY000", &message), meaning, "{number}: {message}");
        }
    }

    #[test]
    fn a_state_tells_what_an_unknown_number_means() {
        let meanings = [("08S01", 1053), ("40000", 3101), ("42000", 1099), ("", 1099)]
            .map(|(state, number)| Meaning::of(number, state, ""));
        assert_eq!(meanings, [Meaning::Lost, Meaning::Busy, Meaning::Other, Meaning::Other]);
    }

    #[test]
    fn no_failure_of_the_server_is_told_as_one_of_the_caller() {
        use StoreErrorKind::{Corrupt, Full, Other, Unavailable};
        let meanings = [
            Meaning::Full,
            Meaning::Corrupt,
            Meaning::RolledBack,
            Meaning::Lost,
            Meaning::Busy,
            Meaning::Other,
        ];
        let kinds = [Full, Corrupt, Unavailable, Unavailable, Unavailable, Other];
        assert_eq!(meanings.map(Meaning::kind), kinds);
    }
}
