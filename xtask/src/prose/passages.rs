//! The passages of a document that are written for people.

use super::document::{Document, Language};
use super::template;
use crate::rust::pieces::{Kind, Piece, pieces};
use crate::rust::tokens::without_tests;

/// A text for people, on one line or more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Passage {
    /// The line of the document on which it begins.
    pub(super) line: usize,
    pub(super) text: String,
}

/// Returns the passages of a document: the whole of it, or a source's comments and strings.
///
/// Strings count in sources that hold no tests, outside their modules of tests; `#[doc(alias)]` aside.
pub(super) fn passages(document: &Document) -> Vec<Passage> {
    match document.language {
        Language::Markdown => vec![Passage { line: 1, text: document.text.clone() }],
        Language::Template => vec![Passage { line: 1, text: template::text(&document.text) }],
        Language::Rust => {
            let all = pieces(&document.text);
            let mut found = comments(&all);
            if document.is_source() {
                found.extend(strings(&without_tests(all)));
            }
            found
        }
    }
}

/// Returns the strings among `pieces` without their quotes, `#[doc(alias)]` aside.
pub(super) fn strings(pieces: &[Piece<'_>]) -> Vec<Passage> {
    let strings =
        (0..pieces.len()).filter(|at| pieces[*at].kind == Kind::String && !is_alias(&pieces[..*at]));
    strings.map(|at| Passage { line: pieces[at].line, text: content(pieces[at].text) }).collect()
}

/// Returns the text of a comment without its slashes.
pub(super) fn comment_text(comment: &str) -> &str {
    let block = comment.strip_prefix("/*").map(|text| text.strip_suffix("*/").unwrap_or(text));
    let text = block.unwrap_or_else(|| comment.trim_start_matches('/'));
    let text = text.strip_prefix(['!', '*']).unwrap_or(text);
    text.strip_prefix(' ').unwrap_or(text)
}

/// Returns the comments, those on successive lines as one.
fn comments(pieces: &[Piece<'_>]) -> Vec<Passage> {
    let (mut found, mut last) = (Vec::<Passage>::new(), (0, ""));
    for comment in pieces.iter().filter(|piece| piece.kind == Kind::Comment) {
        let marker = marker(comment.text);
        match found.last_mut() {
            Some(passage) if last == (comment.line - 1, marker) && marker != "/*" => {
                passage.text.push('\n');
                passage.text.push_str(comment_text(comment.text));
            }
            Some(_) | None => {
                found.push(Passage { line: comment.line, text: comment_text(comment.text).to_owned() });
            }
        }
        last = (comment.line, marker);
    }
    found
}

/// Returns the signs that a comment begins with.
fn marker(comment: &str) -> &'static str {
    ["///", "//!", "/*"].into_iter().find(|marker| comment.starts_with(marker)).unwrap_or("//")
}

/// Checks whether the string that follows `before` stands in `#[doc(alias = …)]` or `#[doc(alias(…))]`.
fn is_alias(before: &[Piece<'_>]) -> bool {
    let list = |piece: &&Piece<'_>| piece.kind == Kind::String || piece.text == ",";
    let mut words = before.iter().rev().skip_while(list).map(|piece| piece.text);
    matches!(words.next(), Some("=" | "(")) && words.next() == Some("alias")
}

/// Returns what stands between the quotes of a literal, with blanks for escapes.
fn content(literal: &str) -> String {
    let begin = literal.find('"').map_or(0, |at| at + 1);
    let end = literal.rfind('"').filter(|end| *end >= begin).unwrap_or(literal.len());
    let text = &literal[begin..end];
    if literal[..begin].contains('r') {
        return text.to_owned();
    }
    let mut escaped = false;
    let blanked = text.chars().map(|sign| {
        let is_escape = escaped || sign == '\\';
        escaped = !escaped && sign == '\\';
        if is_escape && sign != '\n' { ' ' } else { sign }
    });
    blanked.collect()
}

#[cfg(test)]
mod tests {
    use super::super::document::tests::document;
    use super::*;

    fn shown(name: &str, text: &str) -> Vec<(usize, String)> {
        passages(&document(name, text)).into_iter().map(|passage| (passage.line, passage.text)).collect()
    }

    #[test]
    fn comments_on_successive_lines_are_one_passage() {
        let found = shown("a/src/b.rs", "/// a\n/// b\n// c\n\n// d\n//! e\n/* f\ng */ fn h() {} // i");
        let found: Vec<_> = found.iter().map(|(line, text)| (*line, text.as_str())).collect();
        assert_eq!(found, [(1, "a\nb"), (3, "c"), (5, "d"), (6, "e"), (7, "f\ng "), (8, "i")]);
    }

    #[test]
    fn strings_count_in_sources_and_outside_their_tests() {
        let text = "f(\"a\\nb\", r#\"c\"#);\n#[cfg(test)]\nmod tests { g(\"d\"); }";
        assert_eq!(shown("a/src/b.rs", text), [(1, "a  b".to_owned()), (1, "c".to_owned())]);
        assert_eq!(shown("a/tests/b.rs", text), []);
        assert_eq!(shown("a/src/b/tests.rs", text), []);
    }

    #[test]
    fn comments_of_tests_count() {
        assert_eq!(shown("a/src/b.rs", "#[cfg(test)]\nmod tests { // c\n }"), [(2, "c".to_owned())]);
    }

    #[test]
    fn aliases_for_the_search_do_not_count() {
        assert_eq!(shown("a/src/b.rs", "#[doc(alias = \"c\")]\n#[doc(alias(\"d\", \"e\"))]\nfn f() {}"), []);
    }
}
