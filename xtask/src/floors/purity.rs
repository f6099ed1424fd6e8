//! Impurities, which a pure file must not have, as its tokens show them.

use crate::rust::tokens::{Token, begins};

/// A thing that makes a computation depend on more than its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Impurity {
    /// `async` and `.await`.
    Async,
    /// Reading a clock.
    Clock,
    /// Waiting for others, or seeing what they do.
    Lock,
    /// Drawing random numbers.
    Randomness,
}

impl Impurity {
    /// All of them.
    pub(super) const ALL: [Self; 4] = [Self::Async, Self::Clock, Self::Lock, Self::Randomness];

    /// Returns the predicate for a file that has it, to follow "a pure file".
    pub(super) fn deed(self) -> &'static str {
        match self {
            Self::Async => "is async or awaits",
            Self::Clock => "reads a clock",
            Self::Lock => "holds a lock or an atomic",
            Self::Randomness => "draws random numbers",
        }
    }

    /// Returns the remedy.
    pub(super) fn remedy(self) -> &'static str {
        match self {
            Self::Async => "return a value that says what to do, and let adapter/save.rs do it",
            Self::Clock => "take the time as an argument",
            Self::Lock => "take `&mut self`, and let the caller share it",
            Self::Randomness => "take the random bytes as an argument",
        }
    }

    /// Returns the lines on which it shows, each once.
    pub(super) fn lines(self, tokens: &[Token<'_>]) -> Vec<usize> {
        let shows =
            |at: &usize| self.shows(at.checked_sub(1).map_or("", |at| tokens[at].text), &tokens[*at..]);
        let mut lines: Vec<usize> = (0..tokens.len()).filter(shows).map(|at| tokens[at].line).collect();
        lines.dedup();
        lines
    }

    /// Checks whether it shows in the first of `tokens`, which is never empty and comes after `before`.
    fn shows(self, before: &str, tokens: &[Token<'_>]) -> bool {
        let word = tokens[0].text;
        match self {
            Self::Async => word == "async" || (word == "await" && before == "."),
            Self::Clock => {
                matches!(word, "SystemTime" | "Instant")
                    || (matches!(before, "." | "::")
                        && matches!(word, "now" | "now_utc" | "now_local" | "elapsed")
                        && begins(&tokens[1..], &["("]))
            }
            Self::Lock => {
                matches!(word, "Mutex" | "RwLock" | "OnceLock" | "OnceCell" | "LazyLock" | "Once" | "Condvar")
                    || matches!(word, "Barrier" | "mpsc" | "thread_local" | "RefCell" | "Cell")
                    || is_atomic(word)
            }
            Self::Randomness => {
                let path = matches!(word, "rand" | "getrandom") && before != "." && before != "::";
                path && (before == "use" || begins(&tokens[1..], &["::"]))
            }
        }
    }
}

/// Checks whether a word names an atomic type, such as `AtomicU64`.
fn is_atomic(word: &str) -> bool {
    word.strip_prefix("Atomic").is_some_and(|kind| kind.starts_with(|first: char| first.is_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rust::tokens::tokens;

    fn lines(impurity: Impurity, source: &str) -> Vec<usize> {
        impurity.lines(&tokens(source))
    }

    #[test]
    fn async_shows_as_a_word_and_as_await() {
        assert_eq!(
            lines(Impurity::Async, "async fn f() {}\nlet x = g().await;\nlet y = async move { };"),
            [1, 2, 3]
        );
        assert_eq!(
            lines(Impurity::Async, "use async_trait::async_trait; // async\nlet s = \"async\";"),
            [0; 0]
        );
    }

    #[test]
    fn a_clock_shows_by_its_type_or_by_asking_it() {
        let source = "use std::time::{Duration, SystemTime};\nInstant::now();\nclock.now();\nUnixTime::now()\n\
                      OffsetDateTime::now_utc()\nstart.elapsed()";
        assert_eq!(lines(Impurity::Clock, source), [1, 2, 3, 4, 5, 6]);
        assert_eq!(
            lines(Impurity::Clock, "fn now(&self) -> UnixTime; fn f(now: UnixTime) { g(now).now }"),
            [0; 0]
        );
    }

    #[test]
    fn a_lock_shows_by_its_type() {
        let source =
            "use std::sync::Mutex;\nx: RwLock<u8>\nOnceLock\nstd::cell::OnceCell\nLazyLock\nAtomicU64";
        assert_eq!(lines(Impurity::Lock, source), [1, 2, 3, 4, 5, 6]);
        let others =
            "Condvar::new()\nOnce::new()\nBarrier\nmpsc::channel()\nthread_local!()\nRefCell<u8>\nCell<u8>";
        assert_eq!(lines(Impurity::Lock, others), [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(
            lines(Impurity::Lock, "use std::sync::Arc; struct Atomically; struct Atomic; Mutexes"),
            [0; 0]
        );
    }

    #[test]
    fn randomness_shows_by_its_crate() {
        assert_eq!(
            lines(Impurity::Randomness, "use rand::Rng;\nrand::random()\nuse rand;\ngetrandom::fill(x)"),
            [1, 2, 3, 4]
        );
        assert_eq!(
            lines(Impurity::Randomness, "fn f(rand: [u8; 16]) { x.rand::<u8>(); y::rand::z }"),
            [0; 0]
        );
    }
}
