use super::queue::FEW;
use super::*;
use session_core::store::StoreKey;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::sleep;

/// A database of the tests, which notes the calls of each statement.
#[derive(Default)]
struct Database {
    statements: Mutex<Vec<Vec<u8>>>,
    /// Statements wait for a permit while this is closed to them.
    gate: Option<Semaphore>,
    is_refusing: AtomicBool,
    is_lost: AtomicBool,
    /// No connection can be had.
    is_silent: AtomicBool,
    /// Connections are lent for a permit each.
    connections: Option<Semaphore>,
}

/// A call for whose row a shared statement can do nothing.
const LOCKED: u8 = 45;

struct Numbers(Arc<Database>);

impl Batch for Numbers {
    type Call = Number;
    type Outcome = u8;
    type Lease = ();

    async fn lend(&self) -> Result<(), Failure> {
        if self.0.is_silent.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        if let Some(connections) = &self.0.connections {
            connections.acquire().await.unwrap().forget();
        }
        Ok(())
    }

    async fn run(&self, (): (), calls: &[Self::Call]) -> Result<Vec<Option<u8>>, Failure> {
        self.0.run(calls.iter().map(|call| call.0).collect()).await?;
        if self.0.is_refusing.load(Ordering::Relaxed) {
            return Err(Failure::BadCursor);
        }
        Ok(calls.iter().map(|call| (call.0 != LOCKED).then_some(call.0 + 100)).collect())
    }

    fn failure_of_all(failure: Failure) -> Option<Failure> {
        (!matches!(failure, Failure::BadCursor)).then_some(failure)
    }
}

/// A call. Its key is its tens digit, and its outcome in a shared statement a hundred more.
struct Number(u8);

impl Call for Number {
    fn only_key(&self) -> Option<StoreKey> {
        Some(StoreKey::from_bytes([self.0 / 10; StoreKey::BYTES]))
    }

    fn bytes(&self) -> usize {
        if self.0 >= 90 { LARGEST_BYTES / 2 } else { 1 }
    }
}

impl Database {
    async fn run(&self, calls: Vec<u8>) -> Result<(), Failure> {
        self.statements.lock().unwrap().push(calls);
        if let Some(gate) = &self.gate {
            gate.acquire().await.unwrap().forget();
        }
        if self.is_lost.load(Ordering::Relaxed) { Err(Failure::Closed) } else { Ok(()) }
    }

    /// Lets this number of statements end.
    async fn end(&self, statements: usize) {
        self.gate.as_ref().unwrap().add_permits(statements);
        let_all_run().await;
    }

    fn statements(&self) -> Vec<Vec<u8>> {
        self.statements.lock().unwrap().clone()
    }
}

struct Scene {
    database: Arc<Database>,
    batcher: Arc<Batcher<Numbers>>,
}

const TIMEOUT: Duration = Duration::from_secs(60);

impl Scene {
    /// Makes a scene whose statements end when the test says so.
    fn new(statements: usize, calls: usize) -> Self {
        let gate = Some(Semaphore::new(0));
        Self::with(
            Database { gate, ..Database::default() },
            BatchLimits { statements, calls, timeout: TIMEOUT },
        )
    }

    fn with(database: Database, limits: BatchLimits) -> Self {
        let database = Arc::new(database);
        let batcher = Arc::new(Batcher::new(Numbers(Arc::clone(&database)), limits));
        Self { database, batcher }
    }

    /// Makes a call on a task of its own, and lets it run.
    async fn call(&self, number: u8) -> JoinHandle<Result<u8, Failure>> {
        let call = self.spawn(number);
        let_all_run().await;
        call
    }

    fn spawn(&self, number: u8) -> JoinHandle<Result<u8, Failure>> {
        let (database, batcher) = (Arc::clone(&self.database), Arc::clone(&self.batcher));
        tokio::spawn(async move {
            let alone = async {
                database.run(vec![number]).await?;
                Ok(number)
            };
            batcher.call(|| Number(number), alone).await
        })
    }

    async fn calls<const N: usize>(&self, numbers: [u8; N]) -> Vec<JoinHandle<Result<u8, Failure>>> {
        let mut calls = Vec::new();
        for number in numbers {
            calls.push(self.call(number).await);
        }
        calls
    }
}

/// Lets all tasks run until they wait.
async fn let_all_run() {
    for _ in 0..10 {
        yield_now().await;
    }
}

async fn outcomes(calls: Vec<JoinHandle<Result<u8, Failure>>>) -> Vec<Result<u8, String>> {
    let mut outcomes = Vec::new();
    for call in calls {
        outcomes.push(call.await.unwrap().map_err(|failure| failure.to_string()));
    }
    outcomes
}

