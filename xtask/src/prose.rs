//! `cargo xtask prose`: the rules of names and of prose.

mod banned_words;
mod document;
mod exceptions;
mod markup;
mod names;
mod offence;
mod old_names;
mod passages;
mod scope;
mod summaries;
mod template;
mod width;
mod words;

use std::fs;

use crate::failure::Failure;
use crate::workspace;
use document::{Document, Extent};
use exceptions::{EXCEPTIONS, Exception};
use offence::{Check, Offence};

/// Checks the files under `paths`, or all if there are none.
pub(crate) fn run(paths: &[&str]) -> Result<(), Failure> {
    let root = workspace::root();
    let documents = scope::documents(&root, paths)?;
    let rustfmt = fs::read_to_string(root.join("rustfmt.toml"))
        .map_err(Failure::machine("cannot read rustfmt.toml"))?;
    let limit = width::limit(&rustfmt)
        .ok_or_else(|| Failure::Finding("rustfmt.toml has no `max_width`; set it".to_owned()))?;
    let extent = if paths.is_empty() { Extent::All } else { Extent::Part };
    let offences = check(&documents, EXCEPTIONS, extent, limit);
    if !offences.is_empty() {
        return Err(Failure::Finding(report(&offences)));
    }
    println!("files whose names and prose keep to the rules: {}", documents.len());
    Ok(())
}

/// Returns the offences of all documents, exceptions applied.
fn check(documents: &[Document], exceptions: &[Exception], extent: Extent, limit: usize) -> Vec<Offence> {
    let mut found = Vec::new();
    for document in documents {
        found.extend(summaries::check(document));
        found.extend(words::check(document));
        found.extend(names::check(document));
        found.extend(width::check(document, limit));
    }
    exceptions::apply(exceptions, documents, extent, &mut found);
    found
}

/// Returns the offences under the headings of their checks, each with its count.
fn report(offences: &[Offence]) -> String {
    let mut text = format!("names and prose break the rules in {} places", offences.len());
    for check in Check::ALL {
        let found: Vec<String> =
            offences.iter().filter(|offence| offence.check == check).map(Offence::to_string).collect();
        if !found.is_empty() {
            text.push_str(&format!("\n\n{} ({}):\n{}", check.heading(), found.len(), found.join("\n")));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::document::tests::document;
    use super::*;

    pub(super) const LIMIT: usize = 110;

    #[test]
    fn offences_are_grouped_and_counted() {
        let text = "/// what it is.\nfn fate() -> Fate {}\n// Whoever.\n/// Whoever.\nstruct A;\n// ";
        let document = document("a/src/b.rs", &format!("{text}{}", "wide ".repeat(22)));
        let report = report(&check(&[document], &[], Extent::All, LIMIT));
        let headings =
            ["in 5 places", "of doc comments (1):", "banned words (2):", "old names (1):", "width (1):"];
        let places: Vec<_> = headings.iter().map(|heading| report.find(heading)).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{report}");
        assert!(report.contains("\na/src/b.rs:2: `Fate` is an old name; write `Intent`"), "{report}");
    }

    #[test]
    fn clean_documents_pass() {
        let source =
            document("a/src/b.rs", "//! Intents.\n\n/// Returns one.\npub fn intent() -> Intent {}\n");
        let page = document("a.html", "<h1>Sign in</h1>");
        assert_eq!(
            check(&[source, page, document("a.md", "# Sign in\n\nText.\n")], &[], Extent::All, LIMIT),
            []
        );
    }
}
