//! Old names, which are not used any more.

use super::document::{Document, Language};
use super::markup::{self, Code};
use super::offence::{Check, Offence};
use super::old_names::{Form, OLD_NAMES, OldName};
use super::passages::{passages, strings};
use crate::rust::pieces::pieces;
use crate::rust::tokens::{Token, begins, code, is_name, without_tests};

/// Returns an offence for each old name in a document: in its code, in its prose, and as a whole string.
pub(super) fn check(document: &Document) -> Vec<Offence> {
    let names: Vec<&OldName> = OLD_NAMES.iter().filter(|old| holds(old, document)).collect();
    let mut found = Vec::new();
    if document.language == Language::Rust {
        found.extend(in_code(&names, &code(&pieces(&document.text)), 0, is_meant));
        found.extend(in_strings(&names, document));
    }
    for passage in passages(document) {
        let parts = markup::part(&passage.text);
        found.extend(parts.code.iter().flat_map(|code| in_snippet(&names, code, passage.line)));
        found.extend(in_prose(&names, &parts.prose, passage.line));
    }
    found.sort_by_key(|(line, old)| (*line, old.name));
    found.dedup_by_key(|(line, old)| (*line, old.name));
    found.into_iter().map(|(line, old)| offence(document, line, old)).collect()
}

/// A line, and the old name on it.
type Found<'n> = (usize, &'n OldName);

fn offence(document: &Document, line: usize, old: &OldName) -> Offence {
    Offence {
        check: Check::Names,
        file: document.name.clone(),
        line,
        subject: old.name,
        rule: format!("`{}` is an old name", old.name),
        remedy: format!("write {}", old.new),
    }
}

/// Checks whether a name is banned from a document. One at the root speaks of all crates that are checked.
fn holds(old: &OldName, document: &Document) -> bool {
    let is_at_root = document.name.starts_with("docs/") || !document.name.contains('/');
    let is_of_kit = old.folders.iter().all(|folder| *folder == "session-testkit/");
    old.folders.is_empty()
        || old.folders.iter().any(|folder| document.name.starts_with(folder))
        || (is_at_root && !is_of_kit)
}

/// Returns the names that stand in `tokens` where `is_meant` finds them, `offset` lines further down.
fn in_code<'n>(
    names: &[&'n OldName],
    tokens: &[Token<'_>],
    offset: usize,
    is_meant: fn(Form, &[Token<'_>], &[Token<'_>]) -> bool,
) -> Vec<Found<'n>> {
    let mut found = Vec::new();
    for at in (0..tokens.len()).filter(|at| is_name(&tokens[*at])) {
        let meant = names.iter().filter(|old| {
            old.name == tokens[at].text && is_meant(old.form, &tokens[..at], &tokens[at + 1..])
        });
        found.extend(meant.map(|old| (tokens[at].line + offset, *old)));
    }
    found
}

/// Checks whether a name between `before` and `after` is in this form.
fn is_meant(form: Form, before: &[Token<'_>], after: &[Token<'_>]) -> bool {
    let last = before.last().map_or("", |token| token.text);
    match form {
        Form::Word => true,
        Form::Function => last == "fn" || (matches!(last, "." | "::") && begins(after, &["("])),
        Form::Accessor => {
            (last == "fn" && begins(after, &["(", "&", "self", ")"]))
                || (last == "." && begins(after, &["(", ")"]))
        }
        Form::Field => match last {
            "." => !begins(after, &["("]),
            "pub" | ")" | "{" | "," => begins(after, &[":"]),
            _ => false,
        },
    }
}

/// Checks the same of a name between backticks, where it may also stand alone or after its type.
fn is_meant_inline(form: Form, before: &[Token<'_>], after: &[Token<'_>]) -> bool {
    let last = before.last().map_or("", |token| token.text);
    let is_alone = before.is_empty() && after.is_empty();
    match form {
        Form::Word => true,
        Form::Accessor => {
            begins(after, &["(", ")"])
                || (last == "::" && before.iter().any(|token| token.text == "SessionStore"))
        }
        Form::Function | Form::Field => is_alone || last == "::" || is_meant(form, before, after),
    }
}

fn in_snippet<'n>(names: &[&'n OldName], snippet: &Code, line: usize) -> Vec<Found<'n>> {
    let is_meant = match snippet.form {
        markup::Form::Fenced => is_meant,
        markup::Form::Inline => is_meant_inline,
    };
    in_code(names, &code(&pieces(&snippet.text)), line + snippet.line - 1, is_meant)
}

/// Returns the names that are a whole string, such as that of a field in a message.
fn in_strings<'n>(names: &[&'n OldName], document: &Document) -> Vec<Found<'n>> {
    if !document.is_source() {
        return Vec::new();
    }
    let strings = strings(&without_tests(pieces(&document.text)));
    let found = strings.iter().filter_map(|string| {
        let old = names.iter().find(|old| old.name == string.text && old.form != Form::Accessor)?;
        Some((string.line, *old))
    });
    found.collect()
}

