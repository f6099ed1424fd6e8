//! The store in memory keeps every rule, by itself and through the stores that go around one.

use std::sync::Arc;

use session_core::MemoryStore;
use session_core::store::{CircuitBreaker, SessionStore, async_trait};
use session_testkit::{Capability, CountingStore, FaultyStore, Fresh, Harness, HarnessError};

/// A store in memory in a wrapper, and another handle on the same sessions.
struct Wrapped<F>(F);

#[async_trait]
impl<F, S> Harness for Wrapped<F>
where
    F: Fn(MemoryStore) -> S + Send + Sync + 'static,
    S: SessionStore,
{
    async fn fresh(&self) -> Result<Fresh, HarnessError> {
        let store = MemoryStore::new();
        Ok(Fresh::new(self.0(store.clone())).second(self.0(store)))
    }

    fn capabilities(&self) -> Vec<Capability> {
        use Capability::{Owners, Purge, SecondHandle, VirtualTime};
        vec![Owners, Purge, VirtualTime, SecondHandle]
    }
}

session_testkit::conformance!(plain, MemoryStore::new);
session_testkit::conformance!(memory, Wrapped(|store| store), [owners, purge, virtual_time, second_handle]);
session_testkit::conformance!(
    counting,
    Wrapped(CountingStore::new),
    [owners, purge, virtual_time, second_handle]
);
session_testkit::conformance!(
    faulty,
    Wrapped(FaultyStore::new),
    [owners, purge, virtual_time, second_handle]
);
session_testkit::conformance!(
    chosen_at_run_time,
    Wrapped(|store| -> Arc<dyn SessionStore> { Arc::new(store) }),
    [owners, purge, virtual_time, second_handle]
);
session_testkit::conformance!(
    in_a_circuit_breaker,
    Wrapped(CircuitBreaker::new),
    [owners, purge, virtual_time, second_handle]
);
