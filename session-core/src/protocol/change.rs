//! The log of a request's changes, so that they can be replayed on a newer version of the session.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::owner::Owner;
use crate::store::record::Record;

/// A session's values by name. They are always a JSON object, kept as a [`Value`] because serializers take
/// one. Clones share it until one of them is changed.
#[derive(Clone, PartialEq)]
pub(crate) struct Data(Arc<Value>);

impl Data {
    /// Returns `value` as data, or `None` if it is not an object.
    pub(crate) fn from_value(value: Value) -> Option<Self> {
        value.is_object().then(|| Self(Arc::new(value)))
    }

    /// Tells whether there are few values, nested ones included. Decoded values take far more memory than
    /// their bytes.
    pub(crate) fn is_small(&self) -> bool {
        spend(&self.0, &mut { SMALL })
    }

    pub(crate) fn as_value(&self) -> &Value {
        &self.0
    }

    pub(crate) fn map(&self) -> &Map<String, Value> {
        self.0.as_object().expect("data is always an object")
    }

    /// Tells whether the value called `name` is the same as that of `other`.
    pub(crate) fn has_same(&self, name: &str, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.map().get(name) == other.map().get(name)
    }

    pub(crate) fn map_mut(&mut self) -> &mut Map<String, Value> {
        Arc::make_mut(&mut self.0).as_object_mut().expect("data is always an object")
    }
}

/// The number of values from which on data is not small.
const SMALL: usize = 200;

/// Takes one off `left` for each value. Returns `false` if it runs out.
fn spend(value: &Value, left: &mut usize) -> bool {
    *left = left.saturating_sub(1);
    *left > 0
        && match value {
            Value::Array(items) => items.iter().all(|item| spend(item, left)),
            Value::Object(map) => map.values().all(|item| spend(item, left)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
        }
}

impl Default for Data {
    fn default() -> Self {
        Self(Arc::new(Value::Object(Map::new())))
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Data({})", self.map().len())
    }
}

/// All of a session that a request can change.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Contents {
    pub(crate) data: Data,
    pub(crate) owner: Option<Owner>,
    pub(crate) label: Option<Arc<str>>,
    pub(crate) timeout: Option<Duration>,
}

impl Contents {
    /// Takes the contents of a record, whose payload decodes to `data`.
    pub(crate) fn of(record: &Record, data: Data) -> Self {
        Self { data, owner: record.owner.clone(), label: record.label.clone(), timeout: record.timeout }
    }
}

/// A function that makes the new form of a value from the old one. It may run more than once.
pub(crate) type Updater = Arc<dyn Fn(Option<&Value>) -> Result<Value, ValueError> + Send + Sync>;

/// The treatment of a value that a list already has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Duplicates {
    Keep,
    Skip,
}

/// One change by a request. It says what was asked for, not what resulted, so that it can be replayed.
#[derive(Clone)]
pub(crate) enum Change {
    Set(String, Value),
    Remove(String),
    Clear,
    Update(String, Updater),
    Append(String, Value, Duplicates),
    /// Takes these values off the front of a list. Values that another request has appended in the meantime
    /// stay.
    Take(String, Vec<Value>),
    Owner(Owner),
    Label(Option<Arc<str>>),
    Timeout(Option<Duration>),
    /// Stores the session even if it is empty, because a CSRF token derived from its ID was handed out.
    ForceCreate,
}

impl Change {
    /// Applies the change.
    pub(crate) fn apply(&self, contents: &mut Contents) -> Result<(), ValueError> {
        let data = contents.data.map_mut();
        match self {
            Self::Set(key, value) => {
                data.insert(key.clone(), value.clone());
            }
            Self::Remove(key) => {
                data.remove(key);
            }
            Self::Clear => data.clear(),
            Self::Update(key, updater) => {
                let value = updater(data.get(key))?;
                data.insert(key.clone(), value);
            }
            Self::Append(key, value, duplicates) => append(data, key, value, *duplicates)?,
            Self::Take(key, taken) => take(data, key, taken),
            Self::Owner(owner) => contents.owner = Some(owner.clone()),
            Self::Label(label) => contents.label.clone_from(label),
            Self::Timeout(timeout) => contents.timeout = *timeout,
            Self::ForceCreate => {}
        }
        Ok(())
    }
}

