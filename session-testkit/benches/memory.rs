//! The benchmark for any store, on the store in memory, by itself and in a circuit breaker.
#![allow(missing_docs, reason = "criterion's macros make functions without any")]

use criterion::{Criterion, criterion_group, criterion_main};
use session_core::MemoryStore;
use session_core::store::CircuitBreaker;

fn memory(criterion: &mut Criterion) {
    session_testkit::bench::store(criterion, MemoryStore::new);
}

fn in_a_circuit_breaker(criterion: &mut Criterion) {
    session_testkit::bench::store(criterion, || CircuitBreaker::new(MemoryStore::new()));
}

criterion_group!(benches, memory, in_a_circuit_breaker);
criterion_main!(benches);
