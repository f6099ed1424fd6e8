//! What became of stories that were told.

use std::fmt;

use super::STORIES;
use super::framework::Framework;
use super::story::{Failure, Story};

/// What became of stories on one framework. `Display` writes a line for each, and what failed at the end.
#[derive(Debug)]
pub struct Report {
    /// The framework's name.
    pub framework: &'static str,
    /// Each story, in the order of the list.
    pub told: Vec<(&'static Story, Verdict)>,
}

/// What became of one story.
#[derive(Debug)]
pub enum Verdict {
    /// It holds.
    Holds,
    /// It does not.
    Fails(Failure),
    /// The driver says that it cannot be told, for this reason.
    Exempt(&'static str),
}

/// Tells all stories whose id or name contains this text, one after another.
#[must_use]
pub fn tell_all(on: &dyn Framework, containing: &str) -> Report {
    check_exemptions(on);
    let chosen =
        STORIES.iter().filter(|story| story.id.contains(containing) || story.name.contains(containing));
    let told = chosen.map(|story| (story, verdict(story, on))).collect();
    Report { framework: on.name(), told }
}

/// Tells the story of this id, for the test that [`stories!`](crate::stories!) makes of it.
///
/// # Panics
///
/// If it does not hold.
pub fn prove(on: &dyn Framework, id: &str) {
    let story = STORIES.iter().find(|story| story.id == id).expect("the macro knows the list");
    match verdict(story, on) {
        Verdict::Holds => {}
        Verdict::Exempt(reason) => eprintln!("{id} is not told on {}: {reason}", on.name()),
        Verdict::Fails(failure) => panic!("{failure}"),
    }
}

/// Looks whether each exemption names a story, and gives a reason.
///
/// # Panics
///
/// If one does not.
pub fn check_exemptions(on: &dyn Framework) {
    for (id, reason) in on.exempt() {
        assert!(STORIES.iter().any(|story| story.id == *id), "{id} is exempt on {}, but no story", on.name());
        assert!(!reason.trim().is_empty(), "{id} is exempt on {} without a reason", on.name());
    }
}

fn verdict(story: &'static Story, on: &dyn Framework) -> Verdict {
    match story.exemption(on) {
        Some(reason) => Verdict::Exempt(reason),
        None => story.tell(on).map_or_else(Verdict::Fails, |()| Verdict::Holds),
    }
}

impl Report {
    /// Whether no story failed, and there was one.
    #[must_use]
    pub fn is_good(&self) -> bool {
        !self.told.is_empty() && self.failures().next().is_none()
    }

    /// The stories that do not hold.
    pub fn failures(&self) -> impl Iterator<Item = &Failure> {
        self.told.iter().filter_map(|(_, verdict)| match verdict {
            Verdict::Fails(failure) => Some(failure),
            Verdict::Holds | Verdict::Exempt(_) => None,
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (story, verdict) in &self.told {
            let (word, reason) = match verdict {
                Verdict::Holds => ("holds ", String::new()),
                Verdict::Fails(_) => ("FAILS ", String::new()),
                Verdict::Exempt(reason) => ("exempt", format!(" ({reason})")),
            };
            writeln!(f, "{word} {} {}{reason}", story.id, story.sentence())?;
        }
        let count = self.failures().count();
        writeln!(f, "{}: {} stories, {count} failed", self.framework, self.told.len())?;
        self.failures().try_for_each(|failure| writeln!(f, "\n{failure}"))
    }
}
