//! Races on stores that are sound, and on stores that are not.

use session_core::MemoryStore;

use super::*;

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn races_on_a_sound_store_are_explained() {
    for patience in [Patience::Endless, Patience::Short] {
        for seed in 0..500 {
            let store: Arc<dyn SessionStore> = Arc::new(MemoryStore::new());
            let judged = judged_race(Arc::clone(&store), store, NOW, seed, patience).await;
            assert_eq!(judged.unwrap_or_else(|failure| panic!("{failure}")), Judged::Explained, "{seed}");
        }
    }
}
