//! The sizes that a record may have.

use crate::protocol::refusal::TooLarge;
use crate::store::record::Record;
use crate::store::size_limits::SizeLimits;

/// The limits on a record: the option `max_payload`, and what the store holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sizes {
    pub(crate) max_payload: usize,
    pub(crate) store: SizeLimits,
}

impl Sizes {
    /// Checks the sizes of a record that is about to replace `stored`.
    ///
    /// A payload that does not exceed the stored one passes `max_payload`, so that after the option was
    /// lowered a visitor with a large session can still sign in, unless the sign-in adds data. The store's
    /// own limits have no exception.
    pub(crate) fn check(&self, record: &Record, stored: Option<&Record>) -> Result<(), TooLarge> {
        let stored = stored.map_or(0, |stored| stored.payload.len());
        let payload = record.payload.len();
        let max_payload = self.max_payload.min(self.store.payload);
        let allowed = max_payload.max(stored).min(self.store.payload);
        let owner = record.owner.as_ref().map_or(0, |owner| owner.as_str().len());
        let label = record.label.as_ref().map_or(0, |label| label.len());
        let checked = [
            (payload > allowed, TooLarge { part: "payload", size: payload, limit: max_payload }),
            (owner > self.store.owner, TooLarge { part: "owner", size: owner, limit: self.store.owner }),
            (label > self.store.label, TooLarge { part: "label", size: label, limit: self.store.label }),
        ];
        let refused = checked.into_iter().find(|(is_too_large, _)| *is_too_large);
        refused.map_or(Ok(()), |(_, too_large)| Err(too_large))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::record::Version;
    use crate::time::UnixTime;

    fn record(payload: usize, owner: usize, label: usize) -> Record {
        let record = Record::new(vec![0; payload], UnixTime::from_secs(0), Version::from_bits(1));
        let text = |len: usize| "a".repeat(len);
        Record { owner: Some(text(owner).into()), label: Some(text(label).into()), ..record }
    }

    fn sizes(max_payload: usize) -> Sizes {
        Sizes { max_payload, store: SizeLimits { payload: 8, owner: 3, label: 2 } }
    }

    #[test]
    fn a_record_may_be_as_large_as_each_limit_and_no_larger() {
        let refused = |part, size, limit| Err(TooLarge { part, size, limit });
        for (record, expected) in [
            (record(5, 3, 2), Ok(())),
            (record(6, 3, 2), refused("payload", 6, 5)),
            (record(9, 3, 2), refused("payload", 9, 5)),
            (record(5, 4, 2), refused("owner", 4, 3)),
            (record(5, 3, 3), refused("label", 3, 2)),
        ] {
            assert_eq!(sizes(5).check(&record, None), expected);
        }
        assert_eq!(sizes(20).check(&record(9, 0, 0), None), refused("payload", 9, 8));
    }

    #[test]
    fn a_payload_that_does_not_grow_passes_the_option_but_not_the_store() {
        assert_eq!(sizes(5).check(&record(7, 0, 0), Some(&record(7, 0, 0))), Ok(()));
        assert!(sizes(5).check(&record(8, 0, 0), Some(&record(7, 0, 0))).is_err());
        assert!(
            sizes(5).check(&record(9, 0, 0), Some(&record(9, 0, 0))).is_err(),
            "the store cannot hold it"
        );
    }
}