#[tokio::test]
async fn no_call_waits_while_there_are_no_more_calls_than_statements() {
    let scene = Scene::new(3, 64);
    let calls = scene.calls([10, 20, 30]).await;
    assert_eq!(scene.database.statements(), [[10], [20], [30]]);
    scene.database.end(3).await;
    assert_eq!(outcomes(calls).await, [Ok(10), Ok(20), Ok(30)], "each has made its own statement");
}

#[tokio::test]
async fn calls_that_wait_share_a_statement_and_each_has_its_own_outcome() {
    let scene = Scene::new(1, 64);
    let calls = scene.calls([10, 20, 30, 40]).await;
    assert_eq!(scene.database.statements(), [[10]]);
    scene.database.end(2).await;
    assert_eq!(scene.database.statements(), [vec![10], vec![20, 30, 40]]);
    assert_eq!(outcomes(calls).await, [Ok(10), Ok(120), Ok(130), Ok(140)]);
    for expected in [Ok(150), Ok(50)] {
        let later = scene.call(50).await;
        scene.database.end(1).await;
        assert_eq!(outcomes(vec![later]).await, [expected], "soon a lone call goes alone again");
    }
}

#[tokio::test]
async fn a_statement_has_no_more_calls_than_the_limit_and_the_rest_stays_in_order() {
    let scene = Scene::new(1, 2);
    let calls = scene.calls([10, 20, 30, 40, 50, 60]).await;
    scene.database.end(9).await;
    assert_eq!(outcomes(calls).await.len(), 6);
    assert_eq!(scene.database.statements(), [vec![10], vec![20, 30], vec![40, 50], vec![60]]);
}

#[tokio::test]
async fn with_a_limit_of_one_call_no_calls_share_a_statement_or_wait() {
    let scene = Scene::new(1, 1);
    let calls = scene.calls([10, 20, 30]).await;
    assert_eq!(scene.database.statements(), [[10], [20], [30]]);
    scene.database.end(3).await;
    assert_eq!(outcomes(calls).await, [Ok(10), Ok(20), Ok(30)]);
}

#[tokio::test]
async fn a_call_whose_key_is_waiting_already_is_made_alone() {
    let scene = Scene::new(1, 64);
    let calls = scene.calls([10, 20, 21, 30, 22, 40]).await;
    assert_eq!(scene.database.statements(), [[10], [21], [22]]);
    scene.database.end(9).await;
    assert_eq!(outcomes(calls).await, [Ok(10), Ok(120), Ok(21), Ok(130), Ok(22), Ok(140)]);
    assert_eq!(scene.database.statements()[3..], [[20, 30, 40]]);
}

#[tokio::test]
async fn a_call_with_the_key_of_a_statement_that_begins_is_made_alone() {
    let scene = Scene::new(1, 64);
    let mut calls = scene.calls([10, 20]).await;
    // The first call ends, which begins a statement with the second one; then the third one comes.
    scene.database.gate.as_ref().unwrap().add_permits(9);
    calls.push(scene.spawn(21));
    let_all_run().await;
    assert_eq!(outcomes(calls).await, [Ok(10), Ok(120), Ok(21)]);
    assert_eq!(scene.database.statements(), [[10], [20], [21]]);
}

#[tokio::test]
async fn a_call_for_which_a_shared_statement_can_do_nothing_is_made_alone() {
    let scene = Scene::new(1, 64);
    let calls = scene.calls([10, 20, LOCKED, 30]).await;
    scene.database.end(9).await;
    assert_eq!(outcomes(calls).await, [Ok(10), Ok(120), Ok(LOCKED), Ok(130)]);
}

#[tokio::test(start_paused = true)]
async fn a_slow_statement_does_not_keep_the_next_ones_back() {
    let scene = Scene::new(4, 2);
    let first = scene.calls([0, 10, 20, 30]).await;
    let mut waiting = scene.calls([40, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140, 150]).await;
    scene.database.end(4).await;
    assert_eq!(outcomes(first).await.len(), 4);
    assert_eq!(scene.database.statements().len(), 6, "two of the shared ones run");
    sleep(SLOW * 2).await;
    assert_eq!(scene.database.statements().len(), 8, "but four if they are slow");
    sleep(SLOW * 2).await;
    assert_eq!(scene.database.statements().len(), 8, "and no more");
    scene.database.end(99).await;
    waiting.push(scene.call(160).await);
    assert_eq!(outcomes(waiting).await.len(), 13);
    assert_eq!(scene.batcher.0.state().slow, 0);
}

