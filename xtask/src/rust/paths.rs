//! The paths by which a file reaches the rest of its own crate, wherever they stand in it.

use super::tokens::{Token, begins, is_name};

/// A path's way out of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Import<'a> {
    pub(crate) from: From<'a>,
    pub(crate) line: usize,
}

/// Where a path begins, and its names from there; a name may be `*` or `self`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum From<'a> {
    /// `crate::…`.
    Crate(Vec<&'a str>),
    /// `self::…`, or the name of a module that this file declares.
    Own(Vec<&'a str>),
    /// `super::…`, which leaves the file's own module by `levels`.
    Super { levels: usize, names: Vec<&'a str> },
}

/// Returns the imports among `tokens`, whether they stand in a `use` or in the code.
///
/// A group in braces gives one import for each of its names, at any depth.
pub(crate) fn imports<'a>(tokens: &[Token<'a>]) -> Vec<Import<'a>> {
    let children = declared_modules(tokens);
    let (mut found, mut modules, mut read) = (Vec::new(), Modules::default(), 0);
    for at in 0..tokens.len() {
        modules.pass(&tokens[at..]);
        if at < read || !begins_path(&tokens[..at], &tokens[at..]) {
            continue;
        }
        let mut branches = Vec::new();
        read = at + read_branches(&tokens[at..], &[], &mut branches);
        if is_macro_or_visibility(&tokens[..at]) {
            continue;
        }
        found.extend(branches.iter().filter_map(|branch| {
            let from = origin(&branch.names, &children, modules.depth())?;
            Some(Import { from, line: branch.line })
        }));
    }
    found
}

/// Returns the names that the tree of a `use` brings in: the last of each branch, or that after `as`.
pub(crate) fn branch_names(tree: &[Token<'_>]) -> Vec<String> {
    let mut branches = Vec::new();
    read_branches(tree, &[], &mut branches);
    branches.iter().map(Branch::name).collect()
}

/// One of the paths that a tree of braces spells out.
struct Branch<'a> {
    names: Vec<&'a str>,
    /// The name after `as`.
    alias: Option<&'a str>,
    /// Where its last name stands.
    line: usize,
}

impl Branch<'_> {
    fn name(&self) -> String {
        match (self.alias, &self.names[..]) {
            (Some(alias), _) => alias.to_owned(),
            (None, [.., module, "*"]) => format!("{module}::*"),
            (None, [.., module, "self"]) => (*module).to_owned(),
            (None, names) => names.last().copied().unwrap_or_default().to_owned(),
        }
    }
}

/// Checks whether `rest` begins with a path: anything after `use`, and a name before `::` elsewhere.
fn begins_path(before: &[Token<'_>], rest: &[Token<'_>]) -> bool {
    let previous = before.last().map_or("", |token| token.text);
    previous == "use" || (previous != "::" && is_name(&rest[0]) && begins(&rest[1..], &["::"]))
}

/// Checks whether what follows `before` is `$crate`, the public API in a macro, or the path in `pub(in …)`.
fn is_macro_or_visibility(before: &[Token<'_>]) -> bool {
    let last: Vec<&str> = before.iter().rev().take(3).map(|token| token.text).collect();
    last.first() == Some(&"$") || last == ["in", "(", "pub"]
}

/// Reads the path or the group that `tokens` begin with, each branch after `prefix`.
///
/// Returns the number of tokens that it takes.
fn read_branches<'a>(tokens: &[Token<'a>], prefix: &[&'a str], found: &mut Vec<Branch<'a>>) -> usize {
    if begins(tokens, &["{"]) {
        return read_group(tokens, prefix, found);
    }
    let Some(first) = tokens.first() else { return 0 };
    let names = [prefix, &[first.text]].concat();
    let separator = usize::from(first.text != "::");
    let goes_on = separator == 0 || begins(&tokens[1..], &["::"]);
    match tokens.get(1 + separator) {
        Some(next) if goes_on && (is_name(next) || matches!(next.text, "{" | "*")) => {
            1 + separator + read_branches(&tokens[1 + separator..], &names, found)
        }
        Some(_) | None => {
            let alias = begins(&tokens[1..], &["as"]).then(|| tokens.get(2)).flatten();
            found.push(Branch { names, alias: alias.map(|alias| alias.text), line: first.line });
            1
        }
    }
}

fn read_group<'a>(tokens: &[Token<'a>], prefix: &[&'a str], found: &mut Vec<Branch<'a>>) -> usize {
    let mut at = 1;
    while at < tokens.len() && tokens[at].text != "}" {
        if tokens[at].text != "," {
            at += read_branches(&tokens[at..], prefix, found);
        }
        // What is left of a branch is `as name`.
        at += tokens[at..].iter().take_while(|token| !matches!(token.text, "," | "}")).count();
        at += usize::from(begins(&tokens[at..], &[","]));
    }
    (at + 1).min(tokens.len())
}

