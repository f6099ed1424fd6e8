//! A statement with its values, which are sent beside its text or written into it.

use std::borrow::Cow;

use sqlx::postgres::{PgArguments, PgConnection, PgRow, PgValueFormat, PgValueRef, Postgres};
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Encode, SqlStr, Type, query, raw_sql};

use crate::postgres::options::Statements;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// A statement with the values of its parameters.
pub(crate) enum Bound<'q> {
    Prepared(Query<'q, Postgres, PgArguments>),
    Text { text: SqlStr, values: Vec<Box<dyn Literal + 'q>> },
}

impl<'q> Bound<'q> {
    /// Makes a statement of which no value is bound yet.
    pub(crate) fn new(text: &SqlStr, statements: Statements) -> Self {
        match statements {
            Statements::Prepared => Self::Prepared(query(text.clone())),
            Statements::Text => Self::Text { text: text.clone(), values: Vec::new() },
        }
    }

    /// Binds the value of the next parameter.
    pub(crate) fn bind<T>(self, value: T) -> Self
    where
        T: Literal + Encode<'q, Postgres> + Type<Postgres> + 'q,
    {
        match self {
            Self::Prepared(query) => Self::Prepared(query.bind(value)),
            Self::Text { text, mut values } => {
                values.push(Box::new(value));
                Self::Text { text, values }
            }
        }
    }

    /// Runs the statement, and returns its rows.
    pub(crate) async fn fetch_all(self, connection: &mut PgConnection) -> Result<Vec<PgRow>, sqlx::Error> {
        match self {
            Self::Prepared(query) => query.fetch_all(connection).await,
            Self::Text { text, values } => {
                let text = AssertSqlSafe(written(text.as_str(), &values));
                raw_sql(text).fetch_all(connection).await
            }
        }
    }

    /// Runs the statement, and returns the number of rows that it changed.
    pub(crate) async fn execute(self, connection: &mut PgConnection) -> Result<u64, sqlx::Error> {
        let done = match self {
            Self::Prepared(query) => query.execute(connection).await,
            Self::Text { text, values } => {
                let text = AssertSqlSafe(written(text.as_str(), &values));
                // Boxed, so that the future of a prepared statement stays small.
                Box::pin(raw_sql(text).execute(connection)).await
            }
        };
        Ok(done?.rows_affected())
    }
}

/// Writes the values into the text, in place of `$1`, `$2` and so on. A `$` has no other meaning in the
/// store's statements, and the names of tables and schemas hold none.
fn written(text: &str, values: &[Box<dyn Literal + '_>]) -> String {
    let mut parts = text.split('$');
    let mut written = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|first: char| first.is_ascii_digit());
        let number: usize = part[..part.len() - rest.len()].parse().expect("a number is behind each `$`");
        values[number - 1].write_to(&mut written);
        written.push_str(rest);
    }
    written
}

/// A value that can be written into the text of a statement.
///
/// A literal has only letters, digits, a sign, and the quotes and brackets that are written here. So it means
/// the same under each setting of `standard_conforming_strings`, and no value can end its literal.
pub(crate) trait Literal: Send {
    fn write_to(&self, text: &mut String);
}

/// A value that is not an array.
pub(crate) trait Scalar: Send {
    /// The name of its type in SQL.
    const TYPE: &'static str;

    fn write_scalar(&self, text: &mut String);
}

impl<S: Scalar> Literal for S {
    fn write_to(&self, text: &mut String) {
        self.write_scalar(text);
    }
}

impl<S: Scalar> Literal for Vec<S> {
    fn write_to(&self, text: &mut String) {
        text.push_str("array[");
        for (index, value) in self.iter().enumerate() {
            text.push_str(if index > 0 { ", " } else { "" });
            value.write_scalar(text);
        }
        text.extend(["]::", S::TYPE, "[]"]);
    }
}

impl Scalar for i64 {
    const TYPE: &'static str = "bigint";

    // In quotes, because the cast is applied before a sign is, and the smallest number is too large without
    // its sign.
    fn write_scalar(&self, text: &mut String) {
        text.extend(["'", &self.to_string(), "'::bigint"]);
    }
}

impl Scalar for &[u8] {
    const TYPE: &'static str = "bytea";