#[tokio::test(start_paused = true)]
async fn without_a_connection_calls_fail_in_time_and_later_ones_succeed() {
    let scene = Scene::new(2, 64);
    scene.database.is_silent.store(true, Ordering::Relaxed);
    let calls = scene.calls([10, 20, 30, 40, 50, 60]).await;
    scene.database.end(2).await;
    sleep(TIMEOUT * 2).await;
    let outcomes_then = outcomes(calls).await;
    assert!(
        outcomes_then[2..].iter().all(|outcome| outcome.as_ref().is_err_and(|text| text.contains("60s")))
    );
    scene.database.is_silent.store(false, Ordering::Relaxed);
    let later = scene.calls([10, 20]).await;
    scene.database.end(9).await;
    assert!(outcomes(later).await.iter().all(Result::is_ok));
}

#[tokio::test]
async fn calls_whose_callers_have_gone_do_not_fill_the_memory() {
    let scene = Scene::new(1, 64);
    let first = scene.call(10).await;
    for _ in 0..10 {
        for number in (20..250).step_by(10) {
            scene.call(number).await.abort();
        }
    }
    let waiting = scene.batcher.0.state().waiting.len();
    assert!(waiting <= 2 * FEW, "{waiting}");
    scene.database.end(1).await;
    assert_eq!(outcomes(vec![first]).await, [Ok(10)]);
    let state = scene.batcher.0.state();
    assert_eq!((state.waiting.len(), state.keys.len()), (0, 0));
}

#[tokio::test]
async fn closing_waits_for_the_calls_that_wait() {
    let scene = Scene::new(1, 64);
    let calls = scene.calls([10, 20, 30]).await;
    let batcher = Arc::clone(&scene.batcher);
    let closing = tokio::spawn(async move { batcher.close().await });
    scene.database.end(1).await;
    assert!(!closing.is_finished());
    let later = scene.call(40).await;
    scene.database.end(2).await;
    closing.await.unwrap();
    assert_eq!(outcomes(calls).await, [Ok(10), Ok(120), Ok(130)]);
    assert_eq!(outcomes(vec![later]).await, [Ok(40)]);
}

#[tokio::test]
async fn a_statement_takes_no_more_calls_after_a_mebibyte() {
    let scene = Scene::new(1, 64);
    // From 90 on, each call is half a mebibyte.
    let calls = scene.calls([10, 90, 100, 20, 110, 30]).await;
    scene.database.end(9).await;
    assert_eq!(outcomes(calls).await.len(), 6);
    assert_eq!(scene.database.statements(), [vec![10], vec![90, 100], vec![20, 110, 30]]);
}

#[test]
fn the_more_calls_there_are_the_fewer_statements_run_at_once() {
    let limits = |statements| BatchLimits { statements, calls: 64, timeout: TIMEOUT };
    for (statements, calls, expected) in
        [(8, 0, 8), (8, 8, 8), (8, 9, 7), (8, 16, 4), (8, 32, 2), (8, 10_000, 2), (2, 64, 2), (1, 64, 1)]
    {
        assert_eq!(limits(statements).statements_for(calls), expected, "{statements}, {calls}");
    }
}

#[tokio::test]
async fn of_many_calls_two_statements_run_at_once() {
    let scene = Scene::new(3, 64);
    let calls = scene.calls([0, 10, 20, 30, 40, 50, 60, 70, 80]).await;
    scene.database.end(1).await;
    assert_eq!(scene.database.statements().len(), 3, "two of the first three still run");
    scene.database.end(1).await;
    assert_eq!(scene.database.statements()[3..], [[30, 40, 50, 60, 70, 80]]);
    scene.database.end(9).await;
    assert_eq!(outcomes(calls).await.len(), 9);
}

#[tokio::test]
async fn callers_that_were_answered_at_once_share_their_next_statements() {
    let scene = Scene::new(2, 64);
    let calls = scene.calls([10, 20, 30, 40, 50, 60, 70, 80]).await;
    scene.database.end(9).await;
    assert_eq!(outcomes(calls).await.len(), 8);
    let first = scene.database.statements().len();
    let calls = [10, 20, 30, 40, 50, 60, 70, 80].map(|number| scene.spawn(number)).into();
    let_all_run().await;
    assert_eq!(scene.database.statements()[first..].iter().map(Vec::len).sum::<usize>(), 8);
    assert_eq!(scene.database.statements().len(), first + 2, "none goes alone");
    scene.database.end(9).await;
    assert_eq!(outcomes(calls).await.len(), 8);
}

#[tokio::test]
async fn the_call_of_a_caller_that_has_gone_is_not_made() {
    let scene = Scene::new(1, 64);
    let mut calls = scene.calls([10, 20, 30, 40]).await;
    calls.remove(2).abort();
    calls.remove(1).abort();
    scene.database.end(2).await;
    assert_eq!(outcomes(calls).await, [Ok(10), Ok(140)]);
    assert_eq!(scene.database.statements(), [[10], [40]]);
}

