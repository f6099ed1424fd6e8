//! The engine of a comparison: contenders work in turn, for a slice of time each.
//!
//! The speed of a shared machine changes within seconds, so figures that were taken one after the other
//! cannot be compared. Here a round has a slice of each contender, every second round in the opposite order.
//! A ratio is taken within a round, and its median over the rounds is printed.

use std::fs;
use std::time::Duration;

use crate::slice::{Order, Slice, Work};

/// A way to do the work.
pub trait Contender {
    /// Returns the name for the tables.
    fn name(&self) -> &str;

    /// Carries out an order, and returns when it is done.
    fn carry(&mut self, order: Order) -> Slice;
}

/// The amount to measure.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// The number of rounds.
    pub rounds: usize,
    /// The time of a slice.
    pub slice: Duration,
}

/// Contenders that are compared, and the figures so far.
#[allow(missing_debug_implementations, reason = "contenders of any type are in it")]
pub struct Comparison {
    contenders: Vec<Box<dyn Contender>>,
    /// The pairs of contenders, by their indices, whose throughput is divided.
    ratios: Vec<(usize, usize)>,
    effort: Effort,
    rows: Vec<Row>,
}

/// A kind of work with a number of tasks, and the slices of each contender.
struct Row {
    name: String,
    tasks: usize,
    slices: Vec<Vec<Slice>>,
}

impl Comparison {
    /// Creates a comparison. `ratios` are pairs of contenders, by their indices, whose throughput is divided.
    pub fn new(contenders: Vec<Box<dyn Contender>>, ratios: Vec<(usize, usize)>, effort: Effort) -> Self {
        Self { contenders, ratios, effort, rows: Vec::new() }
    }

    /// Measures a kind of work with a number of tasks. The first round is not counted: in it connections are
    /// opened, statements prepared, and scripts sent.
    pub fn measure(&mut self, name: &str, work: Work, tasks: usize) {
        eprintln!("{name}, {tasks} tasks ({})", load_average());
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
        self.rows.push(Row { name: name.to_owned(), tasks, slices });
    }

    /// Prints the throughput of the contenders with its ratios, and the times of their calls. Prints the
    /// processor time, too, if it was measured.
    pub fn print(&self, title: &str) {
        println!("\n{title}: {}", self.effort);
        self.print_ratios();
        if self
            .rows
            .iter()
            .flat_map(|row| row.slices.iter().flatten())
            .any(|slice| slice.processors.is_some())
        {
            self.print_processors();
        }
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

    fn print_processors(&self) {
        println!("\nmicroseconds for a call (medians): time (processor time of client + server)\n");
        let parts: [fn(&Slice) -> Duration; 3] =
            [|slice| slice.elapsed, |slice| slice.client(), |slice| slice.server()];
        self.table(|slices| {
            let for_a_call = |part: fn(&Slice) -> Duration| {
                median(slices.iter().map(|slice| micros(part(slice)) / slice.calls as f64))
            };
            let [time, client, server] = parts.map(for_a_call);
            format!("{time:.1} ({client:.1} + {server:.1})")
        });
    }

    /// Prints a cell for each row and contender.
    fn table(&self, cell: impl Fn(&[Slice]) -> String) {
        heading(self.names().into_iter().map(str::to_owned));
        for row in &self.rows {
            row.print(row.slices.iter().map(|slices| cell(slices)));
        }
    }

    fn names(&self) -> Vec<&str> {
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
        println!("| {} | {} | {} |", self.name, self.tasks, cells.collect::<Vec<_>>().join(" | "));
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
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Returns the machine's load average, as Linux writes it.
pub fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let averages: Vec<&str> = text.split_whitespace().take(3).collect();
    format!("load average {}", if averages.is_empty() { "unknown".to_owned() } else { averages.join(" ") })
}

/// Returns what `cargo bench` was given after `--`: the row that is measured alone. Returns `None` if this is
/// not a benchmark: `cargo test --all-targets` runs the program without `--bench`.
pub fn selection() -> Option<impl Fn(&str) -> bool> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (flags, wanted): (Vec<_>, Vec<_>) = arguments.into_iter().partition(|text| text.starts_with("--"));
    let is_selected = move |name: &str| wanted.is_empty() || wanted.iter().any(|text| name.contains(text));
    flags.iter().any(|flag| flag == "--bench").then_some(is_selected)
}
