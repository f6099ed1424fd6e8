//! Rust source as a row of pieces: words, signs, comments, literals.

/// A piece of a source, and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Piece<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
    /// The line on which it begins.
    pub(crate) line: usize,
    /// The byte with which it begins.
    pub(crate) at: usize,
}

/// The kinds of pieces; white space is not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A word, a number, a sign or `::`.
    Code,
    /// A comment with its slashes.
    Comment,
    /// A string of any kind, with its quotes.
    String,
    /// A character or a lifetime.
    Quote,
}

/// Returns the pieces of `source` in their order.
pub(crate) fn pieces(source: &str) -> Vec<Piece<'_>> {
    let (mut at, mut line, mut found) = (0, 1, Vec::new());
    while let Some(first) = source[at..].chars().next() {
        let rest = &source[at..];
        let (kind, length) = match silent_piece(rest, first) {
            Some((kind, length)) => (kind, length),
            None => (Some(Kind::Code), token_length(rest, first)),
        };
        let text = &rest[..length];
        found.extend(kind.map(|kind| Piece { kind, text, line, at }));
        line += text.matches('\n').count();
        at += length;
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

/// Returns the kind and the length of the white space, comment or literal that stands first, if any.
fn silent_piece(rest: &str, first: char) -> Option<(Option<Kind>, usize)> {
    let (kind, length) = match first {
        '/' if rest.starts_with("//") => (Kind::Comment, rest.find('\n').unwrap_or(rest.len())),
        '/' if rest.starts_with("/*") => (Kind::Comment, block_comment_length(rest)),
        '"' => (Kind::String, quoted_length(rest, '"')),
        '\'' => (Kind::Quote, character_or_lifetime_length(rest)),
        'b' | 'c' | 'r' => (Kind::String, prefixed_length(rest)?),
        first => return first.is_whitespace().then(|| (None, first.len_utf8())),
    };
    Some((Some(kind), length))
}

fn word_length(rest: &str) -> usize {
    rest.find(|sign: char| !sign.is_alphanumeric() && sign != '_').unwrap_or(rest.len())
}

/// Returns the length of a block comment, in which others may stand.
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

/// Returns the length of a literal between two of `quote`, with its escapes.
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

/// Returns the length of a character such as `'a'` and `'\n'`, or of a lifetime such as `'a`.
fn character_or_lifetime_length(rest: &str) -> usize {
    let mut after = rest.chars().skip(1);
    match (after.next(), after.next()) {
        (Some('\\'), _) | (_, Some('\'')) => quoted_length(rest, '\''),
        _ => 1 + word_length(&rest[1..]),
    }
}

/// Returns the length of a byte, C or raw string: `b"…"`, `c"…"`, `r"…"`, `br#"…"#`.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<&str> {
        pieces(source).iter().filter(|piece| piece.kind == Kind::Code).map(|piece| piece.text).collect()
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
        let lines: Vec<usize> = pieces(source).iter().map(|piece| piece.line).collect();
        assert_eq!(lines, [1, 2, 3, 3, 5, 6, 7]);
    }

    #[test]
    fn each_piece_knows_its_kind_and_its_place() {
        let source = "a \"b\" // c\n'd' /* e */";
        let shown: Vec<_> = pieces(source).iter().map(|piece| (piece.kind, piece.text, piece.at)).collect();
        let comments = [(Kind::Comment, "// c", 6), (Kind::Quote, "'d'", 11), (Kind::Comment, "/* e */", 15)];
        assert_eq!(shown, [&[(Kind::Code, "a", 0), (Kind::String, "\"b\"", 2)], &comments[..]].concat());
    }
}
