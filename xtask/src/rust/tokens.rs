//! Rust source as the words that compile: no comments, no literals, no modules of tests.

use std::ops::Range;

use super::pieces::{Kind, Piece, pieces};

/// A word, a sign or `::`.
pub(crate) type Token<'a> = Piece<'a>;

/// Returns the tokens of `source`, without those of `#[cfg(test)] mod … { … }`.
pub(crate) fn tokens(source: &str) -> Vec<Token<'_>> {
    code(&without_tests(pieces(source)))
}

/// Returns those of `pieces` that are tokens.
pub(crate) fn code<'a>(pieces: &[Piece<'a>]) -> Vec<Token<'a>> {
    pieces.iter().filter(|piece| piece.kind == Kind::Code).copied().collect()
}

/// Returns `pieces` without those that stand in `#[cfg(test)] mod … { … }`.
pub(crate) fn without_tests(mut pieces: Vec<Piece<'_>>) -> Vec<Piece<'_>> {
    let modules = test_modules(&code(&pieces));
    pieces.retain(|piece| !modules.iter().any(|module| module.contains(&piece.at)));
    pieces
}

/// Returns the bytes of each `#[cfg(test)] mod … { … }`, from the attribute to the brace.
pub(crate) fn test_modules(tokens: &[Token<'_>]) -> Vec<Range<usize>> {
    let (mut from, mut found) = (0, Vec::new());
    while let Some((begin, end)) = test_module(&tokens[from..]) {
        let last = tokens[from + end - 1];
        found.push(tokens[from + begin].at..last.at + last.text.len());
        from += end;
    }
    found
}

/// Checks whether `tokens` begin with these words.
pub(crate) fn begins(tokens: &[Token<'_>], words: &[&str]) -> bool {
    tokens.len() >= words.len() && tokens.iter().zip(words).all(|(token, word)| token.text == *word)
}

/// Checks whether a token is a name or a keyword.
pub(crate) fn is_name(token: &Token<'_>) -> bool {
    token.text.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// Returns where the first module of tests begins, with its attribute, and where it ends.
fn test_module(tokens: &[Token<'_>]) -> Option<(usize, usize)> {
    let begins_one = |at: &usize| {
        let rest = &tokens[*at..];
        begins(rest, &["#", "[", "cfg", "(", "test", ")", "]"])
            || begins(rest, &["#", "[", "cfg", "(", "all", "(", "test"])
    };
    (0..tokens.len()).filter(begins_one).find_map(|begin| {
        let at = after_attributes(tokens, begin);
        let module = begins(&tokens[at..], &["mod"]) && begins(tokens.get(at + 2..)?, &["{"]);
        module.then(|| (begin, group_end(tokens, at + 2)))
    })
}

/// Returns the place after all `#[…]` and `#![…]` that begin at `at`.
pub(crate) fn after_attributes(tokens: &[Token<'_>], mut at: usize) -> usize {
    while begins(&tokens[at..], &["#"]) {
        at += 1 + usize::from(begins(&tokens[at + 1..], &["!"]));
        at = group_end(tokens, at);
    }
    at
}

/// Returns the place after the bracket that closes the one at `open`.
pub(crate) fn group_end(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        tokens(source).iter().map(|token| token.text).collect()
    }

    #[test]
    fn modules_of_tests_are_left_out_and_what_follows_is_not() {
        let source = "a #[cfg(test)] #[allow(x)] mod tests { use super::*; fn f() { \"}\"; } } b
                      #[cfg(all(test, feature = \"x\"))] mod more { { } } c";
        assert_eq!(texts(source), ["a", "b", "c"]);
    }

    #[test]
    fn other_items_of_tests_and_other_modules_stay() {
        let source = "#[cfg(test)] use a; #[cfg(unix)] mod b { c }";
        assert!(texts(source).contains(&"a") && texts(source).contains(&"c"));
    }

    #[test]
    fn broken_source_ends_the_scan_and_nothing_else() {
        for source in
            ["\"open", "/* open", "r#\"open", "'", "'\\", "#[cfg(test)] mod tests {", "#[cfg(test)]"]
        {
            tokens(source);
        }
    }
}
