//! Several processes on one database act as one site.

use std::thread;

use crate::browser::Browser;
use crate::database;
use crate::program::Program;

/// Runs a test with two processes, on each store that two processes can share.
fn on_each_store(test: impl Fn([Program; 2])) {
    let stores = [database::postgres(), database::mysql(), database::redis()];
    for store in ["sqlite:sessions.db".to_owned()].into_iter().chain(stores) {
        let folder = tempfile::tempdir().unwrap();
        test([(); 2].map(|()| Program::start(folder.path(), &["--store", &store])));
    }
}

#[test]
fn parallel_visits_to_two_processes_all_count() {
    on_each_store(count_parallel_visits);
}

pub(crate) fn count_parallel_visits(sites: [Program; 2]) {
    let mut browser = Browser::new();
    browser.sign_in(sites[0].address, "Ada");
    thread::scope(|scope| {
        for (tab, first) in vec![browser.clone(); 8].into_iter().zip([0, 1].into_iter().cycle()) {
            let sites = &sites;
            scope.spawn(move || visit_alternately(tab, sites, first));
        }
    });
    assert_eq!(browser.visits(sites[0].address), 200);
    assert_eq!(browser.visits(sites[1].address), 200);
}

fn visit_alternately(mut tab: Browser, sites: &[Program; 2], first: usize) {
    for visit in 0..25 {
        let page = tab.get(sites[(first + visit) % 2].address, "/visits");
        assert_eq!(page.status, 200, "{}", page.body);
    }
}

#[test]
fn a_sign_out_in_one_process_counts_in_the_other() {
    on_each_store(|[one, other]| {
        let mut browser = Browser::new();
        browser.sign_in(one.address, "Ada");
        let mut copy = browser.clone();
        assert_eq!(copy.owner(other.address).as_deref(), Some("Ada"));
        browser.post(one.address, "/sign-out", &[]);
        assert_eq!(copy.owner(other.address), None);
    });
}

#[test]
fn a_form_from_one_process_is_accepted_by_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (Program::on_sqlite(folder.path()), Program::on_sqlite(folder.path()));
    let mut browser = Browser::new();
    let csrf = browser.get(one.address, "/cart").csrf();
    let answer = browser.post(other.address, "/cart/add", &[("csrf", &csrf), ("item", "tea")]);
    assert_eq!(answer.status, 303);
    assert!(browser.get(one.address, "/cart").says("Green tea is in your cart."));
}

#[test]
fn processes_that_start_together_share_the_secret_and_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let sites: Vec<Program> = thread::scope(|scope| {
        let starting: Vec<_> = (0..4).map(|_| scope.spawn(|| Program::on_sqlite(folder.path()))).collect();
        starting.into_iter().map(|site| site.join().unwrap()).collect()
    });
    let mut browser = Browser::new();
    for (visits, site) in ["1", "2", "3", "4"].into_iter().zip(&sites) {
        assert_eq!(browser.get(site.address, "/visits").text("visits"), visits);
    }
    assert_eq!(sites.iter().filter(|site| site.said[2].contains("made just now")).count(), 1);
}

#[test]
fn sessions_survive_a_restart_of_the_process() {
    let folder = tempfile::tempdir().unwrap();
    let mut browser = Browser::new();
    browser.sign_in(Program::on_sqlite(folder.path()).address, "Ada");
    let site = Program::on_sqlite(folder.path());
    assert_eq!(browser.owner(site.address).as_deref(), Some("Ada"));
}