/// Returns where a path of these names begins, or `None` if it leads to another crate or stays in the file.
fn origin<'a>(names: &[&'a str], children: &[&str], depth: usize) -> Option<From<'a>> {
    let (first, rest) = names.split_first()?;
    match *first {
        "crate" => Some(From::Crate(if rest.is_empty() { vec!["self"] } else { rest.to_vec() })),
        "self" | "super" => {
            let names = if *first == "self" { rest } else { names };
            let supers = names.iter().take_while(|name| **name == "super").count();
            match supers.checked_sub(depth)? {
                0 => Some(From::Own(names[supers..].to_vec())),
                levels => Some(From::Super { levels, names: names[supers..].to_vec() }),
            }
        }
        child if depth == 0 && children.contains(&child) => Some(From::Own(names.to_vec())),
        _ => None,
    }
}

/// Returns the modules that a file declares: `mod name;`.
fn declared_modules<'a>(tokens: &[Token<'a>]) -> Vec<&'a str> {
    let declarations = tokens.windows(3).filter(|three| three[0].text == "mod" && three[2].text == ";");
    declarations.map(|three| three[1].text).collect()
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
    use super::super::tokens::tokens;
    use super::*;

    fn shown(source: &str) -> Vec<String> {
        let show = |import: &Import<'_>| match &import.from {
            From::Crate(names) => format!("{}:{}", import.line, names.join("::")),
            From::Own(names) => format!("{}:own {}", import.line, names.join("::")),
            From::Super { levels, names } => format!("{}:super {levels} {}", import.line, names.join("::")),
        };
        imports(&tokens(source)).iter().map(show).collect()
    }

    #[test]
    fn a_use_names_its_file() {
        assert_eq!(
            shown("use crate::time::UnixTime;\npub(crate) use crate::id::{SessionId, StoreKey};"),
            ["1:time::UnixTime", "2:id::SessionId", "2:id::StoreKey"]
        );
    }

    #[test]
    fn a_group_names_each_of_its_files_at_any_depth() {
        let source = "use crate::{\n  a::B as X,\n  c::{D, e::{F, self}},\n  h::*, i,\n};\nuse {crate::j::K, std::fmt};";
        assert_eq!(
            shown(source),
            ["2:a::B", "3:c::D", "3:c::e::F", "3:c::e::self", "4:h::*", "4:i", "6:j::K"]
        );
    }

    #[test]
    fn a_path_in_code_is_an_import_too() {
        assert_eq!(
            shown("fn f() -> crate::a::B {\n  vec![crate::c::d::E::<crate::f::G>::new()]\n}"),
            ["1:a::B", "2:c::d::E", "2:f::G"]
        );
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
        let source = "pub(crate) fn f(); pub(crate) fn g(); pub(in crate::a) fn h();
                      macro_rules! m { () => { $crate::Session } }";
        assert_eq!(shown(source), [""; 0]);
        assert_eq!(shown("for x in crate::a::all() {}"), ["1:a::all"]);
    }

    #[test]
    fn a_declared_module_is_reached_by_its_name_or_by_self() {
        let source = "mod shards;\nuse shards::Shards;\nuse self::shards::Shard;\nfn f() { shards::new() }";
        assert_eq!(shown(source), ["2:own shards::Shards", "3:own shards::Shard", "4:own shards::new"]);
        assert_eq!(shown("mod a;\nuse std::{a::B};\nuse ::c::{a::D};\nfn f() { x.a(); e::a::F }"), [""; 0]);
    }

    #[test]
    fn super_leaves_the_file_only_from_its_top() {
        assert_eq!(shown("use super::time::UnixTime;"), ["1:super 1 time::UnixTime"]);
        assert_eq!(shown("use super::super::time;"), ["1:super 2 time"]);
        assert_eq!(shown("fn g() { self::super::h() }"), ["1:super 1 h"]);
        assert_eq!(
            shown("mod inner {\n use super::super::time;\n}\nuse super::id;"),
            ["2:super 1 time", "4:super 1 id"]
        );
        assert_eq!(shown("mod inner {\n use super::Outer;\n}"), ["2:own Outer"]);
    }

    #[test]
    fn a_path_that_breaks_off_ends_the_search() {
        for source in
            ["use", "use crate", "use crate::", "use crate::{", "use crate::{a::{b,", "use {{", "x::"]
        {
            imports(&tokens(source));
        }
    }
}
