//! What a file takes from its own crate: every path that begins with `crate::`, or leaves the file by `super::`.

use super::source::{Token, begins};

/// A path's way out of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Import<'a> {
    pub(super) from: From<'a>,
    pub(super) line: usize,
}

/// Where a path leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From<'a> {
    /// `crate::name`, where a name may be `*` or `self`.
    Crate(&'a str),
    /// `super::` from the file's own top.
    Super,
}

/// The imports among `tokens`, whether they stand in a `use` or in the code.
pub(super) fn imports<'a>(tokens: &[Token<'a>]) -> Vec<Import<'a>> {
    let mut found = Vec::new();
    let mut modules = Modules::default();
    for (at, token) in tokens.iter().enumerate() {
        modules.pass(&tokens[at..]);
        let before = at.checked_sub(1).map_or("", |before| tokens[before].text);
        match token.text {
            // `$crate` names the public API from wherever a macro is used.
            "crate" if before != "$" && begins(&tokens[at + 1..], &["::"]) => {
                let heads = heads(&tokens[at + 2..]);
                found.extend(
                    heads.iter().map(|head| Import { from: From::Crate(head.text), line: head.line }),
                );
            }
            "crate" if begins(&tokens[at + 1..], &["as"]) => {
                found.push(Import { from: From::Crate("self"), line: token.line });
            }
            "super" if before != "::" && supers(&tokens[at..]) > modules.depth() => {
                found.push(Import { from: From::Super, line: token.line });
            }
            _ => {}
        }
    }
    found
}

/// The first names after `crate::`: one, or each of a group in braces.
fn heads<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    if !begins(tokens, &["{"]) {
        return tokens.first().copied().into_iter().collect();
    }
    let (mut depth, mut found) = (0_usize, Vec::new());
    for pair in tokens.windows(2) {
        match pair[0].text {
            "{" => depth += 1,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if depth == 1 && matches!(pair[0].text, "{" | ",") && !matches!(pair[1].text, "}" | ",") {
            found.push(pair[1]);
        }
    }
    found
}

/// How often `super::` stands in a row here.
fn supers(tokens: &[Token<'_>]) -> usize {
    tokens.chunks(2).take_while(|pair| begins(pair, &["super", "::"])).count()
}

/// The inline modules that are open at a place: from within one, `super` stays in the file.
#[derive(Debug, Default)]
struct Modules {
    braces: usize,
    /// For each open module the number of braces outside it.
    open: Vec<usize>,
}

impl Modules {
    fn depth(&self) -> usize {
        self.open.len()
    }

    /// Goes on to the first of `tokens`.
    fn pass(&mut self, tokens: &[Token<'_>]) {
        match tokens[0].text {
            "mod" if tokens.get(2).is_some_and(|token| token.text == "{") => self.open.push(self.braces),
            "{" => self.braces += 1,
            "}" => {
                self.braces = self.braces.saturating_sub(1);
                self.open.pop_if(|outside| *outside == self.braces);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::source::tokens;
    use super::*;

    fn shown(source: &str) -> Vec<String> {
        let show = |import: &Import<'_>| match import.from {
            From::Crate(name) => format!("{}:{name}", import.line),
            From::Super => format!("{}:super", import.line),
        };
        imports(&tokens(source)).iter().map(show).collect()
    }

    #[test]
    fn a_use_names_its_file() {
        assert_eq!(
            shown("use crate::time::UnixTime;\npub(crate) use crate::id::{SessionId, StoreKey};"),
            ["1:time", "2:id"]
        );
    }

    #[test]
    fn a_group_names_each_of_its_files() {
        let source =
            "use crate::{\n  a::B,\n  c::{D, e::{F, G}},\n  h::*, i,\n};\nuse {crate::j::K, std::fmt};";
        assert_eq!(shown(source), ["2:a", "3:c", "4:h", "4:i", "6:j"]);
    }

    #[test]
    fn a_path_in_code_is_an_import_too() {
        assert_eq!(shown("fn f() -> crate::a::B {\n  vec![crate::c::D::new()]\n}"), ["1:a", "2:c"]);
    }

    #[test]
    fn the_root_itself_is_named() {
        assert_eq!(
            shown("use crate::Session;\nuse crate::*;\nuse crate::{self as c};\nuse crate as d;"),
            ["1:Session", "2:*", "3:self", "4:self"]
        );
    }

    #[test]
    fn visibility_and_macros_are_no_imports() {
        assert_eq!(
            shown("pub(crate) fn f(); pub(super) fn g(); macro_rules! m { () => { $crate::Session } }"),
            [""; 0]
        );
    }

    #[test]
    fn super_leaves_the_file_only_from_its_top() {
        assert_eq!(shown("use super::time::UnixTime;"), ["1:super"]);
        assert_eq!(shown("mod inner {\n use super::Outer;\n fn f() { super::g() }\n}"), [""; 0]);
        assert_eq!(shown("mod inner {\n use super::super::time;\n}\nuse super::id;"), ["2:super", "4:super"]);
        assert_eq!(shown("mod inner { fn f() {} }\nfn g() { self::super::h() }"), [""; 0]);
    }
}
