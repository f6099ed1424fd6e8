//! What the program says to whoever started it. A terminal that has gone away is no reason to stop.

use std::error::Error;
use std::fmt::Display;
use std::io::Write as _;

/// A line on stdout.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A line on stderr.
pub(crate) fn complain(problem: impl Display) {
    let _ = writeln!(std::io::stderr(), "session-demo: {}", one_line(&problem.to_string()));
}

/// An error with its causes. Some errors say their cause themselves; then it is not said again.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.ends_with(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_of_several_lines_becomes_one() {
        assert_eq!(one_line("first\n  second\r\nthird"), "first second third");
    }
}
