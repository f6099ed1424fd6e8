//! Tests of the laws around the tables, for any sequence of a handler's actions.

use super::*;

/// An action of a handler. Actions can come in any order.
#[derive(Clone, Debug)]
enum Action {
    Set,
    SignIn(bool),
    Renew,
    Invalidate,
    Label,
    ForceCreate,
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let action = prop_oneof![
        Just(Action::Set),
        any::<bool>().prop_map(Action::SignIn),
        Just(Action::Renew),
        Just(Action::Invalidate),
        Just(Action::Label),
        Just(Action::ForceCreate),
    ];
    prop::collection::vec(action, 0..6)
}

fn performed(mut state: State, actions: &[Action]) -> State {
    for action in actions {
        match action {
            Action::Set => set(&mut state, "k"),
            Action::SignIn(alice) => state.sign_in(Owner::from(if *alice { "alice" } else { "bob" }), id(9)),
            Action::Renew => state.renew(id(9)),
            Action::Invalidate => state.invalidate(id(9)),
            Action::Label => state.set_label(Some(Arc::from("l"))).unwrap(),
            Action::ForceCreate => state.change(Change::ForceCreate).unwrap(),
        }
    }
    state
}

proptest! {
    #[test]
    fn every_sign_in_renewal_and_invalidate_ends_the_old_id_whatever_else_is_done(actions in actions(), status in prop::sample::select(vec![200u16, 500])) {
        let state = performed(stored(), &actions);
        let is_end = |action: &Action| matches!(action, Action::SignIn(_) | Action::Renew | Action::Invalidate);
        let ends = actions.iter().any(is_end);
        let (command, _) = decided(&state, status, SOON);
        prop_assert_eq!(ends, matches!(command, "rename" | "delete"), "{}", command);
    }

    #[test]
    fn a_session_that_was_never_stored_is_never_touched_updated_renamed_or_deleted(actions in actions(), after in 0..5000u64) {
        let (command, cookie) = decided(&performed(new(), &actions), 200, after);
        prop_assert!(matches!((command, cookie), ("-", "-") | ("create", "set")));
    }
}
