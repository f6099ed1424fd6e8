//! The events that the library emits for operators.

use session_testkit::stories::{Setup, captured};
use session_testkit::{Fault, Op};

use crate::framework::Axum;

#[tokio::test]
async fn conflicts_endings_and_failures_are_traced() {
    let site = Setup::new().open(&Axum::plain()).await;
    let browser = site.visitor("card", "4111-1111-1111-1111").await;
    for meanwhile in ["/set/card/5500-0000-0000-0004", "/end"] {
        let slow = browser.start("/slow/count");
        site.slow.arrived().await;
        browser.text(meanwhile).await;
        site.slow.open();
        slow.await;
    }
    browser.text("/count").await;
    for (op, path) in [(Op::Load, "/read"), (Op::Update, "/count"), (Op::Touch, "/read")] {
        site.faults.set(op, Fault::Fail);
        site.wait_secs(121);
        browser.get(path).await;
        site.faults.clear();
    }
    let traces = captured();
    for event in ["conflict", "gone", "load failed", "save failed", "touch failed"] {
        assert!(traces.lines().any(|line| line.contains(" session: ") && line.contains(event)), "{event}");
    }
}
