//! How the kit gets at the store: a folder for each rule.

use session_core::store::async_trait;
use session_testkit::{Capability, Fresh, Harness, HarnessError};

use super::store::FileStore;

pub(crate) struct Folders;

#[async_trait]
impl Harness for Folders {
    async fn fresh(&self) -> Result<Fresh, HarnessError> {
        let folder = tempfile::tempdir()?;
        let (one, two) = (FileStore::open(folder.path())?, FileStore::open(folder.path())?);
        Ok(Fresh::new(one).second(two).keeping(folder))
    }

    fn capabilities(&self) -> Vec<Capability> {
        vec![Capability::Purge, Capability::VirtualTime, Capability::SecondHandle]
    }
}
