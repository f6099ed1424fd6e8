//! The functions of a source, with their lengths.

use std::collections::BTreeSet;

use crate::rust::pieces::{Kind, pieces};
use crate::rust::tokens::{Token, code, group_end, is_name, without_tests};

/// A function with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) line: usize,
    /// Its lines from `fn` to the closing brace, without those of doc comments.
    pub(super) length: usize,
}

/// Returns the functions of `source` outside its modules of tests.
pub(super) fn functions(source: &str) -> Vec<Function> {
    let pieces = without_tests(pieces(source));
    let docs = pieces.iter().filter(|piece| piece.kind == Kind::Comment && is_doc(piece.text));
    let docs: BTreeSet<usize> =
        docs.flat_map(|doc| doc.line..=doc.line + doc.text.matches('\n').count()).collect();
    let tokens = code(&pieces);
    let heads = (0..tokens.len()).filter(|at| tokens[*at].text == "fn");
    heads.filter_map(|at| function(&tokens[at..], &docs)).collect()
}

fn is_doc(comment: &str) -> bool {
    ["///", "//!", "/**", "/*!"].iter().any(|begin| comment.starts_with(begin))
}

/// Reads the function that `tokens` begin with; a type such as `fn()` and a method without a body are none.
fn function(tokens: &[Token<'_>], docs: &BTreeSet<usize>) -> Option<Function> {
    let name = tokens.get(1).filter(|name| is_name(name))?;
    let mut at = 2;
    while !matches!(tokens.get(at)?.text, "{" | ";") {
        at = if matches!(tokens[at].text, "(" | "[") { group_end(tokens, at) } else { at + 1 };
    }
    if tokens[at].text == ";" {
        return None;
    }
    let (first, last) = (tokens[0].line, tokens[group_end(tokens, at) - 1].line);
    let length = last + 1 - first - docs.range(first..=last).count();
    Some(Function { name: name.text.to_owned(), line: first, length })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(source: &str) -> Vec<(String, usize, usize)> {
        functions(source).into_iter().map(|found| (found.name, found.line, found.length)).collect()
    }

    #[test]
    fn a_function_is_as_long_as_from_its_head_to_its_brace() {
        let source =
            "/// Doc.\n#[inline]\npub fn one(\n  a: [u8; 2],\n) -> u8 {\n  { 1 }\n}\nimpl S { fn two() {} }";
        assert_eq!(shown(source), [("one".to_owned(), 3, 5), ("two".to_owned(), 8, 1)]);
    }

    #[test]
    fn doc_comments_within_do_not_count_and_others_do() {
        let source = "fn one() {\n  /// Doc.\n  /// Doc.\n  struct A;\n  // Note.\n}";
        assert_eq!(shown(source), [("one".to_owned(), 1, 4)]);
    }

    #[test]
    fn declarations_types_and_tests_are_not_functions_with_a_body() {
        let source =
            "trait T { fn a(&self); }\ntype F = fn(u8) -> u8;\n#[cfg(test)]\nmod tests { fn b() {} }";
        assert_eq!(shown(source), []);
    }
}
