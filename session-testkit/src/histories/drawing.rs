//! A history as text: a line for each moment, a column for each task.

use std::collections::BTreeMap;
use std::fmt::{self, Display};

use crate::histories::history::{Call, History, Outcome};

/// What stands before the columns: the moment.
const MARGIN: usize = 4;
const GAP: &str = "  ";

impl<C: Display, A: Display> Display for History<C, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = columns(self.calls());
        write!(f, "{:MARGIN$}", "")?;
        write_line(f, columns.iter().map(|(task, column)| (format!("task {task}"), column.width)))?;
        let lines: BTreeMap<usize, ()> =
            columns.values().flat_map(|column| column.cells.keys().map(|at| (*at, ()))).collect();
        for moment in lines.into_keys() {
            write!(f, "{moment:>2}{GAP}")?;
            write_line(f, columns.values().map(|column| (column.at(moment), column.width)))?;
        }
        Ok(())
    }
}

impl<A: Display> Display for Outcome<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answered(answer) => write!(f, "{answer}"),
            Self::Unknown(why) => write!(f, "? ({why})"),
        }
    }
}

/// One call and its outcome, with its task: `task 2: load a -> absent`.
impl<C: Display, A: Display> Display for Call<C, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {}: {} -> {}", self.task, self.call, self.outcome)
    }
}

/// What one task did.
struct Column {
    cells: BTreeMap<usize, String>,
    /// From when to when a call was running that took more than a moment.
    running: Vec<(usize, usize)>,
    width: usize,
}

impl Column {
    fn at(&self, moment: usize) -> String {
        let is_running = || self.running.iter().any(|(began, ended)| *began < moment && moment < *ended);
        match self.cells.get(&moment) {
            Some(cell) => cell.clone(),
            None if is_running() => "|".to_owned(),
            None => String::new(),
        }
    }

    fn put(&mut self, moment: usize, cell: String) {
        self.width = self.width.max(cell.chars().count());
        self.cells.insert(moment, cell);
    }
}

fn columns<C: Display, A: Display>(calls: &[Call<C, A>]) -> BTreeMap<usize, Column> {
    let mut columns: BTreeMap<usize, Column> = BTreeMap::new();
    for call in calls {
        let column = columns.entry(call.task).or_insert_with(|| Column {
            cells: BTreeMap::new(),
            running: Vec::new(),
            width: "task 00".len(),
        });
        match call.ended {
            Some(ended) if ended == call.began + 1 => {
                column.put(call.began, format!("{} -> {}", call.call, call.outcome));
            }
            Some(ended) => {
                column.put(call.began, call.call.to_string());
                column.put(ended, format!("-> {}", call.outcome));
                column.running.push((call.began, ended));
            }
            None => {
                column.put(call.began, call.call.to_string());
                column.running.push((call.began, usize::MAX));
            }
        }
    }
    columns
}

fn write_line(f: &mut fmt::Formatter<'_>, cells: impl Iterator<Item = (String, usize)>) -> fmt::Result {
    let cells: Vec<String> = cells.map(|(cell, width)| format!("{cell:width$}")).collect();
    writeln!(f, "{}", cells.join(GAP).trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_history_is_drawn_with_a_column_for_each_task() {
        let mut history = History::default();
        let first = history.call(0, "create a");
        history.answer(first, "done");
        let (one, two) = (history.call(1, "load a"), history.call(2, "delete a"));
        history.lose(two, "dropped");
        history.answer(one, "absent");
        let _ = history.call(2, "load a");
        let drawing = [
            "    task 0            task 1     task 2",
            " 1  create a -> done",
            " 3                    load a",
            " 4                    |          delete a -> ? (dropped)",
            " 6                    -> absent",
            " 7                               load a",
            "",
        ];
        assert_eq!(history.to_string(), drawing.join("\n"));
    }
}
