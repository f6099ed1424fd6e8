//! Whether some order of a history's calls, one after another, explains its answers.

use std::collections::HashSet;
use std::fmt::{self, Display};
use std::hash::Hash;

use crate::histories::history::{Call, History, Outcome};

/// How something answers when it is called by one caller alone.
pub trait Specification {
    /// What it is like between two calls.
    type State: Clone + Eq + Hash;
    /// What can be called.
    type Call: Clone;
    /// What can be answered.
    type Answer: Clone + PartialEq;

    /// The state in which every history begins.
    fn start(&self) -> Self::State;

    /// What a call may make of a state, each with its answer. More than one where what is specified leaves a choice.
    fn steps(&self, state: &Self::State, call: &Self::Call) -> Vec<(Self::State, Self::Answer)>;
}

/// What came of a check.
#[derive(Clone, Debug)]
#[must_use = "a history that is not linearizable is a fault"]
#[non_exhaustive]
pub enum Verdict<C, A> {
    /// An order explains the answers.
    Linearizable,
    /// None does.
    Violated(Violation<C, A>),
    /// The budget was spent before the one or the other was clear.
    Undecided,
}

/// The proof that no order explains a history. `Display` says it with a drawing.
#[derive(Clone, Debug)]
pub struct Violation<C, A> {
    /// The shortest beginning of the history that no order explains. It ends with an answer that cannot be.
    pub history: History<C, A>,
    /// The longest order of its calls that explains their answers.
    pub order: Vec<Call<C, A>>,
    /// The answers that the last call might have had instead.
    pub expected: Vec<A>,
}

/// Looks for an order of the calls that explains the answers and keeps to the real times: what had ended before another call began
/// comes before it. A call without an answer may come at any place after its beginning, or nowhere.
///
/// This is the search of Wing and Gong, with the memory of Lowe: it never comes twice to the same state after the same calls.
/// `budget` is how often it may come to a new one.
pub fn check<S: Specification>(
    specification: &S,
    history: &History<S::Call, S::Answer>,
    budget: usize,
) -> Verdict<S::Call, S::Answer> {
    match search(specification, history.calls(), budget, |_| {}) {
        Search::Explained => Verdict::Linearizable,
        Search::OutOfBudget => Verdict::Undecided,
        Search::Unexplained { .. } => Verdict::Violated(shortest(specification, history, budget)),
    }
}

enum Search {
    Explained,
    /// The indices of the longest order found.
    Unexplained {
        order: Vec<usize>,
    },
    OutOfBudget,
}

/// Calls that are in the order already.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Taken(Vec<u64>);

impl Taken {
    fn none_of(calls: usize) -> Self {
        Self(vec![0; calls.div_ceil(64)])
    }

    fn has(&self, index: usize) -> bool {
        self.0[index / 64] & (1 << (index % 64)) != 0
    }

    fn with(&self, index: usize) -> Self {
        let mut taken = self.clone();
        taken.0[index / 64] |= 1 << (index % 64);
        taken
    }
}

/// `visit` is shown every state that some order leads to.
fn search<S: Specification>(
    specification: &S,
    calls: &[Call<S::Call, S::Answer>],
    budget: usize,
    mut visit: impl FnMut(&S::State),
) -> Search {
    let (mut visited, mut longest) = (HashSet::new(), Vec::new());
    let mut open = vec![(Taken::none_of(calls.len()), specification.start(), Vec::new())];
    while let Some((taken, state, order)) = open.pop() {
        if answered(calls).all(|(index, _)| taken.has(index)) {
            return Search::Explained;
        }
        if visited.len() >= budget {
            return Search::OutOfBudget;
        }
        if !visited.insert((taken.clone(), state.clone())) {
            continue;
        }
        visit(&state);
        for index in candidates(calls, &taken) {
            for (after, answer) in specification.steps(&state, &calls[index].call) {
                if is_explained_by(&calls[index].outcome, &answer) {
                    let order = [order.as_slice(), &[index]].concat();
                    open.push((taken.with(index), after, order));
                }
            }
        }
        if explained(calls, &order) > explained(calls, &longest) {
            longest = order;
        }
    }
    Search::Unexplained { order: longest }
}

