//! Rows as one Markdown table: a column for each size, a line for each figure.

use serde::Serialize;

use crate::machine::Machine;
use crate::measure::Row;

/// All rows and where they come from.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    /// The machine.
    pub machine: Machine,
    /// The allocator that served everything.
    pub allocator: &'static str,
    /// One row for each size, in the order in which they were asked for.
    pub rows: Vec<Row>,
}

/// A line: its name, and how to read it off a row, given the row before.
type Line = (&'static str, fn(&Row, Option<&Row>) -> String);

const LINES: [Line; 26] = [
    ("inputs", |row, _| row.counts.inputs.to_string()),
    ("input JSON, MB", |row, _| megabytes(row.counts.input_bytes)),
    ("outputs", |row, _| row.counts.outputs.to_string()),
    ("output JSON, MB", |row, _| megabytes(row.counts.output_bytes)),
    ("statuses", |row, _| row.counts.statuses.to_string()),
    ("status JSON, MB", |row, _| megabytes(row.counts.status_bytes)),
    ("largest status, bytes", |row, _| row.counts.largest_status.to_string()),
    ("findings", |row, _| row.counts.findings.to_string()),
    ("refused policies", |row, _| row.counts.refused_policies.to_string()),
    ("rounds", |row, _| row.seconds.rounds.to_string()),
    ("**translate, ms**", |row, _| milliseconds(row.seconds.translate)),
    ("fastest round, ms", |row, _| milliseconds(row.seconds.translate_least)),
    ("free the result, ms", |row, _| milliseconds(row.seconds.release)),
    ("write outputs, ms", |row, _| milliseconds(row.seconds.write_outputs)),
    ("write statuses, ms", |row, _| milliseconds(row.seconds.write_statuses)),
    ("`to_vec` of both, ms", |row, _| milliseconds(row.seconds.to_vec)),
    ("**translate ÷ write both**", |row, _| ratio(row.seconds.translate, write_both(row))),
    ("translate ÷ `to_vec` of both", |row, _| ratio(row.seconds.translate, row.seconds.to_vec)),
    ("translate ÷ write outputs", |row, _| ratio(row.seconds.translate, row.seconds.write_outputs)),
    ("translate, µs for each output", |row, _| {
        ratio(row.seconds.translate * 1e6, float(row.counts.outputs))
    }),
    ("**time ÷ inputs, against the size before**", |row, before| {
        before.map_or_else(String::new, |before| ratio(per_input(row), per_input(before)))
    }),
    ("snapshot, MB", |row, _| megabytes_of(row.memory.snapshot)),
    ("peak of a translation beside it, MB", |row, _| megabytes_of(row.memory.peak)),
    ("result, MB", |row, _| megabytes_of(row.memory.result)),
    ("**snapshot and peak ÷ JSON of inputs, outputs, statuses**", |row, _| {
        let json = row.counts.input_bytes + row.counts.output_bytes + row.counts.status_bytes;
        ratio(float_of(row.memory.snapshot + row.memory.peak), float(json))
    }),
    ("allocations for each output", |row, _| {
        ratio(float_of(row.memory.allocations), float(row.counts.outputs))
    }),
];

impl Table {
    /// The table with one line about the machine above it.
    pub fn to_markdown(&self) -> String {
        let sizes = self.rows.iter().map(|row| format!("{} × {}", row.clusters, row.services));
        let rule = self.rows.iter().map(|_| "--:".to_owned());
        let mut lines = vec![format!("{}; allocator {}", self.machine, self.allocator), String::new()];
        lines.push(line("clusters × services in each", sizes));
        lines.push(line("---", rule));
        lines.extend(LINES.into_iter().map(|(name, read)| {
            let before = std::iter::once(None).chain(self.rows.iter().map(Some));
            line(name, self.rows.iter().zip(before).map(|(row, before)| read(row, before)))
        }));
        lines.push(String::new());
        lines.join("\n")
    }
}

fn line(name: &str, cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = std::iter::once(name.to_owned()).chain(cells).collect();
    format!("| {} |", cells.join(" | "))
}

fn write_both(row: &Row) -> f64 {
    row.seconds.write_outputs + row.seconds.write_statuses
}

fn per_input(row: &Row) -> f64 {
    row.seconds.translate / float(row.counts.inputs)
}

fn ratio(value: f64, by: f64) -> String {
    if by > 0.0 { format!("{:.2}", value / by) } else { "–".to_owned() }
}

fn milliseconds(seconds: f64) -> String {
    format!("{:.2}", seconds * 1e3)
}

fn megabytes(bytes: usize) -> String {
    format!("{:.2}", float(bytes) / 1e6)
}

fn megabytes_of(bytes: u64) -> String {
    format!("{:.2}", float_of(bytes) / 1e6)
}

#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
fn float(value: usize) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
fn float_of(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::Table;
    use crate::machine::Machine;
    use crate::measure::{Counts, Memory, Row, Seconds};

    #[test]
    fn growth_is_told_against_the_size_before() {
        let row = |inputs, translate| Row {
            clusters: 1,
            services: inputs,
            counts: Counts { inputs, outputs: inputs, ..Counts::default() },
            seconds: Seconds { translate, ..Seconds::default() },
            memory: Memory::default(),
        };
        let rows = vec![row(100, 0.001), row(1000, 0.012)];
        let table = Table { machine: Machine::default(), allocator: "none", rows }.to_markdown();
        let line = |name: &str| table.lines().find(|line| line.contains(name)).unwrap();
        assert_eq!(line("before"), "| **time ÷ inputs, against the size before** |  | 1.20 |");
        assert_eq!(line("**translate, ms"), "| **translate, ms** | 1.00 | 12.00 |");
        assert_eq!(line("write both"), "| **translate ÷ write both** | – | – |");
    }
}
