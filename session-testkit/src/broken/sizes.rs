//! What becomes of values that are as large as the store declares, or larger.

use session_core::Owner;
use session_core::store::{Record, StoreError, StoreErrorKind};

use super::{BrokenStore, Flaw, LIMITS, NAME};

/// The calls that write a record.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    Create,
    Update,
    Rename,
}

impl BrokenStore {
    /// The record that a write goes on with. A sound store refuses one that is larger than it declares.
    pub(super) fn fitted(&self, record: &Record, call: Call) -> Result<Record, StoreError> {
        let mut record = record.clone();
        match call {
            Call::Create if self.has(Flaw::CreateCutsLabels) => cut_label(&mut record, LIMITS.label - 1),
            Call::Update if self.has(Flaw::UpdateCutsPayloads) => {
                cut_payload(&mut record, LIMITS.payload - 1);
            }
            Call::Rename if self.has(Flaw::RenameCutsOwners) => cut_owner(&mut record, LIMITS.owner - 1),
            Call::Create | Call::Update | Call::Rename => {}
        }
        match () {
            () if self.has(Flaw::CutsLargePayloads) => cut_payload(&mut record, LIMITS.payload),
            () if self.has(Flaw::CutsLargeOwners) => cut_owner(&mut record, LIMITS.owner),
            () if self.has(Flaw::CutsLargeLabels) => cut_label(&mut record, LIMITS.label),
            () => {}
        }
        let is_let_through = call == Call::Update && self.has(Flaw::RefusesWhatItKeeps);
        if is_too_large(&record) && !is_let_through { Err(refusal()) } else { Ok(record) }
    }

    /// Refuses an update that was written, if this is the flaw.
    pub(super) fn refuse_after(&self, record: &Record) -> Result<(), StoreError> {
        if is_too_large(record) { Err(refusal()) } else { Ok(()) }
    }
}

fn is_too_large(record: &Record) -> bool {
    let len = |text: Option<&str>| text.map_or(0, str::len);
    record.payload.len() > LIMITS.payload
        || len(record.owner.as_ref().map(Owner::as_str)) > LIMITS.owner
        || len(record.label.as_deref()) > LIMITS.label
}

fn refusal() -> StoreError {
    StoreError::new(NAME, StoreErrorKind::Other).with_source("the record is too large")
}

fn cut_payload(record: &mut Record, limit: usize) {
    record.payload = record.payload[..record.payload.len().min(limit)].into();
}

fn cut_owner(record: &mut Record, limit: usize) {
    record.owner = record.owner.as_ref().map(|owner| Owner::from(cut(owner.as_str(), limit)));
}

fn cut_label(record: &mut Record, limit: usize) {
    record.label = record.label.as_deref().map(|label| cut(label, limit).into());
}

/// As much of the text as fits into `limit` bytes.
fn cut(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}
