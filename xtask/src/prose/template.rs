//! The text that a visitor reads on a page made from a template.

/// The attributes of tags that are shown or read aloud.
const SHOWN: &[&str] = &["title", "alt", "placeholder", "aria-label"];

/// Returns `page` with blanks for tags, styles and scripts; every line keeps its number.
///
/// The texts of shown attributes stay, comments stay, and so do the strings in the marks of askama.
pub(super) fn text(page: &str) -> String {
    let (mut found, mut rest) = (String::new(), page);
    while !rest.is_empty() {
        let (length, part) = first_part(rest);
        let part_text = &rest[..length];
        found.push_str(&match part {
            Part::Text => part_text.to_owned(),
            Part::Mark => strings(part_text, |_| true),
            Part::Tag => {
                strings(part_text, |before| SHOWN.iter().any(|name| before.ends_with(&format!(" {name}="))))
            }
            Part::Foreign => strings(part_text, |_| false),
        });
        rest = &rest[length..];
    }
    found
}

/// The parts of a page.
#[derive(Clone, Copy, Debug)]
enum Part {
    Text,
    /// `{{ … }}` or `{% … %}`.
    Mark,
    Tag,
    /// A style or a script.
    Foreign,
}

fn first_part(rest: &str) -> (usize, Part) {
    let through = |end: &str| rest.find(end).map_or(rest.len(), |at| at + end.len());
    match rest {
        _ if rest.starts_with("{{") => (through("}}"), Part::Mark),
        _ if rest.starts_with("{%") => (through("%}"), Part::Mark),
        _ if rest.starts_with("<!--") || rest.starts_with("{#") => (2, Part::Text),
        _ if rest.starts_with("<style") => (through("</style>"), Part::Foreign),
        _ if rest.starts_with("<script") => (through("</script>"), Part::Foreign),
        _ if rest.starts_with('<') => (tag_length(rest), Part::Tag),
        _ => {
            let first = rest.chars().next().map_or(0, char::len_utf8);
            let text = rest[first..].find(['<', '{']).map_or(rest.len(), |at| first + at);
            (text, Part::Text)
        }
    }
}

/// Returns the length of a tag, in whose attributes a mark may hold a `>`.
fn tag_length(rest: &str) -> usize {
    let mut at = 0;
    while let Some(step) = rest[at..].find(['>', '{']) {
        at += step;
        if rest[at..].starts_with('>') {
            return at + 1;
        }
        at += rest[at..].find("}").map_or(1, |end| end + 1);
    }
    rest.len()
}

/// Returns `part` with blanks for all but those of its strings that `keeps` accepts by the text before them.
fn strings(part: &str, keeps: impl Fn(&str) -> bool) -> String {
    let (mut found, mut kept) = (String::new(), None);
    for (at, sign) in part.char_indices() {
        match (sign, kept) {
            ('"', None) => kept = Some(keeps(&part[..at])),
            ('"', Some(_)) => kept = None,
            ('\n', _) | (_, Some(true)) => found.push(sign),
            (_, Some(false) | None) => found.push(' '),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(page: &str) -> Vec<String> {
        text(page).split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn tags_styles_and_scripts_are_not_read() {
        let page =
            "<p class=\"a\">b <b>c</b></p><style>d</style><script>e < f</script>{{ g }} {% if h > 1 %}i";
        assert_eq!(words(page), ["b", "c", "i"]);
    }

    #[test]
    fn shown_attributes_strings_and_comments_are_read() {
        let page = "<img title=\"a {{ b }}\" name=\"c\"{% if d > 1 %} e{% endif %} alt=\"f\">{% set g = \"h\" %}<!-- i -->";
        assert_eq!(words(page), ["a", "{{", "b", "}}", "f", "h", "<!--", "i", "-->"]);
    }

    #[test]
    fn lines_keep_their_numbers() {
        let page = "<p\nclass=\"a\">\nb {{\nc }}\n<";
        assert_eq!(text(page).matches('\n').count(), 4);
    }
}
