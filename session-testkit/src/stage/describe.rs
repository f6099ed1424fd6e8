//! Answers of a store as a reader of a failure sees them.

use std::time::Duration;

use session_core::store::{Created, Loaded, OwnedPage, OwnedSession, Record, Touched, Written};
use session_core::{Owner, UnixTime};

use crate::stage::names::Names;

/// Payloads are shown up to this many bytes.
const SHOWN: usize = 12;

/// Something that can stand in a failure.
pub(crate) trait Describe {
    fn describe(&self, names: &mut Names) -> String;

    /// In what two of a kind differ, where that is easily overlooked.
    fn difference(&self, _: &Self) -> Option<String> {
        None
    }
}

impl Describe for () {
    fn describe(&self, _: &mut Names) -> String {
        "done".to_owned()
    }
}

impl Describe for u64 {
    fn describe(&self, _: &mut Names) -> String {
        self.to_string()
    }
}

impl Describe for Created {
    fn describe(&self, _: &mut Names) -> String {
        format!("{self:?}")
    }
}

impl Describe for Touched {
    fn describe(&self, _: &mut Names) -> String {
        format!("{self:?}")
    }
}

impl Describe for Loaded {
    fn describe(&self, names: &mut Names) -> String {
        match self {
            Self::Found(record) => format!("Found({})", record.describe(names)),
            Self::Moved { owner } => format!("Moved, owner {}", owner_text(owner.as_ref())),
            Self::Absent => "Absent".to_owned(),
        }
    }

    fn difference(&self, other: &Self) -> Option<String> {
        match (self, other) {
            (Self::Found(one), Self::Found(two)) => one.difference(two),
            (Self::Found(_) | Self::Moved { .. } | Self::Absent, _) => None,
        }
    }
}

impl Describe for Written {
    fn describe(&self, names: &mut Names) -> String {
        match self {
            Self::Done => "Done".to_owned(),
            Self::Conflict(record) => format!("Conflict({})", record.describe(names)),
            Self::Gone => "Gone".to_owned(),
        }
    }

    fn difference(&self, other: &Self) -> Option<String> {
        match (self, other) {
            (Self::Conflict(one), Self::Conflict(two)) => one.difference(two),
            (Self::Conflict(_) | Self::Done | Self::Gone, _) => None,
        }
    }
}

impl Describe for Record {
    /// The version, the payload, the deadline, and what else the record has.
    fn describe(&self, names: &mut Names) -> String {
        let mut text = format!("{}: {}", names.version(self.version), payload_text(&self.payload));
        text += &self
            .expires
            .map_or(", never expires".to_owned(), |time| format!(", expires {}", names.time(time)));
        if let Some(timeout) = self.timeout {
            text += &format!(", timeout {} s", timeout.as_secs());
        }
        if self.owner.is_some() {
            text += &format!(", owner {}", owner_text(self.owner.as_ref()));
        }
        if let Some(label) = &self.label {
            text += &format!(", label {}", shortened(label));
        }
        text
    }

    fn difference(&self, other: &Self) -> Option<String> {
        let fields = [
            ("payload", self.payload != other.payload),
            ("created", self.created != other.created),
            ("used", self.last_used != other.last_used),
            ("expires", self.expires != other.expires),
            ("timeout", self.timeout != other.timeout),
            ("owner", self.owner != other.owner),
            ("label", self.label != other.label),
            ("version", self.version != other.version),
        ];
        let differing: Vec<&str> =
            fields.iter().filter(|(_, differs)| *differs).map(|(name, _)| *name).collect();
        (!differing.is_empty()).then(|| format!("they differ in: {}", differing.join(", ")))
    }
}

impl Describe for Vec<OwnedSession> {
    fn describe(&self, names: &mut Names) -> String {
        let mut lines: Vec<String> = self.iter().map(|session| session.describe(names)).collect();
        lines.sort();
        format!("[{}]", lines.join("; "))
    }
}

impl Describe for OwnedPage {
    fn describe(&self, names: &mut Names) -> String {
        let end = if self.next.is_some() { "and another page" } else { "the last page" };
        format!("{}, {end}", self.sessions.describe(names))
    }
}

impl Describe for OwnedSession {
    fn describe(&self, names: &mut Names) -> String {
        let label = self.label.as_deref().map_or("none".to_owned(), shortened);
        format!(
            "{}: created {}, used {}, label {label}",
            names.key(&self.key),
            names.time(self.created),
            names.time(self.last_used)
        )
    }
}

/// A deadline as an argument.
pub(crate) fn deadline(expires: Option<UnixTime>, names: &Names) -> String {
    expires.map_or("never".to_owned(), |time| names.time(time))
}

pub(crate) fn owner_text(owner: Option<&Owner>) -> String {
    owner.map_or("none".to_owned(), |owner| shortened(owner.as_str()))
}

/// A duration as a reader says it.
pub(crate) fn span(duration: Duration) -> String {
    if duration.subsec_millis() == 0 {
        format!("{} s", duration.as_secs())
    } else {
        format!("{} ms", duration.as_millis())
    }
}

fn payload_text(payload: &[u8]) -> String {
    let shown: String = payload
        .iter()
        .take(SHOWN)
        .flat_map(|byte| std::ascii::escape_default(*byte))
        .map(char::from)
        .collect();
    let more = if payload.len() > SHOWN { "…" } else { "" };
    format!("{} bytes \"{shown}{more}\"", payload.len())
}

fn shortened(text: &str) -> String {
    let shown: String = text.chars().take(4 * SHOWN).collect();
    if shown.len() == text.len() {
        format!("{text:?}")
    } else {
        format!("{shown:?}… ({} bytes)", text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use session_core::store::Version;

    #[test]
    fn a_record_shows_what_it_has_and_no_more_of_a_payload_than_its_beginning() {
        let start = UnixTime::from_secs(0);
        let mut names = Names::new(start);
        let mut record = Record::new(*b"0123\0\xff678901234", start, Version::from_bits(77));
        assert_eq!(record.describe(&mut names), r#"v1: 15 bytes "0123\x00\xff678901…", never expires"#);
        record.expires = Some(UnixTime::from_secs(60));
        record.owner = Some(Owner::from("Ada"));
        assert!(record.describe(&mut names).ends_with(r#", expires +1 min, owner "Ada""#));
    }

    #[test]
    fn a_difference_names_the_fields() {
        let start = UnixTime::from_secs(0);
        let one = Record::new(b"x".as_slice(), start, Version::from_bits(1));
        let two = Record { label: Some("l".into()), last_used: UnixTime::from_secs(1), ..one.clone() };
        assert_eq!(one.difference(&one), None);
        assert_eq!(one.difference(&two).as_deref(), Some("they differ in: used, label"));
        let (one, two) = (Loaded::Found(one), Loaded::Found(two));
        assert_eq!(one.difference(&two).as_deref(), Some("they differ in: used, label"));
        assert_eq!(one.difference(&Loaded::Absent), None);
    }
}
