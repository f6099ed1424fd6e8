//! Output to the terminal. Errors of the output are ignored: the site goes on without a terminal.

use std::error::Error;
use std::fmt::Display;
use std::io::Write as _;

/// Prints a line on stdout.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints a problem on stderr, as one line.
pub(crate) fn complain(problem: impl Display) {
    let _ = writeln!(std::io::stderr(), "session-demo: {}", one_line(&problem.to_string()));
}

/// Formats an error with its causes. A cause that the text already ends with is not repeated.
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
