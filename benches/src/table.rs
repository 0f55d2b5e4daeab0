//! Rows as one Markdown table: a column for each size, a line for each figure.

use serde::Serialize;

use crate::edits::Kind;
use crate::machine::Machine;
use crate::measure::{EditCost, Row};

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

const SIZES: &[Line] = &[
    ("inputs", |row, _| row.counts.inputs.to_string()),
    ("input JSON, MB", |row, _| megabytes(row.counts.input_bytes)),
    ("outputs", |row, _| row.counts.outputs.to_string()),
    ("output JSON, MB", |row, _| megabytes(row.counts.output_bytes)),
    ("statuses", |row, _| row.counts.statuses.to_string()),
    ("status JSON, MB", |row, _| megabytes(row.counts.status_bytes)),
    ("largest status, bytes", |row, _| row.counts.largest_status.to_string()),
    ("findings", |row, _| row.counts.findings.to_string()),
    ("refused policies", |row, _| row.counts.refused_policies.to_string()),
];

const FULL: &[Line] = &[
    ("rounds", |row, _| row.seconds.rounds.to_string()),
    ("**translate, ms**", |row, _| milliseconds(row.seconds.translate)),
    ("fastest round, ms", |row, _| milliseconds(row.seconds.translate_least)),
    ("translate, µs for each input", |row, _| ratio(per_input(row) * 1e6, 1.0)),
    ("translate, µs for each output", |row, _| {
        ratio(row.seconds.translate * 1e6, float(row.counts.outputs))
    }),
    ("**time ÷ inputs, against the size before**", |row, before| {
        before.map_or_else(String::new, |before| ratio(per_input(row), per_input(before)))
    }),
    ("free the result, ms", |row, _| milliseconds(row.seconds.release)),
];

const FLOOR: &[Line] = &[
    ("write outputs, ms", |row, _| milliseconds(row.seconds.write_outputs)),
    ("write statuses, ms", |row, _| milliseconds(row.seconds.write_statuses)),
    ("`to_vec` of both, ms", |row, _| milliseconds(row.seconds.to_vec)),
    ("**translate ÷ write both**", |row, _| ratio(row.seconds.translate, write_both(row))),
    ("translate ÷ `to_vec` of both (budget 1.5)", |row, _| ratio(row.seconds.translate, row.seconds.to_vec)),
    ("translate ÷ write outputs", |row, _| ratio(row.seconds.translate, row.seconds.write_outputs)),
];

const MEMORY: &[Line] = &[
    ("snapshot, MB", |row, _| megabytes_of(row.memory.snapshot)),
    ("peak of a translation beside it, MB", |row, _| megabytes_of(row.memory.peak)),
    ("result, MB", |row, _| megabytes_of(row.memory.result)),
    ("**snapshot and peak ÷ JSON of inputs and outputs** (budget 3)", |row, _| {
        ratio(float_of(row.memory.snapshot + row.memory.peak), json(row))
    }),
    ("snapshot and peak ÷ JSON of inputs, outputs and statuses", |row, _| {
        ratio(float_of(row.memory.snapshot + row.memory.peak), json(row) + float(row.counts.status_bytes))
    }),
    ("kept translator beside its snapshot, MB", |row, _| megabytes_of(row.memory.translator)),
    ("snapshot and kept translator ÷ JSON of inputs and outputs", |row, _| {
        ratio(float_of(row.memory.snapshot + row.memory.translator), json(row))
    }),
    ("growth over 1,000 edits, bytes", |row, _| row.memory.growth.to_string()),
];

const ALLOCATIONS: &[Line] = &[
    ("of a translation", |row, _| row.memory.allocations.to_string()),
    ("of a translation, for each input", |row, _| {
        ratio(float_of(row.memory.allocations), float(row.counts.inputs))
    }),
    ("of a translation, for each output", |row, _| {
        ratio(float_of(row.memory.allocations), float(row.counts.outputs))
    }),
    ("of a translation, MB", |row, _| megabytes_of(row.memory.allocated)),
];

/// The budget of an edit of one policy: so many must fit into a full translation.
const POLICY_BUDGET: u32 = 500;
/// The budget of a change of one endpoint.
const ENDPOINT_BUDGET: u32 = 2_000;

impl Table {
    /// The table with one line about the machine above it.
    pub fn to_markdown(&self) -> String {
        let sizes = self.rows.iter().map(|row| format!("{} × {}", row.clusters, row.services));
        let rule = self.rows.iter().map(|_| "--:".to_owned());
        let head = format!("{}; {}; allocator {}", self.date, self.machine, self.allocator);
        let mut lines = vec![head, String::new()];
        lines.push(line("clusters × services in each", sizes));
        lines.push(line("---", rule));
        self.section("sizes", SIZES, &mut lines);
        self.section("full translation", FULL, &mut lines);
        self.section("floor: writing the result with serde_json", FLOOR, &mut lines);
        self.edit_times(&mut lines);
        self.heading("what an edit changes: outputs + statuses", &mut lines);
        self.edits(
            &mut lines,
            |row| &row.edits,
            |cost| format!("{} + {}", cost.counts.outputs, cost.counts.statuses),
        );
        self.section("memory", MEMORY, &mut lines);
        self.section("allocations", ALLOCATIONS, &mut lines);
        self.edits(&mut lines, |row| &row.edits, |cost| cost.counts.allocations.to_string());
        lines.push(String::new());
        lines.join("\n")
    }

    fn heading(&self, name: &str, lines: &mut Vec<String>) {
        lines.push(line(&format!("_{name}_"), self.rows.iter().map(|_| String::new())));
    }

