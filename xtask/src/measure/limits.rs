//! The limits of a crate's size.

use super::size::Size;

const FUNCTION_LINES: usize = 60;
const FILE_LINES: usize = 400;
const ROOT_NAMES: usize = 21;

/// Returns a line for each file and function beyond its limit, and for each circle.
pub(super) fn offences(folder: &str, size: &Size<'_>) -> Vec<String> {
    let files = size.files.iter().filter(|(_, lines)| *lines > FILE_LINES).map(|(file, lines)| {
        format!(
            "{folder}/{file}:1: the file has {lines} lines; split it so that each has at most {FILE_LINES}"
        )
    });
    let functions = size.functions.iter().filter(|(_, function)| function.length > FUNCTION_LINES);
    let functions = functions.map(|(file, function)| {
        let (line, name, length) = (function.line, &function.name, function.length);
        format!("{folder}/{file}:{line}: `{name}` has {length} lines; split it so that each has at most {FUNCTION_LINES}")
    });
    let circles = size.circles.iter().map(|group| {
        let (first, rest) = group.split_first().expect("a circle has more than one file");
        let rest = rest.join(", ");
        format!("{folder}/{first}:1: the file and {rest} import one another; move what they share into a file of its own")
    });
    files.chain(functions).chain(circles).collect()
}

/// Returns a line if the root of `name` has too many public names.
pub(super) fn root_offence(name: &str, count: usize) -> Option<String> {
    (count > ROOT_NAMES).then(|| {
        format!("{name}/src/lib.rs:1: the root has {count} public names; keep {ROOT_NAMES}, and put the rest into modules")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rust::crates::File;

    fn found(files: &[(&str, String)]) -> Vec<String> {
        let files: Vec<File> = files.iter().map(|(name, text)| ((*name).to_owned(), text.clone())).collect();
        offences("a/src", &Size::of(&files))
    }

    fn function(lines: usize) -> String {
        format!("\nfn long() {{\n{}}}\n", "x;\n".repeat(lines - 2))
    }

    #[test]
    fn a_function_of_61_lines_is_found_and_one_of_60_is_not() {
        assert_eq!(found(&[("b.rs", function(60))]), [""; 0]);
        let found = found(&[("b.rs", function(61))]);
        assert!(found.len() == 1 && found[0].starts_with("a/src/b.rs:2: `long` has 61 lines; "), "{found:?}");
    }

    #[test]
    fn a_file_of_401_lines_is_found_and_one_of_400_is_not() {
        assert_eq!(found(&[("b.rs", "// x\n".repeat(400))]), [""; 0]);
        let found = found(&[("b.rs", "// x\n".repeat(401))]);
        assert!(
            found.len() == 1 && found[0].starts_with("a/src/b.rs:1: the file has 401 lines; "),
            "{found:?}"
        );
    }

    #[test]
    fn a_circle_is_found() {
        let text = |other| format!("use crate::{other}::X;\nstruct Y;");
        let found = found(&[("b.rs", text("c")), ("c.rs", text("b"))]);
        assert!(
            found.len() == 1 && found[0].starts_with("a/src/b.rs:1: the file and c.rs import"),
            "{found:?}"
        );
    }

    #[test]
    fn a_root_of_22_names_is_found_and_one_of_21_is_not() {
        assert_eq!(root_offence("a", 21), None);
        assert!(root_offence("a", 22).unwrap().starts_with("a/src/lib.rs:1: the root has 22 public names; "));
    }
}
