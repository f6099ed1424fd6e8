//! The width of comments, doc comments and Markdown.

use super::document::{Document, Language};
use super::markup;
use super::offence::{Check, Offence};
use super::passages::comment_text;
use crate::rust::pieces::{Kind, pieces};

/// Returns an offence for each line of prose that is wider than `limit`, though it could be broken.
pub(super) fn check(document: &Document, limit: usize) -> Vec<Offence> {
    let lines = match document.language {
        Language::Rust => in_comments(&document.text, limit),
        Language::Markdown => in_markdown(&document.text, limit),
        Language::Template => Vec::new(),
    };
    let offence = |(line, width)| Offence {
        check: Check::Width,
        file: document.name.clone(),
        line,
        subject: "",
        rule: format!("the line has {width} characters"),
        remedy: format!("break it, so that no line has more than {limit}"),
    };
    lines.into_iter().map(offence).collect()
}

/// Reads the width of code from the text of `rustfmt.toml`.
pub(super) fn limit(rustfmt: &str) -> Option<usize> {
    let value = rustfmt.lines().find_map(|line| line.trim().strip_prefix("max_width"))?;
    value.trim_start().strip_prefix('=')?.trim().parse().ok()
}

/// Returns the lines of comments that are too wide, with their widths.
fn in_comments(text: &str, limit: usize) -> Vec<(usize, usize)> {
    let (lines, mut found) = (text.lines().collect::<Vec<_>>(), Vec::new());
    for comment in pieces(text).into_iter().filter(|piece| piece.kind == Kind::Comment) {
        let before = text[..comment.at].rsplit('\n').next().unwrap_or_default();
        for (index, part) in comment.text.split('\n').enumerate() {
            let number = comment.line + index;
            let line = lines.get(number - 1).copied().unwrap_or_default();
            let width = line.chars().count();
            // A comment behind code can always go above it.
            let is_behind_code = index == 0 && !before.trim().is_empty();
            if width > limit && (is_behind_code || can_be_broken(line, comment_text(part.trim()), limit)) {
                found.push((number, width));
            }
        }
    }
    found
}

/// Returns the lines of Markdown that are too wide, without fences, tables, headings, tags and addresses.
fn in_markdown(text: &str, limit: usize) -> Vec<(usize, usize)> {
    let (mut fence, mut found) = (None::<&str>, Vec::new());
    for (index, line) in text.lines().enumerate() {
        match (fence, markup::fence(line)) {
            (None, Some((signs, _))) => fence = Some(signs),
            (Some(open), Some((close, ""))) if close.starts_with(open) => fence = None,
            (Some(_), _) => {}
            (None, None) => {
                let prose = without_tags(line);
                let width = width_without_addresses(&prose);
                if width > limit && can_be_broken(&prose, prose.trim_start(), limit) {
                    found.push((index + 1, width));
                }
            }
        }
    }
    found
}

/// Counts the characters of a line that are not part of an address.
fn width_without_addresses(line: &str) -> usize {
    let blanked = markup::without_addresses(line);
    let removed = line.chars().zip(blanked.chars()).filter(|(before, after)| before != after).count();
    line.trim_end().chars().count() - removed
}

/// Checks whether a line has a blank within the limit after the signs that its text begins with.
fn can_be_broken(line: &str, text: &str, limit: usize) -> bool {
    if text.starts_with('|') || text.starts_with('#') || (text.starts_with('[') && text.contains("]: ")) {
        return false;
    }
    let begin = line.chars().count() - text.chars().count();
    let words = text.trim_start_matches(['-', '*', '>', ' ']);
    let first = words.find(' ').map(|at| words[..at].chars().count());
    let signs = text.chars().count() - words.chars().count();
    first.is_some_and(|first| begin + signs + first <= limit)
}

/// Returns a line without HTML tags.
fn without_tags(line: &str) -> String {
    let (mut found, mut rest) = (String::new(), line);
    while let Some(begin) = rest.find('<') {
        let is_tag = rest[begin + 1..]
            .starts_with(|first: char| first.is_ascii_alphabetic() || matches!(first, '/' | '!'));
        let Some(length) = rest[begin..].find('>').filter(|_| is_tag) else {
            found.push_str(&rest[..=begin]);
            rest = &rest[begin + 1..];
            continue;
        };
        found.push_str(&rest[..begin]);
        rest = &rest[begin + length + 1..];
    }
    found + rest
}

#[cfg(test)]
mod tests {
    use super::super::document::tests::document;
    use super::*;

    fn found(name: &str, text: &str) -> Vec<usize> {
        check(&document(name, text), 20).iter().map(|offence| offence.line).collect()
    }

    #[test]
    fn the_width_is_that_of_the_code() {
        assert_eq!(limit("edition = \"2024\"\nmax_width = 110\n"), Some(110));
        assert_eq!(limit("edition = \"2024\""), None);
    }

    #[test]
    fn a_comment_of_21_characters_is_found_and_one_of_20_is_not() {
        assert_eq!(found("a.rs", "// words of 20 chars"), [0; 0]);
        for text in [
            "// words of 21 charss",
            "/// 4567 words  ééééé",
            "/*\n words of 21 char abc */",
            "f(); // and 12345 789",
        ] {
            assert_eq!(found("a.rs", text).len(), 1, "{text}");
        }
        assert_eq!(found("a.rs", "#[cfg(test)] mod t {\n // words of 21 chars }\n}"), [2]);
        assert_eq!(found("a.rs", "let a = \"a string is code, not prose\"; // b").len(), 1);
        assert_eq!(found("a.rs", "let a = \"a string is code, not prose\";"), [0; 0]);
    }

    #[test]
    fn a_wide_line_of_markdown_is_found() {
        assert_eq!(found("a.md", "short\nwords that are too wide\n"), [2]);
        assert_eq!(found("a.md", "- see `one` and `two`,"), [1]);
    }

    #[test]
    fn tables_fences_headings_addresses_and_tags_may_be_wide() {
        let text = "| a table of many | columns |\n```text\na block of many words\n```\n# A heading of many words
see [it](https://a.b/c/d/e/f) now\n<p align=\"center\" class=\"wide\">short</p>\n[a]: https://a.b/c/d/e/f \"a title\"";
        assert_eq!(found("a.md", text), [0; 0]);
    }

    #[test]
    fn a_line_that_cannot_be_broken_may_be_wide() {
        for text in
            ["// aaaaaaaaaaaaaaaaaaaaaaaaa", "// - aaaaaaaaaaaaaaaaaaaaaaaaa", "// aaaaaaaaaaaaaaaaaaaaaaa b"]
        {
            assert_eq!(found("a.rs", text), [0; 0], "{text}");
        }
        assert_eq!(found("a.rs", "f(); /* a\n https://a.b/c/d/e/f/g/h/i\n*/"), [0; 0]);
        assert_eq!(found("a.rs", "/// | a table of many |"), [0; 0]);
        assert_eq!(found("a.rs", "// a aaaaaaaaaaaaaaaaaaaaaaaaa"), [1]);
    }
}
