//! Rust source as the words that compile: no comments, no literals, no modules of tests.

/// A word, a sign or `::`, and the line on which it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    pub(super) line: usize,
}

/// The tokens of `source`, without those of `#[cfg(test)] mod … { … }`.
pub(super) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut all = scan(source);
    while let Some((begin, end)) = test_module(&all) {
        all.drain(begin..end);
    }
    all
}

/// Whether `tokens` begin with these words.
pub(super) fn begins(tokens: &[Token<'_>], words: &[&str]) -> bool {
    tokens.len() >= words.len() && tokens.iter().zip(words).all(|(token, word)| token.text == *word)
}

fn scan(source: &str) -> Vec<Token<'_>> {
    let (mut rest, mut line, mut found) = (source, 1, Vec::new());
    while let Some(first) = rest.chars().next() {
        let silent = silent_length(rest, first);
        let length = silent.unwrap_or_else(|| token_length(rest, first));
        let (text, after) = rest.split_at(length);
        if silent.is_none() {
            found.push(Token { text, line });
        }
        line += text.matches('\n').count();
        rest = after;
    }
    found
}

fn token_length(rest: &str, first: char) -> usize {
    match word_length(rest) {
        0 if rest.starts_with("::") => 2,
        0 => first.len_utf8(),
        length => length,
    }
}

/// How many bytes of white space, comment, literal or lifetime stand first, if any.
fn silent_length(rest: &str, first: char) -> Option<usize> {
    match first {
        '/' if rest.starts_with("//") => Some(rest.find('\n').unwrap_or(rest.len())),
        '/' if rest.starts_with("/*") => Some(block_comment_length(rest)),
        '"' => Some(quoted_length(rest, '"')),
        '\'' => Some(character_or_lifetime_length(rest)),
        'b' | 'c' | 'r' => prefixed_length(rest),
        first => first.is_whitespace().then(|| first.len_utf8()),
    }
}

fn word_length(rest: &str) -> usize {
    rest.find(|sign: char| !sign.is_alphanumeric() && sign != '_').unwrap_or(rest.len())
}

/// Block comments nest.
fn block_comment_length(rest: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < rest.len() {
        let (step, change) = match &rest.as_bytes()[at..] {
            [b'/', b'*', ..] => (2, 1),
            [b'*', b'/', ..] => (2, -1),
            _ => (1, 0),
        };
        at += step;
        depth = depth.saturating_add_signed(change);
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// A literal between two of `quote`, with its escapes.
fn quoted_length(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, sign) in rest.char_indices().skip(1) {
        match sign {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            sign if sign == quote => return at + sign.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// `'a'` and `'\n'` are characters, `'a` is a lifetime.
fn character_or_lifetime_length(rest: &str) -> usize {
    let mut after = rest.chars().skip(1);
    match (after.next(), after.next()) {
        (Some('\\'), _) | (_, Some('\'')) => quoted_length(rest, '\''),
        _ => 1 + word_length(&rest[1..]),
    }
}

/// Byte, C and raw strings: `b"…"`, `c"…"`, `r"…"`, `br#"…"#`.
fn prefixed_length(rest: &str) -> Option<usize> {
    let letters = ["br", "cr", "b", "c", "r"].into_iter().find(|letters| rest.starts_with(letters))?;
    let after = &rest[letters.len()..];
    let hashes = after.len() - after.trim_start_matches('#').len();
    if !after[hashes..].starts_with('"') || (hashes > 0 && !letters.ends_with('r')) {
        return None;
    }
    if !letters.ends_with('r') {
        return Some(letters.len() + quoted_length(after, '"'));
    }
    let close = format!("\"{}", "#".repeat(hashes));
    let open = letters.len() + hashes + 1;
    Some(rest[open..].find(&close).map_or(rest.len(), |at| open + at + close.len()))
}

/// Where the first module of tests begins, with its attribute, and where it ends.
fn test_module(tokens: &[Token<'_>]) -> Option<(usize, usize)> {
    let begins_one = |at: &usize| {
        let rest = &tokens[*at..];
        begins(rest, &["#", "[", "cfg", "(", "test", ")", "]"])
            || begins(rest, &["#", "[", "cfg", "(", "all", "(", "test"])
    };
    (0..tokens.len()).filter(begins_one).find_map(|begin| {
        let mut at = begin;
        while begins(&tokens[at..], &["#", "["]) {
            at = group_end(tokens, at + 1);
        }
        let module = begins(&tokens[at..], &["mod"]) && begins(tokens.get(at + 2..)?, &["{"]);
        module.then(|| (begin, group_end(tokens, at + 2)))
    })
}

/// Returns the place after the bracket that closes the one at `open`.
pub(super) fn group_end(tokens: &[Token<'_>], open: usize) -> usize {
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
    fn comments_say_nothing() {
        assert_eq!(texts("a // use crate::x;\n/// `async`\n//! b\n/* c /* nested */ d */ e"), ["a", "e"]);
    }

    #[test]
    fn literals_say_nothing() {
        let source =
            r####"a("async \" rand::", r"\", r#"a "quoted" word"#, b"x", br##"y"# z"##, c"w", b'x') end"####;
        assert_eq!(texts(source), ["a", "(", ",", ",", ",", ",", ",", ",", "b", ")", "end"]);
    }

    #[test]
    fn a_quote_opens_a_character_or_names_a_lifetime() {
        let source = r#"fn f<'a, 'static>(x: &'a str) { ['\'', '\\', '\u{1F600}', '{', 'é', '"'] } end"#;
        let shown = "fn f < , > ( x : & str ) { [ , , , , , ] } end";
        assert_eq!(texts(source), shown.split(' ').collect::<Vec<_>>());
    }

    #[test]
    fn a_raw_name_is_a_name() {
        assert_eq!(texts("r#type bread c3 r"), ["r", "#", "type", "bread", "c3", "r"]);
    }

    #[test]
    fn lines_are_counted_through_everything() {
        let source = "one\n/* \n */ two \"\n\n\" three\n// \nfour";
        let lines: Vec<usize> = tokens(source).iter().map(|token| token.line).collect();
        assert_eq!(lines, [1, 3, 5, 7]);
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
