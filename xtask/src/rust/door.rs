//! Doors: module files that hold declarations of modules, with re-exports of their names.

use super::tokens::{Token, after_attributes, begins, group_end};

/// Returns the line of the first item that is neither `mod name;` nor a `use`.
pub(crate) fn first_other_item(tokens: &[Token<'_>]) -> Option<usize> {
    let mut at = 0;
    while at < tokens.len() {
        at = after_attributes(tokens, at);
        let line = tokens.get(at)?.line;
        at = after_visibility(tokens, at);
        let length = tokens[at..].iter().position(|token| token.text == ";");
        match length {
            Some(2) if begins(&tokens[at..], &["mod"]) => at += 3,
            Some(length) if begins(&tokens[at..], &["use"]) => at += length + 1,
            Some(_) | None => return Some(line),
        }
    }
    None
}

/// Goes past `pub` and `pub(…)`.
fn after_visibility(tokens: &[Token<'_>], at: usize) -> usize {
    match &tokens[at..] {
        rest if begins(rest, &["pub", "("]) => group_end(tokens, at + 1),
        rest if begins(rest, &["pub"]) => at + 1,
        _ => at,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    fn line(source: &str) -> Option<usize> {
        first_other_item(&tokens(source))
    }

    #[test]
    fn declarations_and_uses_are_all_that_a_door_holds() {
        let source = "#![allow(x, reason = \"y\")]\n#[cfg(test)]\n#[path = \"z.rs\"]\nmod tests;\npub(in crate::a) mod b;\n\
                      pub use b::{C, d::*};\nuse {e::F};";
        assert_eq!(line(source), None);
        assert_eq!(line(""), None);
    }

    #[test]
    fn every_other_item_is_found_on_its_line() {
        for item in ["fn f() {}", "pub struct S;", "mod a { fn f() {} }", "const A: u8 = 1;", "impl S {}"] {
            assert_eq!(line(&format!("mod a;\n#[cfg(unix)]\n{item}\nmod b;")), Some(3), "{item}");
        }
    }
}
