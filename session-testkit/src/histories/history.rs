//! What tasks called and what they were answered, in the order in which it happened.

use std::hash::Hash;

/// A recorded history. Its clock is a counter that each call and each answer moves by one.
///
/// `Display` draws it: a line for each moment, a column for each task.
#[derive(Clone, Debug)]
pub struct History<C, A> {
    calls: Vec<Call<C, A>>,
    moment: usize,
}

/// One call of a history.
#[derive(Clone, Debug)]
pub struct Call<C, A> {
    /// Who called.
    pub task: usize,
    /// The moment when it began.
    pub began: usize,
    /// The moment when it ended; `None` if it never did.
    pub ended: Option<usize>,
    /// What was called.
    pub call: C,
    /// What came of it.
    pub outcome: Outcome<A>,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome<A> {
    /// It was answered.
    Answered(A),
    /// It was not, for the reason given. It may take effect at any time after it began, or never.
    Unknown(&'static str),
}

/// Names a call of a history, for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallId(usize);

impl<C, A> Default for History<C, A> {
    fn default() -> Self {
        Self { calls: Vec::new(), moment: 0 }
    }
}

impl<C, A> History<C, A> {
    /// Notes that `task` calls something now.
    pub fn call(&mut self, task: usize, call: C) -> CallId {
        let began = self.next_moment();
        self.calls.push(Call { task, began, ended: None, call, outcome: Outcome::Unknown("still running") });
        CallId(self.calls.len() - 1)
    }

    /// Notes that a call is answered now.
    pub fn answer(&mut self, id: CallId, answer: A) {
        self.end(id, Outcome::Answered(answer));
    }

    /// Notes that a call ends now without an answer, and why: `dropped`, or the kind of error.
    pub fn lose(&mut self, id: CallId, why: &'static str) {
        self.end(id, Outcome::Unknown(why));
    }

    /// The calls, in the order in which they began.
    #[must_use]
    pub fn calls(&self) -> &[Call<C, A>] {
        &self.calls
    }

    fn end(&mut self, id: CallId, outcome: Outcome<A>) {
        let now = self.next_moment();
        let call = &mut self.calls[id.0];
        (call.ended, call.outcome) = (Some(now), outcome);
    }

    fn next_moment(&mut self) -> usize {
        self.moment += 1;
        self.moment
    }
}

impl<C: Clone, A: Clone> History<C, A> {
    /// The beginning of the history, `moment` included. What had not ended by then is still running.
    #[must_use]
    pub fn until(&self, moment: usize) -> Self {
        let mut calls: Vec<_> = self.calls.iter().filter(|call| call.began <= moment).cloned().collect();
        for call in calls.iter_mut().filter(|call| call.ended.is_some_and(|ended| ended > moment)) {
            (call.ended, call.outcome) = (None, Outcome::Unknown("still running"));
        }
        Self { calls, moment }
    }

    /// The parts of the history that have nothing to do with each other: two calls are in one part if they share a key, or if a
    /// chain of calls leads from the keys of the one to those of the other.
    #[must_use]
    pub fn by_key<K: Eq + Hash>(&self, keys_of: impl Fn(&C) -> Vec<K>) -> Vec<Self> {
        let mut parts: Vec<(Vec<K>, Vec<usize>)> = Vec::new();
        for (index, call) in self.calls.iter().enumerate() {
            let (mut keys, mut indices) = (keys_of(&call.call), vec![index]);
            for (other_keys, other_indices) in parts
                .extract_if(.., |(others, _)| others.iter().any(|key| keys.contains(key)))
                .collect::<Vec<_>>()
            {
                keys.extend(other_keys);
                indices.extend(other_indices);
            }
            parts.push((keys, indices));
        }
        parts.sort_by_key(|(_, indices)| indices.iter().min().copied());
        parts.into_iter().map(|(_, indices)| self.part(indices)).collect()
    }

    fn part(&self, mut indices: Vec<usize>) -> Self {
        indices.sort_unstable();
        Self { calls: indices.iter().map(|index| self.calls[*index].clone()).collect(), moment: self.moment }
    }
}
