//! What the kit plays its own rules on: broken stores, with all that a harness can have.

use std::sync::Arc;
use std::time::Duration;

use session_core::store::{SessionStore, async_trait};

use super::BrokenStore;
use super::flaw::Flaw;
use super::table::Table;
use crate::capability::Capability;
use crate::harness::{Fresh, Harness, HarnessError, Outage, Restart};

/// A harness of stores that are sound, or have one [`Flaw`]. Every capability is declared, so that every rule is played.
///
/// ```
/// use session_testkit::{BrokenHarness, Flaw, Suite};
///
/// let report = Suite::new(BrokenHarness::with(Flaw::TouchShortens)).only("SES-L1").run();
/// assert!(report.broken().any(|row| row.rule.id == Flaw::TouchShortens.rule()));
/// assert!(Suite::new(BrokenHarness::sound()).only("SES-L1").run().is_conformant());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct BrokenHarness {
    flaw: Option<Flaw>,
}

impl BrokenHarness {
    /// Stores without a flaw: they keep every rule.
    #[must_use]
    pub fn sound() -> Self {
        Self { flaw: None }
    }

    /// Stores with this flaw. [`Flaw::rule`] is the rule that they break, perhaps with others.
    #[must_use]
    pub fn with(flaw: Flaw) -> Self {
        Self { flaw: Some(flaw) }
    }
}

#[async_trait]
impl Harness for BrokenHarness {
    async fn fresh(&self) -> Result<Fresh, HarnessError> {
        let store = BrokenStore::new(self.flaw);
        let fresh = Fresh::new(store.clone()).second(store.clone());
        Ok(fresh.outage("the connections are cut", store.clone()).restart(store))
    }

    fn capabilities(&self) -> Vec<Capability> {
        Capability::ALL.to_vec()
    }

    fn call_timeout(&self) -> Duration {
        match self.flaw {
            // What never ends need not be waited for long.
            Some(Flaw::HangsInOutages | Flaw::TakesTwoConnections) => Duration::from_millis(500),
            Some(_) | None => Duration::from_secs(20),
        }
    }
}

#[async_trait]
impl Outage for BrokenStore {
    async fn begin(&self) {
        self.shared.pool.cut(true);
        if self.has(Flaw::LosesRecordsInAnOutage) {
            *self.table() = Table::new(self.flaw);
        }
    }

    async fn end(&self) {
        self.shared.pool.cut(false);
    }
}

#[async_trait]
impl Restart for BrokenStore {
    async fn restart(&self) -> Result<Arc<dyn SessionStore>, HarnessError> {
        self.table().restart();
        Ok(Arc::new(self.clone()))
    }
}
