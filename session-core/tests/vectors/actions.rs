//! The actions of a case, and the same actions on a session of this library.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use session_core::{Error, Session};
use session_testkit::ManualClock;

use crate::comparison::Comparison;
use crate::document::{clock_at, items, members, truth};

/// The actions of a case, in order.
#[derive(Debug)]
pub(crate) struct Actions<'c> {
    actions: Vec<Action<'c>>,
    results: &'c [Value],
}

#[derive(Clone, Copy, Debug)]
struct Action<'c> {
    name: &'c str,
    arguments: &'c [Value],
}

/// The overall effect of the actions on a session that held certain values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sum {
    /// `true` if something was changed.
    pub(crate) changes: bool,
    /// `true` if something is left that a session is stored for. An `invalidate` ends everything before it.
    pub(crate) leaves: bool,
}

impl<'c> Actions<'c> {
    /// Returns the actions of the case, with Python's result of each.
    pub(crate) fn of(case: &'c Value) -> Self {
        let action = |action: &'c Value| match items(action) {
            [name, arguments @ ..] => Action { name: name.as_str().unwrap_or_default(), arguments },
            [] => Action { name: "", arguments: &[] },
        };
        Self {
            actions: items(&case["actions"]).iter().map(action).collect(),
            results: items(&case["expect"]["results"]),
        }
    }

    /// Tells whether an action has this name.
    pub(crate) fn have(&self, name: &str) -> bool {
        self.actions.iter().any(|action| action.name == name)
    }

    /// Tells whether Pyramid counts one of the actions as a use of the session.
    pub(crate) fn use_it(&self) -> bool {
        self.actions.iter().any(Action::is_use)
    }

    /// Tells whether Pyramid sends its cookie because of one of the actions, however young the cookie is.
    pub(crate) fn write(&self) -> bool {
        self.actions.iter().any(|action| {
            !matches!(
                action.name,
                "get" | "getitem" | "contains" | "keys" | "peek_flash" | "append_nested" | "advance"
            )
        })
    }

    /// Returns the time of the last use, of a session that was loaded at `now`.
    pub(crate) fn last_use(&self, now: f64) -> f64 {
        let last = self.actions.iter().rposition(Action::is_use).unwrap_or_default();
        now + self.actions[..last].iter().map(Action::advance).sum::<f64>()
    }

    /// Returns the time at which the last action is done.
    pub(crate) fn end(&self, now: f64) -> f64 {
        now + self.actions.iter().map(Action::advance).sum::<f64>()
    }

    /// Returns the last value set under each name that no other kind of action touches.
    pub(crate) fn sets(&self) -> BTreeMap<String, &'c Value> {
        let is_set = |action: &&Action<'c>| action.name == "set";
        let others: BTreeSet<String> =
            self.actions.iter().filter(|action| !is_set(action)).flat_map(Action::names).collect();
        let sets = self.actions.iter().filter(is_set).map(|action| (action.text(0), action.value(1)));
        sets.filter(|(name, _)| !others.contains(name)).collect()
    }

    /// Returns the names of the values that the actions touch.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        self.actions.iter().flat_map(Action::names).collect()
    }

    /// Returns the effect of the actions on a session with these values.
    pub(crate) fn sum(&self, values: &Value) -> Sum {
        let mut names: BTreeSet<String> = members(values).map(|(name, _)| name.clone()).collect();
        let (mut changes, mut is_id_given_away) = (false, false);
        for action in &self.actions {
            let name = action.text(0);
            changes |= match action.name {
                "set" => {
                    names.insert(name);
                    true
                }
                "update" => members(action.value(0)).map(|(name, _)| names.insert(name.clone())).count() > 0,
                "flash" => {
                    names.insert(action.queue(1));
                    true
                }
                "append_nested" => names.contains(&name),
                "del" | "pop" => names.remove(&name),
                "pop_flash" => names.remove(&action.queue(0)),
                "clear" => !std::mem::take(&mut names).is_empty(),
                "invalidate" => {
                    (names, is_id_given_away) = (BTreeSet::new(), false);
                    true
                }
                "get_csrf_token" | "new_csrf_token" => {
                    is_id_given_away = true;
                    action.name == "new_csrf_token"
                }
                _ => false,
            };
        }
        Sum { changes, leaves: is_id_given_away || !names.is_empty() }
    }

    /// Does the actions on a session that was loaded at `now`. An action that fails in Python may fail here,
    /// too.
    pub(crate) fn run(&self, session: &Session, clock: &ManualClock, now: f64, comparison: &mut Comparison) {
        let mut at = now;
        for (index, action) in self.actions.iter().enumerate() {
            at += action.advance();
            clock.set(clock_at(at));
            let may_fail = self.results.get(index).is_some_and(|result| result["error"].is_string());
            match action.run(session) {
                Some(Ok(())) => {}
                Some(Err(error)) if !may_fail => comparison.differs(format!("{}: {error}", action.name)),
                Some(Err(_)) => {}
                None => comparison.differs(format!("there is no action {}", action.name)),
            }
        }
    }
}

