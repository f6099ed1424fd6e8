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
/// If it does not hold, or is exempt.
pub fn prove(on: &dyn Framework, id: &str) {
    let story = STORIES.iter().find(|story| story.id == id).expect("the macro knows the list");
    match verdict(story, on) {
        Verdict::Holds => {}
        Verdict::Exempt(reason) => panic!("{id} is not told on {}: {reason}", on.name()),
        Verdict::Fails(failure) => panic!("{failure}"),
    }
}

/// Looks whether the stories that the macro [`stories!`](crate::stories!) is told to ignore are those that the driver says are exempt.
///
/// # Panics
///
/// If they are not, if one of them is no story, or has no reason.
pub fn agree(on: &dyn Framework, listed: &[(&str, &str)]) {
    check_exemptions(on);
    let declared = on.exempt();
    if let Some((id, reason)) = declared.iter().find(|one| !listed.contains(one)) {
        panic!("the driver says what the macro does not; add to the macro's list: {id:?} = {reason:?}");
    }
    if let Some((id, reason)) = listed.iter().find(|one| !declared.contains(one)) {
        panic!(
            "the macro says what `Framework::exempt` does not; say it there too, or take it off: {id:?} = {reason:?}"
        );
    }
}

/// Looks whether each exemption names a story, and gives a reason.
fn check_exemptions(on: &dyn Framework) {
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
        writeln!(f, "{}: {} told, {count} failed", self.framework, self.told.len())?;
        self.failures().try_for_each(|failure| writeln!(f, "\n{failure}"))
    }
}

#[cfg(test)]
mod tests {
    use session_core::store::async_trait;

    use super::*;
    use crate::stories::{App, Server};

    /// A framework that no story can be told on.
    struct Nowhere(&'static [(&'static str, &'static str)]);

    #[async_trait]
    impl Framework for Nowhere {
        fn name(&self) -> &'static str {
            "nowhere"
        }

        async fn serve(&self, _: App) -> Server {
            panic!("nobody listens")
        }

        fn remedy(&self) -> &'static str {
            "none"
        }

        fn exempt(&self) -> &[(&'static str, &'static str)] {
            self.0
        }
    }

    #[test]
    fn an_exempt_story_is_in_the_report_with_its_reason() {
        let report = tell_all(&Nowhere(&[("HTTP-CALLS-002", "it has no sessions")]), "HTTP-CALLS-002");
        assert!(report.is_good());
        let text = report.to_string();
        assert!(
            text.starts_with("exempt HTTP-CALLS-002 reading is one load (it has no sessions)\n"),
            "{text}"
        );
        assert!(text.contains("nowhere: 1 told, 0 failed"), "{text}");
    }

    #[test]
    fn a_failure_says_which_story_and_why_it_matters_and_what_was_found() {
        let report = tell_all(&Nowhere(&[]), "reading_is_one_load");
        assert!(!report.is_good());
        let text = report.to_string();
        for part in [
            "FAILS  HTTP-CALLS-002 reading is one load",
            "HTTP-CALLS-002 does not hold on nowhere: reading is one load",
            "why it must: a request costs the store what it must",
            "what was found: nobody listens",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn no_story_at_all_is_no_good_report() {
        assert!(!tell_all(&Nowhere(&[]), "HTTP-NOWHERE").is_good());
    }

    #[test]
    #[should_panic(expected = "HTTP-CALLS-002 is not told on nowhere: it has no sessions")]
    fn whoever_runs_the_test_of_an_exempt_story_is_told_the_reason() {
        prove(&Nowhere(&[("HTTP-CALLS-002", "it has no sessions")]), "HTTP-CALLS-002");
    }

    #[test]
    fn the_same_exemptions_here_and_there_agree() {
        let exempt = &[("HTTP-CALLS-002", "it has no sessions")];
        agree(&Nowhere(exempt), exempt);
    }

    #[test]
    #[should_panic(expected = "add to the macro's list: \"HTTP-CALLS-002\" = \"it has no sessions\"")]
    fn an_exemption_that_the_macro_does_not_list_is_a_mistake() {
        agree(&Nowhere(&[("HTTP-CALLS-002", "it has no sessions")]), &[]);
    }

    #[test]
    #[should_panic(
        expected = "say it there too, or take it off: \"HTTP-CALLS-002\" = \"it has no sessions\""
    )]
    fn an_exemption_that_the_driver_does_not_declare_is_a_mistake() {
        agree(&Nowhere(&[]), &[("HTTP-CALLS-002", "it has no sessions")]);
    }

    #[test]
    #[should_panic(expected = "add to the macro's list: \"HTTP-CALLS-002\" = \"it has no sessions\"")]
    fn another_reason_is_a_mistake_too() {
        agree(&Nowhere(&[("HTTP-CALLS-002", "it has no sessions")]), &[("HTTP-CALLS-002", "another")]);
    }

    #[test]
    #[should_panic(expected = "HTTP-CALLS-999 is exempt on nowhere, but no story")]
    fn an_exemption_of_no_story_is_a_mistake() {
        check_exemptions(&Nowhere(&[("HTTP-CALLS-999", "a slip of the pen")]));
    }

    #[test]
    #[should_panic(expected = "HTTP-CALLS-002 is exempt on nowhere without a reason")]
    fn an_exemption_without_a_reason_is_a_mistake() {
        check_exemptions(&Nowhere(&[("HTTP-CALLS-002", " ")]));
    }
}
