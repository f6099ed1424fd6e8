//! The first lines of doc comments.

use super::document::{Document, Language};
use super::offence::{Check, Offence};
use super::passages::comment_text;
use crate::rust::pieces::{Kind, Piece, pieces};
use crate::rust::tokens::{group_end, without_tests};

/// The words that make a clause of what should be a summary.
const QUESTIONS: &[&str] = &["What", "Who", "Whether", "When", "How", "That"];

/// Words with the ending of a verb in the third person that are none.
const NO_VERBS: &[&str] = &[
    "Always",
    "As",
    "Besides",
    "Bytes",
    "Characters",
    "Circles",
    "Cookies",
    "Days",
    "Doors",
    "Errors",
    "Events",
    "Fields",
    "Files",
    "Functions",
    "Handlers",
    "Headers",
    "Hours",
    "Ids",
    "Its",
    "Keys",
    "Less",
    "Lines",
    "Messages",
    "Milliseconds",
    "Minutes",
    "Modules",
    "Names",
    "Options",
    "Others",
    "Pages",
    "Perhaps",
    "Plus",
    "Responses",
    "Rows",
    "Seconds",
    "Secrets",
    "Sessions",
    "Settings",
    "Sometimes",
    "Statements",
    "Statuses",
    "Strings",
    "This",
    "Thus",
    "Tokens",
    "Unless",
    "Users",
    "Values",
    "Versions",
    "Words",
];

/// Returns an offence for each summary in the wrong form.
///
/// The `///` of sources count outside tests; the `//!` of every Rust file counts.
pub(super) fn check(document: &Document) -> Vec<Offence> {
    if document.language != Language::Rust {
        return Vec::new();
    }
    let pieces = without_tests(pieces(&document.text));
    let starts = (0..pieces.len()).filter(|at| {
        let before = at.checked_sub(1).map_or("", |before| marker(&pieces[before]));
        let marker = marker(&pieces[*at]);
        marker != before && (marker == "//!" || marker == "///" && document.is_source())
    });
    let offence = |at: usize| {
        let rest = &pieces[at..];
        let first = rest.iter().find(|piece| !comment_text(piece.text).trim().is_empty())?;
        let summary = comment_text(first.text).trim();
        let is_function = marker(first) == "///" && is_function(rest);
        let (rule, remedy) = check_summary(summary, is_function)?;
        let (file, line) = (document.name.clone(), first.line);
        Some(Offence { check: Check::Summaries, file, line, subject: "", rule, remedy: remedy.to_owned() })
    };
    starts.filter_map(offence).collect()
}

/// Returns the signs that a doc comment on lines begins with, or nothing for other pieces.
fn marker(piece: &Piece<'_>) -> &'static str {
    match piece.kind {
        Kind::Comment if piece.text.starts_with("//!") => "//!",
        Kind::Comment if piece.text.starts_with("///") && !piece.text.starts_with("////") => "///",
        Kind::Comment | Kind::Code | Kind::String | Kind::Quote => "",
    }
}

/// Checks whether the item below a doc comment is a function.
fn is_function(pieces: &[Piece<'_>]) -> bool {
    let tokens: Vec<Piece<'_>> = pieces.iter().filter(|piece| piece.kind != Kind::Comment).copied().collect();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        at = match token.text {
            "fn" => return true,
            "#" => group_end(&tokens, at + 1),
            "pub" if tokens.get(at + 1).is_some_and(|next| next.text == "(") => group_end(&tokens, at + 1),
            "pub" | "const" | "async" | "unsafe" | "extern" | "default" | "\"C\"" => at + 1,
            _ => return false,
        };
    }
    false
}

/// Returns what is wrong with a summary, and how to write it.
fn check_summary(summary: &str, is_function: bool) -> Option<(String, &'static str)> {
    let begin = summary.trim_start_matches('[').chars().next()?;
    if !begin.is_uppercase() && !begin.is_ascii_digit() && begin != '`' {
        return Some((format!("the summary begins with `{begin}`"), "begin with a capital letter"));
    }
    let word = summary.split(|sign: char| !sign.is_alphanumeric() && sign != '-').next().unwrap_or_default();
    if QUESTIONS.contains(&word) {
        let remedy =
            "name the thing (\"The version of …\"), or say what is done (\"Returns …\", \"Checks …\")";
        return Some((format!("the summary begins with `{word}`"), remedy));
    }
    (is_function && !is_verb(word)).then(|| {
        let rule = format!("the summary of a function begins with `{}`", first_word(summary));
        (rule, "begin with a verb in the third person: \"Returns …\", \"Checks …\", \"Deletes …\"")
    })
}

