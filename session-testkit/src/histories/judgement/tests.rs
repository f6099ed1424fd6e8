//! Races on stores that are sound, and on stores that are not.

use session_core::MemoryStore;

use super::*;
use crate::broken::{BrokenStore, Flaw};
use crate::histories::store_call::Letter;

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

/// The first seed, of some, at which the flaw shows; and what is said of it.
async fn caught(flaw: Flaw) -> Option<(u64, String)> {
    for seed in 0..200 {
        let store = BrokenStore::with(flaw);
        let (history, keys) =
            race(Arc::new(store.clone()), Arc::new(store), NOW, seed, Patience::Endless).await;
        if let Err(violation) = judge(&history, keys) {
            return Some((seed, violation.to_string()));
        }
    }
    None
}

macro_rules! flaws_that_show_in_a_race {
    ($($name:ident: $flaw:ident),* $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let (seed, failure) = caught(Flaw::$flaw).await.expect("the flaw shows in some race");
            println!("{seed}: {failure}");
            assert!(failure.contains("no order of these calls explains the last answer"), "{failure}");
        })*
    };
}

flaws_that_show_in_a_race! {
    a_store_that_revives_is_caught: UpdateRevives,
    a_store_with_both_keys_live_is_caught: RenameKeepsBoth,
    a_store_with_neither_key_live_for_a_moment_is_caught: RenameDeletesFirst,
    a_store_that_forgets_where_keys_went_is_caught: ForgetsMovedKeys,
    a_store_that_deletes_no_moved_key_is_caught: DeleteLeavesTheMoved,
    a_store_that_loses_an_update_is_caught: ReadsThenUpdates,
    a_store_that_reads_from_its_own_memory_is_caught: CachesPerHandle,
    a_store_that_shortens_on_touch_is_caught: TouchShortens,
    a_store_that_loses_the_owner_is_caught: RenamesLoseTheOwner,
    a_store_that_does_not_note_a_touch_is_caught: TouchLeavesTheDeadline,
}

#[test]
fn a_failing_history_is_kept_in_a_file_that_the_failure_names() {
    let mut history = StoreHistory::default();
    let lost = history.call(1, StoreCall::Load(Letter(0)));
    history.answer(lost, StoreAnswer::Moved(None));
    let violation = judge(&history, 1).unwrap_err();
    let failure = keep(&violation.to_string(), &history, 42);
    let path = failure.rsplit_once(" is in ").expect("it ends with the path").1;
    let text = fs::read_to_string(path).unwrap();
    fs::remove_file(path).unwrap();
    assert!(text.starts_with("history 42\n") && text.contains("load a -> moved"), "{text}");
}