fn append(
    data: &mut Map<String, Value>,
    key: &str,
    value: &Value,
    duplicates: Duplicates,
) -> Result<(), ValueError> {
    let list = data.entry(key).or_insert_with(|| Value::Array(Vec::new()));
    let Value::Array(list) = list else {
        return Err(ValueError::decoding(key, "a list"));
    };
    if duplicates == Duplicates::Keep || !list.contains(value) {
        list.push(value.clone());
    }
    Ok(())
}

fn take(data: &mut Map<String, Value>, key: &str, taken: &[Value]) {
    let Some(Value::Array(list)) = data.get_mut(key) else { return };
    let same = list.iter().zip(taken).take_while(|(now, then)| now == then).count();
    list.drain(..same);
    if list.is_empty() {
        data.remove(key);
    }
}

/// The changes of one request, in order.
#[derive(Clone, Default)]
pub(crate) struct ChangeLog(Vec<Change>);

impl ChangeLog {
    /// Adds a change that was made.
    pub(crate) fn push(&mut self, change: Change) {
        self.0.push(change);
    }

    /// Removes all changes.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Tells whether nothing was changed.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells whether the handler has changed the session, and not merely asked for a token.
    pub(crate) fn has_changes(&self) -> bool {
        self.0.iter().any(|change| !matches!(change, Change::ForceCreate))
    }

    /// Tells whether the handler has changed more than the owner.
    pub(crate) fn changes_more_than_owner(&self) -> bool {
        self.0.iter().any(|change| !matches!(change, Change::ForceCreate | Change::Owner(_)))
    }

    /// Tells whether the session must be stored even if it is empty.
    pub(crate) fn is_forced(&self) -> bool {
        self.0.iter().any(|change| matches!(change, Change::ForceCreate))
    }

    /// Applies all changes again, to the contents of a newer record.
    pub(crate) fn replay(&self, contents: &mut Contents) -> Result<(), ValueError> {
        self.0.iter().try_for_each(|change| change.apply(contents))
    }
}

impl fmt::Debug for ChangeLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChangeLog({})", self.0.len())
    }
}

/// A value that does not have the type that was asked for, or that has no form as JSON.
///
/// The error names the value and the type but never shows the content: an error ends up in a log, and serde's
/// own text repeats the content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the session value {key:?} {problem} {wanted}")]
pub struct ValueError {
    key: String,
    problem: Problem,
    wanted: &'static str,
}

/// The reason why a value is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Problem {
    #[error("does not decode as")]
    AnotherType,
    #[error("has no JSON form as")]
    NoJson,
    #[error("nests deeper than 120 levels as")]
    TooDeep,
    #[error("holds a NaN or an infinity, which JSON does not have, as")]
    NotFinite,
    #[error("is not read back from its JSON form as")]
    NotReadBack,
}

impl ValueError {
    /// Creates the error for a value that does not decode as `wanted`.
    pub(crate) fn decoding(key: &str, wanted: &'static str) -> Self {
        Self::new(key, Problem::AnotherType, wanted)
    }

    /// Creates the error for a value of type `wanted` that has no JSON form.
    pub(crate) fn encoding(key: &str, wanted: &'static str) -> Self {
        Self::new(key, Problem::NoJson, wanted)
    }

    /// Creates the error for a value of type `wanted` that nests deeper than can be read.
    pub(crate) fn too_deep(key: &str, wanted: &'static str) -> Self {
        Self::new(key, Problem::TooDeep, wanted)
    }

    /// Creates the error for a value of type `wanted` that holds a number which JSON cannot hold.
    pub(crate) fn not_finite(key: &str, wanted: &'static str) -> Self {
        Self::new(key, Problem::NotFinite, wanted)
    }

    /// Creates the error for a value whose type `wanted` does not read what it has written.
    pub(crate) fn not_read_back(key: &str, wanted: &'static str) -> Self {
        Self::new(key, Problem::NotReadBack, wanted)
    }

    fn new(key: &str, problem: Problem, wanted: &'static str) -> Self {
        Self { key: key.to_owned(), problem, wanted }
    }

