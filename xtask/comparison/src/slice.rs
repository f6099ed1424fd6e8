//! One slice of a comparison: tasks that make calls of one kind for a while.

use std::fmt;
use std::process;
use std::str::FromStr;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::processor;

/// The kinds of calls.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    /// Loads.
    Load,
    /// Updates.
    Update,
    /// Creations.
    Create,
    /// Touches.
    Touch,
    /// Renames.
    Rename,
    /// Deletions.
    Delete,
}

impl Work {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Load, Self::Update, Self::Create, Self::Touch, Self::Rename, Self::Delete];
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Load => "load",
            Self::Update => "update",
            Self::Create => "create",
            Self::Touch => "touch",
            Self::Rename => "rename",
            Self::Delete => "delete",
        })
    }
}

/// An order to make calls, which another process can be given as text: `load 64 80000`.
#[derive(Clone, Copy, Debug)]
pub struct Order {
    /// The kind of calls.
    pub work: Work,
    /// The number of tasks that make calls at once.
    pub tasks: usize,
    /// The time until which calls begin.
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

/// The outcome of an order, which another process can return as text: calls, and in nanoseconds the time, the
/// time within which 99 % of the calls ended, and the processor time of client and server if it was measured.
#[derive(Clone, Copy, Debug)]
pub struct Slice {
    /// The number of calls.
    pub calls: u64,
    /// The time until all calls had ended.
    pub elapsed: Duration,
    /// The time within which 99 % of the calls ended.
    pub p99: Duration,
    /// The processor time of client and server, if it was measured.
    pub processors: Option<[Duration; 2]>,
}

impl Slice {
    /// Makes calls with a number of tasks at once, each one call after the other, until the time is over.
    /// `server` is the server's process, if the processor time is to be measured.
    pub async fn run<C>(
        order: Order,
        server: Option<u32>,
        call: impl Fn() -> C + Clone + Send + 'static,
    ) -> Self
    where
        C: Future<Output = ()> + Send + 'static,
    {
        let processors = || server.map(|server| [process::id(), server].map(processor::time));
        let (before, begun, mut running) = (processors(), Instant::now(), JoinSet::new());
        for _ in 0..order.tasks {
            running.spawn(calls(begun, order.time, call.clone()));
        }
        let mut times = running.join_all().await.concat();
        let (elapsed, after) = (begun.elapsed(), processors());
        let spent =
            |[before, after]: [[Duration; 2]; 2]| [0, 1].map(|at| after[at].saturating_sub(before[at]));
        let processors = before.zip(after).map(|(before, after)| spent([before, after]));
        Self { calls: times.len() as u64, elapsed, p99: p99(&mut times), processors }
    }

    /// Returns the processor time of the client, or zero if it was not measured.
    pub fn client(&self) -> Duration {
        self.processors.unwrap_or_default()[0]
    }

    /// Returns the processor time of the server, or zero if it was not measured.
    pub fn server(&self) -> Duration {
        self.processors.unwrap_or_default()[1]
    }
}

/// Makes calls until the time is over, and returns how long each took.
async fn calls<C: Future<Output = ()>>(
    begun: Instant,
    time: Duration,
    call: impl Fn() -> C,
) -> Vec<Duration> {
    let (mut times, mut before) = (Vec::new(), Instant::now());
    while before.duration_since(begun) < time {
        call().await;
        let after = Instant::now();
        times.push(after.duration_since(before));
        before = after;
    }
    times
}

/// Returns the time within which 99 % of the calls ended.
fn p99(times: &mut [Duration]) -> Duration {
    let at = times.len() * 99 / 100;
    if times.is_empty() { Duration::ZERO } else { *times.select_nth_unstable(at).1 }
}

impl fmt::Display for Slice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.calls)?;
        let times = [self.elapsed, self.p99].into_iter().chain(self.processors.into_iter().flatten());
        times.into_iter().try_for_each(|time| write!(f, " {}", time.as_nanos()))
    }
}

impl FromStr for Slice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let not_a_slice = || format!("`{text}` is not the outcome of an order");
        let numbers: Result<Vec<u64>, _> = text.split_whitespace().map(str::parse).collect();
        let (calls, times) = match numbers.as_deref() {
            Ok([calls, times @ ..]) => (*calls, times),
            Ok([]) | Err(_) => return Err(not_a_slice()),
        };
        let (elapsed, p99, processors) = match *times {
            [elapsed, p99] => (elapsed, p99, None),
            [elapsed, p99, client, server] => {
                (elapsed, p99, Some([client, server].map(Duration::from_nanos)))
            }
            _ => return Err(not_a_slice()),
        };
        let [elapsed, p99] = [elapsed, p99].map(Duration::from_nanos);
        Ok(Self { calls, elapsed, p99, processors })
    }
}

fn words<const N: usize>(text: &str) -> Option<[&str; N]> {
    text.split_whitespace().collect::<Vec<_>>().try_into().ok()
}