/// The calls that can be next: those that began before the first of the others ended. Of calls without an answer the last come
/// first, since the search goes on with the last one, and most orders need none of them.
fn candidates<C, A>(calls: &[Call<C, A>], taken: &Taken) -> Vec<usize> {
    let first_end = answered(calls).filter(|(index, _)| !taken.has(*index)).map(|(_, ended)| ended).min();
    let began_in_time = |call: &Call<C, A>| first_end.is_none_or(|end| call.began < end);
    let mut candidates: Vec<usize> =
        (0..calls.len()).rev().filter(|index| !taken.has(*index) && began_in_time(&calls[*index])).collect();
    candidates.sort_by_key(|index| matches!(calls[*index].outcome, Outcome::Answered(_)));
    candidates
}

/// The calls that were answered, with the moment of that.
fn answered<C, A>(calls: &[Call<C, A>]) -> impl Iterator<Item = (usize, usize)> {
    calls.iter().enumerate().filter_map(|(index, call)| match call.outcome {
        Outcome::Answered(_) => call.ended.map(|ended| (index, ended)),
        Outcome::Unknown(_) => None,
    })
}

/// How many answers an order explains.
fn explained<C, A>(calls: &[Call<C, A>], order: &[usize]) -> usize {
    order.iter().filter(|index| matches!(calls[**index].outcome, Outcome::Answered(_))).count()
}

fn is_explained_by<A: PartialEq>(outcome: &Outcome<A>, answer: &A) -> bool {
    match outcome {
        Outcome::Answered(answered) => answered == answer,
        Outcome::Unknown(_) => true,
    }
}

/// What has no order has none however it goes on, so the shortest beginning can be found by halving.
fn shortest<S: Specification>(
    specification: &S,
    history: &History<S::Call, S::Answer>,
    budget: usize,
) -> Violation<S::Call, S::Answer> {
    let mut ends: Vec<usize> = answered(history.calls()).map(|(_, ended)| ended).collect();
    ends.sort_unstable();
    let explained = ends.partition_point(|end| {
        let search = search(specification, history.until(*end).calls(), budget, |_| {});
        !matches!(search, Search::Unexplained { .. })
    });
    let end = ends.get(explained).or(ends.last()).copied().unwrap_or_default();
    let history = history.until(end);
    let last = history.calls().iter().position(|call| call.ended == Some(end)).unwrap_or_default();
    let mut answers = Vec::new();
    let note = |state: &S::State| {
        let steps = specification.steps(state, &history.calls()[last].call);
        answers.extend(steps.into_iter().map(|(_, answer)| answer));
    };
    let order = match search(specification, history.calls(), budget, note) {
        Search::Unexplained { order } => order,
        Search::Explained | Search::OutOfBudget => Vec::new(),
    };
    let expected = possible(specification, history.calls(), last, &answers, budget);
    let order = order.into_iter().map(|index| history.calls()[index].clone()).collect();
    Violation { history, order, expected }
}

/// Those of the answers that the last call might have had.
fn possible<S: Specification>(
    specification: &S,
    calls: &[Call<S::Call, S::Answer>],
    last: usize,
    answers: &[S::Answer],
    budget: usize,
) -> Vec<S::Answer> {
    let mut calls = calls.to_vec();
    let mut possible: Vec<S::Answer> = Vec::new();
    for answer in answers {
        if possible.contains(answer) {
            continue;
        }
        calls[last].outcome = Outcome::Answered(answer.clone());
        if matches!(search(specification, &calls, budget, |_| {}), Search::Explained) {
            possible.push(answer.clone());
        }
    }
    possible
}

impl<C: Display, A: Display> Display for Violation<C, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.history)?;
        match self.history.calls().iter().max_by_key(|call| call.ended) {
            Some(last) => writeln!(f, "no order of these calls explains the last answer, {last}")?,
            None => writeln!(f, "no order of these calls explains the answers")?,
        }
        let expected: Vec<String> = self.expected.iter().map(ToString::to_string).collect();
        if !expected.is_empty() {
            writeln!(f, "it might have been: {}", expected.join("; or "))?;
        }
        writeln!(f, "the others can be put in this order:")?;
        self.order.iter().try_for_each(|call| writeln!(f, "  {call}"))
    }
}

#[cfg(test)]
mod tests;