    fn section(&self, name: &str, section: &[Line], lines: &mut Vec<String>) {
        self.heading(name, lines);
        lines.extend(section.iter().map(|(name, read)| {
            let before = std::iter::once(None).chain(self.rows.iter().map(Some));
            line(name, self.rows.iter().zip(before).map(|(row, before)| read(row, before)))
        }));
    }

    fn edit_times(&self, lines: &mut Vec<String>) {
        self.heading("edits: full translation ÷ median of an edit (median; worst, in µs)", lines);
        let mean =
            format!("**traffic policy, mean over the policies of the world** (budget ÷ {POLICY_BUDGET})");
        let means = self.rows.iter().map(|row| {
            let mean = row.policy_edit.filter(|mean| *mean > 0.0);
            mean.map_or_else(nothing, |mean| {
                format!("÷ {:.0} ({:.0})", row.seconds.translate / mean, mean * 1e6)
            })
        });
        lines.push(line(&mean, means));
        self.edits(lines, |row| &row.edits, time);
        self.heading("the same while every status is written back", lines);
        self.edits(lines, |row| &row.edits_in_use, time);
    }

    /// A line for each edit that is possible in one of the worlds.
    fn edits(
        &self,
        lines: &mut Vec<String>,
        edits: fn(&Row) -> &Vec<EditCost>,
        show: impl Fn(&EditCost) -> String,
    ) {
        let rows = || self.rows.iter().map(edits);
        for EditCost { name, .. } in rows().max_by_key(|edits| edits.len()).into_iter().flatten() {
            let costs = rows().map(|edits| edits.iter().find(|cost| cost.name == *name));
            let title = if *name == Kind::Endpoint.name() {
                format!("**{name}** (budget ÷ {ENDPOINT_BUDGET})")
            } else {
                (*name).to_owned()
            };
            lines.push(line(&title, costs.map(|cost| cost.map_or_else(nothing, &show))));
        }
    }
}

pub(crate) fn line(name: &str, cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = std::iter::once(name.to_owned()).chain(cells).collect();
    format!("| {} |", cells.join(" | "))
}

/// The time of an edit against that of a full translation.
fn time(cost: &EditCost) -> String {
    let (median, worst) = (cost.median * 1e6, cost.worst * 1e6);
    format!("÷ {:.0} ({median:.0}; {worst:.0})", cost.full_divided_by)
}

fn write_both(row: &Row) -> f64 {
    row.seconds.write_outputs + row.seconds.write_statuses
}

/// Bytes of inputs and outputs.
fn json(row: &Row) -> f64 {
    float(row.counts.input_bytes + row.counts.output_bytes)
}

fn per_input(row: &Row) -> f64 {
    row.seconds.translate / float(row.counts.inputs)
}

pub(crate) fn ratio(value: f64, by: f64) -> String {
    if by > 0.0 { format!("{:.2}", value / by) } else { nothing() }
}

fn nothing() -> String {
    "–".to_owned()
}

pub(crate) fn milliseconds(seconds: f64) -> String {
    format!("{:.2}", seconds * 1e3)
}

pub(crate) fn megabytes(bytes: usize) -> String {
    format!("{:.2}", float(bytes) / 1e6)
}

pub(crate) fn megabytes_of(bytes: u64) -> String {
    format!("{:.2}", float_of(bytes) / 1e6)
}

#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub(crate) fn float(value: usize) -> f64 {
    value as f64
}

#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub(crate) fn float_of(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::Table;
    use crate::edits::Kind;
    use crate::machine::Machine;
    use crate::measure::{Counts, EditCost, EditCounts, Memory, Row, Seconds};

    fn table() -> String {
        let counts = EditCounts { outputs: 1, statuses: 2, ..EditCounts::default() };
        let cost = EditCost {
            name: Kind::Endpoint.name(),
            median: 12e-6,
            worst: 34e-6,
            full_divided_by: 1000.0,
            counts,
            ..EditCost::default()
        };
        let row = |inputs, translate, edits, policy_edit| Row {
            clusters: 1,
            services: inputs,
            counts: Counts { inputs, outputs: inputs, ..Counts::default() },
            seconds: Seconds { translate, ..Seconds::default() },
            memory: Memory::default(),
            edits,
            policy_edit,
            edits_in_use: Vec::new(),
        };
        let rows = vec![row(100, 0.001, vec![], None), row(1000, 0.012, vec![cost], Some(24e-6))];
        Table { date: "1970-01-01".to_owned(), machine: Machine::default(), allocator: "none", rows }
            .to_markdown()
    }

    #[test]
    fn growth_is_told_against_the_size_before() {
        let table = table();
        let line = |name: &str| table.lines().find(|line| line.contains(name)).unwrap();
        assert_eq!(line("before"), "| **time ÷ inputs, against the size before** |  | 1.20 |");
        assert_eq!(line("**translate, ms"), "| **translate, ms** | 1.00 | 12.00 |");
        assert_eq!(line("write both"), "| **translate ÷ write both** | – | – |");
    }

    #[test]
    fn edits_stand_beside_their_budget() {
        let table = table();
        let lines: Vec<&str> = table.lines().filter(|line| line.contains("endpoint")).collect();
        let expected = [
            "| **destination: address of an endpoint** (budget ÷ 2000) | – | ÷ 1000 (12; 34) |",
            "| **destination: address of an endpoint** (budget ÷ 2000) | – | 1 + 2 |",
            "| **destination: address of an endpoint** (budget ÷ 2000) | – | 0 |",
        ];
        assert_eq!(lines, expected);
        assert!(table.contains("(budget ÷ 500) | – | ÷ 500 (24) |"), "{table}");
    }
}
