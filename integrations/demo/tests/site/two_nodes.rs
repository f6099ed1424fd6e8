//! Two processes on two nodes of a Galera cluster act as one site.

use test_servers::Galera;

use crate::browser::Browser;
use crate::program::Program;
use crate::two_processes::count_parallel_visits;

const TURNS: usize = 1_000;

#[test]
#[ignore = "starts a cluster of three servers: `cargo xtask endure`"]
fn a_sign_out_through_one_node_counts_at_once_on_another() {
    let cluster = Galera::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let sites = [0, 1].map(|node| Program::start(folder.path(), &["--store", &cluster.url(node)]));
    for turn in 0..TURNS {
        let [one, other] = [0, 1].map(|place| sites[(turn + place) % 2].address);
        let mut browser = Browser::new();
        browser.sign_in(one, "Ada");
        let mut copy = browser.clone();
        assert_eq!(copy.owner(other).as_deref(), Some("Ada"), "{turn}");
        browser.post(other, "/sign-out", &[]);
        assert_eq!(copy.owner(one), None, "{turn}");
    }
    println!("two processes on two nodes: {TURNS} sign-outs, each at once on the other");
}

#[test]
#[ignore = "starts a cluster of three servers: `cargo xtask endure`"]
fn parallel_visits_through_two_nodes_all_count() {
    let cluster = Galera::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    count_parallel_visits([0, 1].map(|node| Program::start(folder.path(), &["--store", &cluster.url(node)])));
}
