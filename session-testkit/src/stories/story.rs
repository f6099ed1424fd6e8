//! A story: what a request must come to, on whatever framework.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;

use tokio::runtime::{Builder, Runtime};

use super::framework::Framework;

/// One of the [`STORIES`](super::STORIES).
#[derive(Debug)]
pub struct Story {
    /// What it is known by, for good: `HTTP-CALLS-002`.
    pub id: &'static str,
    /// What it belongs to: `calls`.
    pub group: &'static str,
    /// The name of its test: `reading_is_one_load`.
    pub name: &'static str,
    /// Why it must be so: a promise of the library, or what went wrong elsewhere.
    pub why: &'static str,
    pub(crate) run: Telling,
}

pub(crate) type Telling = fn(&dyn Framework) -> Pin<Box<dyn Future<Output = ()> + '_>>;

impl Story {
    /// The sentence that it shows to be true.
    #[must_use]
    pub fn sentence(&self) -> String {
        self.name.replace('_', " ")
    }

    /// Tells it on a framework, on a runtime of its own.
    ///
    /// # Errors
    ///
    /// If what came was not what must come.
    pub fn tell(&'static self, on: &dyn Framework) -> Result<(), Failure> {
        let runtime = runtime();
        let told = catch_unwind(AssertUnwindSafe(|| runtime.block_on((self.run)(on))));
        // A server that would not end must not hold the next story up.
        runtime.shutdown_background();
        told.map_err(|panic| Failure { story: self, framework: on.name(), found: text(panic.as_ref()) })
    }

    /// Why it cannot be told on this framework, if it cannot.
    #[must_use]
    pub fn exemption(&self, on: &dyn Framework) -> Option<&'static str> {
        on.exempt().iter().find(|(id, _)| *id == self.id).map(|(_, reason)| *reason)
    }
}

/// A story that came out otherwise than it must.
#[derive(Debug)]
pub struct Failure {
    /// The story.
    pub story: &'static Story,
    /// The framework's name.
    pub framework: &'static str,
    /// What was found instead.
    pub found: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { story, framework, found } = self;
        writeln!(f, "{} does not hold on {framework}: {}", story.id, story.sentence())?;
        writeln!(f, "  why it must: {}", story.why)?;
        write!(f, "  what was found: {}", found.replace('\n', "\n  "))
    }
}

impl std::error::Error for Failure {}

fn runtime() -> Runtime {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().expect("the machine has two threads to spare")
}

fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref().copied()).unwrap_or("a panic without a text").to_owned()
}