impl<'c> Action<'c> {
    fn value(&self, index: usize) -> &'c Value {
        self.arguments.get(index).unwrap_or(&Value::Null)
    }

    /// Returns an argument as text, because all names are texts in Python's JSON.
    fn text(&self, index: usize) -> String {
        let value = self.value(index);
        value.as_str().map_or_else(|| value.to_string(), str::to_owned)
    }

    /// Returns the name of the value that holds a flash queue.
    fn queue(&self, index: usize) -> String {
        format!("_f_{}", self.value(index).as_str().unwrap_or_default())
    }

    /// Returns the names of the values that the action may change.
    fn names(&self) -> Vec<String> {
        match self.name {
            "set" | "del" | "pop" | "append_nested" => vec![self.text(0)],
            "update" => members(self.value(0)).map(|(name, _)| name.clone()).collect(),
            "flash" => vec![self.queue(1)],
            "pop_flash" => vec![self.queue(0)],
            _ => Vec::new(),
        }
    }

    fn is_use(&self) -> bool {
        !matches!(self.name, "advance" | "changed")
    }

    fn advance(&self) -> f64 {
        if self.name == "advance" { self.value(0).as_f64().unwrap_or_default() } else { 0.0 }
    }

    fn run(&self, session: &Session) -> Option<Result<(), Error>> {
        let name = self.text(0);
        let name = name.as_str();
        let queue = |index: usize| self.value(index).as_str().unwrap_or_default();
        Some(match self.name {
            // The last two only read, and no type can be wrong for them.
            "advance" | "changed" | "contains" | "keys" => Ok(()),
            "get" | "getitem" => session.get::<Value>(name).map(drop),
            "set" => session.insert(name, self.value(1)),
            "del" | "pop" => session.remove::<Value>(name).map(drop),
            "update" => members(self.value(0)).try_for_each(|(name, value)| session.insert(name, value)),
            "clear" => session.clear(),
            "invalidate" => session.invalidate(),
            "flash" if truth(self.arguments.get(2), true) => session.flash_to(queue(1), self.value(0)),
            "flash" => session.flash_once(queue(1), self.value(0)),
            "peek_flash" => session.peek_flash::<Value>(queue(0)).map(drop),
            "pop_flash" => session.pop_flash::<Value>(queue(0)).map(drop),
            "get_csrf_token" => session.csrf_token().map(drop),
            "new_csrf_token" => session.new_csrf_token().map(drop),
            "append_nested" => self.append_nested(session, name),
            _ => return None,
        })
    }

    /// Appends by an update, because values of this library's sessions cannot be changed in place.
    fn append_nested(&self, session: &Session, name: &str) -> Result<(), Error> {
        if !matches!(session.get::<Value>(name)?, Some(Value::Array(_))) {
            return Ok(());
        }
        let item = self.value(1).clone();
        let appended = session.update(name, move |list: Option<Vec<Value>>| {
            let mut list = list.unwrap_or_default();
            list.push(item.clone());
            list
        });
        appended.map(drop)
    }
}
