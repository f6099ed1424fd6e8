//! The documents that hold the cases, and their values as Python reads them.

use std::path::{Path, PathBuf};

use serde_json::Value;
use session_core::UnixTime;

/// The environment variable that names another folder with documents of the same form.
const FOLDER: &str = "SESSION_VECTORS";

/// Returns the cases of one family.
pub(crate) fn cases(family: &str) -> Vec<Value> {
    let path = folder().join(format!("{family}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let document = json(&text).unwrap_or_else(|| panic!("{} is not JSON", path.display()));
    let cases = document["cases"].as_array().unwrap_or_else(|| panic!("{} holds no cases", path.display()));
    if let Some(count) = document["count"].as_u64() {
        assert_eq!(
            cases.len() as u64,
            count,
            "the count in {} is not the number of its cases",
            path.display()
        );
    }
    cases.clone()
}

/// Returns the folder of the documents. A relative path starts in the package, where the tests run, or in the
/// workspace, where one types the command.
fn folder() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    match std::env::var_os(FOLDER).map(PathBuf::from) {
        None => package.join("tests/vectors"),
        Some(folder) if folder.is_dir() => folder,
        Some(folder) => package.join("..").join(folder),
    }
}

/// Reads JSON as Python does. `NaN` and `Infinity`, which are numbers in Python, become texts here.
pub(crate) fn json(text: &str) -> Option<Value> {
    serde_json::from_str(text).or_else(|_| serde_json::from_str(&without_bare_words(text))).ok()
}

fn without_bare_words(text: &str) -> String {
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    let (mut is_quoted, mut is_escaped) = (false, false);
    while let Some(next) = rest.chars().next() {
        let word =
            ["NaN", "Infinity", "-Infinity"].into_iter().find(|word| !is_quoted && rest.starts_with(word));
        let taken = word.map_or(next.len_utf8(), str::len);
        match word {
            Some(word) => out.push_str(&format!("\"{word}\"")),
            None => out.push(next),
        }
        is_quoted ^= next == '"' && !is_escaped;
        is_escaped = next == '\\' && !is_escaped;
        rest = &rest[taken..];
    }
    out
}

/// Returns the members of an object, or none for any other value.
pub(crate) fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// Returns the items of a list, or none for any other value.
pub(crate) fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Converts a parameter as Python's `int()` does. `None` stays `None`.
pub(crate) fn int(value: &Value) -> Result<Option<i64>, String> {
    let int = match value {
        Value::Null => return Ok(None),
        Value::Bool(flag) => Some(i64::from(*flag)),
        Value::Number(number) => {
            number.as_i64().or_else(|| number.as_f64().map(|float| float.trunc() as i64))
        }
        Value::String(text) => text.trim().parse().ok(),
        Value::Array(_) | Value::Object(_) => None,
    };
    int.map(Some).ok_or_else(|| format!("int() does not accept {value}"))
}

/// Tells whether a parameter is true in Python. A missing one has its default.
pub(crate) fn truth(value: Option<&Value>, default: bool) -> bool {
    match value {
        None => default,
        Some(Value::Null) => false,
        Some(Value::Bool(flag)) => *flag,
        Some(Value::Number(number)) => number.as_f64() != Some(0.0),
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::Object(map)) => !map.is_empty(),
    }
}

/// Returns the time that a clock of milliseconds shows at a float of seconds.
pub(crate) fn clock_at(secs: f64) -> UnixTime {
    let millis = secs * 1_000.0;
    UnixTime::from_millis(if is_whole_millis(secs) { millis.round() } else { millis.floor() } as i64)
}

/// Tells whether a float of seconds is a whole millisecond. 1700000000.001 has no exact float; the nearest
/// one lies below it.
pub(crate) fn is_whole_millis(secs: f64) -> bool {
    let millis = secs * 1_000.0;
    (millis - millis.round()).abs() < 0.01
}

/// Tells whether `time` is the time that Python states in seconds. A time between two milliseconds may be
/// either of them, and a time beyond the range is the last one in it.
pub(crate) fn is_at(time: UnixTime, secs: f64) -> bool {
    let is_next = !is_whole_millis(secs) && (time.as_millis() as f64 - secs * 1_000.0).abs() < 1.0;
    time == clock_at(secs) || is_next
}
