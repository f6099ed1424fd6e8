//! The walk through the site, once for each pair of a framework and a store.

use crate::browser::Browser;
use crate::program::{Program, run};

/// Expands to a module for each store, with a module for each framework in it, with the tests of the walk.
macro_rules! matrix {
    (frameworks: $frameworks:tt, stores: {$($store:ident: $url:expr,)*}) => {
        const STORES: &[(&str, fn() -> String)] = &[$((stringify!($store), || $url.into())),*];
        matrix!(names $frameworks);
        $(matrix!(store $store ($url), $frameworks);)*
    };
    (names {$($framework:ident)*}) => {
        pub(crate) const FRAMEWORKS: &[&str] = &[$(stringify!($framework)),*];
    };
    (store $store:ident ($url:expr), {$($framework:ident)*}) => {
        mod $store {
            $(mod $framework {
                crate::walk::walk!(stringify!($framework), $url);
            })*
        }
    };
}

// Every store of `--store` and every framework of `--framework` must be listed here.
matrix! {
    frameworks: {axum warp rocket},
    stores: {
        memory: "memory",
        mysql: crate::database::mysql(),
        postgres: crate::database::postgres(),
        redis: crate::database::redis(),
        sqlite: "sqlite:sessions.db",
    }
}

#[test]
fn the_matrix_has_every_framework_and_store_of_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let help = run(folder.path(), &["--help"]).stdout;
    let part = |from: &str, to: &str| help.split_once(from).unwrap().1.split_once(to).unwrap().0;
    assert_eq!(part("[possible values: ", "]").split(", ").collect::<Vec<_>>(), FRAMEWORKS);
    let stores = part("Store that keeps the sessions:", "[default").lines().map(str::trim);
    let mut offered: Vec<_> = stores
        .filter(|line| !line.is_empty())
        .map(|line| line.split([':', ' ', '-', '+']).next().expect("a split has at least one part"))
        .collect();
    offered.sort_unstable();
    // A store can have several forms of URL.
    offered.dedup();
    assert_eq!(offered, STORES.iter().map(|(name, _)| *name).collect::<Vec<_>>(), "{help}");
}

#[test]
fn a_session_started_on_one_framework_continues_on_another() {
    let folder = tempfile::tempdir().unwrap();
    for (_, store) in STORES.iter().filter(|(name, _)| *name != "memory") {
        let store = store();
        let sites: Vec<_> = FRAMEWORKS
            .iter()
            .map(|framework| Program::start(folder.path(), &["--framework", framework, "--store", &store]))
            .collect();
        for first in 0..sites.len() {
            go_round(&sites, first);
        }
    }
}

/// Signs in at the site with the index `first`, uses the session at each site, and signs out at the last one.
fn go_round(sites: &[Program], first: usize) {
    let site_at = |place: usize| sites[(first + place) % sites.len()].address;
    let mut browser = Browser::new();
    browser.sign_in(site_at(0), "Ada");
    for place in 1..sites.len() {
        let form_there = browser.get(site_at(place - 1), "/cart").csrf();
        let answer = browser.post(site_at(place), "/cart/add", &[("csrf", &form_there), ("item", "tea")]);
        assert_eq!(answer.status, 303, "{}", answer.body);
        assert!(browser.get(site_at(place + 1), "/cart").says("Green tea is in your cart."));
        assert_eq!(browser.owner(site_at(place)).as_deref(), Some("Ada"));
        assert_eq!(browser.get(site_at(place), "/visits").text("visits"), place.to_string());
    }
    let mut copy = browser.clone();
    browser.post(site_at(sites.len() - 1), "/sign-out", &[]);
    for place in 0..sites.len() {
        assert_eq!(copy.owner(site_at(place)), None);
    }
}