/// Returns the names in prose that cannot be words of English.
fn in_prose<'n>(names: &[&'n OldName], prose: &str, line: usize) -> Vec<Found<'n>> {
    let mut found = Vec::new();
    for (number, text) in prose.split('\n').enumerate() {
        for word in text.split(|sign: char| !sign.is_alphanumeric() && sign != '_') {
            let old = names.iter().find(|old| old.name == word && is_unmistakable(word));
            found.extend(old.map(|old| (line + number, *old)));
        }
    }
    found
}

/// Checks whether a name has the form of `snake_case` or `CamelCase`.
fn is_unmistakable(name: &str) -> bool {
    name.contains('_') || name.chars().skip(1).any(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::super::document::tests::document;
    use super::*;

    fn found(name: &str, text: &str) -> Vec<String> {
        check(&document(name, text))
            .iter()
            .map(|offence| format!("{}:{}", offence.line, offence.subject))
            .collect()
    }

    #[test]
    fn an_old_name_is_found_in_code_and_in_its_tests() {
        assert_eq!(found("xtask/src/a.rs", "\nenum Fate {}"), ["2:Fate"]);
        assert_eq!(found("xtask/src/a.rs", "#[cfg(test)]\nmod tests {\n fn let_pass() {} }"), ["3:let_pass"]);
        assert_eq!(check(&document("a.rs", "Fate"))[0].remedy, "write `Intent`");
    }

    #[test]
    fn every_name_is_found_between_backticks_where_it_holds() {
        for old in OLD_NAMES {
            let folder = old.folders.first().unwrap_or(&"xtask/");
            let path = if old.form == Form::Accessor {
                format!("SessionStore::{}", old.name)
            } else {
                old.name.to_owned()
            };
            let text = format!("A\n`{path}`.");
            assert_eq!(found(&format!("{folder}README.md"), &text), [format!("2:{}", old.name)]);
        }
    }

    #[test]
    fn a_name_holds_in_its_folders_and_at_the_root() {
        assert_eq!(found("session-core/src/a.rs", "struct Line;"), ["1:Line"]);
        assert_eq!(found("session-sql/src/a.rs", "struct Line;"), [""; 0]);
        assert_eq!(found("docs/a.md", "`Line` or `Actor`"), ["1:Line"]);
    }

    #[test]
    fn a_plain_word_of_english_is_found_in_backticks_only() {
        assert_eq!(found("xtask/README.md", "Turns, because of fate."), [""; 0]);
        assert_eq!(found("xtask/README.md", "`Turns` because\n`error.because(x)`"), ["1:Turns", "2:because"]);
        assert_eq!(found("xtask/src/a.rs", "// By fought_for, or what follows.\n"), ["1:fought_for"]);
    }

    #[test]
    fn an_example_in_a_doc_comment_is_code() {
        let text = "/// ```\n/// store.owners();\n/// ```\n\n```rust\nx.used\n```";
        assert_eq!(found("xtask/src/a.rs", &text[..36]), ["2:owners"]);
        assert_eq!(found("xtask/README.md", &text[37..]), ["2:used"]);
    }

    #[test]
    fn a_field_is_told_from_a_method_and_a_variable() {
        let text = "let used = 1; f(used); x.used(); struct A {\n used: u8, }\nx.used = 2;\nA { b, used: 3 }";
        assert_eq!(found("xtask/src/a.rs", text), ["2:used", "3:used", "4:used"]);
        assert_eq!(
            found("session-core/src/a.rs", "listener.accept().await\noptions.accept.push(x)"),
            ["2:accept"]
        );
    }

    #[test]
    fn an_accessor_is_told_from_a_method_with_arguments() {
        let text =
            "fn purge(&self, limit: u32);\nfn purge(&self) -> X;\nx.purge(1);\nx.purge();\nself.owners[1]";
        assert_eq!(found("xtask/src/a.rs", text), ["2:purge", "4:purge"]);
    }

    #[test]
    fn a_function_is_told_from_other_things_of_its_name() {
        let text = "fn keep() {}\nx.keep(1);\nlet keep = true;\nif keep { Intent::Keep }";
        assert_eq!(found("session-core/src/a.rs", text), ["1:keep", "2:keep"]);
    }

    #[test]
    fn a_string_that_is_an_old_name_is_found_and_one_that_holds_it_is_not() {
        assert_eq!(found("session-core/src/a.rs", "f(\"accept\");\ng(\"we accept it\");"), ["1:accept"]);
    }

    #[test]
    fn clean_text_passes() {
        let text = "//! Intents, because they follow.\nstruct Intent { last_used: u8 }\n// Turns.\nfn f() { x.with_source(y) }";
        assert_eq!(found("session-core/src/a.rs", text), [""; 0]);
    }
}