    /// Returns the name of the value.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.key
    }

    /// Tells whether a value of the session has another type than the one that was asked for.
    pub(crate) fn is_of_another_type(&self) -> bool {
        self.problem == Problem::AnotherType
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn contents(data: Value) -> Contents {
        Contents { data: Data::from_value(data).expect("an object"), ..Contents::default() }
    }

    fn count_up(by: u64) -> Change {
        let updater: Updater = Arc::new(move |old| Ok(json!(old.and_then(Value::as_u64).unwrap_or(0) + by)));
        Change::Update("n".to_owned(), updater)
    }

    #[test]
    fn an_update_runs_on_the_newer_value() {
        let mut newer = contents(json!({"n": 41}));
        count_up(1).apply(&mut newer).unwrap();
        assert_eq!(newer, contents(json!({"n": 42})));
    }

    #[test]
    fn an_append_keeps_what_others_appended() {
        let mut newer = contents(json!({"q": ["theirs"]}));
        Change::Append("q".to_owned(), json!("ours"), Duplicates::Keep).apply(&mut newer).unwrap();
        Change::Append("q".to_owned(), json!("theirs"), Duplicates::Skip).apply(&mut newer).unwrap();
        assert_eq!(newer, contents(json!({"q": ["theirs", "ours"]})));
        Change::Append("q".to_owned(), json!("new"), Duplicates::Skip).apply(&mut newer).unwrap();
        Change::Append("q".to_owned(), json!("new"), Duplicates::Keep).apply(&mut newer).unwrap();
        assert_eq!(newer, contents(json!({"q": ["theirs", "ours", "new", "new"]})));
    }

    #[test]
    fn an_append_to_a_value_that_is_not_a_list_names_it() {
        let error = Change::Append("q".to_owned(), json!(1), Duplicates::Keep)
            .apply(&mut contents(json!({"q": "hush"})))
            .unwrap_err();
        assert_eq!(error.to_string(), r#"the session value "q" does not decode as a list"#);
    }

    #[test]
    fn a_take_removes_only_the_values_that_it_returned() {
        let take = Change::Take("q".to_owned(), vec![json!("a"), json!("b")]);
        for (newer, left) in [
            (json!({"q": ["a", "b", "c"]}), json!({"q": ["c"]})),
            (json!({"q": ["a", "b"]}), json!({})),
            (json!({"q": ["new"]}), json!({"q": ["new"]})),
            (json!({}), json!({})),
            (json!({"q": 1}), json!({"q": 1})),
        ] {
            let mut newer = contents(newer);
            take.apply(&mut newer).unwrap();
            assert_eq!(newer, contents(left));
        }
    }

    #[test]
    fn values_that_the_log_does_not_name_come_from_the_newer_record() {
        let mut newer = contents(json!({"theirs": 1}));
        newer.owner = Some(Owner::from("bob"));
        newer.label = Some("theirs".into());
        let mut log = ChangeLog::default();
        log.push(Change::Set("ours".to_owned(), json!(2)));
        log.push(Change::Label(None));
        log.replay(&mut newer).unwrap();
        assert_eq!(newer.data, contents(json!({"theirs": 1, "ours": 2})).data);
        assert_eq!(newer.owner, Some(Owner::from("bob")));
        assert_eq!(newer.label, None);
    }

    #[test]
    fn few_values_are_small_wherever_they_nest_and_more_are_not() {
        let is_small = |value| Data::from_value(value).expect("an object").is_small();
        assert!(is_small(json!({})) && is_small(json!({"a": {"b": ["c"]}})));
        for (few, many) in [
            (json!({"a": vec![0; SMALL - 3]}), json!({"a": vec![0; SMALL - 2]})),
            (json!({"a": vec![json!([0]); 98]}), json!({"a": vec![json!([0]); 99]})),
            (json!({"a": {"b": vec![0; SMALL - 4]}}), json!({"a": {"b": vec![0; SMALL - 3]}})),
            (json!({"a": "x".repeat(10_000)}), json!({"a": vec![0; 10_000]})),
        ] {
            assert!(is_small(few) && !is_small(many));
        }
    }

    #[test]
    fn debug_output_shows_no_name_and_no_value() {
        let mut contents = contents(json!({"hush": "hush", "b": 2}));
        let mut log = ChangeLog::default();
        log.push(Change::Set("hush".to_owned(), json!("hush")));
        log.replay(&mut contents).unwrap();
        assert_eq!(format!("{:?} {log:?}", contents.data), "Data(2) ChangeLog(1)");
    }

    fn key() -> impl Strategy<Value = String> {
        prop::sample::select(vec!["n", "q", "a", "b"]).prop_map(str::to_owned)
    }

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            any::<u8>().prop_map(|n| json!(n)),
            "[a-c]{0,2}".prop_map(|s| json!(s)),
            prop::collection::vec("[a-c]", 0..4).prop_map(|list| json!(list)),
        ]
    }

    fn data() -> impl Strategy<Value = Contents> {
        prop::collection::btree_map(key(), value(), 0..4)
            .prop_map(|map| contents(Value::Object(map.into_iter().collect())))
    }

    /// An action of a handler. `Pop` reads a list before it takes the values, as the session does.
    #[derive(Clone, Debug)]
    enum Action {
        Set(String, Value),
        Remove(String),
        Clear,
        Pop(String),
        Owner(u8),
        Label(Option<u8>),
        Timeout(Option<u8>),
        Count(u64),
        Append(String, Value),
    }

    /// Returns actions that have the same result when they are replayed.
    fn lasting() -> impl Strategy<Value = Action> {
        prop_oneof![
            (key(), value()).prop_map(|(key, value)| Action::Set(key, value)),
            key().prop_map(Action::Remove),
            Just(Action::Clear),
            key().prop_map(Action::Pop),
            any::<u8>().prop_map(Action::Owner),
            any::<Option<u8>>().prop_map(Action::Label),
            any::<Option<u8>>().prop_map(Action::Timeout),
        ]
    }

    fn any_action() -> impl Strategy<Value = Action> {
        prop_oneof![
            lasting(),
            (1..9u64).prop_map(Action::Count),
            (key(), value()).prop_map(|(key, value)| Action::Append(key, value)),
        ]
    }

    /// Performs the actions one after another and returns their log.
    fn log_of(actions: &[Action], contents: &mut Contents) -> ChangeLog {
        let mut log = ChangeLog::default();
        for action in actions {
            let change = match action {
                Action::Set(key, value) => Change::Set(key.clone(), value.clone()),
                Action::Remove(key) => Change::Remove(key.clone()),
                Action::Clear => Change::Clear,
                Action::Pop(key) => match contents.data.map().get(key) {
                    Some(Value::Array(list)) => Change::Take(key.clone(), list.clone()),
                    Some(_) | None => continue,
                },
                Action::Owner(owner) => Change::Owner(Owner::from(u32::from(*owner))),
                Action::Label(label) => Change::Label(label.map(|n| n.to_string().into())),
                Action::Timeout(secs) => Change::Timeout(secs.map(|secs| Duration::from_secs(secs.into()))),
                Action::Count(by) => count_up(*by),
                Action::Append(key, value) => Change::Append(key.clone(), value.clone(), Duplicates::Keep),
            };
            if change.apply(contents).is_ok() {
                log.push(change);
            }
        }
        log
    }

    proptest! {
        #[test]
        fn replay_on_the_loaded_record_results_in_the_contents_that_the_handler_saw(loaded in data(), actions in prop::collection::vec(any_action(), 0..8)) {
            let mut seen = loaded.clone();
            let log = log_of(&actions, &mut seen);
            for _ in 0..2 {
                let mut replayed = loaded.clone();
                log.replay(&mut replayed).unwrap();
                prop_assert_eq!(&replayed, &seen);
            }
        }

        #[test]
        fn without_update_and_append_replaying_twice_equals_once(loaded in data(), actions in prop::collection::vec(lasting(), 0..8)) {
            let mut once = loaded.clone();
            let log = log_of(&actions, &mut once);
            let mut twice = once.clone();
            log.replay(&mut twice).unwrap();
            prop_assert_eq!(twice, once);
        }
    }
}
