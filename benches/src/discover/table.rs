//! Rows as one Markdown table: a column for each size, a line for each figure.

use serde::Serialize;

use super::Row;
use crate::machine::Machine;
use crate::table::{float, float_of, line, megabytes, megabytes_of, milliseconds, ratio};

/// All rows and where they come from.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    /// The day on which they were made.
    pub date: String,
    /// The machine.
    pub machine: Machine,
    /// The allocator that served everything.
    pub allocator: &'static str,
    /// One row for each size, in the order in which they were asked for.
    pub rows: Vec<Row>,
}

/// A line: its name, and how to read it off a row, given the row before.
type Line = (&'static str, fn(&Row, Option<&Row>) -> String);

const LINES: &[Line] = &[
    ("pods; nodes", |row, _| format!("{}; {}", row.pods, row.nodes)),
    ("objects", |row, _| row.inputs.to_string()),
    ("their JSON, MB", |row, _| megabytes(row.input_bytes)),
    ("meshes, workloads and destinations found", |row, _| row.found.to_string()),
    ("rounds", |row, _| row.rounds.to_string()),
    ("**discover, ms**", |row, _| milliseconds(row.discover)),
    ("fastest round, ms", |row, _| milliseconds(row.discover_least)),
    ("discover, µs for each object", |row, _| ratio(per_object(row) * 1e6, 1.0)),
    ("**time ÷ objects, against the size before**", |row, before| {
        before.map_or_else(String::new, |before| ratio(per_object(row), per_object(before)))
    }),
    ("held beside the objects, MB", |row, _| megabytes_of(row.held)),
    ("peak beside the objects, MB", |row, _| megabytes_of(row.peak)),
    ("**peak ÷ JSON of the objects**", |row, _| ratio(float_of(row.peak), float(row.input_bytes))),
    ("allocations for each object", |row, _| ratio(float_of(row.allocations), float(row.inputs))),
];

impl Table {
    /// The table with one line about the machine above it.
    pub fn to_markdown(&self) -> String {
        let head = format!("{}; {}; allocator {}", self.date, self.machine, self.allocator);
        let mut lines = vec![head, String::new()];
        lines.push(line("services of a cluster", self.rows.iter().map(|row| row.services.to_string())));
        lines.push(line("---", self.rows.iter().map(|_| "--:".to_owned())));
        lines.extend(LINES.iter().map(|(name, read)| {
            let before = std::iter::once(None).chain(self.rows.iter().map(Some));
            line(name, self.rows.iter().zip(before).map(|(row, before)| read(row, before)))
        }));
        let title = "_after one change: discover ÷ this (µs; then µs to translate; found otherwise)_";
        lines.push(line(title, self.rows.iter().map(|_| String::new())));
        let kinds = self.rows.first().map_or(0, |row| row.edits.len());
        for kind in 0..kinds {
            let edits = || self.rows.iter().filter_map(move |row| Some((row, row.edits.get(kind)?)));
            let cells = edits().map(|(row, cost)| {
                let (discover, translate) = (cost.discover * 1e6, cost.translate * 1e6);
                let share = row.discover / cost.discover;
                format!("÷ {share:.0} ({discover:.1}; {translate:.1}; {})", cost.found)
            });
            lines.push(line(edits().next().map_or("", |(_, cost)| cost.name), cells));
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

fn per_object(row: &Row) -> f64 {
    row.discover / float(row.inputs)
}

#[cfg(test)]
mod tests {
    use super::Table;
    use crate::discover::{EditCost, Row};
    use crate::machine::Machine;

    #[test]
    fn growth_and_edits_are_told_against_the_whole() {
        let row = |inputs, discover| {
            let edit = EditCost { name: "pod", discover: 5e-6, translate: 7e-6, found: 1 };
            Row { inputs, discover, edits: vec![edit], ..Row::default() }
        };
        let rows = vec![row(100, 0.001), row(1000, 0.012)];
        let table = Table { date: String::new(), machine: Machine::default(), allocator: "none", rows };
        let table = table.to_markdown();
        let line = |name: &str| table.lines().find(|line| line.starts_with(name)).unwrap();
        assert_eq!(line("| **time"), "| **time ÷ objects, against the size before** |  | 1.20 |");
        assert_eq!(line("| pod |"), "| pod | ÷ 200 (5.0; 7.0; 1) | ÷ 2400 (5.0; 7.0; 1) |");
    }
}
