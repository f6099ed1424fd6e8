//! A process that is killed during writes loses no visit for which it has sent the response.

use std::io;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use crate::browser::Browser;
use crate::program::Program;

const ROUNDS: u32 = 25;
const TABS: usize = 3;
const LONGEST_LIFE: u64 = 150;

#[test]
fn a_visit_that_got_its_response_survives_a_kill() {
    let seed = seed();
    println!("SESSION_DEMO_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let folder = tempfile::tempdir().unwrap();
    let mut browser = Browser::new();
    let mut counted = browser.start(Program::on_sqlite(folder.path()).address);
    let mut answered_at_all = 0;
    for round in 0..ROUNDS {
        let site = Program::on_sqlite(folder.path());
        let life = Duration::from_millis(random.random_range(0..LONGEST_LIFE));
        let (answered, unanswered) = visit_until_killed(&browser, site, life);
        let site = Program::on_sqlite(folder.path());
        let visits = browser.visits(site.address);
        let possible = counted + answered..=counted + answered + unanswered;
        assert!(possible.contains(&visits), "round {round} of seed {seed}: {visits} is not in {possible:?}");
        counted = visits;
        answered_at_all += answered;
    }
    assert!(
        answered_at_all > ROUNDS,
        "only {answered_at_all} visits got a response, too few for the test to show anything"
    );
}

impl Browser {
    /// Starts the session, and returns the count.
    fn start(&mut self, site: SocketAddr) -> u32 {
        self.get(site, "/visits").text("visits").parse().unwrap()
    }
}

/// Returns the number of visits that got a response, and of those that got none and may or may not have
/// counted.
fn visit_until_killed(browser: &Browser, site: Program, life: Duration) -> (u32, u32) {
    let address = site.address;
    thread::scope(|scope| {
        let tabs = vec![browser.clone(); TABS];
        let tabs: Vec<_> = tabs.into_iter().map(|tab| scope.spawn(move || visit(tab, address))).collect();
        thread::sleep(life);
        site.kill();
        tabs.into_iter()
            .map(|tab| tab.join().unwrap())
            .fold((0, 0), |sums, tab| (sums.0 + tab.0, sums.1 + tab.1))
    })
}

/// Visits until a visit gets no response, and returns the same two numbers.
fn visit(mut tab: Browser, site: SocketAddr) -> (u32, u32) {
    let mut answered = 0;
    loop {
        match tab.request(site, "GET", "/visits", &[]) {
            Ok(page) => {
                assert_eq!(page.status, 200, "{}", page.body);
                answered += 1;
            }
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => return (answered, 0),
            Err(_) => return (answered, 1),
        }
    }
}

/// Returns the seed from `SESSION_DEMO_SEED`, or a new one if the variable is not set.
fn seed() -> u64 {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64;
    std::env::var("SESSION_DEMO_SEED").map_or_else(|_| now(), |seed| seed.parse().unwrap())
}