#[tokio::test]
async fn no_statement_is_made_if_its_only_caller_goes_while_it_waits_for_a_connection() {
    let (gate, connections) = (Some(Semaphore::new(0)), Some(Semaphore::new(0)));
    let database = Database { gate, connections, ..Database::default() };
    let scene = Scene::with(database, BatchLimits { statements: 1, calls: 64, timeout: TIMEOUT });
    let mut calls = scene.calls([10, 20]).await;
    scene.database.end(1).await;
    calls.remove(1).abort();
    scene.database.connections.as_ref().unwrap().add_permits(1);
    scene.batcher.close().await;
    assert_eq!(outcomes(calls).await, [Ok(10)]);
    assert_eq!(scene.database.statements(), [[10]]);
}

#[tokio::test]
async fn a_caller_that_goes_while_its_statement_runs_takes_no_other_along() {
    let scene = Scene::new(1, 64);
    let mut calls = scene.calls([10, 20, 30]).await;
    scene.database.end(1).await;
    calls.remove(1).abort();
    scene.database.end(1).await;
    assert_eq!(outcomes(calls).await, [Ok(10), Ok(130)]);
}

#[tokio::test]
async fn a_lone_caller_that_goes_lets_the_next_calls_in() {
    let scene = Scene::new(1, 64);
    let mut calls = scene.calls([10, 20, 30]).await;
    calls.remove(0).abort();
    scene.database.end(1).await;
    assert_eq!(outcomes(calls).await, [Ok(120), Ok(130)]);
}

#[tokio::test]
async fn after_a_statement_that_did_nothing_each_call_is_made_alone() {
    let scene = Scene::new(1, 64);
    let calls = scene.calls([10, 20, 30]).await;
    scene.database.is_refusing.store(true, Ordering::Relaxed);
    scene.database.end(9).await;
    assert_eq!(outcomes(calls).await, [Ok(10), Ok(20), Ok(30)]);
    assert_eq!(scene.database.statements(), [vec![10], vec![20, 30], vec![20], vec![30]]);
}

#[tokio::test]
async fn a_statement_with_an_unknown_outcome_fails_all_its_calls_and_is_not_repeated() {
    let scene = Scene::new(1, 64);
    let calls = scene.calls([10, 20, 30]).await;
    scene.database.end(1).await;
    scene.database.is_lost.store(true, Ordering::Relaxed);
    scene.database.end(9).await;
    let closed = Err("the store was closed".to_owned());
    assert_eq!(outcomes(calls).await, [Ok(10), closed.clone(), closed]);
    assert_eq!(scene.database.statements(), [vec![10], vec![20, 30]]);
}

#[tokio::test(start_paused = true)]
async fn a_statement_that_does_not_end_is_given_up() {
    let scene = Scene::new(1, 64);
    let calls = scene.calls([10, 20, 30]).await;
    scene.database.end(1).await;
    sleep(TIMEOUT + Duration::from_secs(1)).await;
    let late = Err("the database did not respond within 60s".to_owned());
    assert_eq!(outcomes(calls).await, [Ok(10), late.clone(), late]);
    let later = scene.call(40).await;
    scene.database.end(1).await;
    assert_eq!(outcomes(vec![later]).await, [Ok(40)]);
}

#[tokio::test]
async fn a_runtime_that_is_shut_down_takes_only_its_own_calls_along() {
    let scene = Arc::new(Scene::new(1, 64));
    let calls = scene.calls([10, 20]).await;
    let other = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    for number in [30, 40, 50, 60] {
        let scene = Arc::clone(&scene);
        other.spawn(async move { scene.call(number).await.await });
    }
    while scene.batcher.0.state().waiting.len() < 5 {
        sleep(Duration::from_millis(1)).await;
    }
    let later = scene.call(70).await;
    other.shutdown_background();
    scene.database.end(9).await;
    assert_eq!(outcomes(calls).await.len(), 2);
    assert_eq!(outcomes(vec![later]).await.len(), 1);
    let state = scene.batcher.0.state();
    assert_eq!((state.statements, state.calls, state.waiting.len()), (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_call_is_forgotten_however_many_callers_go() {
    for statements in [1, 2, 8] {
        let limits = BatchLimits { statements, calls: 4, timeout: TIMEOUT };
        let scene = Arc::new(Scene::with(Database::default(), limits));
        let callers: Vec<_> = (0..64)
            .map(|caller| {
                let scene = Arc::clone(&scene);
                tokio::spawn(async move {
                    for round in 0..200 {
                        let call = scene.call(caller).await;
                        if (u32::from(caller) + round) % 3 == 0 {
                            call.abort();
                        } else {
                            let outcome = call.await.unwrap().unwrap();
                            assert!([caller, caller + 100].contains(&outcome));
                        }
                    }
                })
            })
            .collect();
        for caller in callers {
            caller.await.unwrap();
        }
    }
}
