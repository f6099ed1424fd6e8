//! The laws around the tables, for whatever a handler does.

use super::*;

/// What a handler can wish, in any order.
#[derive(Clone, Debug)]
enum Wish {
    Set,
    SignIn(bool),
    Renew,
    Invalidate,
    Label,
    ForceCreate,
}

fn wishes() -> impl Strategy<Value = Vec<Wish>> {
    let wish = prop_oneof![
        Just(Wish::Set),
        any::<bool>().prop_map(Wish::SignIn),
        Just(Wish::Renew),
        Just(Wish::Invalidate),
        Just(Wish::Label),
        Just(Wish::ForceCreate),
    ];
    prop::collection::vec(wish, 0..6)
}

fn wished(mut state: State, wishes: &[Wish]) -> State {
    for wish in wishes {
        match wish {
            Wish::Set => set(&mut state, "k"),
            Wish::SignIn(alice) => state.sign_in(Owner::from(if *alice { "alice" } else { "bob" }), id(9)),
            Wish::Renew => state.renew(id(9)),
            Wish::Invalidate => state.invalidate(id(9)),
            Wish::Label => state.set_label(Some(Arc::from("l"))).unwrap(),
            Wish::ForceCreate => state.change(Change::ForceCreate).unwrap(),
        }
    }
    state
}

proptest! {
    #[test]
    fn whatever_is_wished_the_old_id_dies_with_every_sign_in_renewal_and_invalidate(wishes in wishes(), status in prop::sample::select(vec![200u16, 500])) {
        let state = wished(stored(), &wishes);
        let ends = wishes.iter().any(|wish| matches!(wish, Wish::SignIn(_) | Wish::Renew | Wish::Invalidate));
        let (command, _) = decided(&state, status, SOON);
        prop_assert_eq!(ends, matches!(command, "rename" | "delete"), "{}", command);
    }

    #[test]
    fn a_session_that_never_was_is_never_touched_updated_renamed_or_deleted(wishes in wishes(), after in 0..5000u64) {
        let (command, cookie) = decided(&wished(new(), &wishes), 200, after);
        prop_assert!(matches!((command, cookie), ("-", "-") | ("create", "set")));
    }
}
