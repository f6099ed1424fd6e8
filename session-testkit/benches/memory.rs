//! The benchmark for any store, on the store in memory.
#![allow(missing_docs, reason = "criterion's macros make functions without any")]

use criterion::{Criterion, criterion_group, criterion_main};
use session_core::MemoryStore;

fn memory(criterion: &mut Criterion) {
    session_testkit::bench::store(criterion, MemoryStore::new);
}

criterion_group!(benches, memory);
criterion_main!(benches);
