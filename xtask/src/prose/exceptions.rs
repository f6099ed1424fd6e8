//! Words and names that one file may use after all.

use super::document::{Document, Extent};
use super::offence::{Check, Offence};

/// A file, the phrase or the name that it may use, and the reason.
pub(super) type Exception = (&'static str, &'static str, &'static str);

/// Every exception: names of Python's, or names that others have given to their pages.
pub(super) const EXCEPTIONS: &[Exception] = &[
    ("session-core/src/pyramid/body.rs", "renewed", PYTHONS_TICKET),
    ("session-core/src/ticket.rs", "renewed", PYTHONS_TICKET),
    ("session-core/tests/vectors/cwsession_cookie.rs", "renewed", PYTHONS_TICKET),
    ("session-core/tests/vectors/load.rs", "renewed", PYTHONS_TICKET),
    ("session-core/tests/vectors/signed_cookie.rs", "renewed", PYTHONS_TICKET),
    ("session-core/tests/vectors/visit.rs", "renewed", PYTHONS_TICKET),
];

const PYTHONS_TICKET: &str = "Pyramid's name of a value in the cookie, and so a key of the vectors";

/// Files that spell what they ban.
const TABLES: &[&str] = &["xtask/src/prose/banned_words.rs", "xtask/src/prose/old_names.rs", THIS];

/// Files that tell what was renamed, and so spell old names.
const HISTORY: &[&str] = &["CHANGELOG.md"];

const THIS: &str = "xtask/src/prose/exceptions.rs";

/// Takes the excepted offences away, and adds one for each exception in `extent` that nothing needs.
pub(super) fn apply(
    exceptions: &[Exception],
    documents: &[Document],
    extent: Extent,
    offences: &mut Vec<Offence>,
) {
    let is_checked =
        |file: &str| extent == Extent::All || documents.iter().any(|document| document.name == file);
    let excepts = |(file, subject, _): &Exception, offence: &Offence| {
        offence.file == *file && offence.subject == *subject
    };
    let needed = |exception: &&Exception| offences.iter().any(|offence| excepts(exception, offence));
    let idle = exceptions.iter().filter(|exception| is_checked(exception.0));
    let idle: Vec<Offence> = idle.filter(|exception| !needed(exception)).map(idle_offence).collect();
    offences.retain(|offence| {
        let is_in_table =
            matches!(offence.check, Check::Words | Check::Names) && TABLES.contains(&&*offence.file);
        let is_history = offence.check == Check::Names && HISTORY.contains(&&*offence.file);
        !is_in_table && !is_history && !exceptions.iter().any(|exception| excepts(exception, offence))
    });
    offences.extend(idle);
}

fn idle_offence((file, subject, _): &Exception) -> Offence {
    Offence {
        check: Check::Exceptions,
        file: (*file).to_owned(),
        line: 1,
        subject,
        rule: format!("an exception lets this file use \"{subject}\", but it does not"),
        remedy: format!("remove the exception from {THIS}"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::document::tests::document;
    use super::super::{check, tests::LIMIT};
    use super::*;

    fn found(exceptions: &[Exception], files: &[(&str, &str)]) -> Vec<String> {
        found_in(Extent::Part, exceptions, files)
    }

    fn found_in(extent: Extent, exceptions: &[Exception], files: &[(&str, &str)]) -> Vec<String> {
        let documents: Vec<Document> = files.iter().map(|(name, text)| document(name, text)).collect();
        check(&documents, exceptions, extent, LIMIT).iter().map(Offence::to_string).collect()
    }

    #[test]
    fn an_exception_holds_for_its_file_and_phrase_alone() {
        let exceptions = [("a.md", "login", "the name of a page of Django's")];
        let found =
            found(&exceptions, &[("a.md", "The login page.\nWhoever comes."), ("b.md", "\n\nThe login.")]);
        assert!(
            matches!(&found[..], [a, b] if a.starts_with("a.md:2:") && b.starts_with("b.md:3:")),
            "{found:?}"
        );
    }

    #[test]
    fn an_exception_that_nothing_needs_is_found_where_its_file_is_checked() {
        let exceptions = [("a.md", "login", "the name of a page of Django's")];
        let idle = found(&exceptions, &[("a.md", "The page.")]);
        assert!(matches!(&idle[..], [one] if one.contains("remove the exception")), "{idle:?}");
        assert_eq!(found(&exceptions, &[("b.md", "The page.")]), [""; 0]);
        assert_eq!(found_in(Extent::All, &exceptions, &[("b.md", "The page.")]).len(), 1);
    }

    #[test]
    fn the_tables_may_spell_what_they_ban() {
        assert_eq!(found(&[], &[(TABLES[0], "const A: &str = \"login\";")]), [""; 0]);
    }

    #[test]
    fn a_history_may_spell_old_names_but_no_banned_words() {
        let text = "The option `conflict_deadline` was renamed.\nThe login page.";
        let found = found(&[], &[(HISTORY[0], text), ("b.md", text)]);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found.iter().all(|line| !line.starts_with("CHANGELOG.md:1:")), "{found:?}");
    }

    #[test]
    fn every_exception_gives_its_reason() {
        assert!(EXCEPTIONS.iter().all(|(_, _, reason)| reason.len() > 10));
    }
}
