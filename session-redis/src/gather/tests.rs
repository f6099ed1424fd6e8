//! The runs of calls, on a driver that ends them when it is told to.

use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::Builder;
use tokio::task::{JoinHandle, yield_now};

use super::*;
use crate::scripts::UPDATE;
use fake::Fake;

mod fake;

const MINUTE: Duration = Duration::from_secs(60);

fn gather(fake: &Fake) -> Arc<Gather<Fake>> {
    Arc::new(Gather::new(fake.clone(), &UPDATE, Bytes::from_static(b"indexes")))
}

/// Makes a call for a session, with some bytes.
fn job(session: &str, bytes: usize) -> Job {
    let arguments = vec![Bytes::from(vec![7; bytes])];
    Job { session: session.to_owned().into(), arguments, until: Instant::now() + MINUTE }
}

/// Makes a call on a task of its own.
fn begin(gather: &Arc<Gather<Fake>>, job: Job) -> JoinHandle<Result<Reply, Failure>> {
    let gather = Arc::clone(gather);
    tokio::spawn(async move { gather.call(job).await })
}

/// Makes as many calls, and lets all of them begin.
async fn begin_many(gather: &Arc<Gather<Fake>>, count: usize, bytes: usize) {
    for number in 0..count {
        drop(begin(gather, job(&number.to_string(), bytes)));
    }
    let_all_wait().await;
}

/// Lets all tasks go on until they wait.
async fn let_all_wait() {
    for _ in 0..50 {
        yield_now().await;
    }
}

fn echo(session: &'static str) -> Reply {
    Reply::Bytes(Bytes::from_static(session.as_bytes()))
}

#[tokio::test]
async fn at_most_two_runs_are_under_way_and_the_others_share_the_next_one() {
    let fake = Fake::default();
    begin_many(&gather(&fake), 10, 1).await;
    assert_eq!(fake.sizes(), [1, 1]);
    fake.end_one();
    let_all_wait().await;
    assert_eq!(fake.sizes(), [1, 1, 8]);
    fake.end_all();
    let_all_wait().await;
    assert_eq!((fake.sizes(), fake.most_at_once()), (vec![1, 1, 8], 2));
}

#[tokio::test]
async fn a_run_has_at_most_128_calls() {
    let fake = Fake::default();
    begin_many(&gather(&fake), 302, 1).await;
    fake.end_all();
    let_all_wait().await;
    assert_eq!((fake.sizes(), fake.most_at_once()), (vec![1, 1, 128, 128, 44], 2));
}

#[tokio::test]
async fn no_call_is_added_to_a_run_of_a_mebibyte() {
    let fake = Fake::default();
    begin_many(&gather(&fake), 9, 400 << 10).await;
    fake.end_all();
    let_all_wait().await;
    assert_eq!(fake.sizes(), [1, 1, 3, 3, 1]);
}

#[test]
fn a_lone_call_never_waits() {
    let fake = Fake::default();
    fake.end_all();
    let gather = gather(&fake);
    for count in 1..=5 {
        let call = pin!(gather.call(job("one", 1)));
        let polled = call.poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Ready(Ok(reply)) if reply == echo("one")), "at the first poll");
        assert_eq!(fake.sizes().len(), count);
    }
}

#[tokio::test]
async fn a_caller_that_goes_away_during_its_run_passes_the_turn_on() {
    let fake = Fake::default();
    let gather = gather(&fake);
    let [one, two, three] = ["1", "2", "3"].map(|session| begin(&gather, job(session, 1)));
    let_all_wait().await;
    one.abort();
    let_all_wait().await;
    assert_eq!(fake.sessions(), [["1"], ["2"], ["3"]]);
    two.abort();
    fake.end_all();
    assert_eq!(three.await.unwrap().unwrap(), echo("3"));
    for _ in 0..3 {
        assert_eq!(gather.call(job("later", 1)).await.unwrap(), echo("later"));
    }
}

