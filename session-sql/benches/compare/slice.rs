//! One slice of a comparison: tasks that make calls of one kind for a while.

use std::fmt;
use std::str::FromStr;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

/// The kinds of calls.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    Load,
    Update,
    Create,
    Touch,
}

impl Work {
    pub const ALL: [Self; 4] = [Self::Load, Self::Update, Self::Create, Self::Touch];
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Load => "load",
            Self::Update => "update",
            Self::Create => "create",
            Self::Touch => "touch",
        })
    }
}

/// An order to make calls, which another process can be given as text: `load 64 80000`.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    pub work: Work,
    pub tasks: usize,
    pub time: Duration,
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.work, self.tasks, self.time.as_micros())
    }
}

impl FromStr for Order {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let not_an_order = || format!("`{text}` is not an order: it needs a work, tasks and microseconds");
        let [work, tasks, time] = words(text).ok_or_else(not_an_order)?;
        let work = Work::ALL.into_iter().find(|known| known.to_string() == work).ok_or_else(not_an_order)?;
        let tasks = tasks.parse().map_err(|_| not_an_order())?;
        let time = Duration::from_micros(time.parse().map_err(|_| not_an_order())?);
        Ok(Self { work, tasks, time })
    }
}

/// The outcome of an order, which another process can return as text: calls, nanoseconds, and the nanoseconds
/// within which 99 % of the calls ended.
#[derive(Clone, Copy, Debug)]
pub struct Slice {
    pub calls: u64,
    pub elapsed: Duration,
    pub p99: Duration,
}

impl Slice {
    /// Makes calls with a number of tasks at once, each one call after the other, until the time is over.
    pub async fn run<C>(tasks: usize, time: Duration, call: impl Fn() -> C + Clone + Send + 'static) -> Self
    where
        C: Future<Output = ()> + Send,
    {
        let (begun, mut running) = (Instant::now(), JoinSet::new());
        for _ in 0..tasks {
            let call = call.clone();
            running.spawn(async move {
                let mut times = Vec::new();
                while begun.elapsed() < time {
                    let before = Instant::now();
                    call().await;
                    times.push(before.elapsed());
                }
                times
            });
        }
        let mut times = running.join_all().await.concat();
        Self { elapsed: begun.elapsed(), calls: times.len() as u64, p99: p99(&mut times) }
    }
}

/// Returns the time within which 99 % of the calls ended.
pub fn p99(times: &mut [Duration]) -> Duration {
    let at = times.len() * 99 / 100;
    if times.is_empty() { Duration::ZERO } else { *times.select_nth_unstable(at).1 }
}

impl fmt::Display for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.calls, self.elapsed.as_nanos(), self.p99.as_nanos())
    }
}

impl FromStr for Slice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = words(text).map(|words: [&str; 3]| words.map(str::parse));
        let Some([Ok(calls), Ok(elapsed), Ok(p99)]) = numbers else {
            return Err(format!("`{text}` is not the outcome of an order"));
        };
        Ok(Self { calls, elapsed: Duration::from_nanos(elapsed), p99: Duration::from_nanos(p99) })
    }
}

fn words<const N: usize>(text: &str) -> Option<[&str; N]> {
    text.split_whitespace().collect::<Vec<_>>().try_into().ok()
}
