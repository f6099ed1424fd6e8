//! Races on stores that are sound, and on stores that are not.

use session_core::MemoryStore;

use super::*;
use crate::flawed::{Flawed, Slip};
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

/// The first seed, of some, at which the slip shows; and what is said of it.
async fn caught(slip: Slip) -> Option<(u64, String)> {
    for seed in 0..200 {
        let inner = MemoryStore::new();
        let handle = || Arc::new(Flawed::new(inner.clone(), slip));
        let (history, keys) = race(handle(), handle(), NOW, seed, Patience::Endless).await;
        if let Err(violation) = judge(&history, keys) {
            return Some((seed, violation.to_string()));
        }
    }
    None
}

macro_rules! slips_that_show_in_a_race {
    ($($name:ident: $slip:ident),* $(,)?) => {
        $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let (seed, failure) = caught(Slip::$slip).await.expect("the slip shows in some race");
            println!("{seed}: {failure}");
            assert!(failure.contains("no order of these calls explains the last answer"), "{failure}");
        })*
    };
}

slips_that_show_in_a_race! {
    a_store_that_revives_is_caught: RevivesOnUpdate,
    a_store_with_both_keys_live_is_caught: KeepsRenamedKey,
    a_store_with_neither_key_live_for_a_moment_is_caught: RenamesInTwoSteps,
    a_store_that_forgets_where_keys_went_is_caught: ForgetsMoves,
    a_store_that_deletes_no_moved_key_is_caught: DeletesNoMovedKey,
    a_store_that_loses_an_update_is_caught: ComparesTooEarly,
    a_store_that_reads_from_its_own_memory_is_caught: RemembersLoads,
    a_store_that_shortens_on_touch_is_caught: ShortensOnTouch,
    a_store_that_loses_the_owner_is_caught: RenamesWithoutOwner,
    a_store_that_does_not_note_a_touch_is_caught: IgnoresTouch,
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
    assert!(text.starts_with("seed 42\n") && text.contains("load a -> moved"), "{text}");
}
