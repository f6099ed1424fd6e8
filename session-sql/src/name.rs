//! The names of the table that the sessions are kept in, and of its schema.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// The longest name. Every database accepts it, together with any suffix that the library appends.
const MAX_BYTES: usize = 40;
/// The suffixes of what the library creates, or created in schema 1, beside the table: further tables,
/// indexes and sequences, which share one set of names with the tables in PostgreSQL.
const SUFFIXES: [&str; 7] =
    ["_moved", "_schema", "_by_owner", "_by_purge_date", "_pkey", "_key_key", "_id_seq"];

/// The name of a table: an identifier, which is safe to use in a statement.
///
/// It has 1 to 40 characters: the lower-case letters `a` to `z`, digits and `_`. It does not begin with a
/// digit. Capital letters are refused because databases disagree on whether they matter. Keywords of SQL,
/// such as `order`, are allowed. Names that begin with `sqlite_` or `pg_` are reserved for the databases, and
/// names that end with `_moved`, `_schema`, `_by_owner`, `_by_purge_date`, `_pkey`, `_key_key` or `_id_seq`
/// for what the library creates beside the table.
///
/// ```
/// use session_sql::TableName;
///
/// let table: TableName = "web_sessions".parse()?;
/// assert_eq!(table.as_str(), "web_sessions");
/// assert_eq!(TableName::default().as_str(), "cwsession");
/// assert!("x; drop table users".parse::<TableName>().is_err());
/// # Ok::<(), session_sql::BadName>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TableName(Cow<'static, str>);

impl TableName {
    /// Returns the name as a string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for TableName {
    /// Returns `cwsession`, the name that CubicWeb uses for its sessions.
    fn default() -> Self {
        Self(Cow::Borrowed("cwsession"))
    }
}

impl FromStr for TableName {
    type Err = BadName;

    fn from_str(name: &str) -> Result<Self, BadName> {
        let refused = |problem| Err(BadName { what: "table", name: name.to_owned(), problem });
        if let Some(problem) = problem_of(name) {
            return refused(problem);
        }
        if SUFFIXES.iter().any(|suffix| name.ends_with(suffix)) {
            return refused(
                "names that end with _moved, _schema, _by_owner, _by_purge_date, _pkey, _key_key or _id_seq are reserved for what the library creates beside the table",
            );
        }
        Ok(Self(Cow::Owned(name.to_owned())))
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TableName({})", self.0)
    }
}

/// The name of a schema, in which PostgreSQL keeps tables: an identifier of the same form as a [`TableName`].
///
/// ```
/// use session_sql::SchemaName;
///
/// let schema: SchemaName = "web".parse()?;
/// assert_eq!(schema.as_str(), "web");
/// assert!("web.sessions".parse::<SchemaName>().is_err());
/// # Ok::<(), session_sql::BadName>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SchemaName(String);

impl SchemaName {
    /// Returns the name as a string.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SchemaName {
    type Err = BadName;

    fn from_str(name: &str) -> Result<Self, BadName> {
        match problem_of(name) {
            Some(problem) => Err(BadName { what: "schema", name: name.to_owned(), problem }),
            None => Ok(Self(name.to_owned())),
        }
    }
}

impl fmt::Display for SchemaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SchemaName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SchemaName({})", self.0)
    }
}

/// Returns what prevents a text from being an identifier.
fn problem_of(name: &str) -> Option<&'static str> {
    let is_identifier = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.is_empty() || name.len() > MAX_BYTES {
        return Some("it must have 1 to 40 characters");
    }
    if !name.bytes().all(is_identifier) {
        return Some("only lower-case letters, digits and _ are allowed");
    }
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        return Some("it must not begin with a digit");
    }
    if name.starts_with("sqlite_") || name.starts_with("pg_") {
        return Some("names that begin with sqlite_ or pg_ are reserved for the database");
    }
    None
}

/// The error for a text that is not a valid [`TableName`] or [`SchemaName`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {what} name {name:?} is not valid: {problem}")]
pub struct BadName {
    what: &'static str,
    name: String,
    problem: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_a_table_name() {
        let longest = "a".repeat(MAX_BYTES);
        for name in ["a", "_", "cwsession", "web_sessions_2", "order", "select", longest.as_str()] {
            assert_eq!(name.parse::<TableName>().unwrap().as_str(), name);
        }
    }

    #[test]
    fn anything_else_is_refused_with_a_reason() {
        let too_long = "a".repeat(MAX_BYTES + 1);
        for (name, reason) in [
            ("", "1 to 40"),
            (too_long.as_str(), "1 to 40"),
            ("Sessions", "lower-case"),
            ("a b", "lower-case"),
            ("a\"b", "lower-case"),
            ("a;drop table b", "lower-case"),
            ("main.a", "lower-case"),
            ("a\0", "lower-case"),
            ("größe", "lower-case"),
            ("{table}", "lower-case"),
            ("2nd", "digit"),
            ("sqlite_master", "database"),
            ("pg_class", "database"),
            ("a_moved", "beside"),
            ("a_schema", "beside"),
            ("a_by_owner", "beside"),
            ("a_by_purge_date", "beside"),
            ("a_pkey", "beside"),
            ("a_key_key", "beside"),
            ("a_id_seq", "beside"),
        ] {
            let error = name.parse::<TableName>().unwrap_err().to_string();
            assert!(error.contains(reason), "{name:?}: {error}");
        }
    }

    #[test]
    fn a_schema_has_a_name_of_the_same_form() {
        assert_eq!("web".parse::<SchemaName>().unwrap().as_str(), "web");
        let error = "Web".parse::<SchemaName>().unwrap_err().to_string();
        assert!(error.starts_with("the schema name \"Web\" is not valid: only lower-case"), "{error}");
    }

    #[test]
    fn the_default_is_a_table_name_too() {
        assert_eq!(TableName::default().as_str().parse(), Ok(TableName::default()));
    }
}