#[tokio::test]
async fn the_call_of_a_caller_that_went_away_while_it_waited_is_not_made() {
    let fake = Fake::default();
    let gather = gather(&fake);
    let [_one, _two, three, four] = ["1", "2", "3", "4"].map(|session| begin(&gather, job(session, 1)));
    let_all_wait().await;
    three.abort();
    let_all_wait().await;
    fake.end_all();
    assert_eq!(four.await.unwrap().unwrap(), echo("4"));
    assert_eq!(fake.sessions(), [["1"], ["2"], ["4"]]);
}

#[tokio::test]
async fn a_call_whose_time_is_over_while_it_waits_is_not_made() {
    let fake = Fake::default();
    let gather = gather(&fake);
    let _others = ["1", "2"].map(|session| begin(&gather, job(session, 1)));
    let_all_wait().await;
    let late = Job { until: Instant::now() + Duration::from_millis(20), ..job("3", 1) };
    assert!(matches!(gather.call(late).await, Err(Failure::Late)));
    fake.end_all();
    let_all_wait().await;
    assert_eq!(fake.sessions(), [["1"], ["2"]]);
}

#[tokio::test]
async fn each_call_gets_its_own_reply_and_an_error_of_one_leaves_the_others() {
    let fake = Fake::default();
    let gather = gather(&fake);
    let calls =
        ["1", "2", "3", "refused", "4", "5"].map(|session| (session, begin(&gather, job(session, 1))));
    let_all_wait().await;
    fake.end_all();
    for (session, call) in calls {
        let expected = if session == "refused" { "EOOM" } else { session };
        assert_eq!(call.await.unwrap().unwrap(), echo(expected));
    }
    assert_eq!(fake.sizes(), [1, 1, 4]);
}

#[tokio::test]
async fn a_run_that_fails_fails_its_own_calls_only() {
    for (session, is_expected) in [
        ("lost", (|failure| matches!(failure, Failure::Late)) as fn(&Failure) -> bool),
        ("forgotten", |failure| matches!(failure, Failure::BadReply)),
    ] {
        let fake = Fake::default();
        let gather = gather(&fake);
        let [one, two, three, four] = ["1", "2", session, "4"].map(|name| begin(&gather, job(name, 1)));
        let_all_wait().await;
        fake.end_all();
        for call in [one, two] {
            assert!(call.await.unwrap().is_ok());
        }
        for call in [three, four] {
            assert!(is_expected(&call.await.unwrap().unwrap_err()), "{session}");
        }
        assert_eq!(gather.call(job("5", 1)).await.unwrap(), echo("5"));
    }
}

#[tokio::test]
async fn a_run_has_the_time_of_its_most_patient_call() {
    let fake = Fake::default();
    let gather = gather(&fake);
    let begun = Instant::now();
    for secs in [60, 60, 5, 50, 9] {
        let until = begun + Duration::from_secs(secs);
        drop(begin(&gather, Job { until, ..job("one", 1) }));
        let_all_wait().await;
    }
    fake.end_all();
    let_all_wait().await;
    assert_eq!(fake.last_until(), Some(begun + Duration::from_secs(50)));
}

#[test]
fn calls_that_are_dropped_without_a_runtime_leave_their_turn_to_those_that_wait() {
    let fake = Fake::default();
    let gather = gather(&fake);
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let mut running = ["1", "2"].map(|session| Box::pin(gather.call(job(session, 1))));
    let waiting: Vec<_> = runtime.block_on(async {
        for call in &mut running {
            assert!(timeout_at(Instant::now(), call).await.is_err());
        }
        // More than one run takes.
        let waiting = (0..200).map(|_| begin(&gather, job("3", 1))).collect();
        let_all_wait().await;
        waiting
    });
    drop(running);
    fake.end_all();
    for call in waiting {
        assert_eq!(runtime.block_on(call).unwrap().unwrap(), echo("3"));
    }
    assert_eq!(runtime.block_on(gather.call(job("4", 1))).unwrap(), echo("4"));
}