fn first_word(summary: &str) -> &str {
    summary.split_whitespace().next().unwrap_or_default().trim_matches(['`', ',', '.'])
}

/// Checks whether a word has the form of a verb in the third person.
fn is_verb(word: &str) -> bool {
    let rest = word.strip_prefix(|first: char| first.is_ascii_uppercase());
    let rest = rest.and_then(|rest| rest.strip_suffix('s'));
    rest.is_some_and(|rest| {
        // "Access", "Process" and "Status" are nouns; verbs get an "es" after these letters.
        let is_noun = rest.ends_with(['s', 'u', 'i']);
        !is_noun && rest.chars().all(|sign| sign.is_ascii_lowercase() || sign == '-')
    }) && !NO_VERBS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::super::document::tests::document;
    use super::*;

    fn found_in(name: &str, text: &str) -> Vec<String> {
        check(&document(name, text))
            .iter()
            .map(|offence| format!("{}:{}", offence.line, offence.rule))
            .collect()
    }

    fn found(text: &str) -> Vec<String> {
        found_in("a/src/b.rs", text)
    }

    #[test]
    fn clean_summaries_pass() {
        let text = "//! Sessions in a file.\n\n/// A session.\n///\n/// what follows is free.\nstruct A;\n
                    /// Returns it.\n#[must_use]\npub(crate) const fn f() {}\n/// `b`, or 7.\nconst B: u8 = 1;
                    /// 7 days.\nconst C: u8 = 7;\n/// [`B`] again.\nuse B;\n// what about it\nfn g() {}";
        assert_eq!(found(text), [""; 0]);
    }

    #[test]
    fn a_small_letter_at_the_start_is_found() {
        assert_eq!(found("\n/// the session.\nstruct A;"), ["2:the summary begins with `t`"]);
        assert_eq!(found("//! \"what\"\n"), ["1:the summary begins with `\"`"]);
    }

    #[test]
    fn a_clause_is_found_on_every_item_and_file() {
        for word in QUESTIONS {
            let rule = format!("the summary begins with `{word}`");
            assert_eq!(found(&format!("/// {word} it is.\nstruct A;")), [format!("1:{rule}")]);
            assert_eq!(found(&format!("//!\n//! {word} it is.")), [format!("2:{rule}")]);
        }
        assert_eq!(found("/// Whatever it is.\nstruct A;"), [""; 0]);
    }

    #[test]
    fn a_function_without_a_verb_is_found() {
        for head in ["fn f() {}", "pub async fn f();", "#[a(b)]\npub(in c) unsafe extern \"C\" fn f() {}"] {
            for begin in ["The", "Bytes", "Return", "`f`", "[`f`]"] {
                assert_eq!(
                    found(&format!("trait T {{\n  /// {begin} it.\n  {head}\n}}")).len(),
                    1,
                    "{head} {begin}"
                );
            }
            assert_eq!(found(&format!("/// Re-reads it.\n{head}")), [""; 0]);
        }
        assert_eq!(found("/// The field.\npub a: fn(),"), [""; 0]);
    }

    #[test]
    fn tests_are_free_but_for_the_first_line_of_their_file() {
        let text = "/// the helper\nfn f() {}";
        assert_eq!(found(&format!("#[cfg(test)]\nmod tests {{\n{text}\n}}")), [""; 0]);
        assert_eq!(found_in("a/tests/b.rs", text), [""; 0]);
        assert_eq!(found_in("a/tests/b.rs", "//! How it is.").len(), 1);
    }

    #[test]
    fn nouns_that_end_like_verbs_are_no_verbs() {
        for noun in ["Status", "Access", "Process", "Basis"] {
            assert!(!is_verb(noun), "{noun}");
        }
        for verb in ["Is", "Does", "Returns", "Passes", "Re-exports"] {
            assert!(is_verb(verb), "{verb}");
        }
    }
}
