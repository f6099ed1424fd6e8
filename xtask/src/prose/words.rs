//! Words that are not used in prose.

use super::banned_words::BANNED;
use super::document::Document;
use super::markup;
use super::offence::{Check, Offence};
use super::passages::{Passage, passages};

/// The words before which "is no" stands well, as in "is no longer".
const AFTER_IS_NO: &[&str] = &["longer", "more", "less"];

const IS_NO: &str = "is no";

/// Returns an offence for each banned word or phrase in a document's prose.
pub(super) fn check(document: &Document) -> Vec<Offence> {
    let found = passages(document).into_iter().flat_map(|passage| {
        let words = Words::of(&passage);
        let banned = BANNED.iter().flat_map(|(phrase, remedy)| words.find(phrase, remedy));
        banned.chain(words.find_is_no()).collect::<Vec<_>>()
    });
    let offence = |(line, subject, rule, remedy): Found| Offence {
        check: Check::Words,
        file: document.name.clone(),
        line,
        subject,
        rule,
        remedy: remedy.to_owned(),
    };
    let mut offences: Vec<Offence> = found.map(offence).collect();
    offences.sort_by_key(|offence| offence.line);
    offences
}

/// A line, a phrase, the rule and the remedy.
type Found = (usize, &'static str, String, &'static str);

/// The prose of a passage, with one blank between two words.
struct Words {
    /// It as it stands.
    original: String,
    /// It in small letters.
    text: String,
    /// The line of each byte.
    lines: Vec<usize>,
}

impl Words {
    fn of(passage: &Passage) -> Self {
        let (mut original, mut lines, mut line) = (String::new(), Vec::new(), passage.line);
        for sign in markup::part(&passage.text).prose.chars() {
            line += usize::from(sign == '\n');
            if !sign.is_whitespace() {
                original.push(sign);
            } else if !original.ends_with(' ') {
                original.push(' ');
            }
            lines.resize(original.len(), line);
        }
        Self { text: original.to_ascii_lowercase(), original, lines }
    }

    fn find(&self, phrase: &'static str, remedy: &'static str) -> Vec<Found> {
        let places = self.places(phrase);
        places.map(|at| (self.lines[at], phrase, format!("\"{phrase}\" is not used here"), remedy)).collect()
    }

    /// Finds "is no" before a noun; "there is no" is how one says that something is absent.
    fn find_is_no(&self) -> Vec<Found> {
        let places = self.places(IS_NO).filter_map(|at| {
            let next = self.text[at + IS_NO.len()..].strip_prefix(' ')?;
            let next = &next[..next.find(|sign| !is_part(sign) && sign != '`').unwrap_or(next.len())];
            let stands = next.is_empty() || AFTER_IS_NO.contains(&next) || ends_with_there(&self.text[..at]);
            let rule = format!("\"{IS_NO} {next}\" is not used here");
            let remedy = "write \"is not a …\", or \"is not a valid …\"";
            (!stands).then_some((self.lines[at], IS_NO, rule, remedy))
        });
        places.collect()
    }

    /// Returns where a phrase stands as whole words, and not as the name of a type such as `SessionId`.
    fn places<'t>(&'t self, phrase: &'t str) -> impl Iterator<Item = usize> + 't {
        let is_whole = move |at: &usize| {
            let (before, after) = (&self.text[..*at], &self.text[at + phrase.len()..]);
            let is_type = has_inner_capital(&self.original[*at..*at + phrase.len()]);
            !before.ends_with(is_part) && !after.starts_with(is_part) && !is_type
        };
        self.text.match_indices(phrase).map(|(at, _)| at).filter(is_whole)
    }
}

fn ends_with_there(before: &str) -> bool {
    before.strip_suffix("there ").is_some_and(|before| !before.ends_with(is_part))
}

/// Checks whether a capital follows a small letter.
fn has_inner_capital(text: &str) -> bool {
    text.as_bytes().windows(2).any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

fn is_part(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
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
    fn each_banned_phrase_is_found_in_comments_documents_pages_and_strings() {
        for phrase in BANNED.iter().map(|(phrase, _)| *phrase).chain(["is no secret"]) {
            let subject = if phrase == "is no secret" { IS_NO } else { phrase };
            let expected = [format!("2:{subject}")];
            assert_eq!(found("a/tests/b.rs", &format!("\n// A {phrase}.")), expected);
            assert_eq!(found("a/src/b.rs", &format!("\nf(\"{}!\");", phrase.to_uppercase())), expected);
            assert_eq!(found("a.md", &format!("\n*{phrase}*")), expected);
            assert_eq!(found("a.html", &format!("<p>\n{phrase}</p>")), expected);
        }
    }

    #[test]
    fn a_phrase_is_found_across_the_end_of_a_line() {
        assert_eq!(found("a/src/b.rs", "/// Users log\n/// in, and the\n// answer is 1"), ["1:log in"]);
        assert_eq!(found("a.md", "This is\nno session."), ["1:is no"]);
    }

    #[test]
    fn parts_of_words_code_and_addresses_pass() {
        let text = "A blog index, loginless; `login`, <https://a.b/login>, [c](login.md).\n```\nlogin\n```\n";
        assert_eq!(found("a.md", text), [""; 0]);
        assert_eq!(
            found(
                "a/src/b.rs",
                "#[doc(alias = \"login\")]\nfn login() {}\n#[cfg(test)]\nmod t { f(\"login\") }"
            ),
            [""; 0]
        );
        assert_eq!(found("a.html", "<a href=\"/login\">{{ login }}</a>"), [""; 0]);
    }

    #[test]
    fn the_name_of_a_type_passes() {
        assert_eq!(found("a/src/b.rs", "f(\"SessionId(..)\"); g(\"sessionid\");"), ["1:sessionid"]);
    }

    #[test]
    fn is_no_stands_before_an_adverb_and_after_there() {
        let text = "It is no longer here, is no more, is no less. There is no session. The answer: no.";
        assert_eq!(found("a.md", text), [""; 0]);
        assert_eq!(
            found("a.md", "Nowthere is no end.\nThat is no\nend.\nIt is no `x`."),
            ["1:is no", "2:is no", "4:is no"]
        );
    }
}
