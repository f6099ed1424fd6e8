//! The engine of a comparison: contenders work in turn, for a slice of time each.
//!
//! The speed of a shared machine changes within seconds, so figures that were taken one after the other
//! cannot be compared. Here a round has a slice of each contender, every second round in the opposite order.
//! A ratio is taken within a round, and its median over the rounds is printed.

use std::fs;
use std::time::Duration;

use super::slice::{Order, Slice, Work};

/// A way to do the work.
pub(crate) trait Contender {
    fn name(&self) -> &'static str;

    /// Carries out an order, and returns when it is done.
    fn carry(&mut self, order: Order) -> Slice;
}

/// How much to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    pub(crate) rounds: usize,
    pub(crate) slice: Duration,
}

/// Contenders that are compared, and the figures so far.
pub(crate) struct Comparison {
    contenders: Vec<Box<dyn Contender>>,
    /// The pairs of contenders, by their indices, whose throughput is divided.
    ratios: Vec<(usize, usize)>,
    effort: Effort,
    rows: Vec<Row>,
}

/// A kind of work with a number of tasks, and the slices of each contender.
struct Row {
    work: Work,
    tasks: usize,
    slices: Vec<Vec<Slice>>,
}

impl Comparison {
    pub(crate) fn new(
        contenders: Vec<Box<dyn Contender>>,
        ratios: Vec<(usize, usize)>,
        effort: Effort,
    ) -> Self {
        Self { contenders, ratios, effort, rows: Vec::new() }
    }

    /// Measures a kind of work with a number of tasks. The first round is not counted: in it the server is
    /// sent the scripts.
    pub(crate) fn measure(&mut self, work: Work, tasks: usize) {
        eprintln!("{work}, {tasks} tasks ({})", load_average());
        let order = Order { work, tasks, time: self.effort.slice };
        let mut slices = vec![Vec::new(); self.contenders.len()];
        for round in 0..=self.effort.rounds {
            let mut turns: Vec<usize> = (0..self.contenders.len()).collect();
            if round % 2 == 1 {
                turns.reverse();
            }
            for turn in turns {
                let slice = self.contenders[turn].carry(order);
                if round > 0 {
                    slices[turn].push(slice);
                }
            }
        }
        self.rows.push(Row { work, tasks, slices });
    }

    /// Prints the ratios, and for each contender the times of its calls.
    pub(crate) fn print(&self, title: &str) {
        println!("\n{title}: {}", self.effort);
        self.print_ratios();
        println!("\nmicroseconds for a call (medians): time (processor time of client + server)\n");
        self.table(|slices| {
            let [time, client, server] =
                [|slice: &Slice| slice.elapsed, |slice: &Slice| slice.client, |slice: &Slice| slice.server]
                    .map(|part| median(slices.iter().map(|slice| micros(part(slice)) / slice.calls as f64)));
            format!("{time:.1} ({client:.1} + {server:.1})")
        });
        println!("\n99 % of the calls ended within (medians of the slices)\n");
        self.table(|slices| format!("{:.2} ms", median(slices.iter().map(|slice| micros(slice.p99) / 1e3))));
    }

    fn print_ratios(&self) {
        let names = self.names();
        let ratios = self.ratios.iter().map(|(over, under)| format!("{} / {}", names[*over], names[*under]));
        let calls = names.iter().map(|name| format!("{name}, calls/s"));
        println!("\ncalls per second (medians), and medians of the ratios of a round\n");
        heading(calls.chain(ratios));
        for row in &self.rows {
            let rates = row.slices.iter().map(|slices| format!("{:.0}", median(slices.iter().map(rate))));
            let ratios = self.ratios.iter().map(|pair| format!("{:.2}", row.ratio(*pair)));
            row.print(rates.chain(ratios));
        }
    }

    /// Prints a cell for each row and contender.
    fn table(&self, cell: impl Fn(&[Slice]) -> String) {
        heading(self.names().into_iter().map(str::to_owned));
        for row in &self.rows {
            row.print(row.slices.iter().map(|slices| cell(slices)));
        }
    }

    fn names(&self) -> Vec<&'static str> {
        self.contenders.iter().map(|contender| contender.name()).collect()
    }
}

impl Row {
    fn ratio(&self, (over, under): (usize, usize)) -> f64 {
        median(
            self.slices[over].iter().zip(&self.slices[under]).map(|(over, under)| rate(over) / rate(under)),
        )
    }

    fn print(&self, cells: impl Iterator<Item = String>) {
        println!("| {} | {} | {} |", self.work, self.tasks, cells.collect::<Vec<_>>().join(" | "));
    }
}

impl std::fmt::Display for Effort {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} rounds of {} ms for each contender", self.rounds, self.slice.as_millis())
    }
}

fn heading(columns: impl Iterator<Item = String>) {
    let columns: Vec<_> = columns.collect();
    println!("| work | tasks | {} |", columns.join(" | "));
    println!("|{}", "---|".repeat(columns.len() + 2));
}

fn rate(slice: &Slice) -> f64 {
    slice.calls as f64 / slice.elapsed.as_secs_f64()
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// Returns the median, which is the greater of the two in the middle.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Returns the machine's load average, as Linux writes it.
pub(crate) fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let averages: Vec<&str> = text.split_whitespace().take(3).collect();
    format!("load average {}", if averages.is_empty() { "unknown".to_owned() } else { averages.join(" ") })
}

/// Returns what `cargo bench` was given after `--`: the row that is measured alone. Returns `None` if this is
/// not a benchmark: `cargo test --all-targets` runs the program without `--bench`.
pub(crate) fn selection() -> Option<impl Fn(&str) -> bool> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (flags, wanted): (Vec<_>, Vec<_>) = arguments.into_iter().partition(|text| text.starts_with("--"));
    let is_selected = move |name: &str| wanted.is_empty() || wanted.iter().any(|text| name.contains(text));
    flags.iter().any(|flag| flag == "--bench").then_some(is_selected)
}
