//! Markdown, parted into what is read as prose and what is read as code.

/// A text in two parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parts {
    /// The text with blanks for code, addresses and the targets of links; every line keeps its number.
    pub(super) prose: String,
    pub(super) code: Vec<Code>,
}

/// A piece of code within a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Code {
    /// Its first line, counted from 0 with the text's own.
    pub(super) line: usize,
    pub(super) text: String,
    pub(super) form: Form,
}

/// The two forms of code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Between backticks in a sentence.
    Inline,
    /// A block of Rust between fences.
    Fenced,
}

/// Parts a text. Blocks in other languages than Rust are in neither part.
pub(super) fn part(text: &str) -> Parts {
    let (open, mut code) = without_fences(text);
    let prose = without_inline(&open, &mut code);
    Parts { prose: without_addresses(&prose), code }
}

/// Returns the fence that a line consists of: its signs, and the words after them.
pub(super) fn fence(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let sign = line.chars().next().filter(|sign| matches!(sign, '`' | '~'))?;
    let length = line.len() - line.trim_start_matches(sign).len();
    (length >= 3 && !line[length..].contains('`')).then(|| (&line[..length], line[length..].trim()))
}

fn without_fences(text: &str) -> (String, Vec<Code>) {
    let (mut open, mut code, mut block) = (Vec::new(), Vec::new(), None::<(&str, Code, bool)>);
    for (number, line) in text.split('\n').enumerate() {
        match (&mut block, fence(line)) {
            (Some((signs, _, _)), Some((close, ""))) if close.starts_with(*signs) => {
                code.extend(block.take().filter(|(_, _, is_rust)| *is_rust).map(|(_, code, _)| code));
            }
            (Some((_, code, _)), _) => {
                // A doc comment hides lines of its examples by `# `.
                code.text.push_str(line.strip_prefix("# ").unwrap_or(line));
                code.text.push('\n');
            }
            (None, Some((signs, language))) => {
                let code = Code { line: number + 1, text: String::new(), form: Form::Fenced };
                block = Some((signs, code, is_rust(language)));
            }
            (None, None) => {
                open.push(line);
                continue;
            }
        }
        open.push("");
    }
    (open.join("\n"), code)
}

/// Checks whether the words after a fence are those of Rust, as rustdoc reads them.
fn is_rust(language: &str) -> bool {
    let first = language.split([',', ' ']).next().unwrap_or_default();
    matches!(first, "" | "rust" | "no_run" | "ignore" | "should_panic" | "compile_fail" | "edition2024")
}

/// Blanks the code between backticks, which ends in its own paragraph.
fn without_inline(text: &str, code: &mut Vec<Code>) -> String {
    let (mut prose, mut rest, mut line) = (String::new(), text, 0);
    while let Some(begin) = rest.find('`') {
        let (before, span) = rest.split_at(begin);
        line += before.matches('\n').count();
        let ticks = &span[..span.len() - span.trim_start_matches('`').len()];
        let inner = &span[ticks.len()..];
        prose.push_str(before);
        rest = inner;
        let paragraph = &inner[..inner.find("\n\n").unwrap_or(inner.len())];
        if let Some(length) = closing(paragraph, ticks.len()) {
            code.push(Code { line, text: inner[..length].to_owned(), form: Form::Inline });
            prose.push_str(&blank(&inner[..length]));
            line += inner[..length].matches('\n').count();
            rest = &inner[length + ticks.len()..];
        }
        // Something stands here, so that the words around it are not neighbours.
        prose.push('`');
    }
    prose + rest
}

/// Returns where a row of exactly this many backticks begins.
fn closing(text: &str, ticks: usize) -> Option<usize> {
    let mut at = 0;
    loop {
        at += text[at..].find('`')?;
        let length = text[at..].len() - text[at..].trim_start_matches('`').len();
        if length == ticks {
            return Some(at);
        }
        at += length;
    }
}

/// Blanks addresses such as `https://…`, and the targets of links.
pub(super) fn without_addresses(text: &str) -> String {
    let (mut prose, mut rest) = (String::new(), text);
    while let Some((begin, length)) = first_address(rest) {
        prose.push_str(&rest[..begin]);
        prose.push_str(&blank(&rest[begin..begin + length]));
        rest = &rest[begin + length..];
    }
    prose + rest
}

fn first_address(text: &str) -> Option<(usize, usize)> {
    let schemes = ["https://", "http://", "mailto:"].map(|scheme| (scheme, 0, &[')', '>', ']', '"'][..]));
    let links = [("](", 2, &[')'][..]), ("]: ", 3, &[][..])];
    let found = schemes.iter().chain(&links).filter_map(|(sign, skip, ends)| {
        let begin = text.find(sign)? + skip;
        let ends = |sign: char| ends.contains(&sign) || sign.is_whitespace();
        let length = text[begin..].find(ends).unwrap_or(text.len() - begin);
        (length > 0).then_some((begin, length))
    });
    found.min()
}

fn blank(text: &str) -> String {
    text.chars().map(|sign| if sign == '\n' { '\n' } else { ' ' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        part(text).prose.split_whitespace().map(str::to_owned).collect()
    }

    fn code(text: &str) -> Vec<(usize, String)> {
        part(text).code.into_iter().map(|code| (code.line, code.text)).collect()
    }

    #[test]
    fn code_between_backticks_is_not_prose() {
        assert_eq!(words("a `b c` d ``e ` f`` g"), ["a", "`", "d", "`", "g"]);
        assert_eq!(code("a `b c` d\n``e ` f``"), [(0, "b c".to_owned()), (1, "e ` f".to_owned())]);
    }

    #[test]
    fn a_backtick_that_nothing_closes_hides_only_itself() {
        assert_eq!(words("a ` b\n\nc ` d"), ["a", "`", "b", "c", "`", "d"]);
    }

    #[test]
    fn a_block_of_rust_is_code_and_one_of_another_language_is_nothing() {
        assert_eq!(code("a\n```\n# use b;\nc\n```\nd"), [(2, "use b;\nc\n".to_owned())]);
        assert_eq!(code("```rust,no_run\nb\n```"), [(1, "b\n".to_owned())]);
        assert_eq!(code("```python\nb\n```"), []);
        assert_eq!(words("a\n```python\nb\n```\nc"), ["a", "c"]);
    }

    #[test]
    fn addresses_and_targets_are_not_prose() {
        let text = "a [b](c/d.md) <https://e.f/g> h (http://i)\n[b]: j/k.md\nl";
        assert_eq!(words(text), ["a", "[b](", ")", "<", ">", "h", "(", ")", "[b]:", "l"]);
    }

    #[test]
    fn lines_keep_their_numbers() {
        let text = "a `b\nc` d\n```\ne\n```\n[f](g) h";
        assert_eq!(part(text).prose.matches('\n').count(), text.matches('\n').count());
    }
}
