//! Pages that ask for the session again and again, only to read it.

use session_core::ReadOnlySession;

use crate::faulty::Fault;
use crate::op::Op;
use crate::stories::{Args, Framework, Handled, Setup, Site};

/// Tells who is signed in, and for how many seconds.
async fn left(session: ReadOnlySession, _: Args) -> Handled<String> {
    let owner = session.owner();
    let owner = owner.as_ref().map_or("nobody", |owner| owner.as_str());
    Ok(format!("{owner} {}", session.time_left().map_or(0, |left| left.as_secs())))
}

async fn site(on: &dyn Framework) -> Site {
    Setup::new().read_only("left", left).open(on).await
}

pub(super) async fn a_page_that_polls_does_not_keep_the_session_alive(on: &dyn Framework) {
    let site = site(on).await;
    let browser = site.user("ada").await;
    for minute in 0..20 {
        let answer = browser.get("/left").await;
        assert_eq!(answer.body, format!("ada {}", 1200 - 60 * minute));
        assert_eq!((answer.status, answer.set_cookies().len()), (200, 0));
        assert_eq!(answer.header("vary"), "Cookie");
        assert_eq!(site.calls.take(), [Op::Load]);
        site.wait_secs(60);
    }
    site.wait_secs(1);
    assert_eq!(browser.text("/left").await, "nobody 0");
    assert_eq!(browser.text("/whoami").await, "nobody");
}

pub(super) async fn a_page_that_polls_learns_of_an_outage_as_any_other(on: &dyn Framework) {
    let site = site(on).await;
    let browser = site.user("ada").await;
    site.faults.set(Op::Load, Fault::Fail);
    let answer = browser.get("/left").await;
    assert_eq!((answer.status, answer.body.as_str(), answer.set_cookies().len()), (503, "", 0));
}