    fn write_scalar(&self, text: &mut String) {
        let digit = |bits: u8| char::from(DIGITS[usize::from(bits)]);
        text.reserve(self.len() * 2 + 24);
        text.push_str("decode('");
        text.extend(self.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
        text.push_str("', 'hex')");
    }
}

impl<S: Scalar> Scalar for Option<S> {
    const TYPE: &'static str = S::TYPE;

    fn write_scalar(&self, text: &mut String) {
        match self {
            Some(value) => value.write_scalar(text),
            None => text.extend(["null::", S::TYPE]),
        }
    }
}

/// Returns the bytes of a column that is not null. Those of a prepared statement are borrowed. `None` means
/// that the text of a statement's row is not one of PostgreSQL's.
pub(crate) fn bytes_of(value: PgValueRef<'_>) -> Option<Cow<'_, [u8]>> {
    match value.format() {
        PgValueFormat::Binary => value.as_bytes().ok().map(Cow::Borrowed),
        PgValueFormat::Text => {
            let text = value.as_bytes().ok()?;
            let bytes = text.strip_prefix(br"\x").map_or_else(|| of_escapes(text), of_hex);
            bytes.map(Cow::Owned)
        }
    }
}

/// Reads the format `hex` of the setting `bytea_output`, without its prefix.
fn of_hex(text: &[u8]) -> Option<Vec<u8>> {
    let (pairs, []) = text.as_chunks::<2>() else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16);
    let byte = |[high, low]: &[u8; 2]| Some((digit(*high)? * 16 + digit(*low)?) as u8);
    pairs.iter().map(byte).collect()
}

/// Reads the format `escape` of the setting `bytea_output`, which another client of a pooler may have set: a
/// backslash is doubled, and other bytes may be a backslash and three octal digits.
fn of_escapes(text: &[u8]) -> Option<Vec<u8>> {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text);
    loop {
        rest = match rest {
            [] => return Some(bytes),
            [b'\\', b'\\', rest @ ..] => {
                bytes.push(b'\\');
                rest
            }
            [b'\\', digits @ ..] => {
                let (octal, rest) = digits.split_at_checked(3)?;
                bytes.push(u8::from_str_radix(str::from_utf8(octal).ok()?, 8).ok()?);
                rest
            }
            [byte, rest @ ..] => {
                bytes.push(*byte);
                rest
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(text: &'static str, values: Vec<Box<dyn Literal>>) -> String {
        written(text, &values)
    }

    #[test]
    fn a_value_is_written_in_place_of_its_parameter() {
        let mut values: Vec<Box<dyn Literal>> = (1..=9_i64).map(|value| Box::new(value) as _).collect();
        values.push(Box::new(b"\x00'\\\xff".as_slice()));
        let expected = "('9'::bigint, '1'::bigint, decode('00275cff', 'hex')::bytea, '1'::bigint)";
        assert_eq!(text_of("($9, $1, $10::bytea, $1)", values), expected);
    }

    #[test]
    fn each_value_has_its_literal() {
        let values: Vec<Box<dyn Literal>> = vec![
            Box::new(i64::MIN),
            Box::new(None::<i64>),
            Box::new(None::<&[u8]>),
            Box::new(vec![Some(b"a".as_slice()), None]),
            Box::new(Vec::<i64>::new()),
        ];
        let expected = "'-9223372036854775808'::bigint null::bigint null::bytea \
                        array[decode('61', 'hex'), null::bytea]::bytea[] array[]::bigint[]";
        assert_eq!(text_of("$1 $2 $3 $4 $5", values), expected);
    }

    #[test]
    fn bytes_are_read_from_both_formats_of_the_server() {
        assert_eq!(of_hex(b"00275cFf"), Some(b"\x00'\\\xff".to_vec()));
        assert_eq!(of_escapes(br"\000'\\x\377"), Some(b"\x00'\\x\xff".to_vec()));
        for wrong in [b"0".as_slice(), b"0g", b"+1"] {
            assert_eq!(of_hex(wrong), None);
        }
        for wrong in [br"\".as_slice(), br"\12", br"\400", br"\8aa"] {
            assert_eq!(of_escapes(wrong), None);
        }
    }
}
