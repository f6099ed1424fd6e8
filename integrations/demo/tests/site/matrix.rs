//! Every framework with every store: the walk through the site, once for each pair.

use crate::browser::Browser;
use crate::program::{Program, run};

/// A module for each store and, within it, one for each framework, with the walk's tests.
macro_rules! matrix {
    (frameworks: $frameworks:tt, stores: {$($store:ident: $url:literal,)*}) => {
        const STORES: &[(&str, &str)] = &[$((stringify!($store), $url)),*];
        matrix!(names $frameworks);
        $(matrix!(store $store $url, $frameworks);)*
    };
    (names {$($framework:ident)*}) => {
        pub(crate) const FRAMEWORKS: &[&str] = &[$(stringify!($framework)),*];
    };
    (store $store:ident $url:literal, {$($framework:ident)*}) => {
        mod $store {
            $(mod $framework {
                crate::walk::walk!(stringify!($framework), $url);
            })*
        }
    };
}

// Whoever writes a store for `--store`, or a framework for `--framework`, adds it here.
matrix! {
    frameworks: {axum warp rocket},
    stores: {
        memory: "memory",
        sqlite: "sqlite:sessions.db",
    }
}

#[test]
fn the_matrix_leaves_out_nothing_that_the_program_offers() {
    let folder = tempfile::tempdir().unwrap();
    let help = run(folder.path(), &["--help"]).stdout;
    let part = |from: &str, to: &str| help.split_once(from).unwrap().1.split_once(to).unwrap().0;
    assert_eq!(part("[possible values: ", "]").split(", ").collect::<Vec<_>>(), FRAMEWORKS);
    let stores = part("Where the sessions are kept:", "[default").lines().map(str::trim);
    let mut offered: Vec<_> = stores
        .filter(|line| !line.is_empty())
        .map(|line| line.split([':', ' ']).next().expect("a split has a first part"))
        .collect();
    offered.sort_unstable();
    assert_eq!(offered, STORES.iter().map(|(name, _)| *name).collect::<Vec<_>>(), "{help}");
}

#[test]
fn a_session_that_began_on_one_framework_goes_on_under_another() {
    let folder = tempfile::tempdir().unwrap();
    for (_, store) in STORES.iter().filter(|(name, _)| *name != "memory") {
        let sites: Vec<_> = FRAMEWORKS
            .iter()
            .map(|framework| Program::start(folder.path(), &["--framework", framework, "--store", store]))
            .collect();
        for first in 0..sites.len() {
            go_round(&sites, first);
        }
    }
}

/// Signs in at the first of these, is known at each, and signs out at the last.
fn go_round(sites: &[Program], first: usize) {
    let in_turn = |place: usize| sites[(first + place) % sites.len()].address;
    let mut browser = Browser::new();
    browser.sign_in(in_turn(0), "Ada");
    for place in 1..sites.len() {
        let form_there = browser.get(in_turn(place - 1), "/cart").csrf();
        let answer = browser.post(in_turn(place), "/cart/add", &[("csrf", &form_there), ("item", "tea")]);
        assert_eq!(answer.status, 303, "{}", answer.body);
        assert!(browser.get(in_turn(place + 1), "/cart").says("Green tea is in your cart."));
        assert_eq!(browser.owner(in_turn(place)).as_deref(), Some("Ada"));
        assert_eq!(browser.get(in_turn(place), "/visits").text("visits"), place.to_string());
    }
    let mut copy = browser.clone();
    browser.post(in_turn(sites.len() - 1), "/sign-out", &[]);
    for place in 0..sites.len() {
        assert_eq!(copy.owner(in_turn(place)), None);
    }
}
