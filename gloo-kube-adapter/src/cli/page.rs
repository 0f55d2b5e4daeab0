//! Pages that tell all there is to know about one object, for people and for programs alike.

use std::fmt::Write as _;

use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::style::{Look, Paint};
use super::table::{Table, printable};

/// Columns that the headings of sections take.
const MARGIN: usize = 22;
/// So many lines of a section are shown before they are only counted.
const SHOWN: usize = 20;

/// What is told about one object.
#[derive(Debug, Default)]
pub struct Page {
    sections: Vec<(&'static str, Section)>,
}

#[derive(Debug)]
enum Section {
    /// One fact.
    Text(String),
    /// Several of a sort.
    Lines(Vec<String>),
    /// Several of a sort with what belongs to each.
    Rows(&'static [&'static str], Vec<Vec<String>>),
}

impl Page {
    /// Adds a fact, unless there is nothing to tell.
    pub fn text(&mut self, heading: &'static str, text: impl Into<String>) {
        let text = text.into();
        if !text.is_empty() {
            self.sections.push((heading, Section::Text(text)));
        }
    }

    /// Adds facts of a sort.
    pub fn lines(&mut self, heading: &'static str, lines: Vec<String>) {
        self.sections.push((heading, Section::Lines(lines)));
    }

    /// Adds rows, each with a text for each of the columns.
    pub fn rows(&mut self, heading: &'static str, columns: &'static [&'static str], rows: Vec<Vec<String>>) {
        self.sections.push((heading, Section::Rows(columns, rows)));
    }

    /// The page for people; long sections are cut unless `every` line is wanted.
    pub fn to_text(&self, every: bool, paint: Paint) -> String {
        let mut text = String::new();
        for (heading, section) in &self.sections {
            let lines = match section {
                Section::Text(text) => vec![printable(text)],
                Section::Lines(lines) => lines.iter().map(|line| printable(line)).collect(),
                Section::Rows(columns, rows) => aligned(columns, rows),
            };
            let mut lines = if lines.is_empty() { vec!["none".to_owned()] } else { lines };
            if !every && lines.len() > SHOWN + 1 {
                let rest = lines.len() - SHOWN;
                lines.truncate(SHOWN);
                lines.push(format!("and {rest} more; -v shows all"));
            }
            for (position, line) in lines.iter().enumerate() {
                let heading = if position == 0 { *heading } else { "" };
                let gap = " ".repeat(MARGIN.saturating_sub(heading.len()).max(1));
                let _ = writeln!(text, "{}{gap}{line}", paint.apply(Look::Strong, heading));
            }
        }
        text
    }
}

/// For programs: a field for each section, in the order of the page.
impl Serialize for Page {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.sections.len()))?;
        for (heading, section) in &self.sections {
            map.serialize_entry(&camel(heading), section)?;
        }
        map.end()
    }
}

impl Serialize for Section {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => text.serialize(serializer),
            Self::Lines(lines) => lines.serialize(serializer),
            Self::Rows(columns, rows) => serializer.collect_seq(rows.iter().map(|row| Row { columns, row })),
        }
    }
}

/// A row with the names of its cells; cells without text are left out.
struct Row<'a> {
    columns: &'static [&'static str],
    row: &'a [String],
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let cells = self.columns.iter().zip(self.row).filter(|(_, cell)| !cell.is_empty());
        serializer.collect_map(cells.map(|(column, cell)| (camel(column), cell)))
    }
}

/// Rows below each other, without headings.
fn aligned(columns: &[&'static str], rows: &[Vec<String>]) -> Vec<String> {
    // Headings must not make columns wider than what is in them.
    let mut table = Table::new(&vec![""; columns.len()]);
    for row in rows {
        let told = row.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1);
        table.push(row.iter().take(told).cloned());
    }
    table.lines().into_iter().skip(1).collect()
}

/// A heading as the name of a field: `Traffic policies` is `trafficPolicies`.
fn camel(heading: &str) -> String {
    let mut name = String::new();
    for (position, word) in heading.split([' ', '-']).enumerate() {
        let mut letters = word.chars();
        let first = letters.next().into_iter();
        if position == 0 {
            name.extend(first.flat_map(char::to_lowercase));
        } else {
            name.extend(first.flat_map(char::to_uppercase));
        }
        name.push_str(&letters.as_str().to_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Page, Paint};

    #[test]
    fn a_page_says_the_same_to_people_and_to_programs() {
        let mut page = Page::default();
        page.text("Mesh", "north");
        page.text("Nothing", "");
        page.lines("Hosts", vec!["tea".to_owned(), "cake\u{1b}".to_owned()]);
        page.rows(
            "Traffic policies",
            &["Name", "First-Error"],
            vec![vec!["long-name".to_owned(), String::new()], vec![String::new(), "why".to_owned()]],
        );
        page.lines("Problems", Vec::new());
        let expected = "\
Mesh                  north
Hosts                 tea
                      cake\x20
Traffic policies      long-name
                      -          why
Problems              none
";
        assert_eq!(page.to_text(false, Paint::default()), expected);
        let expected = json!({
            "mesh": "north",
            "hosts": ["tea", "cake\u{1b}"],
            "trafficPolicies": [{ "name": "long-name" }, { "firstError": "why" }],
            "problems": [],
        });
        assert_eq!(json!(page), expected);
    }

    #[test]
    fn long_sections_are_cut() {
        let mut page = Page::default();
        page.lines("Hosts", (0..22).map(|number| number.to_string()).collect());
        let text = page.to_text(false, Paint::default());
        assert_eq!(text.lines().count(), 21);
        assert!(text.ends_with("and 2 more; -v shows all\n"), "{text}");
        assert_eq!(page.to_text(true, Paint::default()).lines().count(), 22);
        assert_eq!(json!(page)["hosts"].as_array().map(Vec::len), Some(22));
    }
}
