//! Tests, run. What the failed ones reported is shown again at the end: the log of a run is long, and some
//! places keep only the end of it.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::programs;

/// The most lines of a failed test's report that are shown again.
const LINES: usize = 80;
/// The line after which a test program reports the tests that failed, and after which it names them.
const FAILURES: &str = "failures:";
/// The beginning of the line with which a test program ends its output.
const RESULT: &str = "test result: ";
/// The beginning of the line after which the report of one test follows.
const REPORT: &str = "---- ";

/// Runs a command that runs tests. Its output passes through.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let spoken = programs::spoken(command);
    let failed = |error| Failure::machine(format!("cannot run `{spoken}`"))(error);
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(failed)?;
    let output = child.stdout.take().expect("the output is piped");
    let reports = pass_through(BufReader::new(output), io::stdout()).map_err(failed)?;
    let status = child.wait().map_err(failed)?;
    if !reports.is_empty() {
        println!("\nthe tests that failed:\n{}", reports.join("\n"));
    }
    programs::check(status, spoken)
}

/// Writes on what is read. Returns the lines of the reports in it.
fn pass_through(mut output: impl BufRead, mut on: impl Write) -> io::Result<Vec<String>> {
    let mut reports = Reports::default();
    let mut line = Vec::new();
    while output.read_until(b'\n', &mut line)? > 0 {
        on.write_all(&line)?;
        reports.read(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
    Ok(reports.lines)
}

/// The reports of failed tests in the output of test programs.
#[derive(Default)]
struct Reports {
    lines: Vec<String>,
    /// The number of lines of the current test's report, if the lines are those of a report.
    length: Option<usize>,
}

impl Reports {
    fn read(&mut self, line: &str) {
        if line == FAILURES || line.starts_with(RESULT) {
            self.length = None;
        }
        if line.starts_with(REPORT) {
            self.length = Some(0);
        }
        if let Some(length) = self.length.as_mut().filter(|length| **length < LINES) {
            *length += 1;
            self.lines.push(line.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reports(output: &str) -> Vec<String> {
        pass_through(output.as_bytes(), io::sink()).unwrap()
    }

    #[test]
    fn the_reports_of_failed_tests_are_kept() {
        let output = "running 3 tests\ntest one ... ok\ntest two ... FAILED\ntest three ... FAILED\n\n\
            failures:\n\n---- two stdout ----\nmany\nlines\n\n---- three stdout ----\none line\n\n\n\
            failures:\n    two\n    three\n\ntest result: FAILED. 1 passed; 2 failed\n\nrunning 1 test\n";
        let kept =
            ["---- two stdout ----", "many", "lines", "", "---- three stdout ----", "one line", "", ""];
        assert_eq!(reports(output), kept);
        assert_eq!(reports("test one ... ok\n\ntest result: ok. 1 passed; 0 failed\n"), [""; 0]);
    }

    #[test]
    fn a_long_report_is_cut() {
        let output = "---- one stdout ----\n".to_owned() + &"line\n".repeat(100) + "---- two stdout ----\n";
        assert_eq!(reports(&output).len(), LINES + 1);
    }

    #[test]
    fn a_failure_is_that_of_the_command() {
        let failure = run(Command::new("cargo").arg("no-such-command").stderr(Stdio::null())).unwrap_err();
        assert_eq!(failure.to_string(), "`cargo no-such-command` ended with code 101");
    }
}
